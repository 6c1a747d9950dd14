//! Activations in a region.

use super::pass::Pass;
use super::step::{Needs, Step};
use crate::kernel::activation;
use crate::layer::Activation;

pub(super) struct ActivationStep {
    kernel: activation::Activation,
}

impl ActivationStep {
    pub fn new(activation: Activation) -> Self {
        Self { kernel: kernel_of(activation) }
    }
}

pub(super) fn kernel_of(activation: Activation) -> activation::Activation {
    match activation {
        Activation::Relu => activation::Activation::Relu,
        Activation::LeakyRelu { slope } => activation::Activation::LeakyRelu { slope: slope as f32 },
        Activation::Elu => activation::Activation::Elu,
        Activation::Gelu => activation::Activation::Gelu,
        Activation::Silu => activation::Activation::Silu,
        Activation::Tanh => activation::Activation::Tanh,
        Activation::Sigmoid => activation::Activation::Sigmoid,
    }
}

impl Step for ActivationStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs { inputs: true, output: true, ..Needs::default() }
    }

    fn forward(&self, pass: &Pass) {
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        let (x, y, dy) = (pass.input(0), pass.output(), pass.output_gradient());
        self.kernel.backward(pass.machine, [&x, &y, &dy], &mut dx, add);
    }
}
