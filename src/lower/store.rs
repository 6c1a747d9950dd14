//! Graph -> the flat store of all its parameters: values and gradients, each tensor at an offset with a name.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;

use super::element::Element;
use crate::graph::Graph;
use crate::layer::{Init, Param};
use crate::random::{self, Purpose};

/// All tensors of a network. Trained values and their gradients lie in one vector each, at the same offsets; buffers (the
/// running statistics of `BatchNorm`) lie in a third.
#[derive(Clone, Debug, Default)]
pub struct Store<E> {
    entries: Vec<Entry>,
    /// Which entries each node owns.
    nodes: Vec<Range<usize>>,
    /// Where each node's trained values and its buffers lie.
    places: Vec<[Range<usize>; 2]>,
    values: Vec<E>,
    gradients: Vec<E>,
    buffers: Vec<E>,
    /// Known by it: values and buffers that are not changed since.
    version: u64,
}

static VERSIONS: AtomicU64 = AtomicU64::new(1);

/// One that no store has had.
fn new_version() -> u64 {
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// One tensor's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Path and PyTorch's suffix: `Stage.2.Conv.weight`.
    pub name: String,
    pub shape: Vec<usize>,
    /// False for buffers.
    pub trained: bool,
    /// Where it lies among the trained values, or among the buffers.
    pub range: Range<usize>,
}

impl<E: Element> Store<E> {
    /// PyTorch's initial distributions. A tensor's draws depend on the seed and its index in the graph alone.
    pub fn init(graph: &Graph, seed: u64) -> Self {
        let mut store = Self { version: new_version(), ..Self::default() };
        for node in &graph.nodes {
            let (first, values, buffers) = (store.entries.len(), store.values.len(), store.buffers.len());
            for param in &node.params {
                store.push(format!("{}.{}", node.path, param.name), param, seed);
            }
            store.nodes.push(first..store.entries.len());
            store.places.push([values..store.values.len(), buffers..store.buffers.len()]);
        }
        store.gradients = vec![E::default(); store.values.len()];
        store
    }

    fn push(&mut self, name: String, param: &Param, seed: u64) {
        let drawn: Vec<E> = draw(param, random::key(seed, Purpose::Init, 0, self.entries.len() as u64));
        let memory = if param.trained { &mut self.values } else { &mut self.buffers };
        let range = memory.len()..memory.len() + param.count();
        memory.extend(drawn);
        self.entries.push(Entry { name, shape: param.shape.clone(), trained: param.trained, range });
    }

    /// All tensors, in the graph's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The tensors of the graph's node of this index, in the order of its parameters.
    pub fn of_node(&self, node: usize) -> &[Entry] {
        &self.entries[self.nodes[node].clone()]
    }

    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// A tensor's values, in PyTorch's order.
    pub fn value(&self, entry: &Entry) -> &[E] {
        let memory = if entry.trained { &self.values } else { &self.buffers };
        &memory[entry.range.clone()]
    }

    pub fn value_mut(&mut self, entry: &Entry) -> &mut [E] {
        self.version = new_version();
        let memory = if entry.trained { &mut self.values } else { &mut self.buffers };
        &mut memory[entry.range.clone()]
    }

    /// A trained tensor's gradient; empty for a buffer.
    pub fn gradient(&self, entry: &Entry) -> &[E] {
        if entry.trained { &self.gradients[entry.range.clone()] } else { &[] }
    }

    pub fn gradient_mut(&mut self, entry: &Entry) -> &mut [E] {
        if entry.trained { &mut self.gradients[entry.range.clone()] } else { &mut [] }
    }

    /// All trained values.
    pub fn values(&self) -> &[E] {
        &self.values
    }

    /// The gradients of [`values`](Self::values), in the same order.
    pub fn gradients(&self) -> &[E] {
        &self.gradients
    }

    /// Changes whenever values or buffers may have.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Both at once, for an optimizer.
    pub fn values_and_gradients_mut(&mut self) -> (&mut [E], &mut [E]) {
        self.version = new_version();
        (&mut self.values, &mut self.gradients)
    }

    /// Each node's places, the trained values and the buffers.
    pub(super) fn parts(&self) -> (&[[Range<usize>; 2]], &[E], &[E]) {
        (&self.places, &self.values, &self.buffers)
    }

    /// Each node's places, the trained values, their gradients and the buffers.
    pub(super) fn parts_mut(&mut self) -> (&[[Range<usize>; 2]], &[E], &mut [E], &mut [E]) {
        self.version = new_version();
        (&self.places, &self.values, &mut self.gradients, &mut self.buffers)
    }

    /// The same store in another element type.
    pub fn convert<F: Element>(&self) -> Store<F> {
        let convert = |memory: &[E]| memory.iter().map(|value| F::of(value.f64())).collect();
        Store {
            entries: self.entries.clone(),
            nodes: self.nodes.clone(),
            places: self.places.clone(),
            values: convert(&self.values),
            gradients: convert(&self.gradients),
            buffers: convert(&self.buffers),
            version: new_version(),
        }
    }
}

fn draw<E: Element>(param: &Param, key: u64) -> Vec<E> {
    let constant = |value| vec![E::of(value); param.count()];
    match param.init {
        Init::Zeros => constant(0.0),
        Init::Ones => constant(1.0),
        Init::Uniform { bound } => {
            let mut stream = random::stream(key);
            (0..param.count()).map(|_| E::of(stream.random_range(-bound..bound))).collect()
        }
    }
}
