//! Chains of layers: steps with their repetitions and labels, groups, branches, calls.

use super::{Node, Parser, Rule, bracketed, excerpt};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Argument, Call, Chain, Expr, ExprKind, Step, StepKind};

impl Parser {
    pub(super) fn parse_chain(&mut self, pair: Node) -> Option<Chain> {
        let span = self.span(&pair);
        let mut steps: Vec<Step> = vec![];
        let mut arrow: Option<Span> = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::arrow => {
                    self.check_arrow(&part);
                    if steps.is_empty() {
                        self.report_missing_layer("before `->`", self.span(&part));
                        steps.push(error_step(self.span(&part)));
                    } else if arrow.is_some() {
                        self.report_missing_layer("between two `->`", self.span(&part));
                    }
                    arrow = Some(self.span(&part));
                }
                _ => {
                    arrow = None;
                    steps.push(self.parse_step(part));
                }
            }
        }
        if let Some(arrow) = arrow {
            self.report_missing_layer("after `->`", arrow);
            steps.push(error_step(arrow));
        }
        (!steps.is_empty()).then_some(Chain { steps, span })
    }

    pub(super) fn report_missing_layer(&mut self, place: &str, span: Span) {
        self.report(Code::MISSING_LAYER, format!("expected a layer {place}"), span, "no layer stands here");
    }

    pub(super) fn check_arrow(&mut self, pair: &Node) {
        if pair.as_str() == "->" {
            return;
        }
        let span = self.span(pair);
        let fix = Fix { title: "write `->`".into(), safe: true, edits: vec![Edit { span, text: "->".into() }] };
        let diagnostic =
            Diagnostic::error(Code::WRONG_ARROW, format!("layers are joined by `->`, not `{}`", pair.as_str()))
                .at(span, "expected `->` here")
                .fix(fix);
        self.diagnostics.push(diagnostic);
    }

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

    pub(super) fn parse_primary(&mut self, pair: Node) -> StepKind {
        match pair.as_rule() {
            Rule::call => StepKind::Call(self.parse_call(pair)),
            Rule::group => StepKind::Group(self.parse_group(pair)),
            Rule::skip => self.parse_skip(pair),
            _ => {
                self.report_junk(&pair);
                StepKind::Error
            }
        }
    }

    pub(super) fn report_junk(&mut self, pair: &Node) {
        let found = excerpt(pair.as_str());
        let mut diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("expected a layer, found `{found}`"))
            .at(self.span(pair), "this is no layer");
        if found.starts_with(',') {
            diagnostic = diagnostic.remark("layers are joined by `->`, as in `Conv(1, 20, 3) -> ReLU`");
        }
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn parse_repeat(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        if step.label.is_some() {
            self.report(Code::UNEXPECTED, "`*` stands before `as`", span, "write `X * 3 as x`");
            return;
        }
        if step.repeat.is_some() {
            self.report(Code::UNEXPECTED, "a layer is repeated once", span, "write one count, as in `X * (2 * 3)`");
            return;
        }
        let count = match pair.into_inner().next() {
            Some(count) => self.parse_atom(count),
            None => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "expected a count after `*`",
                    span,
                    "a number, a value, a choice or `(expression)`",
                );
                Expr { kind: ExprKind::Error, span }
            }
        };
        step.repeat = Some(count);
    }

    pub(super) fn parse_label(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        let word = pair.into_inner().nth(1);
        match word {
            _ if step.label.is_some() => {
                self.report(Code::UNEXPECTED, "a layer has one label", span, "the second label")
            }
            Some(word) if word.as_rule() == Rule::word => step.label = Some(self.name(&word)),
            Some(word) => {
                let message = format!("`{}` cannot be a label", word.as_str());
                self.report(Code::TAKEN, message, self.span(&word), "a number or reserved word");
            }
            None => self.report(Code::INCOMPLETE, "expected a label after `as`", span, "no name follows"),
        }
    }

    pub(super) fn parse_skip(&mut self, pair: Node) -> StepKind {
        let mut parts = pair.into_inner();
        let keyword = parts.next().map(|keyword| self.span(&keyword));
        match (keyword, parts.next()) {
            (Some(keyword), Some(group)) => self.check_skip(keyword, group),
            (keyword, _) => {
                if let Some(keyword) = keyword {
                    self.report(Code::MISSING_LAYER, "expected layers after `skip`", keyword, "write `skip(A -> B)`");
                }
                StepKind::Error
            }
        }
    }

    pub(super) fn check_skip(&mut self, keyword: Span, group: Node) -> StepKind {
        let branches = self.parse_group(group);
        if let Some(third) = branches.get(2) {
            let diagnostic = Diagnostic::error(Code::UNEXPECTED, "`skip` takes one branch and at most one shortcut")
                .at(third.span, "a third branch")
                .with(keyword, "of this `skip`")
                .remark("for more branches write `( A | B | C ) -> Add`");
            self.diagnostics.push(diagnostic);
            return StepKind::Error;
        }
        StepKind::Skip(keyword, branches)
    }

    pub(super) fn parse_group(&mut self, pair: Node) -> Vec<Chain> {
        let whole = self.span(&pair);
        let mut open = whole;
        let mut closed = false;
        let mut branches = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::open => open = self.span(&part),
                Rule::close => closed = true,
                Rule::branch => branches.push(self.parse_branch(part)),
                _ => {}
            }
        }
        if !closed {
            self.report_unclosed(open, "(");
        }
        branches
    }

    pub(super) fn parse_branch(&mut self, pair: Node) -> Chain {
        let span = self.span(&pair);
        let before = self.diagnostics.len();
        let mut chains = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::chain => chains.extend(self.parse_chain(part)),
                _ => {
                    let message = format!("`{}` cannot stand inside parentheses", part.as_str());
                    self.report(Code::MISPLACED, message, self.span(&part), "move it before the first layer");
                }
            }
        }
        match self.join_chains(chains) {
            Some(chain) => chain,
            None => {
                if self.diagnostics.len() == before {
                    let place = Span::new(self.file, span.start.saturating_sub(1), span.start);
                    let place = if place.is_empty() { span } else { place };
                    self.report(
                        Code::MISSING_LAYER,
                        "expected a layer in this branch",
                        place,
                        "the branch after this is empty",
                    );
                }
                error_chain(span)
            }
        }
    }

    pub(super) fn parse_call(&mut self, pair: Node) -> Call {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let name = parts.next().map(|word| self.name(&word)).unwrap_or(Spanned::new(String::new(), span));
        let arguments = parts.next().map(|pair| self.parse_arguments(pair)).unwrap_or_default();
        Call { name, arguments, span }
    }

    pub(super) fn parse_arguments(&mut self, pair: Node) -> Vec<Argument> {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), "(");
        }
        let count = items.len();
        let mut arguments = vec![];
        for (index, item) in items.into_iter().enumerate() {
            arguments.extend(self.parse_argument(item, index + 1 == count));
        }
        arguments
    }

    /// An argument; nothing at all is allowed after the last comma.
    pub(super) fn parse_argument(&mut self, pair: Node, last: bool) -> Option<Argument> {
        let span = self.span(&pair);
        let (mut name, mut value, mut bad) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::expression => value = Some(self.parse_expression(part)),
                Rule::leftover => {
                    self.report_leftover(&part, value.is_some());
                    bad = true;
                }
                _ => {}
            }
        }
        match value {
            Some(value) if !bad => Some(Argument { name, value, span }),
            None if !bad && name.is_none() && last => None,
            value => {
                if !bad && value.is_none() {
                    let (place, label) = name
                        .as_ref()
                        .map_or((span, "nothing stands here"), |name| (name.span, "nothing follows its `=`"));
                    let before_comma =
                        Span::new(self.file, place.start.saturating_sub(usize::from(place.is_empty())), place.end);
                    self.report(Code::MALFORMED_VALUE, "expected a value", before_comma, label);
                }
                Some(Argument { name, value: Expr { kind: ExprKind::Error, span }, span })
            }
        }
    }

    pub(super) fn report_leftover(&mut self, pair: &Node, after_value: bool) {
        let found = excerpt(pair.as_str());
        let expected = if after_value { "`,` or `)`" } else { "a value" };
        self.report(
            Code::MALFORMED_VALUE,
            format!("expected {expected}, found `{found}`"),
            self.span(pair),
            "not that",
        );
    }
}

pub fn is_error(step: &Step) -> bool {
    matches!(step.kind, StepKind::Error)
}

pub fn error_step(span: Span) -> Step {
    Step { kind: StepKind::Error, repeat: None, label: None, span }
}

pub fn error_chain(span: Span) -> Chain {
    Chain { steps: vec![error_step(span)], span }
}
