//! The parameters of a block.

use std::collections::HashMap;

use super::value::foreign_operator;
use super::{Node, Parser, Rule, bracketed};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::Parameter;
use crate::syntax::{MAX_PARAMETERS, RESERVED};

impl Parser<'_> {
    pub(super) fn parse_parameters(&mut self, pair: Node) -> Vec<Parameter> {
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
        if let Some(sign) = foreign_operator(part.as_str()) {
            return self.report_operator(Span { end: span.start + sign.len(), ..span }, sign);
        }
        if RESERVED.contains(&part.as_str().trim()) {
            let message = format!("`{}` is a word of the language", part.as_str().trim());
            return self.report(Code::TAKEN, message, span, "a parameter needs another name");
        }
        self.report(Code::INCOMPLETE, "expected a parameter's name, or `name=default`", span, "not that");
    }
}
