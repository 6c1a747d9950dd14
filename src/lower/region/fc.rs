//! `FC` in a region.

use super::pass::Pass;
use super::step::{Needs, Operand, Size, Step};
use crate::kernel::activation::mask;
use crate::kernel::around::Around;
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

    fn ends_in_relu(&self) -> bool {
        self.kernel.relu
    }

    fn masks_by(&self) -> Option<Operand> {
        Some(Operand::Input)
    }

    fn forward(&self, pass: &Pass) {
        let (weight, bias) = pass.params().split_at(self.kernel.input * self.kernel.output);
        self.kernel.forward(pass.machine, &pass.input(0), weight, bias, &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        if self.kernel.relu && !pass.masked() {
            mask(pass.machine, &pass.output(), &mut pass.output_gradient_mut());
        }
        let (x, dy) = (pass.input(0), pass.output_gradient());
        let weights = self.kernel.input * self.kernel.output;
        if let Some((mut dx, add)) = pass.input_gradient(0) {
            let around = Around { after: pass.mask(&x), ..Around::sum(add) };
            self.kernel.input_gradient(pass.machine, &dy, &pass.params()[..weights], around, &mut dx);
        }
        let mut gradients = pass.gradients();
        let (dweight, dbias) = gradients.split_at_mut(weights);
        let scratch = &mut pass.backward_scratch();
        self.kernel.weight_gradient(pass.machine, &x, &dy, scratch, dweight, Some(dbias));
    }
}
