//! Calls: a name and the arguments behind it.

use super::value::foreign_operator;
use super::{Node, Parser, Rule, bracketed, excerpt};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Argument, Call, Expr, ExprKind, Name};

impl Parser<'_> {
    pub(super) fn parse_call(&mut self, pair: Node) -> Call {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let name = parts.next().map(|word| self.name(&word)).unwrap_or(Spanned::new(String::new(), span));
        let mut call = Call { name, arguments: vec![], complete: true, span };
        match parts.next() {
            Some(list) if list.as_rule() == Rule::arguments => self.parse_arguments(list, &mut call),
            Some(list) if list.as_rule() == Rule::lost_arguments => {
                self.report_lost(&list, &call.name);
                list.into_inner().for_each(|list| self.parse_arguments(list, &mut call));
            }
            Some(list) => {
                match list.as_rule() {
                    Rule::bare_arguments => self.report_bare(&list),
                    _ => self.report_brackets(&list),
                }
                call.complete = false;
            }
            None => {}
        }
        call
    }

    /// Reports arguments that do not begin on the line of their layer's name.
    fn report_lost(&mut self, list: &Node, name: &Name) {
        let Some(open) = list.clone().into_inner().next().map(|list| self.span(&list).start) else { return };
        let gap = Span { start: name.span.end, end: open, ..name.span };
        let diagnostic = Diagnostic::error(Code::BRACKET, "arguments begin on the line of their layer's name")
            .at(Span { start: open, end: open + 1, ..gap }, "expected in the line above")
            .with(name.span, "the layer");
        let blank = self.text[gap.start..gap.end].trim().is_empty();
        let fix = Fix {
            title: format!("write `{}(` on one line", name.value),
            safe: true,
            edits: vec![Edit { span: gap, text: String::new() }],
        };
        self.push(if blank { diagnostic.fix(fix) } else { diagnostic });
    }

    /// Reports arguments without parentheses.
    fn report_bare(&mut self, list: &Node) {
        if self.only_counts() {
            return;
        }
        let whole = self.span(list);
        let values: Vec<&str> = list.as_str().split([',', ' ', '\t']).filter(|value| !value.is_empty()).collect();
        let text = format!("({})", values.join(", "));
        let fix =
            Fix { title: format!("write `{text}`"), safe: true, edits: vec![Edit { span: whole, text: text.clone() }] };
        let blanks = list.as_str().len() - list.as_str().trim_start().len();
        let place = Span { start: whole.start + blanks, ..whole };
        let diagnostic = Diagnostic::error(Code::BRACKET, "arguments stand in parentheses");
        self.push(diagnostic.at(place, format!("expected `{text}`")).fix(fix));
    }

    fn report_brackets(&mut self, list: &Node) {
        let span = self.span(list);
        let inner = &list.as_str()[1..list.as_str().len() - 1];
        let fix = Fix {
            title: format!("write `({inner})`"),
            safe: true,
            edits: vec![Edit { span, text: format!("({inner})") }],
        };
        let diagnostic = Diagnostic::error(Code::BRACKET, "arguments stand in parentheses").at(span, "expected `( )`");
        self.push(diagnostic.fix(fix));
    }

    fn parse_arguments(&mut self, pair: Node, call: &mut Call) {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), whole);
        }
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            let before = self.mistakes();
            call.arguments.extend(self.parse_argument(item, index + 1 == count));
            call.complete &= self.mistakes() == before;
        }
    }

    /// An argument; nothing at all is allowed after the last comma.
    fn parse_argument(&mut self, pair: Node, last: bool) -> Option<Argument> {
        let span = self.span(&pair);
        let before = self.mistakes();
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::argument_layers => self.report_argument_layers(&part),
                Rule::word => name = Some(self.name(&part)),
                Rule::expression if name.as_ref().is_some_and(is_input_shape) => {
                    value = Some(Expr { kind: ExprKind::Error, span: self.span(&part) });
                }
                Rule::expression => value = Some(self.parse_expression(part)),
                Rule::bare_choice => value = Some(self.report_bare_choice(&part, value)),
                Rule::leftover => {
                    self.report_leftover(&part, value.as_ref());
                    value = None;
                }
                _ => {}
            }
        }
        let silent = self.mistakes() > before;
        match value {
            Some(value) => Some(Argument { name, value, span }),
            None if name.is_none() && last && !silent => None,
            None => {
                if !silent {
                    self.report_no_value(name.as_ref().map(|name| name.span), span);
                }
                Some(Argument { name, value: Expr { kind: ExprKind::Error, span }, span })
            }
        }
    }

    /// `8|16`, a choice without its braces; `first` stands before the first bar.
    fn report_bare_choice(&mut self, rest: &Node, first: Option<Expr>) -> Expr {
        let rest = Span { end: rest.as_span().start() + rest.as_str().trim_end().len(), ..self.span(rest) };
        let span = first.map_or(rest, |first| first.span.to(rest));
        let text = format!("{{{}}}", &self.text[span.start..span.end]);
        let fix = Fix { title: format!("write `{text}`"), safe: true, edits: vec![Edit { span, text }] };
        let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "a choice stands in braces");
        self.push(diagnostic.at(span, "not a choice").fix(fix));
        Expr { kind: ExprKind::Error, span }
    }

    fn report_argument_layers(&mut self, pair: &Node) {
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "layers stand in a chain, not among arguments")
            .at(self.span(pair), "expected a value or a label's name")
            .remark("a merge reads points by their labels: `A -> B as x` before it, then `Add(x)`");
        self.push(diagnostic);
    }

    fn report_no_value(&mut self, name: Option<Span>, place: Span) {
        match name {
            Some(name) => self.report(Code::MALFORMED_VALUE, "expected a value", name, "nothing follows its `=`"),
            None => {
                let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "expected a value before `,`")
                    .at(self.character_at(place), "nothing stands before it");
                self.push(match self.follows_mark(place) {
                    true => diagnostic.remark("an invisible character (U+FEFF) stands before it, which is no value"),
                    false => diagnostic,
                });
            }
        }
    }

    /// Whether a mark without width (U+FEFF) stands among the blanks before a place.
    fn follows_mark(&self, place: Span) -> bool {
        let before = self.original[..place.start].chars().rev();
        before.take_while(|c| c.is_whitespace() || *c == '\u{FEFF}').any(|c| c == '\u{FEFF}')
    }

    fn report_leftover(&mut self, pair: &Node, value: Option<&Expr>) {
        let span = self.span(pair);
        let found = excerpt(pair.as_str().split_whitespace().next().unwrap_or_default());
        if let Some(sign) = foreign_operator(pair.as_str()).filter(|_| value.is_some()) {
            return self.report_operator(Span { end: span.start + sign.len(), ..span }, sign);
        }
        let named = matches!(value, Some(Expr { kind: ExprKind::Name(_), .. }));
        if named && found.starts_with(':') {
            let colon = Span { end: span.start + 1, ..span };
            let fix =
                Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span: colon, text: "=".into() }] };
            let message = "an argument's name is followed by `=`, not `:`";
            self.push(Diagnostic::error(Code::MALFORMED_VALUE, message).at(colon, "expected `=`").fix(fix));
            return;
        }
        let expected = if value.is_some() { "`,` or `)`" } else { "a value" };
        let message = format!("expected {expected}, found `{found}`");
        if self.only_counts() {
            return;
        }
        let diagnostic =
            Diagnostic::error(Code::MALFORMED_VALUE, message).at(span, format!("expected {expected} here"));
        let follows = found.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ';');
        self.push(match value.is_some() && follows {
            true => diagnostic.remark("arguments are separated by commas, as in `Conv(1, 20, 3)`"),
            false => diagnostic,
        });
    }
}

/// Another framework's argument, which no layer here has: whatever its value is, its name is reported.
fn is_input_shape(name: &Name) -> bool {
    matches!(name.value.as_str(), "input_shape" | "input_dim")
}
