//! Text -> [`Ast`], with a diagnostic for whatever made no sense.
//!
//! Knows the grammar and no layer.

pub mod ast;
mod format;
mod guard;
mod parse;

pub use ast::Ast;
pub use format::WIDTH;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, SourceMap, Span};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// How many words, numbers and signs a text may have.
pub const MAX_TOKENS: usize = 150_000;
/// How many parameters a block may have.
pub const MAX_PARAMETERS: usize = 64;
/// How many numbers one value of one image may hold.
pub const MAX_VALUES: usize = 1 << 31;
/// How deep brackets may stand in each other.
pub const MAX_NESTING: usize = 128;

/// The words that no name may take.
pub const RESERVED: &[&str] = &["edition", "input", "classes", "use", "let", "block", "skip", "as", "true", "false"];

/// Reads a file of `sources`. The tree is there unless a limit was passed; independent mistakes are all reported.
pub fn parse(sources: &SourceMap, file: FileId) -> (Option<Ast>, Vec<Diagnostic>) {
    let text = sources.file(file).text();
    match guard::check(file, text) {
        Ok(()) => parse::parse(file, text),
        Err(diagnostic) => (None, vec![*diagnostic]),
    }
}

/// The text of a file of `sources` in the one style, or what is wrong with its syntax.
pub fn format(sources: &SourceMap, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let (_, diagnostics) = parse(sources, file);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    format::format(sources.file(file).text()).ok_or_else(|| {
        let message = "internal error: the formatter would have changed the meaning of this file";
        vec![Diagnostic::error(Code::UNEXPECTED, message).at(Span::new(file, 0, 0), "it is left as it is")]
    })
}
