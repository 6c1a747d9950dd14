//! Steps of a chain: what stands between two arrows, with its repetition and its label.

use super::chain::error_step;
use super::{Node, Parser, Rule, excerpt};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::syntax::ast::{Expr, ExprKind, Step, StepKind};

impl Parser<'_> {
    pub(super) fn parse_step(&mut self, pair: Node) -> Step {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(primary) = parts.next() else { return error_step(span) };
        let kind = self.parse_primary(primary);
        let mut step = Step { kind, repeat: None, label: None, span };
        for suffix in parts {
            match suffix.as_rule() {
                Rule::repeat => self.parse_repeat(suffix, &mut step),
                _ => self.parse_label(suffix, &mut step),
            }
        }
        step
    }

    fn parse_primary(&mut self, pair: Node) -> StepKind {
        match pair.as_rule() {
            Rule::call => StepKind::Call(self.parse_call(pair)),
            Rule::group => self.parse_branches(pair),
            Rule::skip => self.parse_skip(pair),
            _ => {
                self.report_junk(&pair);
                StepKind::Error
            }
        }
    }

    fn report_junk(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let found = excerpt(pair.as_str());
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("expected a layer, found `{found}`"))
            .at(self.span(pair), "this is no layer");
        let choice = pair.as_str().starts_with('{') && pair.as_str().len() > 1;
        let repeats =
            pair.as_str().trim_end().strip_suffix('*').is_some_and(|count| count.trim().parse::<u32>().is_ok());
        self.push(match (choice, repeats) {
            (true, _) => diagnostic.remark("a choice stands in place of a value, as in `Conv(_, {16|32}, 3)`"),
            _ if found.starts_with('^') => diagnostic.remark("there are no powers: multiply, as in `2 * 2 * 2`"),
            (_, true) => diagnostic.remark("a repetition follows its layer, as in `ReLU * 3`"),
            _ => diagnostic,
        });
    }

    fn parse_repeat(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        if step.label.is_some() {
            return self.report(Code::UNEXPECTED, "`*` stands before `as`", span, "write `X * 3 as x`");
        }
        if step.repeat.is_some() {
            let label = "write one count, as in `X * (2 * 3)`";
            return self.report(Code::UNEXPECTED, "a layer is repeated once", span, label);
        }
        let mut parts = pair.into_inner().peekable();
        if let Some(times) = parts.next_if(|part| part.as_rule() == Rule::odd_times) {
            self.report_times(&times);
        }
        let count = parts.next().map(|count| self.parse_atom(count));
        step.repeat = Some(count.unwrap_or_else(|| {
            let label = "a number, a value, a choice or `(expression)`";
            self.report(Code::MALFORMED_VALUE, "expected a count after `*`", span, label);
            Expr { kind: ExprKind::Error, span }
        }));
    }

    fn report_times(&mut self, times: &Node) {
        let span = self.span(times);
        let fix = Fix { title: "write `*`".into(), safe: true, edits: vec![Edit { span, text: "*".into() }] };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "a layer is repeated by `*`").at(span, "expected `*`");
        self.push(diagnostic.fix(fix));
    }

    fn parse_label(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        match pair.into_inner().nth(1) {
            _ if step.label.is_some() => {
                self.report(Code::UNEXPECTED, "a layer has one label", span, "the second label")
            }
            Some(word) if word.as_rule() == Rule::word => step.label = Some(self.name(&word)),
            Some(word) => self.report_bad_label(&word),
            None => self.report(Code::INCOMPLETE, "expected a label after `as`", span, "no name follows"),
        }
    }

    fn report_bad_label(&mut self, word: &Node) {
        let number = word.as_str().starts_with(|c: char| c.is_ascii_digit());
        let label = if number { "a label begins with a letter" } else { "a word of the language" };
        let message = format!("`{}` cannot be a label", word.as_str());
        self.report(Code::TAKEN, message, self.span(word), label);
    }
}
