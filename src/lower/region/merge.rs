//! Merges in a region.

use super::pass::Pass;
use super::step::{Needs, Step};
use crate::kernel::concat::Rows;
use crate::kernel::merge::{Fold, Made, Merge};
use crate::kernel::{Line, Part};
use crate::layer::{self, Activation, Op, Shape};

/// The step of a merge of these inputs.
pub(super) fn merge_step(merge: layer::Merge, inputs: &[Shape], output: Shape) -> Box<dyn Step> {
    let Some(fold) = fold_of(merge) else { return Box::new(ConcatStep::new(inputs, output)) };
    let (channels, positions) = match output {
        Shape::Map { channels, .. } => (channels, output.positions()),
        _ => (output.count(), 1),
    };
    Box::new(MergeStep { kernel: Merge { fold, inputs: inputs.len(), channels, positions } })
}

/// None of `Concat`, which folds nothing.
pub(super) fn fold_of(merge: layer::Merge) -> Option<Fold> {
    match merge {
        layer::Merge::Add => Some(Fold::Add { relu: false }),
        layer::Merge::Mul => Some(Fold::Mul),
        layer::Merge::Max => Some(Fold::Max),
        layer::Merge::Mean => Some(Fold::Mean),
        layer::Merge::Concat => None,
    }
}

struct MergeStep {
    kernel: Merge,
}

impl Step for MergeStep {
    fn needs(&self, _threads: usize) -> Needs {
        let [inputs, output] = self.kernel.reads();
        Needs { inputs, output, ..Needs::default() }
    }

    fn absorb(&mut self, next: &Op) -> bool {
        let takes = *next == Op::Activation(Activation::Relu) && self.kernel.fold == Fold::Add { relu: false };
        if takes {
            self.kernel.fold = Fold::Add { relu: true };
        }
        takes
    }

    fn forward(&self, pass: &Pass) {
        let inputs: Vec<Part> = (0..self.kernel.inputs).map(|index| pass.input(index)).collect();
        let inputs: Vec<&[Line]> = inputs.iter().map(|input| &**input).collect();
        self.kernel.forward(pass.machine, &inputs, &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let [reads_inputs, reads_output] = self.kernel.reads();
        let inputs: Vec<Part> = (0..self.kernel.inputs).filter(|_| reads_inputs).map(|n| pass.input(n)).collect();
        let inputs: Vec<&[Line]> = inputs.iter().map(|input| &**input).collect();
        let output = reads_output.then(|| pass.output());
        let dy = pass.output_gradient();
        let made = Made { inputs: &inputs, y: output.as_deref().unwrap_or(&[]), dy: &dy };
        for index in 0..self.kernel.inputs {
            if let Some((mut dx, add)) = pass.input_gradient(index) {
                self.kernel.backward(pass.machine, index, made, &mut dx, add);
            }
        }
    }
}

/// One after the other.
struct ConcatStep {
    /// Of each input.
    rows: Vec<Rows>,
}

impl ConcatStep {
    fn new(inputs: &[Shape], output: Shape) -> Self {
        let steps = if let Shape::Sequence { steps, .. } = output { steps } else { 1 };
        let mut first = 0;
        let rows = inputs.iter().map(|input| {
            let rows = Rows { width: input.count() / steps, first, whole: output.count() / steps };
            first += rows.width;
            rows
        });
        Self { rows: rows.collect() }
    }
}

impl Step for ConcatStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs::default()
    }

    fn forward(&self, pass: &Pass) {
        let mut y = pass.output_mut();
        for (index, rows) in self.rows.iter().enumerate() {
            rows.forward(pass.machine, &pass.input(index), &mut y);
        }
    }

    fn backward(&self, pass: &Pass) {
        let dy = pass.output_gradient();
        for (index, rows) in self.rows.iter().enumerate() {
            if let Some((mut dx, add)) = pass.input_gradient(index) {
                rows.backward(pass.machine, &dy, &mut dx, add);
            }
        }
    }
}
