//! A node -> its family of layers, and the family's colours.

use plotters::style::RGBColor;

use super::Leaf;
use crate::graph::Graph;
use crate::layer::Op;

/// Layers of a kind, drawn in one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The input and the outputs.
    End,
    Convolution,
    Pool,
    FullyConnected,
    Recurrent,
    Norm,
    Activation,
    Dropout,
    Arrangement,
    Merge,
}

impl Family {
    pub fn of(graph: &Graph, leaf: Leaf) -> Self {
        match leaf {
            Leaf::Node(index) => Self::of_op(&graph.nodes[index].op),
            Leaf::Input | Leaf::Output(_) => Family::End,
        }
    }

    fn of_op(op: &Op) -> Self {
        match op {
            Op::Conv(_) | Op::ConvT(_) => Family::Convolution,
            Op::MaxPool(_) | Op::AvgPool(_) | Op::GlobalAvgPool => Family::Pool,
            Op::Fc(_) => Family::FullyConnected,
            Op::Recurrent(_) => Family::Recurrent,
            Op::BatchNorm | Op::LayerNorm | Op::GroupNorm { .. } => Family::Norm,
            Op::Dropout { .. } => Family::Dropout,
            Op::Activation(_) | Op::Softmax | Op::LogSoftmax => Family::Activation,
            Op::Seq(_) | Op::Flatten | Op::Reshape | Op::Upsample { .. } | Op::Pad { .. } | Op::Identity => {
                Family::Arrangement
            }
            Op::Merge(_) => Family::Merge,
        }
    }

    /// Of the inside and of the border; light enough to be told apart in grey as well.
    pub(super) fn colours(self) -> [RGBColor; 2] {
        let [inside, border] = match self {
            Family::End => [0xffffff, 0x3d4450],
            Family::Convolution => [0xd3e3f5, 0x3f6c9e],
            Family::Pool => [0xd3ece6, 0x3b8474],
            Family::FullyConnected => [0xe4dbf2, 0x6d559c],
            Family::Recurrent => [0xf6d9dd, 0xa64f5d],
            Family::Norm => [0xf5edd0, 0x96803a],
            Family::Activation => [0xe7efd4, 0x718744],
            Family::Dropout => [0xececec, 0x7d7d7d],
            Family::Arrangement => [0xfafafa, 0x8a8f98],
            Family::Merge => [0xfbe3cc, 0xb06f2f],
        };
        [inside, border].map(colour)
    }
}

/// `0xrrggbb`
pub(super) fn colour(code: u32) -> RGBColor {
    let [_, red, green, blue] = code.to_be_bytes();
    RGBColor(red, green, blue)
}
