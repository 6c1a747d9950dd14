//! A text -> the same text, of the same length, without the comments and characters of other languages; each is
//! reported with what belongs in its place.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{FileId, Span};

/// How many places one report mends, so that a file of nothing else is answered in time.
const MAX_EDITS: usize = 100;

/// How a character is reported, and what takes its place: the first is told from the others by people's eyes.
struct Replacement {
    noun: &'static str,
    text: &'static str,
}

/// What ends a comment that `/*` begins.
const END_OF_COMMENT: &str = "*/";
/// What a text of several lines stands in, as in Python.
const QUOTES: &str = "\"\"\"";

/// The text that the grammar reads, and what was found on the way.
pub fn translate(file: FileId, text: &str) -> (Cow<'_, str>, Vec<Diagnostic>) {
    let mut translator = Translator::new(file, text);
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
    /// The marks of comments that were found, and which report is theirs.
    marks: HashMap<&'static str, usize>,
    /// How many brackets are open.
    depth: usize,
    /// The mark of a comment from a line before that goes on.
    inside: Option<&'static str>,
    /// Where the text's last `*/` and `"""` stand.
    last_ends: [usize; 2],
}

impl Translator {
    fn new(file: FileId, text: &str) -> Self {
        let last_ends = [END_OF_COMMENT, QUOTES].map(|end| text.rfind(end).unwrap_or(0));
        let (marks, depth, inside) = (HashMap::new(), 0, None);
        Self { file, read: vec![], diagnostics: vec![], marks, depth, inside, last_ends }
    }

    fn line(&mut self, text: &str, start: usize, line: &str) {
        let (mut start, mut rest) = (start + line.len() - line.trim_start().len(), line.trim());
        while !rest.is_empty() {
            let comment = self.inside.map(|mark| (0, mark)).or_else(|| comment_of(rest, self.depth));
            let code = &rest[..comment.map_or(rest.len(), |(at, _)| at)];
            if !code.is_ascii() || code.contains('\0') {
                self.characters(text, start, code);
            }
            self.depth = depth_after(code, self.depth);
            let behind = code.len() + comment.map_or(0, |(at, mark)| self.comment(text, start + at, &rest[at..], mark));
            (start, rest) = (start + behind, &rest[behind..]);
        }
    }

    /// A comment that begins with another language's mark, or a line of one; gives its length.
    fn comment(&mut self, text: &str, start: usize, body: &str, mark: &'static str) -> usize {
        let goes_on = self.inside.is_some();
        let head = if goes_on { 0 } else { mark.len() };
        let closing = closing(mark);
        let end = closing.and_then(|end| body[head..].find(end)).map(|at| head + at);
        let width = closing.map_or(0, str::len);
        let edit = |from: usize, to: usize, text: &str| {
            let span = Span::new(self.file, start + from, start + to);
            Edit { span, text: text.into() }
        };
        let mut edits = if goes_on { vec![edit(0, 0, "# ")] } else { vec![edit(0, head, "#")] };
        edits.extend(end.map(|at| edit(at, at + width, if body.len() > at + width { "\n" } else { "" })));
        let last_end = self.last_ends[usize::from(mark == QUOTES)];
        self.inside = closing.filter(|_| end.is_none() && start < last_end).map(|_| mark);
        let length = end.map_or(body.len(), |at| at + width);
        self.blank(text, start, start + length);
        self.report_comment(mark, edits);
        length
    }

    /// Reports another language's mark, or adds it to the report of the same mark before.
    fn report_comment(&mut self, mark: &'static str, edits: Vec<Edit>) {
        let report = self.marks.get(mark).and_then(|&at| self.diagnostics.get_mut(at));
        match report.and_then(|report| report.fixes.first_mut()).filter(|fix| fix.edits.len() < MAX_EDITS) {
            Some(fix) => fix.edits.extend(edits),
            None => {
                self.marks.insert(mark, self.diagnostics.len());
                let message = format!("a comment begins with `#`, not `{mark}`");
                let diagnostic = Diagnostic::error(Code::UNEXPECTED, message).at(edits[0].span, "expected `#`");
                self.diagnostics.push(diagnostic.fix(Fix { title: "write `#`".into(), safe: true, edits }));
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
        let diagnostic = diagnostic.at(seen(text, first), noun_label(first));
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

/// What ends a comment that begins with this mark, where that is not its line's end.
fn closing(mark: &str) -> Option<&'static str> {
    match mark {
        "/*" => Some(END_OF_COMMENT),
        QUOTES => Some(QUOTES),
        _ => None,
    }
}

/// Whether a sign of several bytes was taken for one of the language.
pub fn has_wide_signs(text: &str, translated: &str) -> bool {
    let sign = |at: usize| translated.as_bytes()[at].is_ascii_punctuation();
    text.char_indices().any(|(at, character)| character.len_utf8() > 1 && sign(at))
}

/// Whether a character that cannot be seen parts a word, so that the grammar would read two.
pub fn has_parted_words(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let invisible = |c: char| c != '\0' && replacement(c).is_some_and(|new| new.text.is_empty());
    let parts = |(at, c): (usize, char)| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + c.len_utf8()..].chars().next());
        invisible(c) && before.is_some_and(letter) && behind.is_some_and(letter)
    };
    !text.is_ascii() && text.char_indices().any(parts)
}

/// Where a replaced character is seen: with the one beside it, if it takes no room itself.
fn seen(text: &str, edit: &Edit) -> Span {
    let beside = |c: &char| !c.is_control();
    let (before, behind) = (text[..edit.span.start].chars().next_back(), text[edit.span.end..].chars().next());
    match (behind.filter(beside), before.filter(beside)) {
        _ if !edit.text.is_empty() => edit.span,
        (Some(behind), _) => Span { end: edit.span.end + behind.len_utf8(), ..edit.span },
        (None, Some(before)) => Span { start: edit.span.start - before.len_utf8(), ..edit.span },
        (None, None) => edit.span,
    }
}

fn noun_label(edit: &Edit) -> String {
    match edit.text.as_str() {
        "" => "it stands here, and cannot be seen".into(),
        " " => "expected a plain space".into(),
        text => format!("expected `{text}`"),
    }
}

/// Where a comment of another language begins on a line, and its mark.
fn comment_of(line: &str, depth: usize) -> Option<(usize, &'static str)> {
    if let Some(mark) = ["//", "/*", "--", "%", QUOTES].into_iter().find(|mark| line.starts_with(mark)) {
        return (!line.starts_with("-->")).then_some((0, mark));
    }
    let (mut quoted, mut depth) = (false, depth);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'#' => return None,
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'/' if line[at..].starts_with("/*") => return Some((at, "/*")),
            b'/' if line[at..].starts_with("//") && !divides(line, at, depth) => return Some((at, "//")),
            _ => {}
        }
    }
    None
}

/// Whether a `//` divides, as in Python: in a bracket or a `let`, between what may be values.
fn divides(line: &str, at: usize, depth: usize) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (before, after) = (line[..at].trim_end(), line[at + 2..].trim_start());
    let defines = line.starts_with("let ");
    let rest = after.trim_start_matches(letter).trim_start();
    let ends = match rest.is_empty() {
        true => defines || after.starts_with(|c: char| c.is_ascii_digit()),
        false => rest.starts_with([',', ')', '}', '|', '+', '-', '*', '/']),
    };
    let value = after.starts_with('(') || rest.len() < after.len() && ends;
    (defines || depth > 0) && before.ends_with(|c: char| letter(c) || c == ')') && value
}

/// How many brackets are open after a line without its foreign comment.
fn depth_after(line: &str, depth: usize) -> usize {
    let code = line.split('#').next().unwrap_or_default();
    code.bytes().fold(depth, |depth, byte| match byte {
        b'(' | b'{' => depth + 1,
        b')' | b'}' => depth.saturating_sub(1),
        _ => depth,
    })
}

fn replacement(character: char) -> Option<Replacement> {
    let (noun, text) = match character {
        '\0' => ("a NUL character (U+0000)", ""),
        '\u{A0}' => ("a no-break space (U+00A0)", " "),
        '\u{202F}' => ("a narrow no-break space (U+202F)", " "),
        '\u{3000}' => ("an ideographic space (U+3000)", " "),
        '\u{200B}' => ("a zero-width space (U+200B)", ""),
        '\u{200C}' => ("a zero-width non-joiner (U+200C)", ""),
        '\u{200D}' => ("a zero-width joiner (U+200D)", ""),
        '\u{2060}' => ("a word joiner (U+2060)", ""),
        '\u{AD}' => ("a soft hyphen (U+00AD)", ""),
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
        check("A // a\nB", "A     \nB", 1);
        check("A /* a */ -> B", "A         -> B", 1);
        check("/* a\n b */\nB", "    \n     \nB", 1);
        check("let w = 9 // v\nA(8 // 2) -> A(8, // out\n3)", "let w = 9 // v\nA(8 // 2) -> A(8,       \n3)", 1);
        check("use \"a//b\" # // c", "use \"a//b\" # // c", 0);
    }
}
