//! Lints: what checks but is hardly meant -> warnings, each with a name that a comment can silence.

use std::collections::{HashMap, HashSet};

use super::{Graph, Node, Value};
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::layer::{Conv, Op, Shape, Window, Window1};
use crate::resolve::{Network, Unused, UnusedKind};
use crate::source::{SourceMap, Span};

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
    Lint { name: "drops-last-row", summary: "a pool leaves out the last rows or columns" },
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

/// The share of an image's height and width that each node's output comes from: what no window reaches is lost.
fn reached(graph: &Graph) -> Vec<[f64; 2]> {
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

/// Linear layers with nothing between, by place.
#[derive(Default)]
struct Pairs {
    /// The layers before each one.
    before: HashMap<Span, Vec<Span>>,
    /// Those before a layer that stands for others too, in a repetition or a block, or in another file: an activation
    /// belongs behind them.
    followed: HashSet<Span>,
}

impl Pairs {
    fn of(linter: &Linter) -> Self {
        let mut uses: HashMap<Span, usize> = HashMap::new();
        linter.graph.nodes.iter().for_each(|node| *uses.entry(node.span).or_default() += 1);
        let (mut pairs, mut seen) = (Self::default(), HashSet::new());
        for node in &linter.graph.nodes {
            let Some(before) = linter.linear_before(node).map(|before| before.span) else { continue };
            if seen.insert((before, node.span)) {
                pairs.before.entry(node.span).or_default().push(before);
            }
            if uses[&node.span] > 1 || before.file != node.span.file {
                pairs.followed.insert(before);
            }
        }
        pairs
    }
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

    /// The linear layer before a linear one. A layer by 1x1 or in groups before is a factored convolution.
    fn linear_before(&self, node: &Node) -> Option<&'g Node> {
        let linear = |op: &Op| match op {
            Op::Conv(conv) => !is_factor(conv),
            op => matches!(op, Op::Fc(_)),
        };
        if !linear(&node.op) {
            return None;
        }
        self.before(node).filter(|before| linear(&before.op))
    }

    /// Two linear layers with nothing between. One that follows several is one warning, whose fix is for all.
    fn missing_activation(&self, node: &Node) -> Option<Diagnostic> {
        let before = self.linear_before(node)?;
        let message = format!("no activation stands between `{}` and `{}`", before.name, node.name);
        let all = self.pairs.before.get(&node.span)?;
        if all[0] != before.span {
            return None;
        }
        let edits = match self.pairs.followed.contains(&before.span) {
            true => all.iter().flat_map(|&layer| self.activation_behind(layer)).collect(),
            false => vec![Edit { span: node.span.before(), text: "ReLU -> ".into() }],
        };
        let fix = Fix { title: "`-> ReLU` between them".into(), safe: false, edits };
        let warning = Diagnostic::warning("missing-activation", message)
            .at(node.span, "linear, of a linear layer")
            .with(before.span, "the layer before");
        Some(warning.remark("together they can do no more than one of them").fix(fix))
    }

    /// Edits that put an activation behind a layer, in brackets with it where it is repeated or named.
    fn activation_behind(&self, layer: Span) -> Vec<Edit> {
        let mut rest = self.sources.file(layer.file).text()[layer.end..].trim_start();
        while let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n').map_or("", |(_, next)| next.trim_start());
        }
        let named = rest.strip_prefix("as").is_some_and(|name| name.starts_with(|c: char| c.is_whitespace()));
        let edit = |span: Span, text: &str| Edit { span, text: text.into() };
        match named || rest.starts_with('*') {
            true => vec![edit(layer.before(), "("), edit(layer.after(), " -> ReLU)")],
            false => vec![edit(layer.after(), " -> ReLU")],
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

    /// Rows or columns that no place of a window covers, where with those lost before they pass a tenth of the image.
    fn drops_last(&self, index: usize) -> Option<Diagnostic> {
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

/// Whether a convolution is one factor of a larger one: by 1x1, in groups, or of a row or column.
fn is_factor(conv: &Conv) -> bool {
    conv.groups > 1 || conv.kernel.contains(&1)
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
