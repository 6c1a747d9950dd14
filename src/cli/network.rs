//! A `.net` file, or the text in a checkpoint -> a graph that can run, its mistakes shown.

use std::path::Path;

use super::Failure;
use super::files::read_source;
use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::graph::{Given, Graph, Report, check};
use crate::source::{FileId, SourceMap};
use crate::train::{Checkpoint, Metadata};

/// A network without errors and without open choices.
#[derive(Debug)]
pub struct Runnable {
    pub graph: Graph,
    /// Its text, imports inlined.
    pub text: String,
    /// What its spans point into.
    pub sources: SourceMap,
    /// What checking it warns of.
    pub warnings: Vec<Diagnostic>,
}

impl Runnable {
    fn of(report: Report, text: String, sources: SourceMap) -> Option<Self> {
        let warnings = report.diagnostics.into_iter().filter(|found| found.severity == Severity::Warning).collect();
        Some(Self { graph: report.graph?, text, sources, warnings })
    }
}

/// Reads and checks a file; shows what is wrong with it.
pub fn runnable(path: &Path, given: &Given, terminal: &Terminal) -> Result<Runnable, Failure> {
    let mut sources = SourceMap::new();
    let file = match read_source(&mut sources, path) {
        Ok(file) => file,
        Err(diagnostic) => {
            terminal.show(&diagnostic, &sources);
            return Err(Failure::Reported(diagnostic.status()));
        }
    };
    checked(sources, file, given, terminal)
}

fn checked(mut sources: SourceMap, file: FileId, given: &Given, terminal: &Terminal) -> Result<Runnable, Failure> {
    let report = check(&mut sources, file, given);
    report.diagnostics.iter().for_each(|diagnostic| terminal.show(diagnostic, &sources));
    if let Some(diagnostic) = not_runnable(&report) {
        terminal.show(&diagnostic, &sources);
    }
    let text = report.text.clone();
    let network = if report.choices.is_empty() { Runnable::of(report, text, sources) } else { None };
    network.ok_or(Failure::Reported(1))
}

/// What a file without errors lacks to be one network.
fn not_runnable(report: &Report) -> Option<Diagnostic> {
    if !report.is_ok() {
        return None;
    }
    if let Some(choice) = report.choices.first() {
        let diagnostic = Diagnostic::error(Code::OPEN_CHOICE, "the file stands for several networks");
        return Some(diagnostic.at(choice.span, "choose one of these values to run it"));
    }
    report.library.then(|| {
        Diagnostic::error(Code::NO_NETWORK, "the file holds blocks and no network")
            .remark("name a file with a chain of layers")
    })
}

/// A checkpoint's own network.
pub fn of_checkpoint(checkpoint: &Checkpoint, terminal: &Terminal) -> Result<Runnable, Failure> {
    of_text(&checkpoint.path, &checkpoint.metadata.network, &checkpoint.metadata, terminal)
}

/// The network of a text that stands in a checkpoint, or comes of one.
pub fn of_text(path: &Path, text: &str, metadata: &Metadata, terminal: &Terminal) -> Result<Runnable, Failure> {
    let mut sources = SourceMap::new();
    let file = sources.add(format!("{} (the network in it)", path.display()), None, text);
    let report = check(&mut sources, file, &metadata.given());
    if report.graph.is_none() {
        report.diagnostics.iter().for_each(|diagnostic| terminal.show(diagnostic, &sources));
    }
    Runnable::of(report, text.to_string(), sources).ok_or_else(|| {
        let message = format!("the network in `{}` does not check", path.display());
        let diagnostic = Diagnostic::error(Code::MISMATCH, message);
        diagnostic.remark("the file was changed after netc wrote it; take another checkpoint").into()
    })
}
