//! `BatchNorm`, `LayerNorm` and `GroupNorm` in a region.

use super::pass::Pass;
use super::step::{Needs, Operand, Size, Step};
use crate::kernel::batch_norm::{self, BatchNorm};
use crate::kernel::features::Features;
use crate::kernel::group_norm::{self, GroupNorm};
use crate::kernel::{lines_for, numbers, numbers_mut};
use crate::layer::{Activation, Op, Shape};
use crate::lower::norm::MOMENTUM;

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
    *running += MOMENTUM as f32 * (batch - *running);
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

    fn masks_by(&self) -> Option<Operand> {
        Some(Operand::Input)
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
        let made = batch_norm::Made { images: pass.images, x: &x, affine, moments, dy: &dy, after: pass.mask(&x) };
        let mut gradients = pass.gradients();
        let (dweight, dbias) = gradients.split_at_mut(self.count());
        let mut input = pass.input_gradient(0);
        let dx = input.as_mut().map(|(dx, add)| (&mut **dx, *add));
        self.kernel.backward(pass.machine, made, [dweight, dbias], dx);
    }
}

/// `LayerNorm` and `GroupNorm`.
pub(super) struct GroupNormStep {
    kernel: GroupNorm,
}

impl GroupNormStep {
    /// None for other values than maps, whose groups of features do not lie in one piece.
    pub fn new(groups: usize, input: Shape) -> Option<Self> {
        let (channels, positions) = (input.features(), input.positions());
        matches!(input, Shape::Map { .. }).then_some(Self { kernel: GroupNorm { groups, channels, positions } })
    }

    /// Over all values, each with weight and bias of its own.
    pub fn over_all(input: Shape) -> Self {
        Self { kernel: GroupNorm { groups: 1, channels: input.count(), positions: 1 } }
    }
}

impl Step for GroupNormStep {
    fn needs(&self, _threads: usize) -> Needs {
        let (moments, sums) = (self.kernel.moments(), self.kernel.scratch());
        Needs {
            inputs: true,
            saved: Size::per_group(moments),
            // Evaluation saves nothing, so its moments are scratch.
            forward_scratch: Size::per_group(sums + moments),
            backward_scratch: Size::per_group(sums),
            ..Needs::default()
        }
    }

    fn forward(&self, pass: &Pass) {
        let affine = pass.params().split_at(self.kernel.channels);
        let (mut saved, mut scratch) = (pass.saved_mut(), pass.forward_scratch());
        let (sums, spare) = scratch.split_at_mut(self.kernel.scratch() * pass.groups());
        let moments = if pass.training() { &mut *saved } else { spare };
        self.kernel.forward(pass.machine, &pass.input(0), affine.into(), [moments, sums], &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let (weight, _) = pass.params().split_at(self.kernel.channels);
        let (x, moments, dy) = (pass.input(0), pass.saved(), pass.output_gradient());
        let made = group_norm::Made { x: &x, weight, moments: &moments, dy: &dy };
        let mut gradients = pass.gradients();
        let gradients = gradients.split_at_mut(self.kernel.channels).into();
        let mut input = pass.input_gradient(0);
        let dx = input.as_mut().map(|(dx, add)| (&mut **dx, *add));
        self.kernel.backward(pass.machine, made, &mut pass.backward_scratch(), gradients, dx);
    }
}
