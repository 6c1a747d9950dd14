//! Source text: files by number, byte ranges in them, and the lines and columns that people count.
//!
//! Knows nothing of the language. Every other module points into text with a [`Span`] alone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in a file, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that holds both; they must be of one file.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.file, other.file);
        Span::new(self.file, self.start.min(other.start), self.end.max(other.end))
    }

    /// The empty span where this one begins.
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span where this one ends.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A value and where it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place as people count: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// One text with the name that messages call it by.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: String,
    directory: Option<PathBuf>,
    text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where relative imports of this file are looked up; none for a text that is no file.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The line (from 0) that holds byte `offset`.
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= offset) - 1
    }

    /// The bytes of line `index` (from 0), its line break included; none past the last line.
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(index)?;
        let end = self.line_starts.get(index + 1).copied().unwrap_or(self.text.len());
        Some(start..end)
    }

    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_index(offset);
        let column = self.text[self.line_starts[line]..offset].chars().count();
        Position { line: line + 1, column: column + 1 }
    }
}

/// All texts of one run: the files asked for, their imports, the standard library.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    replacements: HashMap<PathBuf, String>,
}

impl SourceMap {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name that messages show; `directory` is where its imports are found. A carriage return
    /// without a line feed ends a line as a line feed does, and becomes one.
    pub fn add(&mut self, name: impl Into<String>, directory: Option<PathBuf>, text: impl Into<String>) -> FileId {
        let text = with_line_feeds(text.into());
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(SourceFile { name: name.into(), directory, text, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// Has `text` stand for what the file at `path` holds, wherever it is read: a change that is not written yet.
    pub fn replace(&mut self, path: &Path, text: impl Into<String>) {
        self.replacements.insert(canonical(path), text.into());
    }

    /// The text that stands for the file at `path`, however the path is spelled.
    pub fn replacement(&self, path: &Path) -> Option<&str> {
        let known = !self.replacements.is_empty();
        known.then(|| self.replacements.get(&canonical(path)).map(String::as_str)).flatten()
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text that `span` covers.
    pub fn slice(&self, span: Span) -> &str {
        &self.file(span.file).text[span.start..span.end]
    }
}

/// The text of the same length whose lines end in line feeds, those of old systems too.
fn with_line_feeds(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut ends = text.match_indices('\r').map(|(at, _)| at).collect::<Vec<_>>();
    ends.retain(|at| text.as_bytes().get(at + 1) != Some(&b'\n'));
    let mut whole = String::with_capacity(text.len());
    let mut start = 0;
    for end in ends {
        whole.push_str(&text[start..end]);
        whole.push('\n');
        start = end + 1;
    }
    whole + &text[start..]
}

/// The path that links and dots lead to; the path itself where nothing is there.
pub fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        let mut sources = SourceMap::new();
        let id = sources.add("a.net", None, "# a\rFC\r\nB\r");
        assert_eq!(sources.file(id).text(), "# a\nFC\r\nB\n");
    }

    #[test]
    fn columns_count_characters() {
        let mut sources = SourceMap::new();
        let id = sources.add("a.net", None, "# é\nFC é x");
        let file = sources.file(id);
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(file.text().len()), Position { line: 2, column: 7 });
        assert_eq!(file.line_range(1), Some(5..12));
        assert_eq!(file.line_range(2), None);
    }
}
