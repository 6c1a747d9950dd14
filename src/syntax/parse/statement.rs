//! Statements before the network: `edition`, `input`, `classes`, `use`, `let`, `block`.

use super::chain::error_chain;
use super::{Node, Parser, Rule, Rules, bracketed};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Ast, BlockDefinition, Expr, ExprKind, Import, ImportPath, Name, Parameter, ValueDefinition};

/// What each side of an input may be at most.
const MAX_SIDE: usize = 1 << 16;
/// How many classes there may be at most.
const MAX_CLASSES: usize = 1 << 20;

impl Parser {
    pub(super) fn parse_statement(&mut self, pair: Node, ast: &mut Ast) {
        match pair.as_rule() {
            Rule::edition => self.parse_edition(pair),
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
                self.diagnostics.push(diagnostic);
            }
        }
    }

    pub(super) fn parse_edition(&mut self, pair: Node) {
        let Some(number) = self.statement_value(&pair, "a number, as in `edition 1`") else { return };
        if number.as_str().trim_start_matches('0') != "1" {
            let diagnostic = Diagnostic::error(Code::EDITION, format!("edition {} is not known", number.as_str()))
                .at(self.span(&number), "this netc knows edition 1")
                .remark("write `edition 1`, or leave the line out");
            self.diagnostics.push(diagnostic);
        }
    }

    pub(super) fn parse_input(&mut self, pair: &Node) -> Option<Spanned<[usize; 3]>> {
        let expected = "channels x height x width, as in `input 3x32x32`";
        let value = self.statement_value(pair, expected)?;
        let sizes = self.parse_sizes(&value)?;
        match <[usize; 3]>::try_from(sizes) {
            Ok(sizes) if sizes.iter().all(|&size| (1..=MAX_SIDE).contains(&size)) => {
                Some(Spanned::new(sizes, self.span(pair)))
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

    pub(super) fn parse_definition(&mut self, pair: Node) -> Option<ValueDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `let width = 32`")?;
        let keyword = name.span;
        parts.equals(keyword, "`=` and a value, as in `let width = 32`")?;
        let value = parts.next(Rule::expression);
        match value {
            Some(value) => Some(ValueDefinition { name, value: self.parse_expression(value) }),
            None => {
                self.report(Code::INCOMPLETE, "expected a value after `=`", keyword, "this has no value");
                Some(ValueDefinition { value: Expr { kind: ExprKind::Error, span: keyword }, name })
            }
        }
    }

    pub(super) fn parse_block(&mut self, pair: Node) -> Option<BlockDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")?;
        let parameters = parts.next(Rule::parameters);
        let complete = parts.equals(name.span, "`=` and layers, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`");
        let body = parts.next(Rule::chain);
        let parameters = parameters.map(|pair| self.parse_parameters(pair)).unwrap_or_default();
        let body = body.and_then(|pair| self.parse_chain(pair));
        if body.is_none() && complete.is_some() {
            self.report(Code::MISSING_LAYER, "expected a layer after `=`", name.span, "this block has no layers");
        }
        let body = body.unwrap_or_else(|| error_chain(name.span));
        Some(BlockDefinition { name, parameters, body })
    }

    pub(super) fn parse_parameters(&mut self, pair: Node) -> Vec<Parameter> {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), "(");
        }
        let count = items.len();
        let mut parameters = vec![];
        for (index, item) in items.into_iter().enumerate() {
            let last = index + 1 == count;
            parameters.extend(self.parse_parameter(item, last));
        }
        parameters
    }

    pub(super) fn parse_parameter(&mut self, pair: Node, last: bool) -> Option<Parameter> {
        let place = self.span(&pair);
        let mut name = None;
        let mut default = None;
        let mut equals = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::equals => equals = true,
                Rule::expression => default = Some(self.parse_expression(part)),
                _ => {
                    self.report(
                        Code::INCOMPLETE,
                        "expected a parameter's name, or `name=default`",
                        self.span(&part),
                        "not that",
                    );
                    return name.map(|name| Parameter { name, default });
                }
            }
        }
        match name {
            Some(name) => {
                if equals && default.is_none() {
                    self.report(Code::INCOMPLETE, "expected a value after `=`", name.span, "no default follows");
                }
                Some(Parameter { name, default })
            }
            None if last => None,
            None => {
                self.report(Code::INCOMPLETE, "expected a parameter's name before `,`", place, "nothing stands here");
                None
            }
        }
    }
}

/// The parts of a statement, taken in order.
struct Parts<'p, 't> {
    parser: &'p mut Parser,
    whole: Span,
    inner: std::iter::Peekable<Rules<'t>>,
}

impl<'p, 't> Parts<'p, 't> {
    fn new(parser: &'p mut Parser, pair: Node<'t>) -> Self {
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
        let (place, label) = bad.map_or((self.whole, "no name follows"), |bad| (self.parser.span(&bad), "not a name"));
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), place, label);
        None
    }

    fn equals(&mut self, name: Span, expected: &str) -> Option<()> {
        if self.next(Rule::equals).is_some() {
            return Some(());
        }
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), name, "`=` is missing after this");
        None
    }
}
