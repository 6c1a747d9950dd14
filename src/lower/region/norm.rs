//! `BatchNorm` in a region.

use super::pass::Pass;
use super::step::{Needs, Size, Step};
use crate::kernel::batch_norm::{BatchNorm, Made};
use crate::kernel::features::Features;
use crate::kernel::{lines_for, numbers, numbers_mut};
use crate::layer::{Activation, Op, Shape};

/// How far running statistics move towards a batch's.
const MOMENTUM: f32 = 0.1;

/// How features lie in a value of this shape.
pub(super) fn features_of(shape: Shape) -> Features {
    let by_position = matches!(shape, Shape::Sequence { .. });
    Features { count: shape.features(), positions: shape.positions(), by_position }
}

pub(super) struct BatchNormStep {
    kernel: BatchNorm,
}

impl BatchNormStep {
    pub fn new(input: Shape) -> Self {
        Self { kernel: BatchNorm { features: features_of(input), relu: false } }
    }

    fn count(&self) -> usize {
        self.kernel.features.count
    }

    /// The running statistics move towards the batch's mean and unbiased variance.
    fn follow(&self, pass: &Pass, moments: &[f32]) {
        let Some(mut running) = pass.running_mut() else { return };
        let values = (pass.images * self.kernel.features.positions) as f32;
        let unbiased = values / (values - 1.0).max(1.0);
        let (means, variances) = running.split_at_mut(self.count());
        let moments = moments.split_at(self.count());
        means.iter_mut().zip(moments.0).for_each(|(running, &mean)| move_to(running, mean));
        variances.iter_mut().zip(moments.1).for_each(|(running, &variance)| move_to(running, variance * unbiased));
    }
}

fn move_to(running: &mut f32, batch: f32) {
    *running += MOMENTUM * (batch - *running);
}

impl Step for BatchNormStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs { inputs: true, saved: Size::fixed(lines_for(2 * self.count())), ..Needs::default() }
    }

    fn absorb(&mut self, next: &Op) -> bool {
        let takes = *next == Op::Activation(Activation::Relu) && !self.kernel.relu;
        self.kernel.relu |= takes;
        takes
    }

    fn forward(&self, pass: &Pass) {
        let (weight, bias) = pass.params().split_at(self.count());
        let (x, mut y) = (pass.input(0), pass.output_mut());
        if pass.training() {
            let mut saved = pass.saved_mut();
            let (means, rest) = numbers_mut(&mut saved).split_at_mut(self.count());
            let moments = [means, &mut rest[..self.count()]];
            self.kernel.train(pass.machine, pass.images, &x, [weight, bias], moments, &mut y);
        } else {
            let (means, variances) = pass.running().split_at(self.count());
            self.kernel.evaluate(pass.machine, &x, [weight, bias], [means, variances], &mut y);
        }
    }

    fn backward(&self, pass: &Pass) {
        let saved = pass.saved();
        let moments = &numbers(&saved)[..2 * self.count()];
        self.follow(pass, moments);
        let (weight, bias) = pass.params().split_at(self.count());
        let (means, variances) = moments.split_at(self.count());
        let (x, dy) = (pass.input(0), pass.output_gradient());
        let (affine, moments) = ([weight, bias], [means, variances]);
        let made = Made { images: pass.images, x: &x, affine, moments, dy: &dy };
        let mut gradients = pass.gradients();
        let (dweight, dbias) = gradients.split_at_mut(self.count());
        let mut input = pass.input_gradient(0);
        let dx = input.as_mut().map(|(dx, add)| (&mut **dx, *add));
        self.kernel.backward(pass.machine, made, [dweight, dbias], dx);
    }
}
