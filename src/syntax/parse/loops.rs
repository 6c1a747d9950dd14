//! A text -> the same text, of the same length, with `repeat 3 { A }` inside a chain as the group `( A )`; each is
//! reported with the repetition that belongs in its place.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{FileId, Span};

/// The words that other languages begin a loop with.
const WORDS: &[&str] = &["repeat", "for", "loop", "times"];

/// A loop's head: where its word stands, where its layers begin, how often they stand.
struct Head {
    start: usize,
    open: usize,
    body: usize,
    count: Option<String>,
}

/// The text that the grammar reads, and the loops that were found.
pub fn translate(file: FileId, text: Cow<'_, str>) -> (Cow<'_, str>, Vec<Diagnostic>) {
    if !WORDS.iter().any(|word| text.contains(word)) {
        return (text, vec![]);
    }
    let found = loops(&text);
    let diagnostics = found.iter().map(|(head, close)| report(file, head, *close)).collect();
    match found.is_empty() {
        true => (text, diagnostics),
        false => (Cow::Owned(grouped(text.into_owned(), &found)), diagnostics),
    }
}

/// The loops that are closed, each with the place of its closing bracket.
fn loops(text: &str) -> Vec<(Head, usize)> {
    let (mut found, mut open): (Vec<(Head, usize)>, Vec<(u8, Option<Head>)>) = (vec![], vec![]);
    let (mut at, mut heads): (usize, Vec<Head>) = (0, vec![]);
    // The last sign that is no blank: a loop in a chain follows an arrow, a bracket, a bar or `=`.
    let mut last = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at - 1),
            bracket @ (b'(' | b'{') => {
                let begun = heads.pop_if(|head| head.open == at);
                open.push((bracket, begun));
            }
            bracket @ (b')' | b'}') if open.last().is_some_and(|(other, _)| (*other == b'{') == (bracket == b'}')) => {
                found.extend(open.pop().and_then(|(_, head)| Some((head?, at))));
            }
            byte if byte.is_ascii_lowercase() => {
                let length =
                    text[at..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                let nested = last == b'{' && open.last().is_some_and(|(_, head)| head.is_some());
                if (nested || matches!(last, b'>' | b'(' | b'|' | b'=')) && WORDS.contains(&&text[at..at + length]) {
                    heads.clear();
                    heads.extend(head_at(text, at, at + length));
                }
                last = byte;
                at += length - 1;
            }
            _ => {}
        }
        if !bytes[at].is_ascii_whitespace() {
            last = bytes[at];
        }
        at += 1;
    }
    found
}

/// The head whose word ends at `end`: `repeat 3 {`, `for i in range(3) {` or `repeat(3, A`.
fn head_at(text: &str, start: usize, end: usize) -> Option<Head> {
    const LONGEST: usize = 80;
    let rest = &text[end..];
    let near = rest.char_indices().nth(LONGEST).map_or(rest, |(at, _)| &rest[..at]);
    let line = near.split(['\n', '#']).next().unwrap_or_default();
    let braces = line.find('{').filter(|at| !line[..*at].contains(['>', '|', '{', '}', '*']));
    if let Some(brace) = braces {
        let count = numbers(&line[..brace]).last().map(|number| number.to_string());
        return Some(Head { start, open: end + brace, body: end + brace + 1, count });
    }
    let (given, rest) = line.trim_start().strip_prefix('(')?.split_once(',')?;
    let layers = rest.trim_start().starts_with(|c: char| c.is_ascii_uppercase() || c == '(');
    let count = given.trim();
    let plain = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let open = end + line.find('(')?;
    let body = open + 1 + given.len() + 1;
    (layers && plain).then(|| Head { start, open, body, count: Some(count.to_string()) })
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|word| !word.is_empty())
}

fn report(file: FileId, head: &Head, close: usize) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UNEXPECTED, "there are no loops: layers are repeated by `*`")
        .at(Span::new(file, head.start, head.open), "not a layer");
    let Some(count) = &head.count else { return diagnostic.remark("write `( A -> B ) * 3`") };
    let edits = vec![
        Edit { span: Span::new(file, head.start, head.body), text: "(".into() },
        Edit { span: Span::new(file, close, close + 1), text: format!(") * {count}") },
    ];
    diagnostic.fix(Fix { title: format!("write `(...) * {count}`"), safe: false, edits })
}

/// The text with groups in place of these loops.
fn grouped(text: String, loops: &[(Head, usize)]) -> String {
    let mut bytes = text.into_bytes();
    for (head, close) in loops {
        bytes[head.start..head.body].fill(b' ');
        bytes[head.open] = b'(';
        bytes[*close] = b')';
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn loops_in_chains_become_groups_of_the_same_length() {
        let check = |text: &str, expected: &str, count: usize| {
            let file = SourceMap::new().add("a.net", None, "");
            let (read, found) = translate(file, Cow::Borrowed(text));
            assert_eq!((read.as_ref(), found.len()), (expected, count), "{text}");
        };
        check("A -> repeat 3 { B -> C } -> D", "A ->          ( B -> C ) -> D", 1);
        check("A -> repeat(3) { B } -> D", "A ->           ( B ) -> D", 1);
        check("A -> repeat(3, B) -> D", "A ->       (   B) -> D", 1);
        check("A -> loop 2 { repeat(3, B) }", "A ->        (       (   B) )", 2);
        check("A -> # repeat 3 {\n B", "A -> # repeat 3 {\n B", 0);
        check("A -> repeat 3 { B", "A -> repeat 3 { B", 0);
        check("repeat 3 { B }", "repeat 3 { B }", 0);
        check("A -> Conv(1, {8|16}, 3)", "A -> Conv(1, {8|16}, 3)", 0);
    }
}
