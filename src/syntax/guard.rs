//! Limits that hold before the grammar runs, so that no text can exhaust it.

use std::ops::Range;

use super::{MAX_BYTES, MAX_NESTING, MAX_TOKENS};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Whether the text is short and flat enough to be parsed.
pub fn check(file: FileId, text: &str) -> Result<(), Box<Diagnostic>> {
    let excess = too_long(file, text).or_else(|| too_deep(file, text)).or_else(|| too_many(file, text));
    excess.map_or(Ok(()), |diagnostic| Err(Box::new(diagnostic)))
}

fn too_long(file: FileId, text: &str) -> Option<Diagnostic> {
    let message = format!("the file has {} bytes; the limit is 1 MiB ({MAX_BYTES} bytes)", text.len());
    let diagnostic = Diagnostic::error(Code::LIMIT, message).at(Span::new(file, 0, 0), "this file");
    (text.len() > MAX_BYTES).then_some(diagnostic)
}

fn too_deep(file: FileId, text: &str) -> Option<Diagnostic> {
    let at = place_too_deep(text)?;
    let message = format!("brackets stand more than {MAX_NESTING} deep in each other");
    let diagnostic = Diagnostic::error(Code::LIMIT, message)
        .at(Span::new(file, at, at + 1), format!("bracket number {} inside another", MAX_NESTING + 1))
        .remark("name a part with `block` and use it by its name");
    Some(diagnostic)
}

fn too_many(file: FileId, text: &str) -> Option<Diagnostic> {
    let at = place_too_many(text)?;
    let message = format!("the file has more than {MAX_TOKENS} words, numbers and signs");
    let diagnostic = Diagnostic::error(Code::LIMIT, message)
        .at(Span::new(file, at, at), "passes the limit here")
        .remark("repeat layers by `X * 3`, or move blocks to a file of their own and `use` it");
    Some(diagnostic)
}

/// Where the nesting passes its limit; brackets in comments do not count.
fn place_too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for line in lines(text) {
        for (at, byte) in line.text.bytes().enumerate() {
            match byte {
                b'(' | b'{' => depth += 1,
                b')' | b'}' if !line.in_doubt.contains(&at) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_NESTING {
                return Some(line.start + at);
            }
        }
    }
    None
}

/// Where the words, numbers and signs pass their limit. Every other character but blanks is a sign; comments are none.
fn place_too_many(text: &str) -> Option<usize> {
    let mut count = 0usize;
    for line in lines(text) {
        let mut word = false;
        for (at, character) in line.text.char_indices() {
            let continues = word;
            word = character.is_ascii_alphanumeric() || character == '_';
            count += usize::from(!(character.is_ascii_whitespace() || word && continues));
            if count > MAX_TOKENS {
                return Some(line.start + at);
            }
        }
    }
    None
}

/// A line without its comment.
struct Line<'t> {
    start: usize,
    text: &'t str,
    /// What may be in a string or in a comment, which the grammar alone can tell: a bracket opens there, but closes none.
    in_doubt: Range<usize>,
}

impl<'t> Line<'t> {
    /// A `#` between two `"` may be part of a string, and hides nothing.
    fn new(start: usize, text: &'t str) -> Self {
        let comment = |from: usize| text[from..].find('#').map(|at| from + at);
        let (text, in_doubt) = match (text.find('"').zip(text.rfind('"')), comment(0)) {
            (Some((first, last)), Some(hash)) if first < hash => {
                let end = comment(last).unwrap_or(text.len());
                (&text[..end], first..if hash < last { end } else { last })
            }
            (_, Some(hash)) => (&text[..hash], 0..0),
            (Some((first, last)), None) => (text, first..last),
            (None, None) => (text, 0..0),
        };
        Self { start, text, in_doubt }
    }
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len();
        Some(Line::new(start, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn words_numbers_and_signs_are_counted_and_comments_are_not() {
        let check = |text: &str, within: bool| {
            let file = SourceMap::new().add("a.net", None, "");
            assert_eq!(super::check(file, text).is_ok(), within, "{}", &text[..8]);
        };
        let half = MAX_TOKENS / 2;
        check(&"A ".repeat(MAX_TOKENS), true);
        check(&("A ".repeat(MAX_TOKENS) + "A"), false);
        check(&"a1+".repeat(half), true);
        check(&("a1+".repeat(half) + "b"), false);
        check(&("# a b c\n".repeat(half / 4)), true);
    }
    #[test]
    fn quotes_hide_no_brackets() {
        let check = |text: &str, within: bool| {
            let file = SourceMap::new().add("a.net", None, "");
            assert_eq!(super::check(file, text).is_ok(), within, "{}", &text[..8]);
        };
        let (open, close) = ("(".repeat(MAX_NESTING + 1), ")".repeat(MAX_NESTING + 1));
        check(&format!("use \"#\" {open}"), false);
        check(&format!("@ \" use \"#\" {open}"), false);
        check(&format!("@ \"{open}\" FC"), false);
        check(&format!("use \"a\" # \" {close}\n{open}"), false);
        check(&format!("use \"a.net\" # {open}"), true);
        check(&format!("# \" {open} \""), true);
        check(&format!("use \"a.net\" {} FC", "( A | B ) -> Add -> ".repeat(200)), true);
    }
}
