//! A view of sources in which one long line is cut down to what stands around a place.

use codespan_reporting::files::{Error, Files};
use std::ops::Range;

use crate::source::{FileId, SourceMap, Span};

/// Lines up to this many bytes are shown whole.
const LONG: usize = 1000;
/// How many bytes are shown before a place in a longer line, and from it on.
const AROUND: [usize; 2] = [60, 140];

/// The sources, but of one file only a part of one line.
pub struct Clipped<'a> {
    sources: &'a SourceMap,
    file: FileId,
    part: Range<usize>,
}

impl<'a> Clipped<'a> {
    /// The view around a place in a long line; none where the line is short.
    pub fn around(sources: &'a SourceMap, place: Span) -> Option<Self> {
        let line = long_line(sources, place)?;
        let text = sources.file(place.file).text();
        let start = floor(text, place.start.saturating_sub(AROUND[0]).max(line.start));
        let end = floor(text, (place.start + AROUND[1]).min(line.end));
        Some(Self { sources, file: place.file, part: start..end })
    }

    /// Where a place stands in the view; none where it cannot be shown.
    pub fn range(&self, span: Span) -> Option<Range<usize>> {
        if span.file != self.file {
            return long_line(self.sources, span).is_none().then_some(span.start..span.end);
        }
        let within = span.start >= self.part.start && span.start <= self.part.end;
        within.then(|| span.start - self.part.start..span.end.min(self.part.end).max(span.start) - self.part.start)
    }
}

/// The bytes of the line that a place begins in, without its break, where they are many.
fn long_line(sources: &SourceMap, place: Span) -> Option<Range<usize>> {
    let file = sources.file(place.file);
    let line = file.line_range(file.line_index(place.start))?;
    let text = file.text()[line.clone()].trim_end_matches(['\n', '\r']);
    (text.len() > LONG).then(|| line.start..line.start + text.len())
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl<'a> Files<'a> for Clipped<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.sources.name(id)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        let text = self.sources.file(id).text();
        Ok(if id == self.file { &text[self.part.clone()] } else { text })
    }

    fn line_index(&'a self, id: FileId, offset: usize) -> Result<usize, Error> {
        if id == self.file { Ok(0) } else { self.sources.line_index(id, offset) }
    }

    fn line_number(&'a self, id: FileId, index: usize) -> Result<usize, Error> {
        match id == self.file {
            true => Ok(self.sources.file(id).line_index(self.part.start) + 1),
            false => Ok(index + 1),
        }
    }

    fn column_number(&'a self, id: FileId, _line: usize, offset: usize) -> Result<usize, Error> {
        let start = if id == self.file { self.part.start } else { 0 };
        Ok(self.sources.file(id).position(start + offset).column)
    }

    fn line_range(&'a self, id: FileId, index: usize) -> Result<Range<usize>, Error> {
        if id == self.file { Ok(0..self.part.len()) } else { self.sources.line_range(id, index) }
    }
}
