//! Text without mistakes -> the same text in the one style that all `.net` files have.
//!
//! Only white space, commas before a closing bracket and empty parentheses change: the tokens stay, so does the meaning.

mod layout;
mod print;
mod read;
mod token;

pub use print::WIDTH;

/// The formatted text; none where the tokens are not those of a file without mistakes.
pub fn format(text: &str) -> Option<String> {
    let formatted = print::print(&read::read(token::tokens(text))?);
    (essence(&formatted) == essence(text)).then_some(formatted)
}

/// What formatting never changes: the tokens, brackets and commas aside, and the comments.
fn essence(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut words, mut comments) = (vec![], vec![]);
    for token in token::tokens(text) {
        comments.extend(token.before.iter().map(|comment| comment.text));
        comments.extend(token.after);
        if !matches!(token.text, "(" | ")" | ",") {
            words.push(token.text);
        }
    }
    comments.sort_unstable();
    (words, comments)
}
