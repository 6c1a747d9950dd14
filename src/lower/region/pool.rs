//! Pools in a region.

use super::pass::Pass;
use super::step::{Needs, Size, Step};
use crate::kernel::average_pool::AveragePool;
use crate::kernel::max_pool::MaxPool;
use crate::kernel::window::Windows;
use crate::layer::{Shape, Window};

/// The windows over maps of `input`.
fn windows_of(window: &Window, input: Shape, output: Shape) -> Windows {
    let [input, output] = [input, output].map(|shape| match shape {
        Shape::Map { height, width, .. } => [height, width],
        _ => [1, shape.positions()],
    });
    let Window { kernel, stride, pad } = *window;
    Windows { input, output, kernel, stride, pad }
}

pub(super) struct MaxPoolStep {
    kernel: MaxPool,
}

impl MaxPoolStep {
    pub fn new(window: &Window, input: Shape, output: Shape) -> Self {
        Self { kernel: MaxPool { channels: input.features(), windows: windows_of(window, input, output) } }
    }
}

impl Step for MaxPoolStep {
    fn needs(&self, _threads: usize) -> Needs {
        let [_, windows] = self.kernel.windows.planes();
        Needs { saved: Size::per_group(self.kernel.channels * windows), ..Needs::default() }
    }

    fn forward(&self, pass: &Pass) {
        let mut saved = pass.saved_mut();
        let places = pass.training().then_some(&mut *saved);
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut(), places);
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.kernel.backward(pass.machine, &pass.saved(), &pass.output_gradient(), &mut dx, add);
    }
}

pub(super) struct AveragePoolStep {
    kernel: AveragePool,
}

impl AveragePoolStep {
    pub fn new(window: &Window, input: Shape, output: Shape) -> Self {
        Self { kernel: AveragePool { channels: input.features(), windows: windows_of(window, input, output) } }
    }

    /// The mean of each channel.
    pub fn global(input: Shape) -> Self {
        Self { kernel: AveragePool::global(input.features(), input.positions()) }
    }
}

impl Step for AveragePoolStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs::default()
    }

    fn forward(&self, pass: &Pass) {
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.kernel.backward(pass.machine, &pass.output_gradient(), &mut dx, add);
    }
}
