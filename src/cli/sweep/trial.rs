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

    /// For how many epochs it is trained: for its own number, where that is swept over.
    pub fn epochs(&self, otherwise: u64) -> u64 {
        let own = self.changes.iter().find(|change| change.key == "epochs");
        own.and_then(|change| change.value.parse().ok()).unwrap_or(otherwise)
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

/// A combination with its longest trainings; none where none came to its end.
pub struct Ranked<'k> {
    pub trial: &'k Trial,
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

    /// Whether any of its trainings came to its end.
    pub fn knows(&self, trial: &Trial) -> bool {
        self.all_of(trial).next().is_some()
    }

    pub fn has(&self, trial: &Trial, seed: u64, epochs: u64) -> bool {
        self.of(trial, epochs).any(|measured| measured.seed == seed)
    }

    fn all_of(&self, trial: &Trial) -> impl Iterator<Item = &Measured> {
        self.measured.iter().filter(|measured| measured.digest == trial.digest)
    }

    fn of(&self, trial: &Trial, epochs: u64) -> impl Iterator<Item = &Measured> {
        let epochs = trial.epochs(epochs);
        self.all_of(trial).filter(move |measured| measured.epochs == epochs)
    }

    /// The mean figure over so many seeds, smaller where it is better.
    pub fn badness(&self, trial: &Trial, epochs: u64, seeds: u64, metric: Metric) -> f64 {
        mean(self.of(trial, epochs), seeds, metric)
    }

    /// The trials: those that were trained longest first, unless each has epochs of its own, and of these the best first.
    pub fn ranked<'k>(&'k self, trials: &'k [Trial], seeds: u64, metric: Metric) -> Vec<Ranked<'k>> {
        let rank = |trial: &'k Trial| {
            let longest = self.all_of(trial).map(|measured| measured.epochs).max().unwrap_or(0);
            let round = if trial.epochs(0) > 0 { 0 } else { longest };
            (
                round,
                self.badness(trial, longest, seeds, metric),
                Ranked { trial, of: self.of(trial, longest).collect() },
            )
        };
        let mut ranked: Vec<_> = trials.iter().map(rank).collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
        ranked.into_iter().map(|(.., ranked)| ranked).collect()
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
}

/// Infinite where a seed has no figure: nothing is worse.
fn mean<'k>(measured: impl Iterator<Item = &'k Measured>, seeds: u64, metric: Metric) -> f64 {
    let values: Vec<f64> = measured.map(|measured| badness(metric, &measured.validation)).collect();
    if (values.len() as u64) < seeds { f64::INFINITY } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(value: &str) -> Trial {
        Trial::of(vec![Change { key: "optimizer.lr".into(), value: value.into() }], b"")
    }

    #[test]
    fn what_lacks_a_seed_is_the_worst() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = Kept::open(folder.path()).unwrap_or_else(|fault| panic!("{fault:?}"));
        let trials = ["0.1", "0.2", "0.3"].map(trial);
        let mut add = |trial: &Trial, seed, loss| {
            let (digest, changes) = (trial.digest.clone(), trial.changes.clone());
            let validation = Figures { loss, accuracy: None };
            kept.add(Measured { digest, changes, seed, epochs: 1, epoch: 1, validation }).unwrap();
        };
        add(&trials[1], 0, 0.1);
        add(&trials[2], 0, 0.5);
        add(&trials[2], 1, 0.7);
        assert_eq!(kept.badness(&trials[2], 1, 2, Metric::Loss), 0.6);
        let order = |seeds| -> Vec<String> {
            kept.ranked(&trials, seeds, Metric::Loss).iter().map(|one| one.trial.changes[0].value.clone()).collect()
        };
        assert_eq!(order(1), ["0.2", "0.3", "0.1"]);
        assert_eq!(order(2), ["0.3", "0.2", "0.1"]);
    }
}
