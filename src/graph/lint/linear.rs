//! `missing-activation`: two linear layers with nothing between them.

use std::collections::{HashMap, HashSet};

use super::Linter;
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::graph::Node;
use crate::layer::{Conv, Op};
use crate::source::Span;

/// Linear layers with nothing between, by place.
#[derive(Default)]
pub struct Pairs {
    /// The layers before each one.
    before: HashMap<Span, Vec<Span>>,
    /// Those before a layer that stands for others too, in a repetition or a block, or in another file: an activation
    /// belongs behind them.
    followed: HashSet<Span>,
}

impl Pairs {
    pub fn of(linter: &Linter) -> Self {
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

impl<'g> Linter<'g> {
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
    pub(super) fn missing_activation(&self, node: &Node) -> Option<Diagnostic> {
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
}

/// Whether a convolution is one factor of a larger one: by 1x1, in groups, or of a row or column.
fn is_factor(conv: &Conv) -> bool {
    conv.groups > 1 || conv.kernel.contains(&1)
}
