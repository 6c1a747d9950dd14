//! `netc fmt`: files -> the same files in the one style.

use std::path::{Path, PathBuf};

use clap::Args;

use super::files::{net_files, read_source};
use super::terminal::Terminal;
use super::write::{unified_diff, write_file};
use super::{Failure, Outcome};
use crate::source::SourceMap;
use crate::syntax::format;

/// Format files: one style, every comment kept
#[derive(Args, Debug)]
pub struct Fmt {
    /// `.net` files, and folders of them (this one where none is named); `-` formats standard input to standard output
    #[arg(default_value = ".", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing, name the files that are not formatted, and end with status 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write nothing, show what would change
    #[arg(long)]
    diff: bool,
}

impl Fmt {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let mut status = 0;
        let mut tally = Tally::default();
        for path in net_files(&self.files)? {
            status = status.max(self.format(&path, terminal, &mut tally));
        }
        if self.files != [Path::new("-")] {
            terminal.error(&tally.summary(self.check || self.diff));
        }
        if status == 0 { Ok(()) } else { Err(Failure::Reported(status)) }
    }

    /// Formats one file, and gives the status that it alone would end with.
    fn format(&self, path: &Path, terminal: &Terminal, tally: &mut Tally) -> u8 {
        let mut sources = SourceMap::new();
        let formatted = read_source(&mut sources, path)
            .map_err(|diagnostic| vec![diagnostic])
            .and_then(|file| Ok((file, format(&sources, file)?)));
        match formatted {
            Ok((file, after)) => self.deliver(path, (sources.file(file).text(), &after), terminal, tally),
            Err(diagnostics) => {
                tally.refused += 1;
                diagnostics.iter().for_each(|diagnostic| terminal.show(diagnostic, &sources));
                diagnostics.iter().map(|diagnostic| diagnostic.status()).max().unwrap_or(1)
            }
        }
    }

    fn deliver(&self, path: &Path, (before, after): (&str, &str), terminal: &Terminal, tally: &mut Tally) -> u8 {
        let differs = before != after;
        *(if differs { &mut tally.changed } else { &mut tally.kept }) += 1;
        if self.diff && differs {
            terminal.print(&unified_diff(path, before, after));
        } else if self.check && differs {
            terminal.print(&format!("{}\n", path.display()));
        }
        if self.check || self.diff {
            return u8::from(self.check && differs);
        }
        if path == Path::new("-") {
            terminal.print(after);
        } else if differs {
            return write_formatted(path, after, terminal);
        }
        0
    }
}

/// Writes the file and names it; gives the status that this alone would end with.
fn write_formatted(path: &Path, after: &str, terminal: &Terminal) -> u8 {
    match write_file(path, after) {
        Ok(()) => {
            terminal.error(&format!("formatted {}\n", path.display()));
            0
        }
        Err(diagnostic) => {
            terminal.show(&diagnostic, &SourceMap::new());
            diagnostic.status()
        }
    }
}

/// How many files there are of each kind.
#[derive(Default)]
struct Tally {
    changed: usize,
    kept: usize,
    /// With errors.
    refused: usize,
}

impl Tally {
    /// `2 files formatted, 1 file unchanged`
    fn summary(&self, only_looked: bool) -> String {
        let changed = if only_looked { "to be formatted" } else { "formatted" };
        let kinds =
            [(self.changed, changed), (self.kept, "unchanged"), (self.refused, "not formatted because of errors")];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = kinds.map(|(count, what)| format!("{} {what}", files(*count))).collect();
        format!("{}\n", parts.join(", "))
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}
