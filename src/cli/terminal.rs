//! Text -> stdout and stderr, coloured where that is wanted; a closed pipe ends quietly.

use std::io::{ErrorKind, IsTerminal, Write};

use super::{Colour, Failure};
use crate::diagnostic::{Code, Diagnostic, Severity, Style, render};
use crate::source::SourceMap;

/// Where a command's output goes.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    style: Style,
    notes: bool,
}

/// Writes a line to stderr. Whoever closed it, or left it no room, misses the line; work goes on.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

impl Terminal {
    pub fn new(colour: Colour) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let coloured = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => !no_color && std::io::stderr().is_terminal(),
        };
        Self { style: if coloured { Style::Colour } else { Style::Plain }, notes: true }
    }

    /// The same, but silent about what is no warning and no error.
    pub fn without_notes(self) -> Self {
        Self { notes: false, ..self }
    }

    /// Writes a diagnostic to stderr.
    pub fn show(&self, diagnostic: &Diagnostic, sources: &SourceMap) {
        if self.notes || diagnostic.severity != Severity::Note {
            self.error(&render(diagnostic, sources, self.style));
        }
    }

    /// Shows mistakes whose places are in `sources`; the failure of the command that met them.
    pub fn refuse(&self, faults: &[Diagnostic], sources: &SourceMap) -> Failure {
        faults.iter().for_each(|fault| self.show(fault, sources));
        Failure::Reported(faults.iter().map(Diagnostic::status).max().unwrap_or(1))
    }

    /// Shows what one of several things failed with; the status that it would end a command with.
    pub fn report(&self, failure: Failure) -> u8 {
        match failure {
            Failure::Reported(status) => status,
            Failure::Diagnostic(diagnostic) => {
                self.show(&diagnostic, &SourceMap::new());
                diagnostic.status()
            }
        }
    }

    /// Writes a result to stdout. Whoever closed the pipe has read enough; a result that is lost otherwise ends the command.
    pub fn print(&self, text: &str) {
        self.print_bytes(text.as_bytes());
    }

    /// The same for a result that is no text.
    pub fn print_bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(fault) if fault.kind() != ErrorKind::BrokenPipe => {
                let diagnostic = Diagnostic::error(Code::WRITE, format!("cannot write the result: {fault}"));
                let advice = "free some space where the output goes, or send it elsewhere";
                self.show(&diagnostic.remark(advice), &SourceMap::new());
                std::process::exit(i32::from(Code::WRITE.status));
            }
            _ => {}
        }
    }

    /// Writes text to stderr.
    pub fn error(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}
