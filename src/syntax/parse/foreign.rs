//! A text -> the same text, of the same length, without the comments and characters of other languages; each is
//! reported with what belongs in its place.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{FileId, Span};

/// How many places one report mends, so that a file of nothing else is answered in time.
const MAX_EDITS: usize = 100;

/// How a character is reported, and what takes its place: the first is told from the others by people's eyes.
struct Replacement {
    noun: &'static str,
    text: &'static str,
}

/// The text that the grammar reads, and what was found on the way.
pub fn translate(file: FileId, text: &str) -> (Cow<'_, str>, Vec<Diagnostic>) {
    let mut translator = Translator { file, read: vec![], diagnostics: vec![], run: false };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        translator.line(text, start, line);
        start += line.len();
    }
    let Translator { mut read, diagnostics, .. } = translator;
    if read.is_empty() {
        return (Cow::Borrowed(text), diagnostics);
    }
    read.extend_from_slice(&text.as_bytes()[read.len()..]);
    (String::from_utf8(read).map_or(Cow::Borrowed(text), Cow::Owned), diagnostics)
}

struct Translator {
    file: FileId,
    /// The text up to the last change.
    read: Vec<u8>,
    diagnostics: Vec<Diagnostic>,
    /// Whether the line before is a comment, so that this one belongs to the same report.
    run: bool,
}

impl Translator {
    fn line(&mut self, text: &str, start: usize, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let body = line.trim();
        let run = std::mem::replace(&mut self.run, false);
        if let Some(mark) = comment_mark(body) {
            self.run = true;
            self.comment(start + indent, body, mark, run);
            self.blank(text, start + indent, start + indent + body.len());
        } else if !body.is_ascii() || body.contains('\0') {
            self.characters(text, start + indent, body);
        }
    }

    /// Reports a line that begins with another language's mark, or adds it to the report of the line before.
    fn comment(&mut self, start: usize, body: &str, mark: &str, run: bool) {
        let mut edits = vec![Edit { span: Span::new(self.file, start, start + mark.len()), text: "#".into() }];
        if mark == "/*" && body.len() > 3 && body.ends_with("*/") {
            let end = start + body.len();
            edits.push(Edit { span: Span::new(self.file, end - 2, end), text: String::new() });
        }
        let last = self.diagnostics.last_mut().and_then(|diagnostic| diagnostic.fixes.first_mut());
        match last.filter(|fix| run && fix.edits.len() < MAX_EDITS) {
            Some(fix) => fix.edits.extend(edits),
            None => {
                let diagnostic =
                    Diagnostic::error(Code::UNEXPECTED, format!("a comment begins with `#`, not `{mark}`"))
                        .at(edits[0].span, "expected `#`")
                        .fix(Fix { title: "write `#`".into(), safe: true, edits });
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Reports the characters of a line that look like others; comments and quoted texts may hold any.
    fn characters(&mut self, text: &str, start: usize, body: &str) {
        let mut quoted = false;
        let mut found: Vec<(Edit, &'static str)> = vec![];
        for (at, character) in body.char_indices() {
            match character {
                '"' => quoted = !quoted,
                '#' if !quoted => break,
                _ if quoted => {}
                _ => {
                    let Some(Replacement { noun, text: new }) = replacement(character) else { continue };
                    let span = Span::new(self.file, start + at, start + at + character.len_utf8());
                    self.replace(text, span, new);
                    found.push((Edit { span, text: new.to_string() }, noun));
                }
            }
        }
        let Some((first, noun)) = found.first() else { return };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("this line holds {noun}"));
        let diagnostic = diagnostic.at(first.span, noun_label(first));
        let edits = found.iter().take(MAX_EDITS).map(|(edit, _)| edit.clone()).collect();
        self.diagnostics.push(diagnostic.fix(Fix { title: "write plain characters".into(), safe: true, edits }));
    }

    fn blank(&mut self, text: &str, start: usize, end: usize) {
        self.replace(text, Span::new(self.file, start, end), "");
    }

    /// Puts a shorter text in place of a part, blanks after it.
    fn replace(&mut self, text: &str, span: Span, new: &str) {
        self.read.extend_from_slice(&text.as_bytes()[self.read.len()..span.start]);
        self.read.extend_from_slice(new.as_bytes());
        self.read.resize(span.end, b' ');
    }
}

/// Whether a sign of several bytes was taken for one of the language.
pub fn has_wide_signs(text: &str, translated: &str) -> bool {
    let sign = |at: usize| translated.as_bytes()[at].is_ascii_punctuation();
    text.char_indices().any(|(at, character)| character.len_utf8() > 1 && sign(at))
}

fn noun_label(edit: &Edit) -> String {
    match edit.text.trim() {
        "" => "it cannot be seen".into(),
        text => format!("expected `{text}`"),
    }
}

/// What a comment of another language begins with, if the line is one.
fn comment_mark(line: &str) -> Option<&'static str> {
    let mark = ["//", "/*", "--", "%"].into_iter().find(|mark| line.starts_with(mark))?;
    (!line.starts_with("-->")).then_some(mark)
}

fn replacement(character: char) -> Option<Replacement> {
    let (noun, text) = match character {
        '\0' => ("a NUL character (U+0000)", ""),
        '\u{A0}' => ("a no-break space (U+00A0)", " "),
        '\u{202F}' => ("a narrow no-break space (U+202F)", " "),
        '\u{3000}' => ("an ideographic space (U+3000)", " "),
        '\u{200B}' => ("a zero-width space (U+200B)", ""),
        '\u{200C}' | '\u{200D}' | '\u{2060}' => ("an invisible joiner", ""),
        '（' => ("wide brackets", "("),
        '）' => ("wide brackets", ")"),
        '｛' => ("wide braces", "{"),
        '｝' => ("wide braces", "}"),
        '，' => ("wide commas", ","),
        '｜' => ("wide bars", "|"),
        '＝' => ("wide equals signs", "="),
        '＊' => ("wide asterisks", "*"),
        _ => return None,
    };
    Some(Replacement { noun, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn what_is_foreign_is_replaced_in_place() {
        let check = |text: &str, expected: &str, mistakes: usize| {
            let file = SourceMap::new().add("a.net", None, "");
            let (read, diagnostics) = translate(file, text);
            assert_eq!((read.as_ref(), diagnostics.len()), (expected, mistakes), "{text}");
        };
        check("A -> B # （", "A -> B # （", 0);
        check("// a\n// b\nA", "    \n    \nA", 1);
        check("A（1，2）", "A(  1,  2)  ", 1);
        check("--> A", "--> A", 0);
    }
}
