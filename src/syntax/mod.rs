//! Text -> [`Ast`], with a diagnostic for whatever made no sense.
//!
//! Knows the grammar and no layer.

pub mod ast;
mod guard;
mod parse;

pub use ast::Ast;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceMap};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
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
