//! Text without mistakes -> tokens, each with the comments and line breaks that stand before it.
//!
//! Knows how tokens are spelled, as `grammar/net.pest` has it, and nothing of what they mean together.

/// A comment, and whether a blank line stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'t> {
    pub text: &'t str,
    pub blank: bool,
}

/// A token and what stands around it. The last one of a file is the empty text.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    pub text: &'t str,
    /// Comments between the token before and this one, but for the one on the other's line.
    pub before: Vec<Comment<'t>>,
    /// The comment on this token's line, if nothing but it follows there.
    pub after: Option<&'t str>,
    /// Whether a line break stands before it.
    pub breaks: bool,
    /// Whether a blank line stands right before it.
    pub blank: bool,
    /// Whether it follows the token before without a gap.
    pub adjacent: bool,
}

impl Token<'_> {
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    }

    pub fn is_operator(&self) -> bool {
        matches!(self.text, "+" | "-" | "*" | "/")
    }
}

/// The tokens of a text, with an empty one at the end.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token> = vec![];
    let mut at = 0;
    loop {
        let (before, gap, start) = comments(text, at, found.last_mut());
        let length = length(&text[start..]);
        found.push(Token {
            text: &text[start..start + length],
            before,
            after: None,
            breaks: gap.lines > 0,
            blank: gap.since_comment > 1,
            adjacent: start == at,
        });
        if length == 0 {
            return found;
        }
        at = start + length;
    }
}

/// Line breaks in what stands between two tokens.
#[derive(Default)]
struct Gap {
    lines: usize,
    since_comment: usize,
}

/// Reads white space and comments from `at` on; a comment on the line of the token before goes to that.
fn comments<'t>(text: &'t str, mut at: usize, last: Option<&mut Token<'t>>) -> (Vec<Comment<'t>>, Gap, usize) {
    let (mut before, mut gap, mut last) = (vec![], Gap::default(), last);
    while let Some(next) = text[at..].chars().next() {
        match next {
            '\n' => {
                gap.lines += 1;
                gap.since_comment += 1;
            }
            '#' => {
                let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
                let comment = text[at..end].trim_end();
                match last.take_if(|_| gap.lines == 0) {
                    Some(token) => token.after = Some(comment),
                    None => before.push(Comment { text: comment, blank: gap.since_comment > 1 }),
                }
                gap.since_comment = 0;
                at = end;
                continue;
            }
            ' ' | '\t' | '\r' | '\u{FEFF}' => {}
            _ => break,
        }
        at += next.len_utf8();
    }
    (before, gap, at)
}

/// The length of the token that the text begins with.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes {
        [] => 0,
        [b'-', b'>', ..] => 2,
        [b'"', rest @ ..] => rest.iter().position(|&byte| byte == b'"').map_or(text.len(), |at| at + 2),
        [b'0'..=b'9' | b'.', ..] => number(bytes),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => letters(bytes),
        _ => text.chars().next().map_or(0, char::len_utf8),
    }
}

/// A word, or several with points between them.
fn letters(bytes: &[u8]) -> usize {
    let word =
        |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let mut end = word(0);
    while bytes.get(end) == Some(&b'.') && word(end + 1) > 0 {
        end += 1 + word(end + 1);
    }
    end
}

/// An integer, a size as `3x5`, or a float as `1.5e-3`.
fn number(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        let signed = matches!(byte, b'+' | b'-') && matches!(bytes[end.saturating_sub(1)], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || signed && end > 0) {
            break;
        }
        end += 1;
    }
    end.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_grammar() {
        let check = |text, expected: &[&str]| {
            let found: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
            assert_eq!(found[..found.len() - 1], *expected, "{text}");
        };
        check("A(3x5,1e-3)->B*-2", &["A", "(", "3x5", ",", "1e-3", ")", "->", "B", "*", "-", "2"]);
        check("nn.Conv2d(a)->e._", &["nn.Conv2d", "(", "a", ")", "->", "e._"]);
        check("use \"./a #b.net\" # c", &["use", "\"./a #b.net\""]);
        check("a-1 {.5|2.}", &["a", "-", "1", "{", ".5", "|", "2.", "}"]);
    }

    #[test]
    fn a_comment_belongs_to_the_token_on_its_line() {
        let found = tokens("# one\n\nA # two\n# three\n\n-> B");
        let texts = |index: usize| found[index].before.iter().map(|comment| comment.text).collect::<Vec<_>>();
        assert_eq!((texts(0), found[0].after), (vec!["# one"], Some("# two")));
        assert_eq!((texts(1), found[1].after), (vec!["# three"], None));
        assert!(found[0].blank && found[1].blank && !found[2].breaks);
    }
}
