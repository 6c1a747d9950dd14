//! Statements before the network: `edition`, `input`, `classes`, and the keyword that each begins with.

use super::definition::Defined;
use super::{Node, Parser, Rule};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::MAX_VALUES;
use crate::syntax::ast::Ast;

/// What each side of an input may be at most.
const MAX_SIDE: usize = 1 << 16;
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
                let before = self.mistakes();
                if let Some(classes) = self.parse_classes(&pair) {
                    self.set_once(&mut ast.classes, classes, "classes");
                }
                ast.classes_in_doubt |= self.mistakes() > before;
            }
            Rule::import => {
                let before = self.mistakes();
                ast.imports.extend(self.parse_import(pair));
                ast.names_in_doubt |= self.mistakes() > before;
            }
            Rule::definition => match self.parse_definition(pair) {
                Some(Defined::Value(value)) => ast.values.push(value),
                Some(Defined::Several) => ast.names_in_doubt = true,
                Some(Defined::Layers(name)) => self.named = Some(name),
                None => {}
            },
            Rule::block => ast.blocks.extend(self.parse_block(pair)),
            rule => unreachable!("{rule:?} is no statement"),
        }
    }

    fn set_once<T>(&mut self, slot: &mut Option<Spanned<T>>, value: Spanned<T>, word: &str) {
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

    fn parse_edition(&mut self, pair: Node) {
        let Some(number) = self.statement_value(&pair, "a number, as in `edition 1`") else { return };
        if number.as_str().trim_start_matches('0') != "1" {
            let diagnostic = Diagnostic::error(Code::EDITION, format!("edition {} is not known", number.as_str()))
                .at(self.span(&number), "this netc knows edition 1")
                .remark("write `edition 1`, or leave the line out");
            self.push(diagnostic);
        }
    }

    fn parse_input(&mut self, pair: &Node) -> Option<Spanned<[usize; 3]>> {
        let expected = "channels x height x width, as in `input 3x32x32`";
        if pair.clone().into_inner().count() == 1 && self.text[self.span(pair).end..].trim_start().starts_with("->") {
            self.report_image_in_chain(self.span(pair));
            return None;
        }
        let value = self.statement_value(pair, expected)?;
        let more = pair.clone().into_inner().find(|part| part.as_rule() == Rule::more_sizes);
        if let Some(stop) = more.as_ref().filter(|more| more.as_str().trim().trim_matches([';', ',']).is_empty()) {
            self.report_stop(self.span(stop));
        } else if more.is_some() {
            let span = Span { start: self.span(&value).start, ..self.span(pair) };
            self.report_tuple(&pair.as_str()[span.start - self.span(pair).start..], span, true);
            return None;
        }
        if value.as_rule() == Rule::odd_tuple {
            self.report_tuple(value.as_str(), self.span(&value), true);
            return None;
        }
        let sizes = self.parse_sizes(&value, MAX_SIDE)?;
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

    /// Reports `input -> A`: the image as the first layer.
    fn report_image_in_chain(&mut self, span: Span) {
        let diagnostic = Diagnostic::error(Code::INCOMPLETE, "a chain does not name the image")
            .at(span, "expected channels x height x width, or nothing")
            .remark("begin with the first layer and end with the last; `input 3x32x32` stands on a line before");
        self.push(diagnostic);
    }

    fn parse_classes(&mut self, pair: &Node) -> Option<Spanned<usize>> {
        let negative = pair.as_str().split_whitespace().nth(1).is_some_and(|word| word.starts_with('-'));
        let expected = if negative { "at least 1 class, as in `classes 10`" } else { "a number, as in `classes 10`" };
        let value = self.statement_value(pair, expected)?;
        let count = self.parse_sizes(&value, MAX_CLASSES)?.first().copied()?;
        if (1..=MAX_CLASSES).contains(&count) {
            return Some(Spanned::new(count, self.span(pair)));
        }
        let message = format!("there are between 1 and {MAX_CLASSES} classes");
        self.report(Code::OUT_OF_RANGE, message, self.span(&value), "out of range");
        None
    }

    /// The value after a statement's keyword; without one, a report of what was expected.
    pub(super) fn statement_value<'t>(&mut self, pair: &Node<'t>, expected: &str) -> Option<Node<'t>> {
        let mut inner = pair.clone().into_inner();
        let first = inner.next()?;
        let keyword = self.span(&first);
        if let Some(equals) = inner.peek().filter(|part| part.as_rule() == Rule::odd_equals) {
            if !is_odd(first.as_rule()) {
                self.report_odd_equals(self.span(&equals));
            }
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
        let mut parts = pair.clone().into_inner();
        let word = match parts.next() {
            Some(word) if is_odd(word.as_rule()) => word,
            Some(none) if none.as_rule() == Rule::no_keyword => {
                return parts.next().into_iter().for_each(|name| self.report_no_keyword(self.span(&name)));
            }
            _ => return,
        };
        let keyword = match pair.as_rule() {
            Rule::input => "input",
            Rule::edition => "edition",
            Rule::classes => "classes",
            Rule::import => "use",
            Rule::definition => "let",
            _ => "block",
        };
        let span = self.span(&word);
        let mut edits = vec![Edit { span, text: keyword.into() }];
        edits.extend(pair.clone().into_inner().filter_map(|part| self.edit_behind(&part)));
        let whole = edits.len() > 1 && keyword == "block";
        let title = if whole { "write `block ... =`".into() } else { format!("write `{keyword}`") };
        let message = format!("no statement begins with `{}`", word.as_str());
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, message).at(span, format!("expected `{keyword}`"));
        let safe = word.as_str().eq_ignore_ascii_case(keyword);
        self.push(diagnostic.fix(Fix { title, safe, edits }));
    }

    /// What is to be mended behind another language's keyword, and is reported with it.
    fn edit_behind(&self, part: &Node) -> Option<Edit> {
        let text = match part.as_rule() {
            Rule::colon => " =",
            Rule::returns | Rule::odd_equals => "",
            _ => return None,
        };
        Some(Edit { span: self.span(part), text: text.into() })
    }

    /// Reports a value that is given a name without `let`.
    fn report_no_keyword(&mut self, name: Span) {
        let edits = vec![Edit { span: name.before(), text: "let ".into() }];
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "a value is named by `let`").at(name, "expected `let`");
        self.push(diagnostic.fix(Fix { title: "write `let` before it".into(), safe: true, edits }));
    }

    fn report_odd_equals(&mut self, span: Span) {
        let fix = Fix { title: "remove it".into(), safe: true, edits: vec![Edit { span, text: String::new() }] };
        let found = &self.text[span.start..span.end];
        let message = format!("this statement has no `{found}`");
        self.push(Diagnostic::error(Code::UNEXPECTED, message).at(span, "the value follows its keyword").fix(fix));
    }
}

pub fn is_odd(rule: Rule) -> bool {
    matches!(rule, Rule::odd_keyword | Rule::odd_use)
}
