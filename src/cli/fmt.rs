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
    /// `.net` files, and folders of them; `-` formats standard input to standard output
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
        for path in net_files(&self.files)? {
            status = status.max(self.format(&path, terminal));
        }
        if status == 0 { Ok(()) } else { Err(Failure::Reported(status)) }
    }

    /// Formats one file, and gives the status that it alone would end with.
    fn format(&self, path: &Path, terminal: &Terminal) -> u8 {
        let mut sources = SourceMap::new();
        let formatted = read_source(&mut sources, path)
            .map_err(|diagnostic| vec![diagnostic])
            .and_then(|file| Ok((file, format(&sources, file)?)));
        match formatted {
            Ok((file, after)) => self.deliver(path, sources.file(file).text(), &after, terminal),
            Err(diagnostics) => {
                diagnostics.iter().for_each(|diagnostic| terminal.show(diagnostic, &sources));
                diagnostics.iter().map(|diagnostic| diagnostic.status()).max().unwrap_or(1)
            }
        }
    }

    fn deliver(&self, path: &Path, before: &str, after: &str, terminal: &Terminal) -> u8 {
        let differs = before != after;
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
        } else if differs && let Err(diagnostic) = write_file(path, after) {
            terminal.show(&diagnostic, &SourceMap::new());
            return diagnostic.status();
        }
        0
    }
}
