//! Chains of layers: steps and the arrows between them.

use super::{Node, Parser, Rule};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Chain, Step, StepKind};

impl Parser<'_> {
    /// A chain; one that `continues` another may begin with an arrow.
    pub(super) fn parse_chain(&mut self, pair: Node, continues: bool) -> Option<Chain> {
        let span = self.span(&pair);
        self.parse_steps(pair.into_inner(), span, continues)
    }

    /// The steps and arrows of a chain, or of a part of one.
    pub(super) fn parse_steps<'t>(
        &mut self,
        parts: impl Iterator<Item = Node<'t>>,
        span: Span,
        continues: bool,
    ) -> Option<Chain> {
        let mut steps: Vec<Step> = Vec::with_capacity(1);
        let mut arrow: Option<Node> = None;
        let mut parts = parts.peekable();
        while let Some(part) = parts.next() {
            if part.as_rule() != Rule::arrow {
                arrow = None;
                let method = part.clone().into_inner().find(|suffix| suffix.as_rule() == Rule::methods);
                steps.push(self.parse_step(part));
                // What the method would make is not known.
                steps.extend(method.map(|method| error_step(self.span(&method))));
                continue;
            }
            let begins = steps.is_empty() && arrow.is_none() && !continues;
            let joins = parts.peek().is_some_and(|next| next.as_rule() != Rule::arrow);
            if is_stop(&part) && (begins || !joins || arrow.is_some()) {
                let mut span = self.span(&part);
                while let Some(next) = parts.next_if(|next| is_stop(next) && next.as_span().start() == span.end) {
                    span = span.to(self.span(&next));
                }
                self.report_stop(span);
                continue;
            }
            self.check_arrow(&part, begins, arrow.is_some());
            if begins {
                steps.push(error_step(self.span(&part)));
            }
            arrow = Some(part);
        }
        if let Some(arrow) = arrow {
            let span = self.span(&arrow);
            self.report_missing_layer("after `->`", span);
            steps.push(error_step(span));
        }
        (!steps.is_empty()).then_some(Chain { steps, span })
    }

    /// Reports an arrow that is spelled differently or has no layer before it.
    fn check_arrow(&mut self, pair: &Node, begins: bool, follows_arrow: bool) {
        let span = self.span(pair);
        if begins {
            self.report_missing_layer("before `->`", span);
        } else if follows_arrow {
            self.report_missing_layer("between two `->`", span);
        } else {
            self.check_spelling(pair);
        }
    }

    /// Reports a `;` or `,` that joins nothing: it is only too much.
    pub(super) fn report_stop(&mut self, span: Span) {
        if self.only_counts() {
            return;
        }
        let stop = &self.text[span.start..span.end];
        let edits = vec![Edit { span, text: String::new() }];
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("`{stop}` has no meaning here"))
            .at(span, "statements and chains end without it")
            .fix(Fix { title: format!("remove the `{stop}`"), safe: true, edits });
        self.push(diagnostic);
    }

    pub(super) fn report_missing_layer(&mut self, place: &str, span: Span) {
        self.report(Code::MISSING_LAYER, format!("expected a layer {place}"), span, "no layer stands here");
    }

    fn check_spelling(&mut self, pair: &Node) {
        let found = pair.as_str();
        if found == "->" || self.only_counts() {
            return;
        }
        let span = self.span(pair);
        let safe = !matches!(found, "," | ";" | "--");
        let text = if safe { "->" } else { " ->" };
        let fix = Fix { title: "write `->`".into(), safe, edits: vec![Edit { span, text: text.into() }] };
        let diagnostic = Diagnostic::error(Code::WRONG_ARROW, format!("layers are joined by `->`, not `{found}`"))
            .at(span, "expected `->` here")
            .fix(fix);
        let remark = "branches stand beside each other as `( A | B )`";
        self.push(if found == "," { diagnostic.remark(remark) } else { diagnostic });
    }
}

/// Whether this arrow is a mark that ends things in other languages.
fn is_stop(arrow: &Node) -> bool {
    matches!(arrow.as_str(), ";" | ",")
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
