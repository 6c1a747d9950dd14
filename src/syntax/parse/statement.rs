//! Statements before the network: `edition`, `input`, `classes`, `use`, `let`, `block`.

use std::collections::HashMap;

use super::chain::error_chain;
use super::{Node, Parser, Rule, Rules, bracketed};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Ast, BlockDefinition, Expr, ExprKind, Import, ImportPath, Name, Parameter, ValueDefinition};
use crate::syntax::{MAX_PARAMETERS, RESERVED};

/// What each side of an input may be at most.
const MAX_SIDE: usize = 1 << 16;
/// How many values an input may hold.
const MAX_VALUES: usize = 1 << 31;
/// How many classes there may be at most.
const MAX_CLASSES: usize = 1 << 20;

impl Parser<'_> {
    pub(super) fn parse_statement(&mut self, pair: Node, ast: &mut Ast) {
        match pair.as_rule() {
            Rule::edition => {
                let place = Spanned::new((), self.span(&pair));
                self.set_once(&mut ast.edition, place, "edition");
                self.parse_edition(pair);
            }
            Rule::input => {
                if let Some(input) = self.parse_input(&pair) {
                    self.set_once(&mut ast.input, input, "input");
                }
            }
            Rule::classes => {
                if let Some(classes) = self.parse_classes(&pair) {
                    self.set_once(&mut ast.classes, classes, "classes");
                }
            }
            Rule::import => ast.imports.extend(self.parse_import(pair)),
            Rule::definition => ast.values.extend(self.parse_definition(pair)),
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
        if pair.clone().into_inner().any(|part| part.as_rule() == Rule::more_sizes) {
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
        let path = match value.as_rule() {
            Rule::string => ImportPath::File(text.trim_matches('"').to_string()),
            _ => ImportPath::Library(text.to_string()),
        };
        Some(Import { path, span: self.span(&value) })
    }

    /// The value after a statement's keyword; without one, a report of what was expected.
    pub(super) fn statement_value<'t>(&mut self, pair: &Node<'t>, expected: &str) -> Option<Node<'t>> {
        let mut inner = pair.clone().into_inner();
        let keyword = inner.next().map(|keyword| self.span(&keyword))?;
        let (place, label) = match inner.next() {
            Some(value) if value.as_rule() != Rule::bad_line => return Some(value),
            Some(bad) if !bad.as_str().trim().is_empty() => (self.span(&bad), "not that"),
            _ => (keyword, "nothing follows it"),
        };
        let message = format!("expected {expected}");
        self.report(Code::INCOMPLETE, message, place, label);
        None
    }

    fn report_colon(&mut self, colon: &Node) {
        let span = self.span(colon);
        let fix = Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span, text: " =".into() }] };
        let diagnostic = Diagnostic::error(Code::INCOMPLETE, "a definition has `=` after its name, not `:`");
        self.push(diagnostic.at(span, "expected `=`").fix(fix));
    }

    fn parse_definition(&mut self, pair: Node) -> Option<ValueDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `let width = 32`")?;
        let equals = parts.equals(name.span, "`=` and a value, as in `let width = 32`");
        let value = parts.next(Rule::expression).filter(|_| equals.is_some());
        if value.is_none() && equals.is_some() {
            self.report(Code::INCOMPLETE, "expected a value after `=`", name.span, "this has no value");
        }
        let unknown = Expr { kind: ExprKind::Error, span: name.span };
        let value = value.map_or(unknown, |value| self.parse_expression(value));
        Some(ValueDefinition { name, value })
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
        let body = body.and_then(|pair| self.parse_chain(pair, false));
        if body.is_none() && equals.is_some() {
            self.report(Code::MISSING_LAYER, "expected a layer after `=`", name.span, "this block has no layers");
        }
        let body = body.unwrap_or_else(|| error_chain(name.span));
        Some(BlockDefinition { name, parameters, complete, body })
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
