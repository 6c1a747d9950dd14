//! `FC` in a region.

use super::pass::Pass;
use super::step::{Needs, Size, Step};
use crate::kernel::activation::mask;
use crate::kernel::fc;
use crate::layer::{Activation, Fc, Op};

pub(super) struct FcStep {
    kernel: fc::Fc,
}

impl FcStep {
    pub fn new(fc: &Fc) -> Self {
        Self { kernel: fc::Fc { input: fc.input, output: fc.output, relu: false } }
    }
}

impl Step for FcStep {
    fn needs(&self, _threads: usize) -> Needs {
        let backward_scratch = Size::per_group(self.kernel.scratch(1));
        Needs { inputs: true, output: self.kernel.relu, backward_scratch, ..Needs::default() }
    }

    fn absorb(&mut self, next: &Op) -> bool {
        let takes = *next == Op::Activation(Activation::Relu) && !self.kernel.relu;
        self.kernel.relu |= takes;
        takes
    }

    fn forward(&self, pass: &Pass) {
        let (weight, bias) = pass.params().split_at(self.kernel.input * self.kernel.output);
        self.kernel.forward(pass.machine, &pass.input(0), weight, bias, &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        if self.kernel.relu {
            mask(pass.machine, &pass.output(), &mut pass.output_gradient_mut());
        }
        let dy = pass.output_gradient();
        let weights = self.kernel.input * self.kernel.output;
        if let Some((mut dx, add)) = pass.input_gradient(0) {
            self.kernel.input_gradient(pass.machine, &dy, &pass.params()[..weights], &mut dx, add);
        }
        let mut gradients = pass.gradients();
        let (dweight, dbias) = gradients.split_at_mut(weights);
        let scratch = &mut pass.backward_scratch();
        self.kernel.weight_gradient(pass.machine, &pass.input(0), &dy, scratch, [dweight, dbias]);
    }
}
