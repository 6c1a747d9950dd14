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
fn fitting(case: &Case, at: usize) -> Option<[usize; 2]> {
    let shape = match case.network.nodes[at].inputs[0] {
        Source::Node(index) => case.inference.outputs[index]?,
        _ => case.setting.input,
    };
    match shape {
        Shape::Map { height, width, .. } => Some([height, width]),
        _ => None,
    }
}

struct Window<'c> {
    args: &'c Args,
    kernel: [usize; 2],
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
        Some(Self { args: &node.args, kernel, stride, pools, tied: pools && stride == kernel })
    }

    /// Other kernels: squares for a square, else one side changed, or both made to fit.
    fn kernels(&self, fitting: Option<[usize; 2]>) -> Vec<Change> {
        let [height, width] = self.kernel;
        let largest = |side: usize| fitting.map(|fitting| fitting[side]);
        let mut others: Vec<[usize; 2]> = match height == width {
            true => near(height, fitting.map(|[a, b]| a.min(b))).map(|side| [side, side]).collect(),
            false => near(height, largest(0))
                .map(|side| [side, width])
                .chain(near(width, largest(1)).map(|side| [height, side]))
                .chain(fitting.map(|[a, b]| [height.min(a), width.min(b)]).filter(|[a, b]| *a < height && *b < width))
                .collect(),
        };
        others.retain(|&other| !(self.pools && other == [1, 1]));
        others.into_iter().map(|other| self.with_kernel(other)).collect()
    }

    fn with_kernel(&self, kernel: [usize; 2]) -> Change {
        let args = self.args.replaced("kernel", Argument::Size(kernel));
        let args = if self.tied { args.replaced("stride", Argument::Absent) } else { args };
        (args, 1, distance(self.kernel, kernel))
    }

    fn strides(&self) -> Vec<Change> {
        if self.stride[0] != self.stride[1] {
            return vec![];
        }
        let others = (1..=4).filter(|&other| other != self.stride[0] && !(self.tied && other == self.kernel[0]));
        others.map(|other| self.with("stride", self.stride, [other, other])).collect()
    }

    /// Other paddings: the same on both sides of a square, else on one side.
    fn paddings(&self) -> Vec<Change> {
        let Some(pad) = self.args.optional_size("pad") else { return vec![] };
        let up_to = |side: usize| 0..=self.most_padding(self.kernel[side]);
        let others: Vec<[usize; 2]> = match self.kernel[0] == self.kernel[1] {
            true if pad[0] != pad[1] => vec![],
            true => up_to(0).map(|other| [other, other]).collect(),
            false => up_to(0).map(|rows| [rows, pad[1]]).chain(up_to(1).map(|columns| [pad[0], columns])).collect(),
        };
        others.into_iter().filter(|&other| other != pad).map(|other| self.with("pad", pad, other)).collect()
    }

    fn most_padding(&self, side: usize) -> usize {
        if self.pools { side / 2 } else { side.saturating_sub(1) }.min(8)
    }

    fn with(&self, name: &str, old: [usize; 2], new: [usize; 2]) -> Change {
        (self.args.replaced(name, Argument::Size(new)), self.count(), distance(old, new))
    }

    /// A pool whose stride follows its kernel is left so where that is possible.
    fn count(&self) -> usize {
        1 + usize::from(self.tied)
    }
}

/// Sides near this one, and the largest that fits where that is smaller than they are.
fn near(side: usize, fitting: Option<usize>) -> impl Iterator<Item = usize> {
    let near = side.saturating_sub(3).max(1)..=side + 3;
    let fitting = fitting.filter(|&fitting| fitting < side && !near.contains(&fitting));
    near.chain(fitting).filter(move |&other| other != side)
}

/// By how much two sizes differ; of two squares, by how much their sides do.
fn distance(old: [usize; 2], new: [usize; 2]) -> usize {
    let [rows, columns] = [old[0].abs_diff(new[0]), old[1].abs_diff(new[1])];
    if rows == columns { rows } else { rows + columns }
}
