//! Diagnostic -> text for a terminal, or a JSON value. The only place that knows codespan-reporting.

use codespan_reporting::diagnostic::{Diagnostic as Rendered, Label as RenderedLabel, Severity as RenderedSeverity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config};
use serde_json::{Value, json};
use std::ops::Range;

use super::clip::Clipped;
use super::{Diagnostic, Fix, Label, Severity};
use crate::source::{FileId, SourceMap, Span};

/// How rendered text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Colour,
}

/// A diagnostic as people read it, with the lines of the source that it speaks of.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    match diagnostic.place().and_then(|place| Clipped::around(sources, place)) {
        None => emit(&to_codespan(diagnostic, |span| Some(span.start..span.end), sources), sources, style),
        Some(clipped) => emit(&to_codespan(diagnostic, |span| clipped.range(span), sources), &clipped, style),
    }
}

fn emit<'f>(rendered: &Rendered<FileId>, files: &'f impl Files<'f, FileId = FileId>, style: Style) -> String {
    let config = Config { chars: term::Chars::ascii(), tab_width: 4, ..Config::default() };
    let text = match style {
        Style::Plain => term::emit_into_string(&config, files, rendered).map(|text| without_trailing_blanks(&text)),
        Style::Colour => {
            let mut buffer = term::termcolor::Buffer::ansi();
            term::emit_to_write_style(&mut buffer, &config, files, rendered)
                .map(|()| String::from_utf8_lossy(buffer.as_slice()).into_owned())
        }
    };
    text.unwrap_or_else(|fault| format!("internal error: a label points outside its file ({fault}): {rendered:?}\n"))
}

/// The text without the blanks that lines of several labels end in.
fn without_trailing_blanks(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The diagnostic with its labels where `range` finds them; those that cannot be shown become notes.
fn to_codespan(
    diagnostic: &Diagnostic,
    range: impl Fn(Span) -> Option<Range<usize>>,
    sources: &SourceMap,
) -> Rendered<FileId> {
    let severity = match diagnostic.severity {
        Severity::Error => RenderedSeverity::Error,
        Severity::Warning => RenderedSeverity::Warning,
        Severity::Note => RenderedSeverity::Note,
    };
    let shown = diagnostic.labels.iter().filter_map(|label| Some(to_codespan_label(label, range(label.span)?)));
    let far = diagnostic.labels.iter().filter(|label| range(label.span).is_none()).map(|label| {
        let place = sources.file(label.span.file).position(label.span.start);
        format!("line {}, column {}: {}", place.line, place.column, label.message)
    });
    let fixes = diagnostic.fixes.iter().map(|fix| format!("fix: {}", fix.title));
    Rendered::new(severity)
        .with_code(diagnostic.id.as_str())
        .with_message(&diagnostic.message)
        .with_labels(shown.collect())
        .with_notes(far.chain(diagnostic.notes.iter().cloned()).chain(fixes).collect())
}

fn to_codespan_label(label: &Label, range: Range<usize>) -> RenderedLabel<FileId> {
    let rendered = match label.primary {
        true => RenderedLabel::primary(label.span.file, range),
        false => RenderedLabel::secondary(label.span.file, range),
    };
    rendered.with_message(&label.message)
}

impl<'a> Files<'a> for SourceMap {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.file(id).name())
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.file(id).text())
    }

    fn line_index(&'a self, id: FileId, offset: usize) -> Result<usize, Error> {
        Ok(self.file(id).line_index(offset))
    }

    fn line_range(&'a self, id: FileId, index: usize) -> Result<Range<usize>, Error> {
        let max = self.file(id).line_index(self.file(id).text().len());
        self.file(id).line_range(index).ok_or(Error::LineTooLarge { given: index, max })
    }
}

/// The diagnostic as `--format json` prints it.
pub fn to_json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    json!({
        "code": diagnostic.id.as_str(),
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(|label| label_to_json(label, sources)).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "fixes": diagnostic.fixes.iter().map(|fix| fix_to_json(fix, sources)).collect::<Vec<_>>(),
    })
}

fn label_to_json(label: &Label, sources: &SourceMap) -> Value {
    let mut value = span_to_json(label.span, sources);
    value["primary"] = json!(label.primary);
    value["message"] = json!(label.message);
    value
}

fn fix_to_json(fix: &Fix, sources: &SourceMap) -> Value {
    let edit = |edit: &super::Edit| {
        let mut value = span_to_json(edit.span, sources);
        value["text"] = json!(edit.text);
        value
    };
    json!({ "title": fix.title, "safe": fix.safe, "edits": fix.edits.iter().map(edit).collect::<Vec<_>>() })
}

/// Path, line and column, and the exclusive end, all from 1.
pub fn span_to_json(span: Span, sources: &SourceMap) -> Value {
    let file = sources.file(span.file);
    let (start, end) = (file.position(span.start), file.position(span.end));
    json!({
        "path": file.name(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}
