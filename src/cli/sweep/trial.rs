//! One combination of values, and what its trainings gave, kept in `trials.jsonl`.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::settings::Change;
use crate::cli::write::make_folder;
use crate::diagnostic::{Code, Diagnostic, cannot_read, cannot_write};
use crate::train::{Figures, Metric, badness, lock_folder};

/// What stands before the name of a `let` value.
pub const NET: &str = "net.";

/// A combination of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub changes: Vec<Change>,
    /// Of the values and all that they change.
    pub digest: String,
}

impl Trial {
    pub fn of(changes: Vec<Change>, origin: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(origin);
        changes.iter().for_each(|change| digest.update(format!("\n{change}")));
        let digest = digest.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { changes, digest }
    }

    /// The changes of the recipe.
    pub fn settings(&self) -> Vec<Change> {
        self.changes.iter().filter(|change| !change.key.starts_with(NET)).cloned().collect()
    }

    /// The changes of the network: name and value.
    pub fn of_network(&self) -> Vec<(&str, &str)> {
        self.changes.iter().filter_map(|change| Some((change.key.strip_prefix(NET)?, change.value.as_str()))).collect()
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let texts: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        f.write_str(&texts.join(" "))
    }
}

/// The best figures of one training on the validation part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub digest: String,
    pub changes: Vec<Change>,
    pub seed: u64,
    /// For how long it was trained at most.
    pub epochs: u64,
    /// Which was the best.
    pub epoch: u64,
    pub validation: Figures,
}

impl Measured {
    /// The name of its run in the sweep's folder.
    pub fn run(&self) -> String {
        run_name(&self.digest, self.seed)
    }
}

/// What a trial's run is called.
pub fn run_name(digest: &str, seed: u64) -> String {
    format!("{digest}-seed{seed}")
}

/// All trainings of a sweep that came to their end.
pub struct Kept {
    path: PathBuf,
    measured: Vec<Measured>,
    /// Of the folder, which this process alone writes.
    _lock: File,
}

/// A combination with its longest trainings.
pub struct Ranked<'k> {
    pub of: Vec<&'k Measured>,
}

impl Kept {
    /// Those of a folder, which is made where it is not there. A last line that a killed process left half written is
    /// taken out.
    ///
    /// # Errors
    /// N0810 where another process sweeps into it, N0803, N0804; N0611 for a line that is no trial's.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let path = folder.join("trials.jsonl");
        make_folder(folder)?;
        let lock = lock_folder(folder, "sweep")?;
        let text = match fs::read_to_string(&path) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(cannot_read(&path, &fault)),
            text => text.unwrap_or_default(),
        };
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        if whole.len() < text.len() {
            let file = OpenOptions::new().write(true).open(&path);
            file.and_then(|file| file.set_len(whole.len() as u64)).map_err(|fault| cannot_write(&path, &fault))?;
        }
        let trial = |(number, line): (usize, &str)| serde_json::from_str(line).map_err(|_| no_trial(&path, number));
        let measured = (1..).zip(whole.lines()).map(trial).collect::<Result<_, _>>()?;
        Ok(Self { path, measured, _lock: lock })
    }

    pub fn add(&mut self, measured: Measured) -> Result<(), Diagnostic> {
        let line = serde_json::to_string(&measured).map_err(std::io::Error::from);
        let written = line.and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            file.write_all(format!("{line}\n").as_bytes())
        });
        written.map_err(|fault| cannot_write(&self.path, &fault))?;
        self.measured.push(measured);
        Ok(())
    }

    pub fn has(&self, digest: &str, seed: u64, epochs: u64) -> bool {
        self.of(digest, epochs).any(|measured| measured.seed == seed)
    }

    fn of(&self, digest: &str, epochs: u64) -> impl Iterator<Item = &Measured> {
        self.measured.iter().filter(move |measured| measured.digest == digest && measured.epochs == epochs)
    }

    /// The mean figure over seeds, smaller where it is better.
    pub fn badness(&self, digest: &str, epochs: u64, metric: Metric) -> f64 {
        mean(self.of(digest, epochs).map(|measured| badness(metric, &measured.validation)))
    }

    /// The combinations that are `wanted`: those that were trained longest first, and of these the best first.
    pub fn ranked(&self, metric: Metric, wanted: impl Fn(&str) -> bool) -> Vec<Ranked<'_>> {
        let mut digests: Vec<&str> = vec![];
        for Measured { digest, .. } in &self.measured {
            if !digests.contains(&digest.as_str()) && wanted(digest) {
                digests.push(digest);
            }
        }
        let longest = |digest: &str| {
            self.measured.iter().filter(|measured| measured.digest == digest).map(|measured| measured.epochs).max()
        };
        let of = |digest: &str| Ranked { of: self.of(digest, longest(digest).unwrap_or(0)).collect() };
        let mut ranked: Vec<Ranked> = digests.into_iter().map(of).collect();
        ranked.sort_by(|a, b| b.epochs().cmp(&a.epochs()).then(a.badness(metric).total_cmp(&b.badness(metric))));
        ranked
    }
}

fn no_trial(path: &Path, line: usize) -> Diagnostic {
    let message = format!("line {line} of `{}` is not a trial's", path.display());
    Diagnostic::error(Code::SWEEP, message)
        .remark("mend the line, or remove it: its training is found again, or run again")
}

impl Ranked<'_> {
    pub fn epochs(&self) -> u64 {
        self.of.first().map_or(0, |measured| measured.epochs)
    }

    fn badness(&self, metric: Metric) -> f64 {
        mean(self.of.iter().map(|measured| badness(metric, &measured.validation)))
    }
}

/// Infinite where there is none: nothing is worse.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    if values.is_empty() { f64::INFINITY } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_figure_is_the_worst() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept::open(folder.path()).unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(kept.badness("a", 1, Metric::Loss), f64::INFINITY);
        assert_eq!(mean([1.0, 2.0].into_iter()), 1.5);
    }
}
