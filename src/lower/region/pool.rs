//! Pools in a region, `Upsample` and `Pad`.

use super::pass::Pass;
use super::step::{Needs, Operand, Size, Step};
use crate::kernel::around::After;
use crate::kernel::max_pool::MaxPool;
use crate::kernel::window::Windows;
use crate::kernel::window_sum::WindowSum;
use crate::kernel::{Line, Machine};
use crate::layer::{Shape, Window};

/// The windows over maps of `input`.
fn windows_of(window: &Window, input: Shape, output: Shape) -> Windows {
    let Window { kernel, stride, pad } = *window;
    Windows { input: size_of(input), output: size_of(output), kernel, stride, pad }
}

/// Height and width.
fn size_of(shape: Shape) -> [usize; 2] {
    match shape {
        Shape::Map { height, width, .. } => [height, width],
        _ => [1, shape.positions()],
    }
}

pub(super) struct MaxPoolStep {
    pub(super) kernel: MaxPool,
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

    /// The value that a window passes on is the one that takes its gradient.
    fn masks_by(&self) -> Option<Operand> {
        Some(Operand::Output)
    }

    fn forward(&self, pass: &Pass) {
        let mut saved = pass.saved_mut();
        let places = pass.training().then_some(&mut *saved);
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut(), places);
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        // Elsewhere nobody keeps the output.
        let y = pass.masks().then(|| pass.output());
        let after = y.as_deref().map_or(After::Nothing, After::Where);
        self.kernel.backward(pass.machine, &pass.saved(), &pass.output_gradient(), after, &mut dx, add);
    }
}

/// Sums over windows there, shares of them back; or the other way round.
pub(super) struct WindowSumStep {
    kernel: WindowSum,
    turned: bool,
}

impl WindowSumStep {
    pub fn average(window: &Window, input: Shape, output: Shape) -> Self {
        Self { kernel: WindowSum::mean(input.features(), windows_of(window, input, output)), turned: false }
    }

    /// The mean of each channel.
    pub fn global_average(input: Shape) -> Self {
        let whole = size_of(input);
        let windows = Windows { input: whole, output: [1, 1], kernel: whole, stride: whole, pad: [0, 0] };
        Self { kernel: WindowSum::mean(input.features(), windows), turned: false }
    }

    /// Each value goes to the whole of a window.
    pub fn upsample(factor: [usize; 2], input: Shape, output: Shape) -> Self {
        let window = Window { kernel: factor, stride: factor, pad: [0, 0] };
        let windows = windows_of(&window, output, input);
        Self { kernel: WindowSum { channels: input.features(), windows, share: 1.0 }, turned: true }
    }

    /// Windows of one value, some of them beside the map.
    pub fn pad(pad: [usize; 2], input: Shape, output: Shape) -> Self {
        let window = Window { kernel: [1, 1], stride: [1, 1], pad };
        let windows = windows_of(&window, input, output);
        Self { kernel: WindowSum { channels: input.features(), windows, share: 1.0 }, turned: false }
    }

    pub(super) fn run(&self, machine: &Machine, there: bool, from: &[Line], to: &mut [Line], add: bool) {
        match there != self.turned {
            true => self.kernel.gather(machine, from, to, add),
            false => self.kernel.scatter(machine, from, to, add),
        }
    }
}

impl Step for WindowSumStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs::default()
    }

    fn forward(&self, pass: &Pass) {
        self.run(pass.machine, true, &pass.input(0), &mut pass.output_mut(), false);
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.run(pass.machine, false, &pass.output_gradient(), &mut dx, add);
    }
}
