//! `drops-last-row`: what of an image no window reaches.

use super::Linter;
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Node, Value};
use crate::layer::{Conv, Op, Shape, Window, Window1};

/// The share of an image's height and width that each node's output comes from: what no window reaches is lost.
pub fn reached(graph: &Graph) -> Vec<[f64; 2]> {
    let mut reached: Vec<[f64; 2]> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let before = reached_by_input(node, &reached);
        let share = lost(graph, node).map(|(lost, sizes)| [0, 1].map(|a| 1.0 - lost[a] as f64 / sizes[a] as f64));
        let share = share.unwrap_or([1.0, 1.0]);
        reached.push([before[0] * share[0], before[1] * share[1]]);
    }
    reached
}

fn reached_by_input(node: &Node, reached: &[[f64; 2]]) -> [f64; 2] {
    match node.inputs[0] {
        Value::Input => [1.0, 1.0],
        Value::Node(at) => reached[at],
    }
}

/// The last rows and columns that no place of a node's window covers, and how many there are.
fn lost(graph: &Graph, node: &Node) -> Option<([usize; 2], [usize; 2])> {
    let windows = match &node.op {
        Op::Conv(conv) => windows_of(conv),
        Op::MaxPool(window) | Op::AvgPool(window) => pool_windows(window),
        _ => return None,
    };
    let Shape::Map { height, width, .. } = graph.shape(node.inputs[0]) else { return None };
    let lost = |window: Window1, size: usize| match window.stride > window.kernel {
        true => 0, // leaves rows out everywhere, on purpose
        false => window.dropped(size).saturating_sub(window.pad[1]),
    };
    Some(([lost(windows[0], height), lost(windows[1], width)], [height, width]))
}

impl Linter<'_> {
    /// Rows or columns that no place of a window covers, where with those lost before they pass a tenth of the image.
    pub(super) fn drops_last(&self, index: usize) -> Option<Diagnostic> {
        let node = &self.graph.nodes[index];
        let ([rows, columns], [height, width]) = lost(self.graph, node)?;
        let (before, after) = (reached_by_input(node, &self.reached), self.reached[index]);
        let (alone, passes) =
            (rows * 10 > height || columns * 10 > width, |a: usize| before[a] >= 0.9 && after[a] < 0.9);
        if !alone && !passes(0) && !passes(1) {
            return None;
        }
        let sizes = format!("{rows} of {height} rows and {columns} of {width} columns");
        let message = format!("`{}` leaves out the last {sizes}", node.name);
        let warning = Diagnostic::warning("drops-last-row", message).at(node.span, "its windows do not reach them");
        let warning = match alone {
            true => warning,
            false => warning.remark("with what layers before it leave out, more than a tenth of the image is not seen"),
        };
        Some(warning.remark("another kernel, stride or padding covers the map"))
    }
}

fn pool_windows(window: &Window) -> [Window1; 2] {
    let (kernel, stride, pad) = (window.kernel, window.stride, window.pad);
    [0, 1].map(|axis| Window1 { kernel: kernel[axis], stride: stride[axis], pad: [pad[axis]; 2], dilation: 1 })
}

fn windows_of(conv: &Conv) -> [Window1; 2] {
    [0, 1].map(|axis| Window1 {
        kernel: conv.kernel[axis],
        stride: conv.stride[axis],
        pad: conv.pad[axis],
        dilation: conv.dilation[axis],
    })
}
