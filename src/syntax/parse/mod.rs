//! Pest pairs -> [`Ast`]. The grammar accepts every text; what it took up as junk or left out is reported here.

mod call;
mod chain;
mod definition;
mod file;
mod foreign;
mod group;
mod import;
mod loops;
mod parameters;
mod python;
mod statement;
mod step;
mod value;

use std::borrow::Cow;
use std::cell::Cell;

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

use super::ast::{Ast, Chain, Name};
use crate::diagnostic::{Code, Diagnostic, MAX_KEPT};
use crate::source::{FileId, Span, Spanned};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/net.pest"]
struct Grammar;

type Rules<'t> = Pairs<'t, Rule>;
type Node<'t> = Pair<'t, Rule>;

/// Reads a text within the limits of [`super::guard`].
pub fn parse(file: FileId, text: &str) -> (Option<Ast>, Vec<Diagnostic>) {
    if let Some(diagnostic) = python::found(file, text) {
        return (None, vec![diagnostic]);
    }
    let original = text;
    let (translated, found) = foreign::translate(file, text);
    // A place in the translation may lie within a wide sign of the text.
    if foreign::has_wide_signs(text, &translated) || foreign::has_parted_words(text) {
        return (None, found);
    }
    let (text, loops) = loops::translate(file, translated);
    // The text itself is known to be within the limits.
    if let Cow::Owned(changed) = &text
        && let Err(excess) = super::guard::check(file, changed)
    {
        return (None, vec![*excess]);
    }
    let mut parser = Parser {
        file,
        text: &text,
        original,
        diagnostics: vec![],
        more: 0,
        named: None,
        network: None,
        trimmed: Cell::default(),
    };
    found.into_iter().chain(loops).for_each(|diagnostic| parser.push(diagnostic));
    let ast = match Grammar::parse(Rule::file, &text) {
        Ok(mut pairs) => pairs.next().map(|pair| parser.parse_file(pair.into_inner())),
        Err(fault) => {
            parser.report_grammar_gap(&fault);
            None
        }
    };
    let more = parser.more;
    (ast.map(|ast| Ast { more, ..ast }), parser.diagnostics)
}

struct Parser<'t> {
    file: FileId,
    text: &'t str,
    /// The text before translation; places are its bytes.
    original: &'t str,
    diagnostics: Vec<Diagnostic>,
    /// Mistakes beyond those that are kept.
    more: usize,
    /// What a `let` before the next chain calls its layers.
    named: Option<Name>,
    /// The network, where it began in the statement before.
    network: Option<Chain>,
    /// The end of a piece of text, and where it ends without the comments on lines of their own behind it: brackets that
    /// are not closed all end with the file.
    trimmed: Cell<[usize; 2]>,
}

impl Parser<'_> {
    /// The character at a place; nothing at the text's end.
    fn character_at(&self, place: Span) -> Span {
        let width = self.original[place.start..].chars().next().map_or(0, char::len_utf8);
        Span::new(self.file, place.start, place.start + width)
    }

    /// The character before a place; nothing at the text's start.
    fn character_before(&self, place: Span) -> Span {
        let before = self.original[..place.start].chars().next_back().map_or(0, char::len_utf8);
        Span::new(self.file, place.start - before, place.start)
    }

    /// The line before a place, or the end of one that is long.
    fn line_before(&self, place: Span) -> &str {
        const MOST: usize = 200;
        let before = &self.text[..place.start];
        let long = before.char_indices().rev().nth(MOST).map_or(before, |(at, _)| &before[at..]);
        long.rsplit('\n').next().unwrap_or_default()
    }

    fn span(&self, pair: &Node) -> Span {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        let [known, trimmed] = self.trimmed.get();
        let end_of_lines = if known == end && start <= trimmed {
            trimmed
        } else {
            start + without_trailing_lines(&self.text[start..end]).len()
        };
        if end_of_lines < end {
            self.trimmed.set([end, end_of_lines]);
        }
        let text = without_trailing_comment(&self.text[start..end_of_lines]);
        Span::new(self.file, start, start + text.len())
    }

    fn name(&self, pair: &Node) -> Name {
        Spanned::new(pair.as_str().to_string(), self.span(pair))
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        match self.diagnostics.len() < MAX_KEPT {
            true => self.diagnostics.push(diagnostic),
            false => self.more += 1,
        }
    }

    /// Whether all mistakes that are kept have been found.
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_KEPT
    }

    /// Whether another mistake would only be counted; counts it then.
    fn only_counts(&mut self) -> bool {
        let full = self.is_full();
        self.more += usize::from(full);
        full
    }

    /// How many mistakes were found so far.
    fn mistakes(&self) -> usize {
        self.diagnostics.len() + self.more
    }

    fn report(&mut self, code: &'static Code, message: impl Into<String>, span: Span, label: &str) {
        if self.only_counts() {
            return;
        }
        self.push(Diagnostic::error(code, message).at(span, label));
    }

    fn report_grammar_gap(&mut self, fault: &pest::error::Error<Rule>) {
        let at = match fault.location {
            pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
        };
        self.report(
            Code::UNEXPECTED,
            "internal error: the grammar does not cover this text",
            Span::new(self.file, at, at),
            "here",
        );
    }

    /// Reports a bracket without its partner; `whole` ends where the partner is missing.
    fn report_unclosed(&mut self, open: Span, whole: Span) {
        if self.only_counts() {
            return;
        }
        let diagnostic = self.unclosed(open, whole.after());
        self.push(diagnostic);
    }

    /// A bracket without its partner, which is missing at `end`.
    fn unclosed(&self, open: Span, end: Span) -> Diagnostic {
        let (bracket, partner) =
            if self.text.as_bytes().get(open.start) == Some(&b'{') { ("{", "}") } else { ("(", ")") };
        Diagnostic::error(Code::BRACKET, format!("this `{bracket}` is not closed"))
            .at(open, "opened here")
            .with(end, format!("`{partner}` is missing"))
    }
}

/// What stands between brackets, the opening one, and whether it was closed.
fn bracketed(pair: Node) -> (Vec<Node>, Option<Node>, bool) {
    let (mut items, mut open, mut closed) = (vec![], None, false);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::open => open = Some(part),
            Rule::close => closed = true,
            _ => items.push(part),
        }
    }
    (items, open, closed)
}

/// A text without the blanks and comments behind its last line with anything else; its first line stays.
fn without_trailing_lines(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(end) = text.rfind('\n') {
        let Some(sign) = comment_sign(&text[end + 1..]) else { break };
        text = text[..end + 1 + sign].trim_end();
    }
    text
}

/// The same, and without a comment on the first line, where that is the last one.
fn without_trailing_comment(text: &str) -> &str {
    let sign = if text.contains('\n') { None } else { comment_sign(text) };
    sign.map_or(text, |sign| text[..sign].trim_end())
}

/// Where a line's comment begins.
fn comment_sign(line: &str) -> Option<usize> {
    line.find('#').filter(|&sign| line[..sign].matches('"').count().is_multiple_of(2))
}

/// The beginning of what was found, short enough for a message.
fn excerpt(text: &str) -> String {
    let line = text.trim();
    match line.char_indices().nth(24) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_string(),
    }
}
