//! `Dropout` in a region.

use super::norm::features_of;
use super::pass::Pass;
use super::step::{Needs, Size, Step};
use crate::kernel::dropout::Dropout;
use crate::kernel::features::Features;
use crate::layer::Shape;
use crate::lower::batch::Draw;

pub(super) struct DropoutStep {
    kernel: Dropout,
}

impl DropoutStep {
    /// Drops single values, or whole channels.
    pub fn new(p: f64, channels: bool, input: Shape) -> Self {
        let single = Features { count: input.count(), positions: 1, by_position: false };
        Self { kernel: Dropout { p, features: if channels { features_of(input) } else { single } } }
    }
}

impl Step for DropoutStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs { saved: Size::per_group(self.kernel.features.count), ..Needs::default() }
    }

    fn forward(&self, pass: &Pass) {
        let Some(draw) = pass.draw else {
            pass.output_mut().copy_from_slice(&pass.input(0));
            return;
        };
        let mut masks = pass.saved_mut();
        self.kernel.draw(pass.machine, &draw.streams(pass.images), Draw::first_of(pass.node()), &mut masks);
        self.kernel.apply(pass.machine, &masks, &pass.input(0), &mut pass.output_mut(), false);
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.kernel.apply(pass.machine, &pass.saved(), &pass.output_gradient(), &mut dx, add);
    }
}
