//! Regions: runs of nodes that are one operation of the tape, computed by kernels on a memory plan of their own
//! (`--fuse on`).
//!
//! A region is a maximal run, in evaluation order, of nodes that have a kernel. Its values lie one image per lane
//! (see [`kernel`](crate::kernel)); layers that only rename memory cost nothing; a layer may take the one behind it into
//! itself. Between regions, and for a layer without a kernel, dfdx runs.

mod activation;
mod build;
mod conv;
mod describe;
mod dropout;
mod fc;
mod merge;
mod norm;
mod pass;
mod plan;
mod pool;
mod recurrent;
mod seq;
mod single;
mod softmax;
mod step;

pub use self::describe::{BufferPlan, RegionPlan, StepPlan};

use std::ops::Range;
use std::sync::Arc;

use self::build::{Built, Exit, build};
use self::pass::{Pass, Tensors};
use self::plan::{BufferId, Layout};
use self::single::Single;
use super::batch::Draw;
use super::element::Element;
use super::loss::Reference;
use super::store::Store;
use crate::graph::{Graph, Value};
use crate::kernel::{Arena, Line, Machine, groups_of, layout, loss};

/// Several nodes that run as one operation.
pub(super) trait Fused<E: Element>: Send {
    /// What it reads from outside.
    fn inputs(&self) -> &[Value];

    /// What is read outside.
    fn outputs(&self) -> &[Value];

    /// Bytes of its memory in a training step of so many images.
    fn bytes(&self, images: usize) -> usize;

    /// The outputs, batch-major; `draw` in training.
    fn forward(&mut self, store: &Store<E>, inputs: &[&[E]], draw: Option<Draw>) -> Vec<Vec<E>>;

    /// Whether the gradient of this output is the loss's alone, so that [`Fused::take_term`] can make it.
    fn takes_terms(&self, value: Value) -> bool;

    /// The value of one term of the loss over such an output, after a forward pass in training. Writes the term's gradient,
    /// or adds it to that of earlier ones; the backward pass starts from it.
    fn take_term(&mut self, value: Value, reference: &Reference<E>) -> f64;

    /// Whether a term over this output was taken since the last forward pass.
    fn has_taken(&self, value: Value) -> bool;

    /// After a forward pass in training: puts the gradients of all parameters into the store, moves its running statistics,
    /// and answers with the gradient of each input; an empty one where nobody asks for it. An output whose
    /// terms were taken comes without a gradient.
    fn backward(&mut self, store: &mut Store<E>, outputs: &[Option<Vec<E>>]) -> Vec<Vec<E>>;
}

/// A region of `f32`.
pub(super) struct Region {
    built: Built,
    /// How a few images run in evaluation, where that is possible.
    single: Option<Single>,
    machine: Arc<Machine>,
    arena: Arena,
    /// Where the buffers lie, for (groups, training) as they were met.
    layouts: Vec<((usize, bool), Layout)>,
    /// Of the last forward pass.
    images: usize,
    draw: Option<Draw>,
    /// The outputs whose terms were taken since.
    taken: Vec<Value>,
}

/// What runs as one.
pub(super) enum Piece {
    /// A node without a kernel.
    Node(usize),
    Region(Range<usize>),
}

/// All nodes, in evaluation order.
pub(super) fn cut(graph: &Graph) -> Vec<Piece> {
    let mut pieces = vec![];
    for index in 0..graph.nodes.len() {
        match pieces.last_mut() {
            _ if !build::has_kernel(graph, index) => pieces.push(Piece::Node(index)),
            Some(Piece::Region(nodes)) => nodes.end += 1,
            _ => pieces.push(Piece::Region(index..index + 1)),
        }
    }
    pieces
}

impl Region {
    /// `read` are the values that are read after the run, beside those that nodes read.
    pub fn new(graph: &Graph, nodes: Range<usize>, read: &[Value], machine: Arc<Machine>) -> Self {
        let threads = machine.team.threads();
        let built = build(graph, nodes.clone(), read, threads);
        let single = Single::new(graph, nodes, &built, threads);
        Self { built, single, machine, arena: Arena::default(), layouts: vec![], images: 0, draw: None, taken: vec![] }
    }

    fn exit(&self, value: Value) -> Option<&Exit> {
        let index = self.built.outputs.iter().position(|output| *output == value)?;
        Some(&self.built.exits[index])
    }

    /// Whether a term of the loss has written this gradient.
    fn has_begun(&self, gradient: BufferId) -> bool {
        let mut begun = self.taken.iter().filter_map(|value| self.exit(*value)?.gradient);
        begun.any(|(begun, _)| begun == gradient)
    }

    fn training(&self) -> bool {
        self.draw.is_some()
    }

    /// The layout for the images at hand, and memory for it.
    fn prepare(&mut self) -> usize {
        let key = (groups_of(self.images), self.training());
        if let Some(known) = self.layouts.iter().position(|(known, _)| *known == key) {
            return known;
        }
        let layout = Layout::new(&self.built.buffers, key.0, key.1);
        self.arena.grow(layout.lines);
        self.layouts.push((key, layout));
        self.layouts.len() - 1
    }

    fn pass<'a>(&'a self, layout: usize, step: usize, tensors: &'a Tensors<'a>) -> Pass<'a> {
        Pass {
            machine: &self.machine,
            images: self.images,
            draw: self.draw,
            arena: &self.arena,
            layout: &self.layouts[layout].1,
            wiring: &self.built.steps[step].wiring,
            tensors,
        }
    }
}

impl Fused<f32> for Region {
    fn inputs(&self) -> &[Value] {
        &self.built.inputs
    }

    fn outputs(&self) -> &[Value] {
        &self.built.outputs
    }

    fn bytes(&self, images: usize) -> usize {
        Layout::new(&self.built.buffers, groups_of(images), true).lines * size_of::<Line>()
    }

    fn forward(&mut self, store: &Store<f32>, inputs: &[&[f32]], draw: Option<Draw>) -> Vec<Vec<f32>> {
        let count = self.built.entries[0].count;
        (self.images, self.draw) = (inputs[0].len() / count, draw);
        self.taken.clear();
        if let Some(single) = self.single.as_mut().filter(|_| draw.is_none() && self.images <= single::MOST) {
            return single.forward(&self.machine, store, inputs, self.images);
        }
        let at = self.prepare();
        let layout = &self.layouts[at].1;
        for (entry, values) in self.built.entries.iter().zip(inputs) {
            layout::pack(&self.machine, values, entry.count, &mut self.arena.write(layout.range(entry.value)));
        }
        let tensors = Tensors::reading(store);
        for (index, placed) in self.built.steps.iter().enumerate() {
            placed.step.forward(&self.pass(at, index, &tensors));
        }
        let unpack = |exit: &Exit| {
            let mut values = vec![0.0; self.images * exit.count];
            layout::unpack(&self.machine, &self.arena.read(layout.range(exit.value)), exit.count, &mut values);
            values
        };
        self.built.exits.iter().map(unpack).collect()
    }

    fn takes_terms(&self, value: Value) -> bool {
        self.exit(value).is_some_and(Exit::takes_terms)
    }

    fn has_taken(&self, value: Value) -> bool {
        self.taken.contains(&value)
    }

    fn take_term(&mut self, value: Value, reference: &Reference<f32>) -> f64 {
        let at = self.prepare();
        let &Exit { count, value: held, gradient, .. } = self.exit(value).expect("an output");
        let (gradient, _) = gradient.expect("an output whose gradient is wanted");
        let add = self.has_begun(gradient);
        self.taken.push(value);
        let (machine, layout) = (&self.machine, &self.layouts[at].1);
        let (x, mut to) = (self.arena.read(layout.range(held)), self.arena.write(layout.range(gradient)));
        let images = self.images;
        let of = |with| compared(&x, with, [images, count]);
        match reference {
            Reference::Shares(shares) => loss::cross_entropy(machine, of(shares), &mut to, add),
            Reference::Squares { targets, factor } => loss::squares(machine, of(targets), *factor as f32, &mut to, add),
            Reference::Margins { margin, factor, labellings } => {
                let bounds = [*margin as f32, *factor as f32];
                let mut term = |n, counts| loss::margins(machine, of(counts), bounds, &mut to, add || n > 0);
                labellings.iter().enumerate().map(|(n, counts)| term(n, counts)).sum()
            }
        }
    }

    fn backward(&mut self, store: &mut Store<f32>, outputs: &[Option<Vec<f32>>]) -> Vec<Vec<f32>> {
        let at = self.prepare();
        let layout = &self.layouts[at].1;
        for (exit, values) in self.built.exits.iter().zip(outputs) {
            let (Some((gradient, add)), Some(values)) = (exit.gradient, values) else { continue };
            let pack = if add || self.has_begun(gradient) { layout::pack_add } else { layout::pack };
            pack(&self.machine, values, exit.count, &mut self.arena.write(layout.range(gradient)));
        }
        let tensors = Tensors::writing(store);
        for (index, placed) in self.built.steps.iter().enumerate().rev() {
            let pass = self.pass(at, index, &tensors);
            match placed.wiring.output_gradient {
                Some(_) => placed.step.backward(&pass),
                None => pass.gradients().fill(0.0),
            }
        }
        let unpack = |entry: &build::Entry| {
            let Some(gradient) = entry.gradient else { return vec![] };
            let mut values = vec![0.0; self.images * entry.count];
            layout::unpack(&self.machine, &self.arena.read(layout.range(gradient)), entry.count, &mut values);
            values
        };
        self.built.entries.iter().map(unpack).collect()
    }
}

/// An output of so many images and values with as many numbers.
fn compared<'a>(x: &'a [Line], with: &'a [f32], [images, count]: [usize; 2]) -> loss::Compared<'a> {
    assert_eq!(with.len(), images * count, "a number for each value of each image");
    loss::Compared { x, with, count }
}

/// How a region of these nodes would run so many images; see [`Region::new`].
pub(super) fn plan(graph: &Graph, nodes: Range<usize>, read: &[Value], threads: usize, images: usize) -> RegionPlan {
    let built = build(graph, nodes.clone(), read, threads);
    describe::describe(graph, nodes, &built, images)
}
