//! Limits that hold before the grammar runs, so that no text can exhaust it.

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
    let mut comment = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => comment = false,
            b'#' => comment = true,
            b'(' | b'{' if !comment => depth += 1,
            b')' | b'}' if !comment => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some(at);
        }
    }
    None
}

/// Where the words, numbers and signs pass their limit. Every other character but blanks is a sign; comments are none.
fn place_too_many(text: &str) -> Option<usize> {
    let (mut count, mut comment, mut word) = (0usize, false, false);
    for (at, character) in text.char_indices() {
        let continues = word;
        word = character.is_ascii_alphanumeric() || character == '_';
        comment = character == '#' || comment && character != '\n';
        count += usize::from(!(comment || character.is_ascii_whitespace() || word && continues));
        if count > MAX_TOKENS {
            return Some(at);
        }
    }
    None
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
}
