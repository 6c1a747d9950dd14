//! Nodes of a graph -> the steps of a region, with every buffer they use and how long.

use std::collections::{HashMap, HashSet};
use std::ops::{Range, RangeInclusive};

use super::activation::ActivationStep;
use super::conv::ConvStep;
use super::dropout::DropoutStep;
use super::fc::FcStep;
use super::merge::merge_step;
use super::norm::{BatchNormStep, GroupNormStep};
use super::pass::Wiring;
use super::plan::{Buffer, BufferId};
use super::pool::{MaxPoolStep, WindowSumStep};
use super::recurrent::RecurrentStep;
use super::seq::SeqStep;
use super::softmax::SoftmaxStep;
use super::step::{Operand, Size, Step};
use crate::graph::{Graph, Node, Value};
use crate::layer::{Op, Seq, Shape};

/// A region ready to be laid out.
pub(super) struct Built {
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
    pub entries: Vec<Entry>,
    pub exits: Vec<Exit>,
    pub steps: Vec<Placed>,
    pub buffers: Vec<Buffer>,
}

/// A value that comes from outside.
pub(super) struct Entry {
    /// Of one image.
    pub count: usize,
    pub value: BufferId,
    /// None where nobody outside asks for it.
    pub gradient: Option<BufferId>,
}

/// A value that is read outside.
pub(super) struct Exit {
    pub count: usize,
    pub value: BufferId,
    /// None where nothing wants it; with whether it is added, where one value leaves under two names.
    pub gradient: Option<(BufferId, bool)>,
    /// By nodes outside.
    pub read_by_nodes: bool,
}

impl Exit {
    /// Whether its gradient is the loss's alone.
    pub fn takes_terms(&self) -> bool {
        self.gradient.is_some() && !self.read_by_nodes
    }
}

pub(super) struct Placed {
    pub step: Box<dyn Step>,
    /// Nodes behind its own that it runs too.
    pub absorbed: Vec<usize>,
    pub wiring: Wiring,
}

/// Whether a region can run the node.
pub(super) fn has_kernel(graph: &Graph, index: usize) -> bool {
    let node = &graph.nodes[index];
    renames(graph, node) || step_of(graph, node).is_some()
}

/// Whether a node's output is its input's memory as it lies.
fn renames(graph: &Graph, node: &Node) -> bool {
    match node.op {
        Op::Flatten | Op::Reshape | Op::Identity => true,
        Op::Dropout { p, .. } => p == 0.0,
        Op::Seq(Seq::Features(_) | Seq::Channels) => true,
        Op::Seq(Seq::Positions | Seq::Rows) => !matches!(graph.shape(node.inputs[0]), Shape::Map { .. }),
        _ => false,
    }
}

/// The one place where a region tells layers apart.
fn step_of(graph: &Graph, node: &Node) -> Option<Box<dyn Step>> {
    let input = graph.shape(node.inputs[0]);
    Some(match &node.op {
        Op::Conv(conv) => Box::new(ConvStep::new(conv, input, node.output)?),
        Op::ConvT(conv) => Box::new(ConvStep::transposed(conv, input, node.output)?),
        Op::Fc(fc) => Box::new(FcStep::new(fc)),
        Op::Recurrent(recurrent) => Box::new(RecurrentStep::new(recurrent, input)),
        Op::Seq(seq) => Box::new(SeqStep::new(*seq, input)?),
        Op::Activation(activation) => Box::new(ActivationStep::new(*activation)),
        Op::MaxPool(window) => Box::new(MaxPoolStep::new(window, input, node.output)),
        Op::AvgPool(window) => Box::new(WindowSumStep::average(window, input, node.output)),
        Op::GlobalAvgPool => Box::new(WindowSumStep::global_average(input)),
        Op::Merge(merge) => merge_step(*merge, &inputs_of(graph, node), node.output),
        Op::BatchNorm => Box::new(BatchNormStep::new(input)),
        Op::LayerNorm => Box::new(GroupNormStep::over_all(input)),
        Op::GroupNorm { groups } => Box::new(GroupNormStep::new(*groups, input)?),
        Op::Dropout { p, channels } => Box::new(DropoutStep::new(*p, *channels, input)),
        Op::Softmax => Box::new(SoftmaxStep::new(false, input)),
        Op::LogSoftmax => Box::new(SoftmaxStep::new(true, input)),
        Op::Upsample { factor } => Box::new(WindowSumStep::upsample(*factor, input, node.output)),
        Op::Pad { pad } => Box::new(WindowSumStep::pad(*pad, input, node.output)),
        _ => return None,
    })
}

fn inputs_of(graph: &Graph, node: &Node) -> Vec<Shape> {
    node.inputs.iter().map(|&value| graph.shape(value)).collect()
}

/// `read` are the values that are read after the run, beside those that nodes read.
pub(super) fn build(graph: &Graph, nodes: Range<usize>, read: &[Value], threads: usize) -> Built {
    let mut builder = Builder::new(graph, nodes, read);
    builder.place_steps();
    builder.find_exits();
    builder.wire_gradients();
    builder.share_masks();
    builder.finish(threads)
}

struct Builder<'a> {
    graph: &'a Graph,
    nodes: Range<usize>,
    buffers: Vec<Buffer>,
    inputs: Vec<Value>,
    entries: Vec<Entry>,
    exits: Vec<Exit>,
    outputs: Vec<Value>,
    steps: Vec<Placed>,
    /// For each step the last node that it runs.
    last: Vec<usize>,
    /// How often each value is read.
    readers: HashMap<Value, usize>,
    read_by_nodes: HashSet<Value>,
    read_outside: HashSet<Value>,
    /// Which buffer holds a value.
    values: HashMap<Value, BufferId>,
    /// The gradient's buffer of a value's buffer.
    gradients: HashMap<BufferId, BufferId>,
    /// Whether a value's gradient is asked for, by its buffer.
    wanted: HashMap<BufferId, bool>,
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph, nodes: Range<usize>, read: &[Value]) -> Self {
        let mut readers = HashMap::new();
        let by_nodes = graph.nodes.iter().flat_map(|node| &node.inputs);
        by_nodes.chain(read).for_each(|value| *readers.entry(*value).or_insert(0) += 1);
        let outside = graph.nodes.iter().enumerate().filter(|(index, _)| !nodes.contains(index));
        let read_by_nodes: HashSet<Value> = outside.flat_map(|(_, node)| &node.inputs).copied().collect();
        let read_outside = read_by_nodes.iter().chain(read).copied().collect();
        Self {
            graph,
            nodes,
            buffers: vec![],
            inputs: vec![],
            entries: vec![],
            exits: vec![],
            outputs: vec![],
            steps: vec![],
            last: vec![],
            readers,
            read_by_nodes,
            read_outside,
            values: HashMap::new(),
            gradients: HashMap::new(),
            wanted: HashMap::new(),
        }
    }

    fn place_steps(&mut self) {
        for index in self.nodes.clone() {
            let node = &self.graph.nodes[index];
            let inputs: Vec<BufferId> = node.inputs.iter().map(|&value| self.buffer_of(value)).collect();
            if renames(self.graph, node) || self.absorb(index) {
                self.values.insert(Value::Node(index), inputs[0]);
            } else if let Some(step) = step_of(self.graph, node) {
                self.place(index, step, inputs);
            }
        }
    }

    /// Whether the step before, whose output nobody else reads, takes the node into itself.
    fn absorb(&mut self, index: usize) -> bool {
        let node = &self.graph.nodes[index];
        let (Some(before), Some(&last)) = (self.steps.last_mut(), self.last.last()) else { return false };
        let alone = node.inputs == [Value::Node(last)] && self.readers[&node.inputs[0]] == 1;
        let absorbed = alone && before.step.absorb(&node.op);
        if absorbed {
            before.absorbed.push(index);
            self.buffers[before.wiring.output].size = Size::per_group(node.output.count());
            self.last.pop();
            self.last.push(index);
        }
        absorbed
    }

    fn place(&mut self, index: usize, step: Box<dyn Step>, inputs: Vec<BufferId>) {
        let node = &self.graph.nodes[index];
        let output = self.buffer(Size::per_group(node.output.count()));
        let wanted = !node.params.is_empty() || inputs.iter().any(|input| self.wanted[input]);
        self.values.insert(Value::Node(index), output);
        self.wanted.insert(output, wanted);
        let wiring = Wiring {
            node: index,
            input_gradients: vec![None; inputs.len()],
            inputs,
            output,
            saved: 0,
            forward_scratch: 0,
            backward_scratch: 0,
            output_gradient: None,
            masks: false,
            masked: false,
        };
        self.steps.push(Placed { step, absorbed: vec![], wiring });
        self.last.push(index);
    }

    fn buffer(&mut self, size: Size) -> BufferId {
        self.buffers.push(Buffer { size, training: None, evaluation: None });
        self.buffers.len() - 1
    }

    /// The buffer of a value that a node reads; an entry where it comes from outside.
    fn buffer_of(&mut self, value: Value) -> BufferId {
        if let Some(&known) = self.values.get(&value) {
            return known;
        }
        let count = self.graph.shape(value).count();
        let buffer = self.buffer(Size::per_group(count));
        self.values.insert(value, buffer);
        self.wanted.insert(buffer, value != Value::Input);
        self.inputs.push(value);
        self.entries.push(Entry { count, value: buffer, gradient: None });
        buffer
    }

    fn find_exits(&mut self) {
        for value in self.nodes.clone().map(Value::Node).filter(|value| self.read_outside.contains(value)) {
            let count = self.graph.shape(value).count();
            let read_by_nodes = self.read_by_nodes.contains(&value);
            self.exits.push(Exit { count, value: self.values[&value], gradient: None, read_by_nodes });
            self.outputs.push(value);
        }
    }

    /// In the order of the backward pass: who writes a value's gradient first, and who adds to it.
    fn wire_gradients(&mut self) {
        for index in 0..self.exits.len() {
            let value = self.exits[index].value;
            self.exits[index].gradient = self.wanted[&value].then(|| self.gradient_of(value));
        }
        for index in (0..self.steps.len()).rev() {
            let Wiring { output, inputs, .. } = self.steps[index].wiring.clone();
            let Some(&gradient) = self.gradients.get(&output) else { continue };
            self.steps[index].wiring.output_gradient = Some(gradient);
            let of_input = |input: &BufferId| self.wanted[input].then(|| self.gradient_of(*input));
            let input_gradients = inputs.iter().map(of_input).collect();
            self.steps[index].wiring.input_gradients = input_gradients;
        }
        for entry in &mut self.entries {
            entry.gradient = self.gradients.get(&entry.value).copied();
        }
    }

    /// The buffer of a value's gradient, and whether something is there already.
    fn gradient_of(&mut self, value: BufferId) -> (BufferId, bool) {
        if let Some(&known) = self.gradients.get(&value) {
            return (known, true);
        }
        let size = self.buffers[value].size;
        let gradient = self.buffer(size);
        self.gradients.insert(value, gradient);
        (gradient, false)
    }

    /// Where one step alone reads what a ReLU made, the zeros of the ReLU's way back are written with that step's gradient.
    fn share_masks(&mut self) {
        let makers: HashMap<BufferId, usize> =
            self.steps.iter().enumerate().map(|(index, placed)| (placed.wiring.output, index)).collect();
        let inputs = self.steps.iter().flat_map(|placed| &placed.wiring.inputs);
        let mut readers: HashMap<BufferId, usize> = HashMap::new();
        inputs
            .chain(self.exits.iter().map(|exit| &exit.value))
            .for_each(|value| *readers.entry(*value).or_default() += 1);
        for reader in 0..self.steps.len() {
            let Placed { step, wiring, .. } = &self.steps[reader];
            let (&[input], [Some((_, false))]) = (&wiring.inputs[..], &wiring.input_gradients[..]) else { continue };
            let maker = makers.get(&input).copied().filter(|&maker| self.steps[maker].step.ends_in_relu());
            let Some(maker) = maker.filter(|_| readers[&input] == 1 && step.masks_by().is_some()) else { continue };
            self.steps[reader].wiring.masks = true;
            self.steps[maker].wiring.masked = true;
        }
    }

    /// Lifetimes. The clock: entries at 0, step s forward at s + 1, exits, their gradients, the steps backward, the
    /// entries' gradients.
    fn finish(mut self, threads: usize) -> Built {
        let clock = Clock { steps: self.steps.len() };
        for entry in 0..self.entries.len() {
            let Entry { value, gradient, .. } = self.entries[entry];
            self.touch(value, 0, true);
            gradient.into_iter().for_each(|gradient| self.touch(gradient, clock.end(), false));
        }
        for exit in 0..self.exits.len() {
            let Exit { value, gradient, .. } = self.exits[exit];
            self.touch(value, clock.exit(), true);
            if self.exits[exit].takes_terms() {
                // The loss reads the value while it writes the gradient.
                self.touch(value, clock.exit() + 1, false);
            }
            gradient.into_iter().for_each(|(gradient, _)| self.touch(gradient, clock.exit() + 1, false));
        }
        for index in 0..self.steps.len() {
            self.live(index, clock, threads);
        }
        let Self { inputs, outputs, entries, exits, steps, buffers, .. } = self;
        Built { inputs, outputs, entries, exits, steps, buffers }
    }

    fn live(&mut self, index: usize, clock: Clock, threads: usize) {
        let needs = self.steps[index].step.needs(threads);
        let (forward, backward) = (clock.forward(index), clock.backward(index));
        let wiring = self.steps[index].wiring.clone();
        for &value in wiring.inputs.iter().chain([&wiring.output]) {
            self.touch(value, forward, true);
        }
        let runs_back = wiring.output_gradient.is_some();
        let mask = self.steps[index].step.masks_by().filter(|_| wiring.masks);
        let inputs = wiring.inputs.iter().filter(|_| needs.inputs || mask == Some(Operand::Input));
        let output = [&wiring.output].into_iter().filter(|_| needs.output || mask == Some(Operand::Output));
        for &value in inputs.chain(output).filter(|_| runs_back) {
            self.touch(value, backward, false);
        }
        let gradients = wiring.input_gradients.iter().flatten().map(|(buffer, _)| *buffer);
        for gradient in gradients.chain(wiring.output_gradient) {
            self.touch(gradient, backward, false);
        }
        let saved = self.buffer(needs.saved);
        self.buffers[saved].training = Some(forward..=backward);
        let forward_scratch = self.buffer(needs.forward_scratch);
        self.touch(forward_scratch, forward, true);
        let backward_scratch = self.buffer(needs.backward_scratch);
        self.touch(backward_scratch, backward, false);
        self.steps[index].wiring = Wiring { saved, forward_scratch, backward_scratch, ..wiring };
    }

    /// A buffer is used at this time, in training and perhaps in evaluation.
    fn touch(&mut self, buffer: BufferId, time: usize, evaluation: bool) {
        let include = |life: &mut Option<RangeInclusive<usize>>| {
            *life = Some(match life.take() {
                Some(life) => time.min(*life.start())..=time.max(*life.end()),
                None => time..=time,
            });
        };
        include(&mut self.buffers[buffer].training);
        if evaluation {
            include(&mut self.buffers[buffer].evaluation);
        }
    }
}

#[derive(Clone, Copy)]
struct Clock {
    steps: usize,
}

impl Clock {
    fn forward(self, step: usize) -> usize {
        step + 1
    }

    fn exit(self) -> usize {
        self.steps + 1
    }

    fn backward(self, step: usize) -> usize {
        self.exit() + 2 + (self.steps - 1 - step)
    }

    fn end(self) -> usize {
        self.exit() + 2 + self.steps
    }
}
