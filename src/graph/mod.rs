//! The typed graph: every shape and parameter known, every node with its place in the text.
//!
//! A [`Graph`] exists only for a network without errors; what lowering needs is here, and no names of the language.

mod channels_last;
mod check;
mod explain;
mod findings;
mod infer;
mod lint;
mod place;
mod rejoin;
mod repair;
mod repetition;
mod resize;
mod setting;
mod strict;
mod units;
mod variant;
mod verify;

pub use check::{ChoiceReport, LayerReport, MAX_SHOWN, Report, check};
pub use infer::{Cost, MAX_PARAMETERS};
pub use lint::{LINTS, Lint};
pub use resize::resized;
pub use setting::Given;
pub use units::{Bank, Cohort, TensorAxes, Units};
pub use variant::Variants;
pub use verify::verify;

use crate::layer::{Op, Param, Shape};
use crate::source::Span;

/// Where a node reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The image, CxHxW.
    Input,
    /// The output of the node of this index.
    Node(usize),
}

/// A network ready to run.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The image's shape, a map.
    pub input: Shape,
    /// How many classes the labels have.
    pub classes: usize,
    /// In evaluation order: a node stands after all that it reads.
    pub nodes: Vec<Node>,
    /// A single output is named `logits` where it holds the scores.
    pub outputs: Vec<Output>,
    /// The points that have names, those of layers among them.
    pub labels: Vec<Label>,
}

/// A point of the network that the text names.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// `Stage.2.x`; unique among labels.
    pub path: String,
    pub value: Value,
}

/// One layer in its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    /// Several for a merge, else one.
    pub inputs: Vec<Value>,
    pub output: Shape,
    pub params: Vec<Param>,
    pub macs: u64,
    /// The layer's name, `Conv`.
    pub name: &'static str,
    /// What its tensors and reports are named by, unique in the graph: `Stage.2.Conv`.
    pub path: String,
    /// The blocks around it, from outside in: `Stage.2`.
    pub block: Vec<String>,
    pub span: Span,
    /// An adapter that nobody wrote.
    pub implicit: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: String,
    pub value: Value,
}

impl Graph {
    pub fn shape(&self, value: Value) -> Shape {
        match value {
            Value::Input => self.input,
            Value::Node(index) => self.nodes[index].output,
        }
    }

    /// How many numbers are trained.
    pub fn trained_count(&self) -> usize {
        self.nodes.iter().flat_map(|node| &node.params).filter(|param| param.trained).map(Param::count).sum()
    }
}
