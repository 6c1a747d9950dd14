//! What each layer is to a region that runs single images.

use super::Placed;
use super::recurrent::RecurrentStep;
use crate::graph::{Graph, Node};
use crate::kernel::conv::Way;
use crate::kernel::merge::Merge;
use crate::kernel::single::{Form, SingleConv, SingleFc, SingleNorm, positions, softmax};
use crate::kernel::{Arena, LANES, Line, Machine, Part, PartMut, activation, lines_for, numbers_mut};
use crate::layer::{self, Op, Seq, Shape};
use crate::lower::region::activation::kernel_of;
use crate::lower::region::conv::{geometry_of, transposed_geometry_of};
use crate::lower::region::merge::fold_of;
use crate::lower::region::pool::{MaxPoolStep, WindowSumStep};

/// A layer on one image.
pub(super) trait SingleStep: Send + Sync {
    /// Lines of its weights as it reads them.
    fn prepared(&self) -> usize {
        0
    }

    /// Lays out its weights, from its parameters and running statistics.
    fn prepare(&self, _params: &[f32], _running: &[f32], _prepared: &mut [Line]) {}

    /// Lines that it writes on.
    fn scratch(&self, _threads: usize) -> usize {
        0
    }

    fn forward(&self, run: &Run);
}

/// What a step sees.
pub(super) struct Run<'a> {
    pub machine: &'a Machine,
    pub(super) arena: &'a Arena,
    pub(super) placed: &'a Placed,
    pub params: &'a [f32],
    pub prepared: &'a [Line],
}

impl<'a> Run<'a> {
    pub fn input(&self, index: usize) -> Part<'a> {
        self.arena.read(self.placed.inputs[index].clone())
    }

    pub fn output(&self) -> PartMut<'a> {
        self.arena.write(self.placed.output.clone())
    }

    pub fn scratch(&self) -> PartMut<'a> {
        self.arena.write(self.placed.scratch.clone())
    }
}

pub(super) fn form_of(shape: Shape) -> Form {
    match shape {
        Shape::Map { channels, height, width } => Form::Map { channels, places: height * width },
        Shape::Sequence { steps, features } => Form::Sequence { steps, features },
        Shape::Vector { features } => Form::Map { channels: features, places: 1 },
    }
}

/// A map with sixteens of channels for channels.
fn blocks_of(shape: Shape) -> Option<Shape> {
    match shape {
        Shape::Map { channels, height, width } => Some(Shape::map(channels.div_ceil(LANES), height, width)),
        _ => None,
    }
}

/// Whether a node's output is its input's memory as it lies.
pub(super) fn renames(graph: &Graph, node: &Node) -> bool {
    let same = || form_of(graph.shape(node.inputs[0])) == form_of(node.output);
    match node.op {
        Op::Dropout { .. } | Op::Identity => true,
        Op::Flatten | Op::Reshape | Op::Seq(_) => same(),
        _ => false,
    }
}

/// None where a layer cannot run so.
pub(super) fn step_of(graph: &Graph, node: &Node) -> Option<Box<dyn SingleStep>> {
    let (input, output) = (graph.shape(node.inputs[0]), node.output);
    let [from, to] = [form_of(input), form_of(output)];
    Some(match &node.op {
        Op::Conv(conv) => {
            let g = geometry_of(conv, input, output)?;
            Box::new(ConvStep { kernel: SingleConv::new(Way::forward(&g))?, weights: g.weights() })
        }
        Op::ConvT(conv) => {
            let g = transposed_geometry_of(conv, input, output)?;
            Box::new(ConvStep { kernel: SingleConv::new(Way::backward(&g))?, weights: g.weights() })
        }
        Op::Fc(fc) => Box::new(SingleFc { input: fc.input, output: fc.output }),
        Op::Recurrent(recurrent) => Box::new(RecurrentStep::new(recurrent, input, to)),
        Op::Seq(Seq::Positions) => Box::new(Positions { from }),
        Op::Seq(Seq::Rows) if !matches!(input, Shape::Map { channels: 1, .. }) => return None,
        Op::Seq(_) | Op::Flatten | Op::Reshape => Box::new(Laid { from, to }),
        Op::Activation(activation) => Box::new(kernel_of(*activation)),
        Op::MaxPool(window) => Box::new(MaxPoolStep::new(window, blocks_of(input)?, blocks_of(output)?)),
        Op::AvgPool(window) => Box::new(WindowSumStep::average(window, blocks_of(input)?, blocks_of(output)?)),
        Op::GlobalAvgPool => Box::new(WindowSumStep::global_average(blocks_of(input)?)),
        Op::Upsample { factor } => Box::new(WindowSumStep::upsample(*factor, blocks_of(input)?, blocks_of(output)?)),
        Op::Pad { pad } => Box::new(WindowSumStep::pad(*pad, blocks_of(input)?, blocks_of(output)?)),
        Op::BatchNorm => Box::new(SingleNorm { form: from }),
        Op::Merge(layer::Merge::Concat) => {
            Box::new(Concat { parts: node.inputs.iter().map(|&value| form_of(graph.shape(value))).collect(), to })
        }
        Op::Merge(merge) => Box::new(merge_of(*merge, node.inputs.len(), output)?),
        Op::Softmax | Op::LogSoftmax if matches!(output, Shape::Vector { .. }) => {
            Box::new(Scores { count: output.count(), log: node.op == Op::LogSoftmax })
        }
        _ => return None,
    })
}

fn merge_of(merge: layer::Merge, inputs: usize, output: Shape) -> Option<Merge> {
    let (channels, positions) = match form_of(output) {
        Form::Map { channels, places } => (channels.div_ceil(LANES), places),
        form @ Form::Sequence { .. } => (form.lines(), 1),
    };
    Some(Merge { fold: fold_of(merge)?, inputs, channels, positions })
}

struct ConvStep {
    kernel: SingleConv,
    weights: usize,
}

impl SingleStep for ConvStep {
    fn prepared(&self) -> usize {
        self.kernel.prepared()
    }

    fn prepare(&self, params: &[f32], _running: &[f32], prepared: &mut [Line]) {
        self.kernel.prepare(&params[..self.weights], prepared);
    }

    fn scratch(&self, threads: usize) -> usize {
        self.kernel.scratch(threads)
    }

    fn forward(&self, run: &Run) {
        let bias = &run.params[self.weights..];
        let (mut y, mut scratch) = (run.output(), run.scratch());
        self.kernel.forward(run.machine, &run.input(0), run.prepared, bias, &mut y, &mut scratch);
    }
}

impl SingleStep for SingleFc {
    fn forward(&self, run: &Run) {
        let (weight, bias) = run.params.split_at(self.input * self.output);
        SingleFc::forward(self, run.machine, &run.input(0), weight, bias, &mut run.output());
    }
}

struct Positions {
    from: Form,
}

impl SingleStep for Positions {
    fn forward(&self, run: &Run) {
        if let Form::Map { channels, places } = self.from {
            positions(channels, places, &run.input(0), &mut run.output());
        }
    }
}

/// The same values in another form.
struct Laid {
    from: Form,
    to: Form,
}

impl SingleStep for Laid {
    fn scratch(&self, _threads: usize) -> usize {
        lines_for(self.from.count())
    }

    fn forward(&self, run: &Run) {
        self.from.lay_as(self.to, &run.input(0), &mut run.output(), &mut run.scratch());
    }
}

impl SingleStep for activation::Activation {
    fn forward(&self, run: &Run) {
        activation::Activation::forward(*self, run.machine, &run.input(0), &mut run.output());
    }
}

impl SingleStep for MaxPoolStep {
    fn forward(&self, run: &Run) {
        self.kernel.forward(run.machine, &run.input(0), &mut run.output(), None);
    }
}

impl SingleStep for WindowSumStep {
    fn forward(&self, run: &Run) {
        self.run(run.machine, true, &run.input(0), &mut run.output(), false);
    }
}

impl SingleStep for SingleNorm {
    fn prepared(&self) -> usize {
        SingleNorm::prepared(self)
    }

    fn prepare(&self, params: &[f32], running: &[f32], prepared: &mut [Line]) {
        let (weight, bias) = params.split_at(params.len() / 2);
        let (means, variances) = running.split_at(running.len() / 2);
        SingleNorm::prepare(self, [weight, bias], [means, variances], prepared);
    }

    fn forward(&self, run: &Run) {
        SingleNorm::forward(self, run.machine, &run.input(0), run.prepared, &mut run.output());
    }
}

impl SingleStep for Merge {
    fn forward(&self, run: &Run) {
        let inputs: Vec<Part> = (0..self.inputs).map(|index| run.input(index)).collect();
        let inputs: Vec<&[Line]> = inputs.iter().map(|input| &**input).collect();
        Merge::forward(self, run.machine, &inputs, &mut run.output());
    }
}

/// One after the other, in PyTorch's order.
struct Concat {
    parts: Vec<Form>,
    to: Form,
}

impl SingleStep for Concat {
    fn scratch(&self, _threads: usize) -> usize {
        2 * lines_for(self.to.count())
    }

    fn forward(&self, run: &Run) {
        let mut scratch = run.scratch();
        let (whole, part) = numbers_mut(&mut scratch).split_at_mut(self.to.count());
        let rows = if let Form::Sequence { steps, .. } = self.to { steps } else { 1 };
        let mut first = 0;
        for (index, form) in self.parts.iter().enumerate() {
            let (part, width) = (&mut part[..form.count()], form.count() / rows);
            form.to_natural(&run.input(index), part);
            for (row, values) in part.chunks_exact(width).enumerate() {
                whole[row * (self.to.count() / rows) + first..][..width].copy_from_slice(values);
            }
            first += width;
        }
        self.to.from_natural(whole, &mut run.output());
    }
}

struct Scores {
    count: usize,
    log: bool,
}

impl SingleStep for Scores {
    fn forward(&self, run: &Run) {
        softmax(self.count, self.log, &run.input(0), &mut run.output());
    }
}
