//! Definitions: `let` names a value, `block` names layers.

use std::iter::Peekable;

use super::chain::{error_chain, error_step};
use super::statement::is_odd;
use super::value::foreign_operator;
use super::{Node, Parser, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::RESERVED;
use crate::syntax::ast::{BlockDefinition, Chain, Expr, ExprKind, Name, Step, StepKind, ValueDefinition};

impl Parser<'_> {
    pub(super) fn parse_definition(&mut self, pair: Node) -> Option<Defined> {
        let end = pair.as_span().end();
        if let Some(several) = pair.clone().into_inner().next().filter(|first| first.as_rule() == Rule::several) {
            self.report_several(&several);
            return Some(Defined::Several);
        }
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `let width = 32`")?;
        let equals = parts.equals(name.span, "`=` and a value, as in `let width = 32`");
        let value = parts.next(Rule::expression).filter(|_| equals.is_some());
        if value.is_none() && equals.is_some() && self.layers_follow(end) {
            return Some(Defined::Layers(name));
        }
        if value.is_none() && equals.is_some() {
            self.report(Code::INCOMPLETE, "expected a value after `=`", name.span, "this has no value");
        }
        let unknown = Expr { kind: ExprKind::Error, span: name.span };
        let value = value.map_or(unknown, |value| self.parse_expression(value));
        // What the sign would make of the value is not known; it is reported where it stands.
        let goes_on = foreign_operator(self.text[end..].trim_start_matches([' ', '\t'])).is_some();
        let value = if goes_on { Expr { kind: ExprKind::Error, ..value } } else { value };
        let gap = self.text.get(name.span.end..value.span.start).unwrap_or_default();
        let below = gap.contains('\n');
        Some(Defined::Value(ValueDefinition { name, value, below }))
    }

    /// Reports `let a, b = 3, 4`.
    fn report_several(&mut self, pair: &Node) {
        let span = self.span(pair);
        let text = &self.text[span.start..span.end];
        let (names, values) = text.split_once('=').unwrap_or((text, ""));
        let names: Vec<&str> = names["let".len()..].split(',').map(str::trim).collect();
        let values: Vec<&str> = values.split(',').map(str::trim).collect();
        let lines: Vec<String> =
            names.iter().zip(&values).map(|(name, value)| format!("let {name} = {value}")).collect();
        let plain = names.len() == values.len() && values.iter().all(|value| value.parse::<f64>().is_ok());
        let edits = vec![Edit { span, text: lines.join("\n") }];
        let fix = Fix { title: "write a `let` for each".into(), safe: false, edits };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "a `let` names one value")
            .at(span, "write one line for each, as in `let width = 32`");
        self.push(if plain { diagnostic.fix(fix) } else { diagnostic });
    }

    /// Whether layers stand on this line from `at` on.
    fn layers_follow(&self, at: usize) -> bool {
        let line_start = self.text[..at].trim_end().len();
        let rest = self.text[line_start..].trim_start_matches([' ', '\t', '\r']);
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let reserved = word != "skip" && RESERVED.contains(&word);
        !reserved && rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '(')
    }

    /// The layers that a `let` names, as the block that they should be.
    pub(super) fn parse_named_layers(&mut self, name: Name, chain: Node) -> Option<BlockDefinition> {
        let (span, before) = (self.span(&chain), self.mistakes());
        let body = self.parse_chain(chain, false)?;
        if self.mistakes() == before {
            let end = body.steps.first().map_or(span.end, |step| step.span.end);
            let message = "`let` names a value; a `block` names layers";
            let diagnostic =
                Diagnostic::error(Code::MALFORMED_VALUE, message).at(Span { end, ..span }, "this is no value");
            self.push(diagnostic.remark(format!("write `block {} = ...`", name.value)));
        }
        Some(BlockDefinition { name, parameters: vec![], complete: true, body })
    }

    pub(super) fn parse_block(&mut self, pair: Node) -> Option<BlockDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")?;
        let parameters = parts.next(Rule::parameters);
        let lacks_equals = parts.stands(Rule::braced);
        // The list may have taken up the `=` and the layers.
        let unclosed = parameters.as_ref().is_some_and(|list| !is_closed(list)) && !parts.stands(Rule::equals);
        let equals = lacks_equals
            || !unclosed
                && parts
                    .equals(name.span, "`=` and layers, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")
                    .is_some();
        parts.returns();
        let (braced, chain) = (parts.next(Rule::braced), parts.next(Rule::chain));
        let before = self.mistakes();
        let parameters = parameters.map(|pair| self.parse_parameters(pair)).unwrap_or_default();
        let complete = self.mistakes() == before;
        let braced = braced.and_then(|pair| self.parse_braced(pair, lacks_equals));
        let mut body = braced.or_else(|| chain.and_then(|pair| self.parse_body(pair)));
        if let Some(body) = &mut body {
            self.end_before_use(&name, body);
        }
        if body.is_none() && equals {
            self.report(Code::MISSING_LAYER, "expected a layer after `=`", name.span, "this block has no layers");
        }
        let body = body.unwrap_or_else(|| error_chain(name.span));
        Some(BlockDefinition { name, parameters, complete, body })
    }

    /// A block's layers; at a `;` that ends a line they end, and the network begins.
    fn parse_body(&mut self, pair: Node) -> Option<Chain> {
        let whole = self.span(&pair);
        let mut parts: Vec<Node> = pair.into_inner().collect();
        let stop = parts.iter().position(|part| part.as_str() == ";" && self.ends_line(part));
        let rest = stop.filter(|&stop| stop > 0 && stop + 1 < parts.len()).map(|stop| parts.split_off(stop));
        let Some(rest) = rest else { return self.parse_steps(parts.into_iter(), whole, false) };
        let end = self.span(&rest[0]);
        let body = self.parse_steps(parts.into_iter(), Span { end: end.start, ..whole }, false);
        self.report_stop(end);
        self.network = self.parse_steps(rest.into_iter().skip(1), Span { start: end.end, ..whole }, false);
        body
    }

    fn ends_line(&self, part: &Node) -> bool {
        let rest = self.text[part.as_span().end()..].trim_start_matches([' ', '\t', '\r']);
        rest.starts_with(['\n', '#'])
    }

    /// A block's layers in braces, as other languages write a body.
    fn parse_braced(&mut self, pair: Node, lacks_equals: bool) -> Option<Chain> {
        let (mut braces, mut chains) = (vec![], vec![]);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::chain => chains.extend(self.parse_chain(part, false)),
                _ => braces.push(self.span(&part)),
            }
        }
        let texts = [if lacks_equals { "=" } else { "" }, ""];
        let edits = braces.iter().zip(texts).map(|(&span, text)| Edit { span, text: text.into() }).collect();
        let diagnostic = Diagnostic::error(Code::BRACKET, "a block's layers follow its `=`, without braces")
            .at(braces[0], "as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")
            .fix(Fix { title: "write `=` without braces".into(), safe: chains.len() == 1, edits });
        self.push(diagnostic);
        self.join_chains(chains)
    }

    /// Ends a body at an arrow before the block's own use on a line of its own: there the network begins.
    fn end_before_use(&mut self, name: &Name, body: &mut Chain) {
        let uses = |step: &Step| matches!(&step.kind, StepKind::Call(call) if call.name.value == name.value);
        let begins_line = |step: &Step| self.text[..step.span.start].ends_with('\n');
        let before = |step: &Step| self.text[..step.span.start].trim_end();
        let starts = |step: &Step| uses(step) && begins_line(step) && before(step).ends_with("->");
        let Some(at) = body.steps.iter().skip(1).position(starts) else { return };
        let end = before(&body.steps[at + 1]).len();
        let arrow = Span::new(self.file, end - "->".len(), end);
        let steps = body.steps.split_off(at + 1);
        let span = Span { start: steps[0].span.start, ..body.span };
        self.report_missing_layer("after `->`", arrow);
        body.steps.push(error_step(arrow));
        body.span = Span { end, ..body.span };
        self.network = Some(Chain { steps, span });
    }

    fn report_colon(&mut self, colon: &Node) {
        let span = self.span(colon);
        let fix = Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span, text: " =".into() }] };
        let diagnostic = Diagnostic::error(Code::INCOMPLETE, "a definition has `=` after its name, not `:`");
        self.push(diagnostic.at(span, "expected `=`").fix(fix));
    }

    /// Reports `:=`, `==`, or a type before `=`.
    fn report_odd_sign(&mut self, sign: &Node) {
        let (span, found) = (self.span(sign), sign.as_str());
        let typed = !matches!(found, ":=" | "==");
        let message = if typed { "a name here has no type" } else { "a definition has `=` after its name" };
        let label = if typed { "expected `=`".into() } else { format!("not `{found}`") };
        let text = if typed { " =" } else { "=" };
        let fix = Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span, text: text.into() }] };
        self.push(Diagnostic::error(Code::INCOMPLETE, message).at(span, label).fix(fix));
    }

    fn report_returns(&mut self, word: &Node) {
        let span = self.span(word);
        let edits = vec![Edit { span, text: String::new() }];
        let diagnostic =
            Diagnostic::error(Code::UNEXPECTED, "a block has no `return`").at(span, "its layers follow `=`");
        self.push(diagnostic.fix(Fix { title: "remove it".into(), safe: true, edits }));
    }

    /// A name with `-` in it, as if that were `_`.
    fn dashed_name(&mut self, pair: &Node) -> Name {
        let (span, text) = (self.span(pair), pair.as_str().replace('-', "_"));
        let fix = Fix { title: format!("write `{text}`"), safe: false, edits: vec![Edit { span, text: text.clone() }] };
        let message = format!("`{}` is no name: `-` subtracts", pair.as_str());
        self.push(
            Diagnostic::error(Code::INCOMPLETE, message).at(span, "letters, digits and `_` make a name").fix(fix),
        );
        Spanned::new(text, span)
    }
}

fn is_closed(list: &Node) -> bool {
    list.clone().into_inner().any(|part| part.as_rule() == Rule::close)
}

/// What follows `let name =`.
pub enum Defined {
    Value(ValueDefinition),
    /// More than one name; reported.
    Several,
    /// Layers, which the next chain holds.
    Layers(Name),
}

/// The parts of a statement, taken in order.
struct Parts<'p, 's, 't> {
    parser: &'p mut Parser<'s>,
    whole: Span,
    /// Whether the keyword is another language's, so that what else it lacks is reported with it.
    odd: bool,
    inner: Peekable<Rules<'t>>,
}

impl<'p, 's, 't> Parts<'p, 's, 't> {
    fn new(parser: &'p mut Parser<'s>, pair: Node<'t>) -> Self {
        let mut inner = pair.into_inner().peekable();
        let keyword = inner.next();
        let whole = keyword.as_ref().map_or(Span::new(parser.file, 0, 0), |keyword| parser.span(keyword));
        Self { parser, whole, odd: keyword.is_some_and(|keyword| is_odd(keyword.as_rule())), inner }
    }

    fn stands(&mut self, rule: Rule) -> bool {
        self.inner.peek().is_some_and(|pair| pair.as_rule() == rule)
    }

    fn next(&mut self, rule: Rule) -> Option<Node<'t>> {
        self.inner.next_if(|pair| pair.as_rule() == rule)
    }

    fn name(&mut self, expected: &str) -> Option<Name> {
        if let Some(dashed) = self.next(Rule::dashed) {
            return Some(self.parser.dashed_name(&dashed));
        }
        if let Some(word) = self.next(Rule::odd_word) {
            return Some(self.parser.odd_name(&word));
        }
        if let Some(word) = self.next(Rule::word) {
            return Some(self.parser.name(&word));
        }
        let bad = self.next(Rule::bad_name).filter(|bad| !bad.as_str().trim().is_empty());
        if let Some(word) = bad.as_ref().map(|bad| bad.as_str().trim()).filter(|word| RESERVED.contains(word)) {
            let message = format!("`{word}` is a word of the language");
            self.parser.report(Code::TAKEN, message, self.parser.span(bad.as_ref()?), "choose another name");
            return None;
        }
        let (place, label) = bad.map_or((self.whole, "no name follows"), |bad| (self.parser.span(&bad), "not a name"));
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), place, label);
        None
    }

    fn equals(&mut self, name: Span, expected: &str) -> Option<()> {
        if self.next(Rule::equals).is_some() {
            return Some(());
        }
        if let Some(sign) = self.next(Rule::odd_sign) {
            self.parser.report_odd_sign(&sign);
            return Some(());
        }
        if let Some(colon) = self.next(Rule::colon) {
            if !self.odd {
                self.parser.report_colon(&colon);
            }
            return Some(());
        }
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), name, "`=` is missing after this");
        None
    }

    /// Passes a `return` before a block's layers.
    fn returns(&mut self) {
        if let Some(word) = self.next(Rule::returns).filter(|_| !self.odd) {
            self.parser.report_returns(&word);
        }
    }
}
