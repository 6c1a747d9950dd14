//! Text -> stdout and stderr, coloured where that is wanted; a closed pipe ends quietly.

use std::io::{IsTerminal, Write};

use super::Colour;
use crate::diagnostic::{Diagnostic, Style, render};
use crate::source::SourceMap;

/// Where a command's output goes.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    style: Style,
}

impl Terminal {
    pub fn new(colour: Colour) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let coloured = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => !no_color && std::io::stderr().is_terminal(),
        };
        Self { style: if coloured { Style::Colour } else { Style::Plain } }
    }

    /// Writes a diagnostic to stderr.
    pub fn show(&self, diagnostic: &Diagnostic, sources: &SourceMap) {
        self.error(&render(diagnostic, sources, self.style));
    }

    /// Writes a result to stdout. Whoever closed the pipe has read enough.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            std::process::exit(0);
        }
    }

    /// Writes text to stderr.
    pub fn error(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}
