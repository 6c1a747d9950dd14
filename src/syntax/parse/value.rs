//! Expressions: arithmetic, numbers, sizes, choices, names.

use super::{Node, Parser, Rule, bracketed};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Operator};

impl Parser {
    pub(super) fn parse_expression(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let mut terms = vec![];
        let mut operator = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operator => {
                    if let Some((_, place)) = operator.replace((operator_of(&part), self.span(&part))) {
                        self.report_missing_operand(place);
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

    pub(super) fn report_missing_operand(&mut self, operator: Span) {
        self.report(Code::MALFORMED_VALUE, "expected a value after this operator", operator, "nothing follows");
    }

    pub(super) fn parse_unary(&mut self, pair: Node) -> Expr {
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
            Rule::size => self.parse_sizes(&pair).map_or(ExprKind::Error, ExprKind::Size),
            Rule::infer => ExprKind::Infer,
            Rule::boolean => ExprKind::Boolean(pair.as_str() == "true"),
            Rule::word => ExprKind::Name(pair.as_str().to_string()),
            Rule::choice => self.parse_choice(pair),
            Rule::paren => return self.parse_paren(pair),
            Rule::value_call => self.parse_value_call(pair),
            _ => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "a text in quotes stands only after `use`",
                    span,
                    "expected a value",
                );
                ExprKind::Error
            }
        };
        Expr { kind, span }
    }

    pub(super) fn parse_integer(&mut self, pair: &Node) -> ExprKind {
        let digits: String = pair.as_str().split_whitespace().collect();
        match digits.parse() {
            Ok(value) => ExprKind::Integer(value),
            Err(_) => {
                self.report(Code::NUMBER, "this number is too large", self.span(pair), "integers have 64 bits");
                ExprKind::Error
            }
        }
    }

    pub(super) fn parse_float(&mut self, pair: &Node) -> ExprKind {
        match pair.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => ExprKind::Float(value),
            _ => {
                self.report(
                    Code::NUMBER,
                    "this number is too large",
                    self.span(pair),
                    "beyond what a 64-bit float holds",
                );
                ExprKind::Error
            }
        }
    }

    /// `3x32x32`, or a single number.
    pub(super) fn parse_sizes(&mut self, pair: &Node) -> Option<Vec<usize>> {
        let sizes: Result<Vec<usize>, _> =
            pair.as_str().split('x').map(|size| size.parse::<i64>().map(|n| n as usize)).collect();
        if sizes.is_err() {
            self.report(Code::NUMBER, "this number is too large", self.span(pair), "integers have 64 bits");
        }
        sizes.ok()
    }

    pub(super) fn parse_natural(&mut self, pair: &Node) -> Option<usize> {
        self.parse_sizes(pair).and_then(|sizes| sizes.first().copied())
    }

    pub(super) fn parse_choice(&mut self, pair: Node) -> ExprKind {
        let span = self.span(&pair);
        let bars = pair.as_str().matches('|').count();
        let parts: Vec<Node> = pair.into_inner().collect();
        if parts.last().is_none_or(|part| part.as_rule() != Rule::close_brace) {
            self.report_unclosed(Span::new(span.file, span.start, span.start + 1), "{");
            return ExprKind::Error;
        }
        let values: Vec<Expr> = parts
            .into_iter()
            .filter(|part| part.as_rule() == Rule::expression)
            .map(|part| self.parse_expression(part))
            .collect();
        if values.is_empty() || values.len() < bars + 1 && !values.iter().any(holds_choice) {
            self.report(
                Code::MALFORMED_VALUE,
                "expected a value on both sides of each `|`",
                span,
                "as in `{16|32|64}`",
            );
            return ExprKind::Error;
        }
        ExprKind::Choice(values)
    }

    pub(super) fn parse_paren(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(span, |open| self.span(&open)), "(");
        }
        match items.into_iter().next() {
            Some(value) => Expr { span, ..self.parse_expression(value) },
            None => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "expected a value in these parentheses",
                    span,
                    "nothing stands here",
                );
                Expr { kind: ExprKind::Error, span }
            }
        }
    }

    pub(super) fn parse_value_call(&mut self, pair: Node) -> ExprKind {
        let call = self.parse_call(pair);
        ExprKind::Call(call.name, call.arguments.into_iter().map(|argument| argument.value).collect())
    }
}

fn holds_choice(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Choice(_) => true,
        ExprKind::Negative(value) => holds_choice(value),
        ExprKind::Terms(terms) => terms.iter().any(|(_, term)| holds_choice(term)),
        ExprKind::Call(_, values) => values.iter().any(holds_choice),
        _ => false,
    }
}

fn operator_of(pair: &Node) -> Operator {
    match pair.as_str() {
        "+" => Operator::Plus,
        "-" => Operator::Minus,
        "*" => Operator::Times,
        _ => Operator::Divide,
    }
}
