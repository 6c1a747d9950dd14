//! Expressions: arithmetic, numbers, sizes, choices, names.

use super::{Node, Parser, Rule, bracketed};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Operator};

impl Parser<'_> {
    pub(super) fn parse_expression(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let mut terms = vec![];
        let mut operator = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operator if part.as_str() == "**" => {
                    self.report_operator(self.span(&part), "**");
                    return Expr { kind: ExprKind::Error, span };
                }
                Rule::operator => {
                    let span = self.span(&part);
                    match operator.replace((operator_of(&part), span)) {
                        Some((Operator::Divide, place)) if part.as_str() == "/" && place.end == span.start => {
                            self.report_floor(place.to(span));
                        }
                        Some((_, place)) => self.report_missing_operand(place),
                        None => {}
                    }
                }
                _ => {
                    let sign = operator.take().map_or(Operator::Plus, |(sign, _)| sign);
                    terms.push((sign, self.parse_unary(part)));
                }
            }
        }
        if let Some((_, place)) = operator {
            self.report_missing_operand(place);
            return Expr { kind: ExprKind::Error, span };
        }
        match terms.len() {
            1 => terms.remove(0).1,
            _ => Expr { kind: ExprKind::Terms(terms), span },
        }
    }

    /// Reports a sign that computes in other languages.
    pub(super) fn report_operator(&mut self, span: Span, sign: &str) {
        if matches!(sign, "^" | "**") {
            return self.report(Code::MALFORMED_VALUE, "there are no powers", span, "multiply, as in `2 * 2 * 2`");
        }
        let message = format!("`{sign}` is no operator; there are `+ - * /`");
        self.report(Code::MALFORMED_VALUE, message, span, "expected another sign");
    }

    /// Reports `//`, which divides in Python.
    fn report_floor(&mut self, span: Span) {
        let fix = Fix { title: "write `/`".into(), safe: false, edits: vec![Edit { span, text: "/".into() }] };
        let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "values are divided by `/`").at(span, "not `//`");
        self.push(diagnostic.fix(fix));
    }

    fn report_missing_operand(&mut self, operator: Span) {
        self.report(Code::MALFORMED_VALUE, "expected a value after this operator", operator, "a value is missing");
    }

    fn parse_unary(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let mut negative = false;
        let mut atom = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::minus => negative = !negative,
                _ => atom = Some(self.parse_atom(part)),
            }
        }
        let value = atom.unwrap_or(Expr { kind: ExprKind::Error, span });
        if negative { Expr { kind: ExprKind::Negative(Box::new(value)), span } } else { value }
    }

    pub(super) fn parse_atom(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::integer | Rule::negative => self.parse_integer(&pair),
            Rule::float => self.parse_float(&pair),
            Rule::size | Rule::odd_size => {
                self.parse_sizes(&pair, i64::MAX as usize).map_or(ExprKind::Error, ExprKind::Size)
            }
            Rule::infer => ExprKind::Infer,
            Rule::boolean => ExprKind::Boolean(pair.as_str() == "true"),
            Rule::word | Rule::odd_word => ExprKind::Name(pair.as_str().to_string()),
            Rule::choice => self.parse_choice(pair),
            Rule::paren => return self.parse_paren(pair),
            Rule::value_call => self.parse_value_call(pair),
            Rule::list => {
                self.report_tuple(pair.as_str(), span, false);
                ExprKind::Error
            }
            _ => {
                let text = pair.as_str();
                ExprKind::Text(text[1..text.len() - 1].to_string())
            }
        };
        Expr { kind, span }
    }

    fn parse_integer(&mut self, pair: &Node) -> ExprKind {
        let digits: String = pair.as_str().split_whitespace().collect();
        match digits.parse() {
            Ok(value) => ExprKind::Integer(value),
            Err(_) => {
                self.report(Code::NUMBER, "this number is too large", self.span(pair), "at most 9223372036854775807");
                ExprKind::Error
            }
        }
    }

    fn parse_float(&mut self, pair: &Node) -> ExprKind {
        match pair.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => ExprKind::Float(value),
            _ => {
                self.report(
                    Code::NUMBER,
                    "this number is too large",
                    self.span(pair),
                    "at most 1.7976931348623157e308",
                );
                ExprKind::Error
            }
        }
    }

    /// `3x32x32`, or a single number; `most` is named where a number is too large to be one at all.
    pub(super) fn parse_sizes(&mut self, pair: &Node, most: usize) -> Option<Vec<usize>> {
        let sizes: Result<Vec<usize>, _> =
            pair.as_str().split(['x', '×', 'X']).map(|size| size.trim().parse::<i64>().map(|n| n as usize)).collect();
        if pair.as_rule() == Rule::odd_size || pair.as_str().contains('×') {
            self.report_odd_size(pair);
        }
        if sizes.is_err() {
            let label = format!("at most {most}");
            self.report(Code::NUMBER, "this number is too large", self.span(pair), &label);
        }
        sizes.ok()
    }

    /// `3×5`, `3X5` or `3 x 5`.
    fn report_odd_size(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let (span, sides) = (self.span(pair), pair.as_str().replace(['×', 'X'], "x"));
        let text: String = sides.split_whitespace().collect();
        let (message, label) = match pair.as_str() {
            written if written.contains('×') => ("a size is written with the letter `x`", "not `×`"),
            written if written.contains('X') => ("a size is written with the letter `x`", "not `X`"),
            _ => ("a size is written without blanks", "one word"),
        };
        let fix = Fix { title: format!("write `{text}`"), safe: true, edits: vec![Edit { span, text }] };
        self.push(Diagnostic::error(Code::MALFORMED_VALUE, message).at(span, label).fix(fix));
    }

    fn parse_choice(&mut self, pair: Node) -> ExprKind {
        let span = self.span(&pair);
        let mut closed = false;
        let mut commas: Vec<Span> = vec![];
        // Between brackets and separators stand values; none where one is missing.
        let mut values: Vec<Option<Expr>> = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::open_brace | Rule::bar => values.push(None),
                Rule::comma => {
                    commas.push(self.span(&part));
                    values.push(None);
                }
                Rule::close_brace => closed = true,
                _ => {
                    let value = self.parse_expression(part);
                    values.last_mut().into_iter().for_each(|last| *last = Some(value.clone()));
                }
            }
        }
        self.check_choice(span, closed, &commas, values)
    }

    fn check_choice(&mut self, span: Span, closed: bool, commas: &[Span], values: Vec<Option<Expr>>) -> ExprKind {
        if !closed {
            self.report_unclosed(Span { end: span.start + 1, ..span }, span);
            return ExprKind::Error;
        }
        if !commas.is_empty() {
            self.report_commas(span, commas);
            return ExprKind::Error;
        }
        match values.into_iter().collect::<Option<Vec<Expr>>>() {
            Some(values) => ExprKind::Choice(values),
            None => {
                let empty = self.text[span.start + 1..span.end.max(span.start + 2) - 1].trim().is_empty();
                let message =
                    if empty { "a choice needs values" } else { "expected a value on both sides of each `|`" };
                self.report(Code::MALFORMED_VALUE, message, span, "as in `{16|32|64}`");
                ExprKind::Error
            }
        }
    }

    fn report_commas(&mut self, choice: Span, commas: &[Span]) {
        let edits = commas.iter().map(|&span| Edit { span, text: "|".into() });
        let fix = Fix { title: "write `|` between them".into(), safe: true, edits: edits.collect() };
        let diagnostic =
            Diagnostic::error(Code::MALFORMED_VALUE, "the values of a choice are separated by `|`, not `,`");
        self.push(diagnostic.at(choice, "as in `{16|32|64}`").fix(fix));
    }

    fn parse_paren(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let text = pair.as_str();
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(span, |open| self.span(&open)), span);
        }
        if items.iter().any(|item| item.as_rule() == Rule::comma) {
            self.report_tuple(text, span, false);
            return Expr { kind: ExprKind::Error, span };
        }
        match items.into_iter().next() {
            Some(value) => Expr { span, ..self.parse_expression(value) },
            None => {
                let message = "expected a value in these parentheses";
                self.report(Code::MALFORMED_VALUE, message, span, "nothing stands here");
                Expr { kind: ExprKind::Error, span }
            }
        }
    }

    /// `[8|16]`, a choice in the wrong brackets.
    fn report_choice_brackets(&mut self, text: &str, span: Span) {
        let text = format!("{{{}}}", text.trim_matches(['[', ']']));
        let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "a choice stands in braces").at(span, "not a choice");
        let fix = Fix { title: format!("write `{text}`"), safe: true, edits: vec![Edit { span, text }] };
        self.push(diagnostic.fix(fix));
    }

    /// `(3, 5)` or `[3, 5]`, as other languages write a size; different numbers may be a choice's.
    pub(super) fn report_tuple(&mut self, text: &str, span: Span, sure: bool) {
        if self.only_counts() {
            return;
        }
        if text.contains('|') && text.starts_with('[') {
            return self.report_choice_brackets(text, span);
        }
        let inner = text.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
        let sizes: Vec<&str> = inner.split(',').map(str::trim).collect();
        let plain = sizes.iter().all(|size| !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()));
        let list = text.starts_with('[') && !sure;
        let diagnostic = match list {
            true => Diagnostic::error(Code::MALFORMED_VALUE, "a list is no value: a choice is written `{8|16}`"),
            false => Diagnostic::error(Code::MALFORMED_VALUE, "a size is written as `3x5`"),
        };
        let mut diagnostic = diagnostic.at(span, if list { "a list" } else { "not a list of numbers" });
        if plain {
            let equal = sizes.iter().all(|size| *size == sizes[0]);
            let choice = format!("{{{}}}", sizes.join("|"));
            let mut texts = vec![sizes.join("x")];
            texts.extend((!equal && !sure).then_some(choice));
            if texts.len() > 1 && self.counts_channels(span) {
                texts.remove(0);
            }
            if text.starts_with('[') {
                texts.reverse();
            }
            diagnostic.fixes.extend(texts.into_iter().map(|text| Fix {
                title: format!("write `{text}`"),
                safe: equal || sure,
                edits: vec![Edit { span, text }],
            }));
        }
        self.push(diagnostic);
    }

    /// Whether the value at this place is the first or second one of a layer that reads channels or features first.
    fn counts_channels(&self, value: Span) -> bool {
        let line = self.line_before(value);
        let Some((before, given)) = line.rsplit_once('(') else { return false };
        let layer = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let channels = matches!(layer, "Conv" | "ConvT" | "FC" | "LSTM" | "GRU" | "RNN");
        channels && !given.contains('=') && given.matches(',').count() < 2
    }

    fn parse_value_call(&mut self, pair: Node) -> ExprKind {
        let call = self.parse_call(pair);
        ExprKind::Call(call.name, call.arguments.into_iter().map(|argument| argument.value).collect())
    }
}

/// The sign, of those that compute in other languages, that a text begins with.
pub fn foreign_operator(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(|byte| b"^%&@!?<".contains(byte)).count();
    (length > 0).then(|| &text[..length])
}

fn operator_of(pair: &Node) -> Operator {
    match pair.as_str() {
        "+" => Operator::Plus,
        "-" => Operator::Minus,
        "*" => Operator::Times,
        _ => Operator::Divide,
    }
}
