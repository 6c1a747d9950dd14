//! `--strict`: adapters that nobody wrote -> errors, with the fix that writes them out.

use super::infer::{Inference, Row};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{Op, Seq};
use crate::resolve::Network;

/// An error for each adapter.
pub fn adapters(network: &Network, inference: &Inference) -> Vec<Diagnostic> {
    let adapters = inference.rows.iter().filter_map(|row| Some((row, row.adapter.as_ref()?)));
    adapters.map(|(row, op)| refused(network, inference, row, op)).collect()
}

fn refused(network: &Network, inference: &Inference, row: &Row, op: &Op) -> Diagnostic {
    let node = &network.nodes[row.node];
    let text = written(op);
    let diagnostic = Diagnostic::error(Code::ADAPTER, format!("`{text}` is put in before `{}`", node.layer.name))
        .at(node.span, "reads what an adapter makes");
    let diagnostic = node.site.show_uses(diagnostic);
    if !same_everywhere(network, inference, row) {
        return diagnostic.remark("other uses of this text need another adapter, or none");
    }
    let edits = vec![Edit { span: node.span.before(), text: format!("{text} -> ") }];
    diagnostic.fix(Fix { title: format!("write `{text} ->` before it"), safe: true, edits })
}

/// Whether every node of this text has the same adapter.
fn same_everywhere(network: &Network, inference: &Inference, row: &Row) -> bool {
    let span = network.nodes[row.node].span;
    let nodes = network.nodes.iter().filter(|node| node.span == span).count();
    let rows = inference.rows.iter().filter(|other| network.nodes[other.node].span == span);
    rows.filter(|other| other.adapter == row.adapter).count() == nodes
}

fn written(op: &Op) -> String {
    match op {
        Op::Seq(Seq::Features(k)) => format!("Seq({k})"),
        Op::Seq(Seq::Positions) => "Seq(by=positions)".into(),
        Op::Seq(Seq::Rows) => "Seq(by=rows)".into(),
        Op::Seq(Seq::Channels) => "Seq(by=channels)".into(),
        _ => "Flatten".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Given, check};
    use crate::source::SourceMap;

    /// Checks strictly, with the fixes' titles.
    fn check_strict(text: &str, expected: &[&str]) {
        let mut sources = SourceMap::new();
        let file = sources.add("a.net", None, text);
        let report = check(&mut sources, file, &Given { strict: true, ..Given::default() });
        let errors = report.diagnostics.iter().filter(|d| d.is_error());
        let found: Vec<String> =
            errors.map(|d| format!("{}: {}", d.message, d.fixes.first().map_or("", |fix| &fix.title))).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn adapters_are_errors_with_their_text() {
        check_strict("Flatten -> FC", &[]);
        check_strict("Conv(1,8,3) -> FC", &["`Flatten` is put in before `FC`: write `Flatten ->` before it"]);
        check_strict(
            "Conv(1,20,3) -> Pool(4) -> Conv(20,40,5) -> LSTM(20,10) -> FC",
            &["`Seq(20)` is put in before `LSTM`: write `Seq(20) ->` before it"],
        );
        check_strict("Conv(1,8,3) -> FC(10) * 2", &["`Flatten` is put in before `FC`: "]);
    }
}
