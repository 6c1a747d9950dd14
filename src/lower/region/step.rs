//! What a layer with a kernel is to its region.

use super::pass::Pass;
use crate::layer::Op;

/// A layer of a region.
pub(super) trait Step: Send + Sync {
    /// The memory it asks for, with so many threads.
    fn needs(&self, threads: usize) -> Needs;

    /// How it computes, where there are several ways.
    fn kernel(&self) -> &'static str {
        ""
    }

    /// Takes the layer behind it into itself, where it can: what that layer makes is its own output from then on.
    fn absorb(&mut self, _next: &Op) -> bool {
        false
    }

    /// Whether its backward pass begins by the mask of a ReLU.
    fn ends_in_relu(&self) -> bool {
        false
    }

    /// What its backward pass reads where it gives its first input's gradient the zeros of a ReLU that made that input; none
    /// where it cannot.
    fn masks_by(&self) -> Option<Operand> {
        None
    }

    fn forward(&self, pass: &Pass);

    /// After [`Step::forward`] in training: the gradient of each input that wants one, and of its parameters. It may
    /// change the output's gradient, which nobody reads after it.
    fn backward(&self, pass: &Pass);
}

/// What a step keeps, and what it writes on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// Backward reads the inputs.
    pub inputs: bool,
    /// Backward reads the output.
    pub output: bool,
    /// What forward leaves for backward.
    pub saved: Size,
    /// Of use within one pass only.
    pub forward_scratch: Size,
    pub backward_scratch: Size,
}

/// What a step reads or makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Input,
    Output,
}

/// Lines of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// For each sixteen images.
    pub group: usize,
    /// Whatever the batch.
    pub fixed: usize,
}

impl Size {
    pub fn per_group(lines: usize) -> Self {
        Self { group: lines, fixed: 0 }
    }

    pub fn fixed(lines: usize) -> Self {
        Self { group: 0, fixed: lines }
    }

    pub fn lines(self, groups: usize) -> usize {
        self.group * groups + self.fixed
    }
}
