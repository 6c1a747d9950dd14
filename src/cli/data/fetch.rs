//! `netc data fetch`: a data set's name -> its files in the data folder.

use std::io::IsTerminal;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Place, megabytes};
use crate::cli::terminal::{Terminal, tell};
use crate::cli::{Format, Outcome};
use crate::data::fetch::{Follow, fetch};

/// Download a data set from its publisher
#[derive(Args, Debug)]
pub struct Fetch {
    /// fashion-mnist, cifar10, caltech101 or tiny-imagenet
    dataset: String,
    #[command(flatten)]
    place: Place,
    /// A mirror that has the publisher's files under their own names
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Fetch {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let mut progress = Progress { bar: None };
        let paths = fetch(&self.dataset, &self.place.folder(), self.from.as_deref(), &mut progress);
        progress.end();
        let paths: Vec<String> = paths?.iter().map(|path| path.display().to_string()).collect();
        terminal.print(&match self.format {
            Format::Json => format!("{}\n", json!({"dataset": self.dataset, "paths": paths})),
            Format::Text => paths.iter().map(|path| format!("{path}\n")).collect(),
        });
        Ok(())
    }
}

/// A bar on a terminal, else a line for each file.
struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Follow for Progress {
    fn begin(&mut self, file: &str, there: u64, size: Option<u64>) {
        self.end();
        if !std::io::stderr().is_terminal() {
            let size = size.map_or(String::new(), |size| format!(" ({})", megabytes(size)));
            let from = if there > 0 { format!(", from {} on", megabytes(there)) } else { String::new() };
            tell(&format!("downloading {file}{size}{from}"));
            return;
        }
        let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let template = "{prefix}  {bar:24}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(file.to_string());
        bar.set_position(there);
        bar.reset_eta();
        self.bar = Some(bar);
    }

    fn add(&mut self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn unpack(&mut self, file: &str) {
        self.end();
        tell(&format!("unpacking {file}"));
    }
}
