//! A graph made ready to run, and its runs: forward alone, or a training step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, Merge, NoneTape, OwnedTape, PutTape, SplitTape, Tape, TensorFromVec};
use dfdx::tensor_ops::Backward;

use super::batch::{Batch, Draw, Outputs, Step};
use super::element::{Element, Flat, Flow, Of, to_vec};
use super::loss::{Criterion, Loss, Term, lower_term, scores_of, softmax_of};
use super::node::{Deciders, Layer, Plan};
use super::norm::Moments;
use super::region::{self, Fused, Piece, Region, RegionPlan};
use super::store::Store;
use crate::graph::{Graph, Value};
use crate::kernel::Machine;
use crate::layer::Op;

/// A graph with its index tensors and regions. It holds no parameters: a [`Store`] made from the same graph comes to each
/// run.
pub struct Program<E: Element> {
    graph: Graph,
    parts: Vec<Part<E>>,
    /// Whether the image itself is read after a run.
    reads_image: bool,
    deciders: Deciders<E>,
}

/// What runs as one.
enum Part<E: Element> {
    /// A node, in dfdx's operations.
    Node(usize, Plan<E>),
    /// Several, in kernels.
    Region(SharedRegion<E>),
}

type SharedRegion<E> = Arc<Mutex<dyn Fused<E>>>;

/// A store lent to the operations of a tape, which run when the tape does.
type SharedStore<E> = Arc<Mutex<Store<E>>>;

/// All values of one run.
struct Run<E: Element, T> {
    image: Option<Flow<E>>,
    /// One for each node, but for those that no one reads outside of their region.
    values: Vec<Option<Flow<E>>>,
    /// The parameters of each node that dfdx runs.
    params: Vec<(usize, Vec<Flat<E>>)>,
    /// Batch statistics, by node.
    moments: Vec<(usize, Moments<E>)>,
    tape: T,
}

impl<E: Element, T> Run<E, T> {
    fn value(&self, value: Value) -> &Flow<E> {
        let known = match value {
            Value::Input => self.image.as_ref(),
            Value::Node(index) => self.values[index].as_ref(),
        };
        known.expect("a value that is read was kept")
    }
}

/// How the layers of a program run.
#[derive(Clone)]
pub enum Fusion {
    /// Every layer in dfdx's own operations (`--fuse off`).
    Off,
    /// Regions of kernels on this machine, dfdx between them (`--fuse on`).
    On(Arc<Machine>),
}

impl Fusion {
    /// What everything beside the layers computes on.
    pub fn machine(&self) -> Arc<Machine> {
        match self {
            Fusion::Off => Arc::new(Machine::new(1)),
            Fusion::On(machine) => machine.clone(),
        }
    }
}

impl Program<f32> {
    pub fn with(graph: &Graph, fusion: &Fusion) -> Self {
        match fusion {
            Fusion::Off => Self::new(graph),
            Fusion::On(machine) => Self::fused(graph, machine.clone()),
        }
    }

    /// Kernels where there are some (`--fuse on`).
    pub fn fused(graph: &Graph, machine: Arc<Machine>) -> Self {
        let mut program = Self::of_parts(graph, vec![]);
        let read = program.read();
        let part = |piece| match piece {
            Piece::Node(index) => Part::node(graph, index),
            Piece::Region(nodes) => {
                Part::Region(Arc::new(Mutex::new(Region::new(graph, nodes, &read, machine.clone()))))
            }
        };
        program.parts = region::cut(graph).into_iter().map(part).collect();
        program
    }
}

/// How a part of a program runs.
#[derive(Clone, Debug)]
pub enum PartPlan {
    /// A node, in dfdx's operations.
    Node(usize),
    Region(RegionPlan),
}

/// How a program of a graph runs so many images: fused on so many threads, or all of it in dfdx's operations.
pub fn plan(graph: &Graph, threads: Option<usize>, images: usize) -> Vec<PartPlan> {
    let Some(threads) = threads else { return (0..graph.nodes.len()).map(PartPlan::Node).collect() };
    let read = Program::<f32>::of_parts(graph, vec![]).read();
    let part = |piece| match piece {
        Piece::Node(index) => PartPlan::Node(index),
        Piece::Region(nodes) => PartPlan::Region(region::plan(graph, nodes, &read, threads, images)),
    };
    region::cut(graph).into_iter().map(part).collect()
}

impl<E: Element> Part<E> {
    fn node(graph: &Graph, index: usize) -> Self {
        Part::Node(index, Plan::new(graph, &graph.nodes[index]))
    }
}

impl<E: Element> Program<E> {
    /// Every layer in dfdx's own operations (`--fuse off`).
    pub fn new(graph: &Graph) -> Self {
        let parts = (0..graph.nodes.len()).map(|index| Part::node(graph, index)).collect();
        Self::of_parts(graph, parts)
    }

    fn of_parts(graph: &Graph, parts: Vec<Part<E>>) -> Self {
        let program = Self { graph: graph.clone(), parts, reads_image: false, deciders: Deciders::default() };
        Self { reads_image: program.read().contains(&Value::Input), ..program }
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Lets the layers that dfdx runs take their decisions (on which side of zero a value lies, which one is the largest) by
    /// these values of nodes instead of those that the program computes itself: two programs whose values differ by rounding
    /// have gradients that can be compared only where they decide alike.
    ///
    /// # Panics
    /// In runs of another number of images.
    pub fn decide_by(&mut self, values: impl IntoIterator<Item = (usize, Vec<E>)>) {
        let tensor = |(node, values): (usize, Vec<E>)| (node, of_node(&self.graph, node, values));
        self.deciders = values.into_iter().map(tensor).collect();
    }

    /// Bytes that the values of a training step of so many images take at least: the memory of regions, and one value of each
    /// node that dfdx runs.
    pub fn bytes(&self, images: usize) -> u64 {
        let of_part = |part: &Part<E>| match part {
            Part::Node(index, _) => self.graph.nodes[*index].output.count() * images * size_of::<E>(),
            Part::Region(region) => lock(region).bytes(images),
        };
        self.parts.iter().map(|part| of_part(part) as u64).sum()
    }

    /// The outputs for at least one image, as in evaluation: running statistics, no dropout.
    pub fn forward(&self, store: &Store<E>, images: &[E]) -> Outputs<E> {
        let run = self.run(store, images, None, NoneTape, None);
        self.outputs(&run)
    }

    /// Outputs and loss on at least one image, as in evaluation.
    pub fn evaluate(&self, store: &Store<E>, batch: &Batch<E>, loss: &Loss) -> Step<E> {
        let run = self.run(store, batch.images, None, NoneTape, None);
        let loss = to_vec(&self.loss(&run, &loss.terms, batch))[0].f64();
        Step { loss, outputs: self.outputs(&run) }
    }

    /// One training step on at least one image, without the optimizer: puts the gradients into the store and moves its
    /// running statistics.
    pub fn step(&self, store: &mut Store<E>, batch: &Batch<E>, loss: &Loss, draw: Draw) -> Step<E> {
        let lent = Arc::new(Mutex::new(std::mem::take(store)));
        let mut run = self.run(&lock(&lent), batch.images, Some(draw), OwnedTape::default(), Some(&lent));
        let outputs = self.outputs(&run);
        let tape = std::mem::take(&mut run.tape);
        let (taken, others) = self.terms_in_regions(loss, batch);
        let (rest, own) = self.loss(&run, others, batch).split_tape();
        let loss = taken + to_vec(&rest)[0].f64();
        let gradients = rest.put_tape(tape.merge(own)).backward();
        put_gradients(&mut lock(&lent), &run.params, gradients);
        *store = std::mem::take(&mut lock(&lent));
        follow_moments(store, &run.moments);
        Step { loss, outputs }
    }

    /// Which output holds the class scores, if one does.
    pub fn scores(&self) -> Option<usize> {
        scores_of(&self.graph)
    }

    /// The softmax that the scores come out of, if they do.
    pub fn scores_softmax(&self) -> Option<&Op> {
        let output = self.graph.outputs[self.scores()?].value;
        softmax_of(&self.graph, output).map(|index| &self.graph.nodes[index].op)
    }

    /// Values that are read after a run: the outputs, and what losses compare in their place.
    fn read(&self) -> Vec<Value> {
        let outputs = self.graph.outputs.iter().map(|output| output.value);
        outputs.flat_map(|value| std::iter::once(value).chain(self.before_softmax(value))).collect()
    }

    /// `lent` is the same store, for the operations that a tape runs later.
    fn run<T: Tape<E, E::Dev>>(
        &self,
        store: &Store<E>,
        images: &[E],
        draw: Option<Draw>,
        tape: T,
        lent: Option<&SharedStore<E>>,
    ) -> Run<E, T> {
        let values = vec![None; self.graph.nodes.len()];
        let mut run = Run { image: None, values, params: vec![], moments: vec![], tape };
        let images = Images { values: images, count: self.graph.input.count() };
        for part in &self.parts {
            match part {
                Part::Node(index, plan) => self.run_node(*index, plan, store, images, draw, &mut run),
                Part::Region(region) => run_region(region, store, images, draw, lent, &mut run),
            }
        }
        if self.reads_image {
            run.image.get_or_insert_with(|| images.tensor());
        }
        run
    }

    fn run_node<T: Tape<E, E::Dev>>(
        &self,
        index: usize,
        plan: &Plan<E>,
        store: &Store<E>,
        images: Images<E>,
        draw: Option<Draw>,
        run: &mut Run<E, T>,
    ) {
        run.image.get_or_insert_with(|| images.tensor());
        let params = tensors_of(store, index);
        let layer = Layer { graph: &self.graph, index, plan, params: &params, draw, deciders: &self.deciders };
        let values = self.graph.nodes[index].inputs.iter().map(|&value| run.value(value).clone()).collect();
        let (value, moments) = layer.lower(values, std::mem::take(&mut run.tape));
        let (value, tape) = value.split_tape();
        run.tape = tape;
        run.values[index] = Some(value);
        run.params.push((index, params));
        run.moments.extend(moments.map(|moments| (index, moments)));
    }

    fn outputs<T>(&self, run: &Run<E, T>) -> Outputs<E> {
        Outputs { values: self.graph.outputs.iter().map(|output| to_vec(run.value(output.value))).collect() }
    }

    /// The sum of the terms that regions take, with its gradients; and the other terms.
    fn terms_in_regions<'l>(&self, loss: &'l Loss, batch: &Batch<E>) -> (f64, Vec<&'l Term>) {
        let (mut sum, mut others) = (0.0, vec![]);
        for term in &loss.terms {
            let value = self.compared(term);
            match self.regions().find(|region| lock(region).takes_terms(value)) {
                Some(region) => {
                    let reference = term.reference(batch, self.graph.shape(value).count());
                    sum += lock(region).take_term(value, &reference);
                }
                None => others.push(term),
            }
        }
        (sum, others)
    }

    fn regions(&self) -> impl Iterator<Item = &SharedRegion<E>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Region(region) => Some(region),
            Part::Node(..) => None,
        })
    }

    /// The sum of some terms.
    fn loss<'l, T: Tape<E, E::Dev>>(
        &self,
        run: &Run<E, T>,
        terms: impl IntoIterator<Item = &'l Term>,
        batch: &Batch<E>,
    ) -> Of<Rank0, E, T> {
        let term = |term: &Term| lower_term(term, run.value(self.compared(term)).retaped::<T>(), batch);
        let sum = terms.into_iter().map(term).reduce(|a, b| a + b);
        sum.unwrap_or_else(|| E::Dev::default().tensor_from_vec(vec![E::default()], ()).retaped())
    }

    /// What a term compares: for cross entropy the scores before a final softmax, which is not applied twice.
    fn compared(&self, term: &Term) -> Value {
        let output = self.graph.outputs[term.output].value;
        match term.criterion {
            Criterion::CrossEntropy(_) => self.before_softmax(output).unwrap_or(output),
            _ => output,
        }
    }

    fn before_softmax(&self, value: Value) -> Option<Value> {
        softmax_of(&self.graph, value).map(|index| self.graph.nodes[index].inputs[0])
    }
}

/// The values of a node for some images, as a tensor.
fn of_node<E: Element>(graph: &Graph, node: usize, values: Vec<E>) -> Flow<E> {
    let shape = (values.len() / graph.nodes[node].output.count(), graph.nodes[node].output.count());
    E::Dev::default().tensor_from_vec(values, shape)
}

fn tensors_of<E: Element>(store: &Store<E>, node: usize) -> Vec<Flat<E>> {
    let tensor = |values: &[E]| E::Dev::default().tensor_from_vec(values.to_vec(), (values.len(),));
    store.of_node(node).iter().map(|entry| tensor(store.value(entry))).collect()
}

fn put_gradients<E: Element>(
    store: &mut Store<E>,
    params: &[(usize, Vec<Flat<E>>)],
    mut gradients: Gradients<E, E::Dev>,
) {
    for (node, params) in params {
        for (entry, param) in store.of_node(*node).to_vec().iter().zip(params).filter(|(entry, _)| entry.trained) {
            let from = gradients.get_or_alloc_mut(param).expect("memory for a gradient");
            store.gradient_mut(entry).copy_from_slice(from);
        }
    }
}

fn follow_moments<E: Element>(store: &mut Store<E>, moments: &[(usize, Moments<E>)]) {
    for (node, moments) in moments {
        let [mean, variance] = [2, 3].map(|n| store.of_node(*node)[n].clone());
        Moments::follow(store.value_mut(&mean), &moments.mean);
        Moments::follow(store.value_mut(&variance), &moments.variance);
    }
}

/// The images of a batch, image after image.
#[derive(Clone, Copy)]
struct Images<'a, E> {
    values: &'a [E],
    /// Of one image.
    count: usize,
}

impl<E: Element> Images<'_, E> {
    fn tensor(&self) -> Flow<E> {
        E::Dev::default().tensor_from_vec(self.values.to_vec(), (self.values.len() / self.count, self.count))
    }
}

/// A region as one operation of the tape.
fn run_region<E: Element, T: Tape<E, E::Dev>>(
    shared: &SharedRegion<E>,
    store: &Store<E>,
    images: Images<E>,
    draw: Option<Draw>,
    lent: Option<&SharedStore<E>>,
    run: &mut Run<E, T>,
) {
    let mut region = lock(shared);
    let inputs: Vec<Flow<E>> = region.inputs().iter().filter_map(|&value| node_value(run, value)).collect();
    let copies: Vec<Vec<E>> = inputs.iter().map(to_vec).collect();
    let mut copied = copies.iter();
    let slices: Vec<&[E]> = region
        .inputs()
        .iter()
        .map(|value| if *value == Value::Input { images.values } else { copied.next().map_or(&[][..], Vec::as_slice) })
        .collect();
    let made = region.forward(store, &slices, draw);
    let batch = images.values.len() / images.count;
    let tensor = |values: Vec<E>| {
        let shape = (batch, values.len() / batch);
        E::Dev::default().tensor_from_vec(values, shape)
    };
    let outputs: Vec<Flow<E>> = made.into_iter().map(tensor).collect();
    for (value, tensor) in region.outputs().iter().zip(&outputs) {
        if let Value::Node(index) = value {
            run.values[*index] = Some(tensor.clone());
        }
    }
    let Some(lent) = lent else { return };
    let (read, region, store) = (region.inputs().to_vec(), shared.clone(), lent.clone());
    run.tape.add_backward_op(move |gradients| {
        let mut region = lock(&region);
        // Nobody reads them after their region.
        let mut taken = |output| Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(output)?));
        let gradient = |(value, output)| (!region.has_taken(value)).then(|| taken(output)).transpose();
        let values = region.outputs().iter().copied();
        let of_outputs: Vec<Option<Vec<E>>> = values.zip(&outputs).map(gradient).collect::<Result<_, _>>()?;
        let of_inputs = region.backward(&mut lock(&store), &of_outputs);
        let of_nodes = read.iter().zip(of_inputs).filter(|(value, _)| **value != Value::Input);
        for (input, (_, gradient)) in inputs.iter().zip(of_nodes) {
            let sums = gradients.get_or_alloc_mut(input)?;
            sums.iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
        }
        Ok(())
    });
}

/// The tensor of a node's value; none of the image.
fn node_value<E: Element, T>(run: &Run<E, T>, value: Value) -> Option<Flow<E>> {
    (value != Value::Input).then(|| run.value(value).clone())
}

/// A panic elsewhere leaves nothing half done that another run would read.
fn lock<V: ?Sized>(shared: &Mutex<V>) -> MutexGuard<'_, V> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
