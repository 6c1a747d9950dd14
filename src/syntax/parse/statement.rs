//! Statements before the network: `edition`, `input`, `classes`, `use`, `let`, `block`.

use std::collections::HashMap;

use super::chain::{error_chain, error_step};
use super::{Node, Parser, Rule, Rules, bracketed};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Ast, BlockDefinition, Chain, Expr, ExprKind, Import, ImportPath, Name, Parameter};
use crate::syntax::ast::{Step, StepKind, ValueDefinition};
use crate::syntax::{MAX_PARAMETERS, RESERVED};

/// What each side of an input may be at most.
const MAX_SIDE: usize = 1 << 16;
/// How many values an input may hold.
const MAX_VALUES: usize = 1 << 31;
/// How many classes there may be at most.
const MAX_CLASSES: usize = 1 << 20;

impl Parser<'_> {
    pub(super) fn parse_statement(&mut self, pair: Node, ast: &mut Ast) {
        self.report_odd_keyword(&pair);
        match pair.as_rule() {
            Rule::edition => {
                let place = Spanned::new((), self.span(&pair));
                self.set_once(&mut ast.edition, place, "edition");
                self.parse_edition(pair);
            }
            Rule::input => match self.parse_input(&pair) {
                Some(input) => self.set_once(&mut ast.input, input, "input"),
                None => ast.input_in_doubt = true,
            },
            Rule::classes => {
                if let Some(classes) = self.parse_classes(&pair) {
                    self.set_once(&mut ast.classes, classes, "classes");
                }
            }
            Rule::import => {
                let before = self.mistakes();
                ast.imports.extend(self.parse_import(pair));
                ast.imports_in_doubt |= self.mistakes() > before;
            }
            Rule::definition => match self.parse_definition(pair) {
                Some(Defined::Value(value)) => ast.values.push(value),
                Some(Defined::Layers(name)) => self.named = Some(name),
                None => {}
            },
            Rule::block => ast.blocks.extend(self.parse_block(pair)),
            rule => unreachable!("{rule:?} is no statement"),
        }
    }

    pub(super) fn set_once<T>(&mut self, slot: &mut Option<Spanned<T>>, value: Spanned<T>, word: &str) {
        match slot {
            None => *slot = Some(value),
            Some(first) => {
                let diagnostic = Diagnostic::error(Code::MISPLACED, format!("`{word}` is given twice"))
                    .at(value.span, "the second time")
                    .with(first.span, "the first time");
                self.push(diagnostic);
            }
        }
    }

    pub(super) fn parse_edition(&mut self, pair: Node) {
        let Some(number) = self.statement_value(&pair, "a number, as in `edition 1`") else { return };
        if number.as_str().trim_start_matches('0') != "1" {
            let diagnostic = Diagnostic::error(Code::EDITION, format!("edition {} is not known", number.as_str()))
                .at(self.span(&number), "this netc knows edition 1")
                .remark("write `edition 1`, or leave the line out");
            self.push(diagnostic);
        }
    }

    pub(super) fn parse_input(&mut self, pair: &Node) -> Option<Spanned<[usize; 3]>> {
        let expected = "channels x height x width, as in `input 3x32x32`";
        let value = self.statement_value(pair, expected)?;
        let more = pair.clone().into_inner().find(|part| part.as_rule() == Rule::more_sizes);
        if let Some(stop) = more.as_ref().filter(|more| more.as_str().trim().trim_matches([';', ',']).is_empty()) {
            self.report_stop(self.span(stop));
        } else if more.is_some() {
            let span = Span { start: self.span(&value).start, ..self.span(pair) };
            self.report_tuple(&pair.as_str()[span.start - self.span(pair).start..], span);
            return None;
        }
        let sizes = self.parse_sizes(&value)?;
        match <[usize; 3]>::try_from(sizes) {
            Ok(sizes) if sizes.iter().all(|size| (1..=MAX_SIDE).contains(size)) => {
                if sizes.iter().product::<usize>() <= MAX_VALUES {
                    return Some(Spanned::new(sizes, self.span(pair)));
                }
                let message = format!("an input holds at most {MAX_VALUES} values");
                self.report(Code::LIMIT, message, self.span(&value), "too large");
                None
            }
            Ok(_) => {
                let message = format!("each size of an input is between 1 and {MAX_SIDE}");
                self.report(Code::OUT_OF_RANGE, message, self.span(&value), "out of range");
                None
            }
            Err(_) => {
                self.report(
                    Code::INCOMPLETE,
                    format!("expected {expected}"),
                    self.span(&value),
                    "three sizes are needed",
                );
                None
            }
        }
    }

    pub(super) fn parse_classes(&mut self, pair: &Node) -> Option<Spanned<usize>> {
        let value = self.statement_value(pair, "a number, as in `classes 10`")?;
        let count = self.parse_natural(&value)?;
        if (1..=MAX_CLASSES).contains(&count) {
            return Some(Spanned::new(count, self.span(pair)));
        }
        let message = format!("there are between 1 and {MAX_CLASSES} classes");
        self.report(Code::OUT_OF_RANGE, message, self.span(&value), "out of range");
        None
    }

    pub(super) fn parse_import(&mut self, pair: Node) -> Option<Import> {
        let value =
            self.statement_value(&pair, "a library's name, as in `use conv`, or a file, as in `use \"./blocks.net\"`")?;
        let text = value.as_str();
        if let Some(more) = pair.into_inner().find(|part| part.as_rule() == Rule::more_import) {
            if more.as_str().starts_with('.') {
                self.report_bare_file(self.span(&value).to(self.span(&more)));
                return None;
            }
            self.report_more_import(&more);
        }
        let path = match value.as_rule() {
            Rule::string => ImportPath::File(text.trim_matches('"').to_string()),
            _ => ImportPath::Library(text.to_string()),
        };
        Some(Import { path, span: self.span(&value) })
    }

    /// Reports a file's name without quotes.
    fn report_bare_file(&mut self, span: Span) {
        let name = &self.text[span.start..span.end];
        let text = format!("\"./{name}\"");
        let fix = Fix { title: format!("write `use {text}`"), safe: false, edits: vec![Edit { span, text }] };
        let message = "`use` takes a library's name, or a file in quotes";
        let error = Diagnostic::error(Code::UNEXPECTED, message).at(span, "not a library's name");
        self.push(if name.contains('"') { error } else { error.fix(fix) });
    }

    /// Reports what follows an import's name on its line.
    fn report_more_import(&mut self, more: &Node) {
        let span = self.span(more);
        let gap = Span { start: self.text[..span.start].trim_end().len(), ..span };
        let found = &self.text[span.start..span.end];
        let (message, label, title, text) = match found.strip_prefix(',') {
            Some(names) => {
                let text: String = names.split(',').map(|name| format!("\nuse {}", name.trim())).collect();
                ("`use` takes one name", "each has a `use` of its own", "write `use` for each".into(), text)
            }
            None => {
                let label = "an import has no name of its own";
                ("`use` takes in names as they are, without `as`", label, format!("remove `{found}`"), String::new())
            }
        };
        let fix = Fix { title, safe: true, edits: vec![Edit { span: gap, text }] };
        self.push(Diagnostic::error(Code::UNEXPECTED, message).at(span, label).fix(fix));
    }

    /// The value after a statement's keyword; without one, a report of what was expected.
    pub(super) fn statement_value<'t>(&mut self, pair: &Node<'t>, expected: &str) -> Option<Node<'t>> {
        let mut inner = pair.clone().into_inner();
        let keyword = inner.next().map(|keyword| self.span(&keyword))?;
        if let Some(equals) = inner.peek().filter(|part| part.as_rule() == Rule::odd_equals) {
            self.report_odd_equals(self.span(&equals));
            inner.next();
        }
        let (place, label) = match inner.next() {
            Some(value) if value.as_rule() != Rule::bad_line => return Some(value),
            Some(bad) if !bad.as_str().trim().is_empty() => (self.span(&bad), "not that"),
            _ => (keyword, "nothing follows it"),
        };
        let message = format!("expected {expected}");
        self.report(Code::INCOMPLETE, message, place, label);
        None
    }

    /// Reports a word where a keyword belongs; what follows it tells which one.
    fn report_odd_keyword(&mut self, pair: &Node) {
        let Some(word) = pair.clone().into_inner().next().filter(|word| is_odd(word.as_rule())) else { return };
        let keyword = match pair.as_rule() {
            Rule::input => "input",
            Rule::edition => "edition",
            Rule::classes => "classes",
            Rule::import => "use",
            Rule::definition => "let",
            _ => "block",
        };
        let span = self.span(&word);
        let fix =
            Fix { title: format!("write `{keyword}`"), safe: false, edits: vec![Edit { span, text: keyword.into() }] };
        let message = format!("no statement begins with `{}`", word.as_str());
        self.push(Diagnostic::error(Code::UNEXPECTED, message).at(span, format!("expected `{keyword}`")).fix(fix));
    }

    fn report_odd_equals(&mut self, span: Span) {
        let fix = Fix { title: "remove it".into(), safe: true, edits: vec![Edit { span, text: String::new() }] };
        let found = &self.text[span.start..span.end];
        let message = format!("this statement has no `{found}`");
        self.push(Diagnostic::error(Code::UNEXPECTED, message).at(span, "the value follows its keyword").fix(fix));
    }

    fn report_colon(&mut self, colon: &Node) {
        let span = self.span(colon);
        let fix = Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span, text: " =".into() }] };
        let diagnostic = Diagnostic::error(Code::INCOMPLETE, "a definition has `=` after its name, not `:`");
        self.push(diagnostic.at(span, "expected `=`").fix(fix));
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

    fn parse_definition(&mut self, pair: Node) -> Option<Defined> {
        let end = pair.as_span().end();
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
        Some(Defined::Value(ValueDefinition { name, value }))
    }

    /// Whether layers stand on this line from `at` on.
    fn layers_follow(&self, at: usize) -> bool {
        let line_start = self.text[..at].trim_end().len();
        let rest = self.text[line_start..].lines().next().unwrap_or_default().trim_start();
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let reserved = word != "skip" && RESERVED.contains(&word);
        !reserved && rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '(')
    }

    /// The layers that a `let` names, as the block that they should be.
    pub(super) fn parse_named_layers(&mut self, name: Name, chain: Node) -> Option<BlockDefinition> {
        let (span, before) = (self.span(&chain), self.mistakes());
        let body = self.parse_chain(chain, false)?;
        if self.mistakes() > before {
            return Some(BlockDefinition { name, parameters: vec![], complete: true, body });
        }
        let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "`let` names a value; a `block` names layers")
            .at(Span { end: body.steps.first().map_or(span.end, |step| step.span.end), ..span }, "this is no value")
            .remark(format!("write `block {} = ...`", name.value));
        self.push(diagnostic);
        Some(BlockDefinition { name, parameters: vec![], complete: true, body })
    }

    fn parse_block(&mut self, pair: Node) -> Option<BlockDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")?;
        let parameters = parts.next(Rule::parameters);
        let equals = parts.equals(name.span, "`=` and layers, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`");
        let body = parts.next(Rule::chain);
        let before = self.mistakes();
        let parameters = parameters.map(|pair| self.parse_parameters(pair)).unwrap_or_default();
        let complete = self.mistakes() == before;
        let mut body = body.and_then(|pair| self.parse_chain(pair, false));
        if let Some(body) = &mut body {
            self.end_before_use(&name, body);
        }
        if body.is_none() && equals.is_some() {
            self.report(Code::MISSING_LAYER, "expected a layer after `=`", name.span, "this block has no layers");
        }
        let body = body.unwrap_or_else(|| error_chain(name.span));
        Some(BlockDefinition { name, parameters, complete, body })
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

    fn parse_parameters(&mut self, pair: Node) -> Vec<Parameter> {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), whole);
        }
        let count = items.len();
        let parameters = items.into_iter().enumerate();
        let parameters = parameters.filter_map(|(index, item)| self.parse_parameter(item, index + 1 == count, closed));
        let parameters: Vec<Parameter> = parameters.collect();
        self.report_equal_parameters(&parameters);
        self.limited(parameters)
    }

    /// The parameters that a block may have; the first one too many is reported.
    fn limited(&mut self, mut parameters: Vec<Parameter>) -> Vec<Parameter> {
        if let Some(excess) = parameters.get(MAX_PARAMETERS) {
            let message = format!("a block has at most {MAX_PARAMETERS} parameters");
            self.report(Code::LIMIT, message, excess.name.span, "one too many");
        }
        parameters.truncate(MAX_PARAMETERS);
        parameters
    }

    fn report_equal_parameters(&mut self, parameters: &[Parameter]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for Parameter { name, .. } in parameters {
            if let Some(first) = seen.insert(&name.value, name.span) {
                let diagnostic = Diagnostic::error(Code::TAKEN, format!("two parameters are called `{}`", name.value))
                    .at(name.span, "the second one")
                    .with(first, "the first one");
                self.push(diagnostic);
            }
        }
    }

    /// A parameter; nothing at all is allowed after the last comma, and junk in a list that is not `closed`.
    fn parse_parameter(&mut self, pair: Node, last: bool, closed: bool) -> Option<Parameter> {
        let place = self.span(&pair);
        let (mut name, mut default, mut equals) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::equals => equals = true,
                Rule::expression => default = Some(self.parse_expression(part)),
                _ => {
                    if closed {
                        self.report_bad_parameter(&part);
                    }
                    return name.map(|name| Parameter { name, default });
                }
            }
        }
        if let (Some(name), true, None) = (&name, equals, &default) {
            self.report(Code::INCOMPLETE, "expected a value after `=`", name.span, "no default follows");
        }
        if name.is_none() && !last {
            self.report(Code::INCOMPLETE, "expected a parameter's name before `,`", place, "nothing stands here");
        }
        name.map(|name| Parameter { name, default })
    }

    fn report_bad_parameter(&mut self, part: &Node) {
        let span = self.span(part);
        if RESERVED.contains(&part.as_str().trim()) {
            let message = format!("`{}` is a word of the language", part.as_str().trim());
            return self.report(Code::TAKEN, message, span, "a parameter needs another name");
        }
        self.report(Code::INCOMPLETE, "expected a parameter's name, or `name=default`", span, "not that");
    }
}

fn is_odd(rule: Rule) -> bool {
    matches!(rule, Rule::odd_keyword | Rule::odd_use)
}

/// What follows `let name =`.
enum Defined {
    Value(ValueDefinition),
    /// Layers, which the next chain holds.
    Layers(Name),
}

/// The parts of a statement, taken in order.
struct Parts<'p, 's, 't> {
    parser: &'p mut Parser<'s>,
    whole: Span,
    inner: std::iter::Peekable<Rules<'t>>,
}

impl<'p, 's, 't> Parts<'p, 's, 't> {
    fn new(parser: &'p mut Parser<'s>, pair: Node<'t>) -> Self {
        let mut inner = pair.into_inner().peekable();
        let whole = inner.next().map(|keyword| parser.span(&keyword)).unwrap_or(Span::new(parser.file, 0, 0));
        Self { parser, whole, inner }
    }

    fn next(&mut self, rule: Rule) -> Option<Node<'t>> {
        self.inner.next_if(|pair| pair.as_rule() == rule)
    }

    fn name(&mut self, expected: &str) -> Option<Name> {
        if let Some(dashed) = self.next(Rule::dashed) {
            return Some(self.parser.dashed_name(&dashed));
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
        if let Some(colon) = self.next(Rule::colon) {
            self.parser.report_colon(&colon);
            return Some(());
        }
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), name, "`=` is missing after this");
        None
    }
}
