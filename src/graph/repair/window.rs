//! Small changes of sliding windows: other kernels, strides and paddings, with how far they are from what is written.

use super::edit::is_literal_window;
use crate::graph::explain::Case;
use crate::layer::{Args, Argument, Shape};
use crate::resolve::Source;

/// Other arguments, how many are changed, and by how much.
pub type Change = (Args, usize, usize);

/// Other arguments for a layer that slides a window, as far as they are written as plain numbers.
pub fn changes(case: &Case, at: usize) -> Vec<Change> {
    let Some(window) = Window::of(case, at) else { return vec![] };
    let mut changes = window.kernels(fitting(case, at));
    changes.extend(window.strides());
    changes.extend(window.paddings());
    changes
}

/// The largest kernel that fits the layer's input.
fn fitting(case: &Case, at: usize) -> Option<usize> {
    let shape = match case.network.nodes[at].inputs[0] {
        Source::Node(index) => case.inference.outputs[index]?,
        _ => case.setting.input,
    };
    match shape {
        Shape::Map { height, width, .. } => Some(height.min(width)),
        _ => None,
    }
}

/// A square window.
struct Window<'c> {
    args: &'c Args,
    side: usize,
    stride: [usize; 2],
    pools: bool,
    /// Whether the stride follows the kernel.
    tied: bool,
}

impl<'c> Window<'c> {
    fn of(case: &Case<'c>, at: usize) -> Option<Self> {
        let node = &case.network.nodes[at];
        let slides = matches!(node.layer.name, "Conv" | "ConvT" | "Pool" | "AvgPool");
        if !slides || node.args.has_error() || !is_literal_window(case, at) {
            return None;
        }
        let kernel = node.args.size("kernel");
        let pools = node.layer.name.ends_with("Pool");
        let stride = node.args.optional_size("stride").unwrap_or(kernel);
        let tied = pools && stride == kernel;
        (kernel[0] == kernel[1]).then_some(Self { args: &node.args, side: kernel[0], stride, pools, tied })
    }

    fn kernels(&self, fitting: Option<usize>) -> Vec<Change> {
        let near = self.side.saturating_sub(3).max(1)..=self.side + 3;
        let fitting = fitting.filter(|&fitting| fitting < self.side && !near.contains(&fitting));
        let sides = near.clone().chain(fitting).filter(|&other| other != self.side && !(self.pools && other == 1));
        let change = |other: usize| {
            let args = self.args.replaced("kernel", square(other));
            let args = if self.tied { args.replaced("stride", Argument::Absent) } else { args };
            (args, 1, self.side.abs_diff(other))
        };
        sides.map(change).collect()
    }

    fn strides(&self) -> Vec<Change> {
        if self.stride[0] != self.stride[1] {
            return vec![];
        }
        let others = (1..=4).filter(|&other| other != self.stride[0] && !(self.tied && other == self.side));
        let change =
            |other: usize| (self.args.replaced("stride", square(other)), self.count(), self.stride[0].abs_diff(other));
        others.map(change).collect()
    }

    fn paddings(&self) -> Vec<Change> {
        let Some([pad, _]) = self.args.optional_size("pad").filter(|pad| pad[0] == pad[1]) else { return vec![] };
        let most = if self.pools { self.side / 2 } else { self.side.saturating_sub(1) }.min(8);
        let others = (0..=most).filter(|&other| other != pad);
        others.map(|other| (self.args.replaced("pad", square(other)), self.count(), pad.abs_diff(other))).collect()
    }

    /// A pool whose stride follows its kernel is left so where that is possible.
    fn count(&self) -> usize {
        1 + usize::from(self.tied)
    }
}

fn square(side: usize) -> Argument {
    Argument::Size([side, side])
}
