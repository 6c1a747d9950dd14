//! A network's text -> what `netc check` finds in it, for tests.

use std::path::PathBuf;

use netc::diagnostic::{Style, render};
use netc::graph::{Given, Report, check};
use netc::source::SourceMap;

/// A checked text with its sources.
pub struct Checked {
    pub report: Report,
    sources: SourceMap,
}

/// Checks `text` as a file of that name in the folder `directory`.
pub fn check_text(name: &str, directory: Option<PathBuf>, text: &str) -> Checked {
    let mut sources = SourceMap::new();
    let file = sources.add(name, directory, text);
    let report = check(&mut sources, file, &Given::default());
    Checked { report, sources }
}

impl Checked {
    /// All diagnostics but notes, as people read them; empty where there are none.
    pub fn complaints(&self) -> String {
        let shown = self.report.diagnostics.iter().filter(|d| d.severity != netc::diagnostic::Severity::Note);
        shown.map(|diagnostic| render(diagnostic, &self.sources, Style::Plain)).collect()
    }
}
