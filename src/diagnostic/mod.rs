//! What went wrong, as a value: a code, a message, the places, and what would mend it.
//!
//! Whoever finds a mistake builds a [`Diagnostic`]; [`render()`] alone knows how one looks.

mod clip;
mod code;
mod file;
mod fix;
mod page;
mod render;

pub use code::{CODES, Code, code};
pub use file::{cannot_read, cannot_write, read_plain};
pub use fix::{Trust, apply, edits};
pub use page::{page, page_names};
pub use render::{Style, render, span_to_json, to_json};

use std::collections::HashSet;

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A place that a message speaks of; the primary one is where the mistake stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub message: String,
    pub primary: bool,
}

/// One replacement of text; an empty span inserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// A change of the files that removes a diagnostic; a safe one keeps what the author must have meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    pub title: String,
    pub safe: bool,
    pub edits: Vec<Edit>,
}

/// What a diagnostic is known by: a code of an error, or the name of a lint or note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    Error(&'static Code),
    Lint(&'static str),
}

impl Id {
    pub fn as_str(self) -> &'static str {
        match self {
            Id::Error(code) => code.id,
            Id::Lint(name) => name,
        }
    }
}

/// A message to the user; the first line stands alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub id: Id,
    pub severity: Severity,
    pub message: String,
    pub labels: Vec<Label>,
    pub notes: Vec<String>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self::new(Id::Error(code), Severity::Error, message)
    }

    pub fn warning(lint: &'static str, message: impl Into<String>) -> Self {
        Self::new(Id::Lint(lint), Severity::Warning, message)
    }

    pub fn note(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(Id::Lint(name), Severity::Note, message)
    }

    fn new(id: Id, severity: Severity, message: impl Into<String>) -> Self {
        Self { id, severity, message: message.into(), labels: vec![], notes: vec![], fixes: vec![] }
    }

    /// Adds the place of the mistake.
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into(), primary: true });
        self
    }

    /// Adds a place that explains the mistake.
    pub fn with(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into(), primary: false });
        self
    }

    pub fn remark(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Where the mistake stands, if it stands in a text.
    pub fn place(&self) -> Option<Span> {
        self.labels.iter().find(|label| label.primary).map(|label| label.span)
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The exit status of a command that ends with this: 1 for files with errors, 2 where it could not run.
    pub fn status(&self) -> u8 {
        match self.id {
            Id::Error(code) => code.status,
            Id::Lint(_) => 0,
        }
    }
}

/// How many diagnostics of a file are kept.
pub const MAX_KEPT: usize = 2000;

/// Diagnostics as they are found, each once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    overflowed: bool,
    seen: HashSet<(Id, Span)>,
}

impl Diagnostics {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, unless one of the same code at the same place is known.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let new = diagnostic.place().is_none_or(|place| self.seen.insert((diagnostic.id, place)));
        if new && self.list.len() < MAX_KEPT {
            self.list.push(diagnostic);
        } else if new {
            self.overflowed = true;
        }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there were more than are kept.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// All, by place; those without a place come first.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.place(), d.severity));
        self.list
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}
