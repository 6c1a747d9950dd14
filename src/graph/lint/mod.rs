//! Lints: what checks but is hardly meant -> warnings, each with a name that a comment can silence.

mod coverage;
mod linear;

use self::coverage::reached;
use self::linear::Pairs;
use super::{Graph, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::layer::{Conv, Op, Shape};
use crate::resolve::{Network, Unused, UnusedKind};
use crate::source::SourceMap;

/// A lint of the table.
#[derive(Debug)]
pub struct Lint {
    pub name: &'static str,
    pub summary: &'static str,
}

/// Every lint.
pub const LINTS: &[Lint] = &[
    Lint { name: "missing-activation", summary: "two linear layers in a row are one linear layer" },
    Lint { name: "double-softmax", summary: "softmax of a softmax flattens the scores" },
    Lint { name: "dropout-before-batchnorm", summary: "dropout changes the statistics that the norm learns" },
    Lint { name: "shrinks-to-one", summary: "a convolution over maps of 1x1 sees padding but for one value" },
    Lint { name: "drops-last-row", summary: "a pool or convolution leaves out the last rows or columns" },
    Lint { name: "unused-label", summary: "a label that nothing reads" },
    Lint { name: "unused-block", summary: "a block that nothing uses" },
    Lint { name: "unused-value", summary: "a value that nothing uses" },
];

/// The warnings of a network without errors, but for those that a comment silences.
pub fn lint(graph: &Graph, network: &Network, sources: &SourceMap) -> Vec<Diagnostic> {
    let linter = Linter::new(graph, sources);
    let mut found: Vec<Diagnostic> = (0..graph.nodes.len()).flat_map(|index| linter.node(index)).collect();
    found.extend(network.unused.iter().map(unused));
    found.retain(|warning| !is_allowed(warning, sources));
    found
}

/// Whether `# allow: name` stands on the line or the line above.
fn is_allowed(warning: &Diagnostic, sources: &SourceMap) -> bool {
    let Some(place) = warning.place() else { return false };
    let file = sources.file(place.file);
    let line = file.line_index(place.start);
    let lines = [Some(line), line.checked_sub(1)].into_iter().flatten();
    let texts = lines.filter_map(|line| file.line_range(line)).map(|range| &file.text()[range]);
    let mut comments = texts.filter_map(|text| text.split_once('#')).map(|(_, comment)| comment.trim());
    comments.any(|comment| {
        let names = comment.strip_prefix("allow:").unwrap_or_default();
        names.split([',', ' ']).any(|name| name == warning.id.as_str())
    })
}

fn unused(unused: &Unused) -> Diagnostic {
    let (lint, noun, label) = match unused.kind {
        UnusedKind::Block => ("unused-block", "block", "nothing uses it"),
        UnusedKind::Value => ("unused-value", "value", "nothing uses it"),
        UnusedKind::Label => ("unused-label", "label", "no merge reads it"),
    };
    Diagnostic::warning(lint, format!("the {noun} `{}` is never used", unused.name)).at(unused.span, label)
}

/// How often each node's output is read.
fn readers(graph: &Graph) -> Vec<usize> {
    let mut readers = vec![0; graph.nodes.len()];
    let outputs = graph.outputs.iter().map(|output| &output.value);
    for value in graph.nodes.iter().flat_map(|node| &node.inputs).chain(outputs) {
        if let Value::Node(at) = value {
            readers[*at] += 1;
        }
    }
    readers
}

struct Linter<'g> {
    graph: &'g Graph,
    sources: &'g SourceMap,
    readers: Vec<usize>,
    reached: Vec<[f64; 2]>,
    pairs: Pairs,
}

impl<'g> Linter<'g> {
    fn new(graph: &'g Graph, sources: &'g SourceMap) -> Self {
        let (readers, reached) = (readers(graph), reached(graph));
        let linter = Self { graph, sources, readers, reached, pairs: Pairs::default() };
        Self { pairs: Pairs::of(&linter), ..linter }
    }

    fn node(&self, index: usize) -> Vec<Diagnostic> {
        let node = &self.graph.nodes[index];
        let found = match &node.op {
            Op::Conv(conv) => [self.missing_activation(node), self.shrinks_to_one(node, conv), self.drops_last(index)],
            Op::Fc(_) => [self.missing_activation(node), None, None],
            Op::Softmax | Op::LogSoftmax => [self.double_softmax(node), None, None],
            Op::BatchNorm => [self.dropout_before_norm(node), None, None],
            Op::MaxPool(_) | Op::AvgPool(_) => [self.drops_last(index), None, None],
            _ => [None, None, None],
        };
        found.into_iter().flatten().collect()
    }

    /// The node that makes this one's input, past what only arranges values anew.
    fn before(&self, node: &Node) -> Option<&'g Node> {
        let mut value = node.inputs[0];
        loop {
            let Value::Node(at) = value else { return None };
            let before = &self.graph.nodes[at];
            let arranges = matches!(before.op, Op::Flatten | Op::Reshape | Op::Identity | Op::Dropout { .. });
            if self.readers[at] > 1 {
                return None;
            }
            if !arranges {
                return Some(before);
            }
            value = before.inputs[0];
        }
    }

    /// A convolution that sees one value of each channel, and padding around it.
    fn shrinks_to_one(&self, node: &Node, conv: &Conv) -> Option<Diagnostic> {
        let one = matches!(self.graph.shape(node.inputs[0]), Shape::Map { height: 1, width: 1, .. });
        let image = matches!(node.inputs[0], Value::Input);
        if !one || image || conv.kernel == [1, 1] {
            return None;
        }
        let message = format!("the map has shrunk to 1x1 before this `{}`", node.name);
        let warning = Diagnostic::warning("shrinks-to-one", message).at(node.span, "all but one value is padding");
        Some(warning.remark("leave out a pool or stride before it, or use a kernel of 1"))
    }

    fn double_softmax(&self, node: &Node) -> Option<Diagnostic> {
        let before = self.before(node).filter(|before| matches!(before.op, Op::Softmax | Op::LogSoftmax))?;
        let message = format!("`{}` of a `{}`", node.name, before.name);
        let warning = Diagnostic::warning("double-softmax", message)
            .at(node.span, "the second one")
            .with(before.span, "the first one");
        Some(warning.remark("one of them is enough; the scores nearly vanish in the second"))
    }

    fn dropout_before_norm(&self, node: &Node) -> Option<Diagnostic> {
        let Value::Node(at) = node.inputs[0] else { return None };
        let before = &self.graph.nodes[at];
        if !matches!(before.op, Op::Dropout { .. }) {
            return None;
        }
        let warning = Diagnostic::warning("dropout-before-batchnorm", "`BatchNorm` reads what a `Dropout` leaves")
            .at(node.span, "learns the statistics of training with dropout")
            .with(before.span, "changes them when training ends");
        Some(warning.remark("put the dropout after the norm"))
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Severity;
    use crate::graph::{Given, LINTS, check};
    use crate::source::SourceMap;

    fn check_lints(text: &str, expected: &[&str]) {
        let mut sources = SourceMap::new();
        let file = sources.add("a.net", None, text);
        let report = check(&mut sources, file, &Given::default());
        assert!(report.is_ok(), "{text}: {:?}", report.diagnostics);
        let warnings = report.diagnostics.iter().filter(|d| d.severity == Severity::Warning);
        let found: Vec<&str> = warnings.map(|warning| warning.id.as_str()).collect();
        assert_eq!(found, expected, "{text}");
        assert!(found.iter().all(|name| LINTS.iter().any(|lint| lint.name == *name)));
    }

    #[test]
    fn linear_layers_want_an_activation_between_them() {
        check_lints("Conv(1,8,3) -> Conv(8,8,3) -> ReLU -> FC", &["missing-activation"]);
        check_lints("FC(20) -> Dropout -> FC", &["missing-activation"]);
        check_lints("Conv(1,8,3) -> FC", &["missing-activation"]);
        check_lints("Conv(1,8,3) -> Pool(2) -> FC", &[]);
        check_lints("Conv(1,8,3) -> LSTM(8, 10) -> FC", &[]);
        check_lints("Conv(1,8,3) -> ReLU -> Conv(8,8,3,pad=1,groups=8) -> Conv(8,16,1) -> ReLU -> FC", &[]);
    }

    #[test]
    fn softmax_stands_once() {
        check_lints("FC -> Softmax -> Softmax", &["double-softmax"]);
        check_lints("FC -> Softmax -> LogSoftmax", &["double-softmax"]);
        check_lints("FC -> Softmax", &[]);
    }

    #[test]
    fn dropout_stands_after_the_norm() {
        check_lints("Conv(1,8,3) -> Dropout -> BatchNorm -> ReLU -> FC", &["dropout-before-batchnorm"]);
        check_lints("Conv(1,8,3) -> BatchNorm -> Dropout -> ReLU -> FC", &[]);
    }

    #[test]
    fn a_map_of_one_value_needs_no_wide_kernel() {
        check_lints("Conv(1,8,28) -> ReLU -> Conv(8,8,3,pad=1) -> ReLU -> FC", &["shrinks-to-one"]);
        check_lints("Conv(1,8,28) -> ReLU -> Conv(8,8,1) -> ReLU -> FC", &[]);
    }

    #[test]
    fn a_pool_covers_its_map() {
        check_lints("Pool(5) -> FC", &["drops-last-row"]);
        check_lints("Conv(1,8,3,stride=2) -> Pool(2) -> FC", &["drops-last-row"]);
        check_lints("Conv(1,8,3,stride=2) -> ReLU -> FC", &[]);
        check_lints("Conv(1,8,4) -> ReLU -> Pool(2) -> FC", &[]);
        check_lints("Pool(4) -> FC", &[]);
    }

    #[test]
    fn definitions_are_used() {
        check_lints("let a = 3\nblock B = ReLU\nFC", &["unused-value", "unused-block"]);
        check_lints("let a = 3\nlet b = a\nblock B = ReLU * b\nB -> FC", &[]);
        check_lints("ReLU as x -> Tanh -> FC", &["unused-label"]);
        check_lints("ReLU as x -> Tanh -> Add(x) -> FC", &[]);
        check_lints("ReLU -> ( FC as logits | Identity as image )", &[]);
        check_lints("block A = ReLU", &[]);
    }

    #[test]
    fn a_comment_silences_a_lint() {
        check_lints("FC(20) -> FC # allow: missing-activation", &[]);
        check_lints("# allow: missing-activation\nFC(20) -> FC", &[]);
        check_lints("# allow: double-softmax\nFC(20) -> FC", &["missing-activation"]);
        check_lints("# allow: unused-value, unused-block\nlet a = 3\nFC", &[]);
    }
}
