//! `Softmax` and `LogSoftmax` in a region.

use super::norm::features_of;
use super::pass::Pass;
use super::step::{Needs, Step};
use crate::kernel::softmax::Softmax;
use crate::layer::Shape;

pub(super) struct SoftmaxStep {
    kernel: Softmax,
}

impl SoftmaxStep {
    pub fn new(log: bool, input: Shape) -> Self {
        Self { kernel: Softmax { features: features_of(input), log } }
    }
}

impl Step for SoftmaxStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs { output: true, ..Needs::default() }
    }

    fn forward(&self, pass: &Pass) {
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.kernel.backward(pass.machine, &pass.output(), &pass.output_gradient(), &mut dx, add);
    }
}
