//! A run's folder: the network's text, the recipe, metrics, timings, checkpoints, and the lock of whoever writes it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::figures::EpochMetrics;
use super::recipe::Recipe;
use crate::diagnostic::{Code, Diagnostic, cannot_read, cannot_write};

/// The file in a run that is locked while the run is written.
const LOCK: &str = ".lock";
/// The checkpoints in it.
const BEST: &str = "checkpoints/best.safetensors";
const LAST: &str = "checkpoints/last.safetensors";

/// A line of `timing.jsonl`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct EpochTiming {
    epoch: u64,
    seconds: f64,
    images_per_second: f64,
}

/// The folder of a run, which this process alone writes.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked as long as it is open, however the process ends.
    _lock: File,
}

impl RunFolder {
    /// Makes a new run's folder with the network's text and the recipe.
    ///
    /// # Errors
    /// N0802 where it exists, N0803 where it cannot be written.
    pub fn create(path: &Path, network: &str, recipe: &Recipe) -> Result<Self, Diagnostic> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|fault| cannot_write(parent, &fault))?;
        }
        fs::create_dir(path).map_err(|fault| match fault.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => cannot_write(path, &fault),
        })?;
        let run = Self { path: path.to_path_buf(), _lock: lock_folder(path, "run")? };
        run.make_folder("checkpoints")?;
        run.write("network.net", network)?;
        run.write_recipe(recipe)?;
        Ok(run)
    }

    /// Opens a run's folder to write on in it.
    ///
    /// # Errors
    /// N0807 where it is no run, N0810 where another process writes it, N0811 where no checkpoint was written yet.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        if !path.join(LOCK).is_file() {
            let message = format!("`{}` is not a run", path.display());
            return Err(Diagnostic::error(Code::NOT_A_RUN, message)
                .remark("name the folder that `netc train` printed, or gave to `--out`"));
        }
        let run = Self { path: path.to_path_buf(), _lock: lock_folder(path, "run")? };
        if run.last_checkpoint().is_file() {
            return Ok(run);
        }
        let message = format!("there is nothing to resume in `{}`", path.display());
        Err(Diagnostic::error(Code::NOTHING_TO_RESUME, message)
            .remark("it ended before its first checkpoint, which is written after the first epoch")
            .remark("train it anew, into another folder or after removing this one"))
    }

    /// Removes what a training left that ended before its first checkpoint; whether a run with a checkpoint is there.
    ///
    /// # Errors
    /// N0810 where another process writes it, N0803 where it cannot be removed.
    pub fn clear_unbegun(path: &Path) -> Result<bool, Diagnostic> {
        if !path.exists() {
            return Ok(false);
        }
        let run = Self { path: path.to_path_buf(), _lock: lock_folder(path, "run")? };
        if run.last_checkpoint().is_file() {
            return Ok(true);
        }
        fs::remove_dir_all(path).map_err(|fault| cannot_write(path, &fault))?;
        Ok(false)
    }

    /// How long a run's epochs took, in seconds; none of anything else.
    pub fn seconds_of(path: &Path) -> Option<f64> {
        let text = fs::read_to_string(path.join("timing.jsonl")).ok()?;
        let lines = text.lines().filter_map(|line| serde_json::from_str::<EpochTiming>(line).ok());
        Some(lines.map(|timing| timing.seconds).sum())
    }

    /// The checkpoint that `netc eval` and `predict` take for this path: a file as it is; of a run the best, else the last.
    ///
    /// # Errors
    /// N0804 where there is nothing, N0807 where a folder is no run or has no checkpoint.
    pub fn checkpoint_of(path: &Path) -> Result<PathBuf, Diagnostic> {
        if !path.is_dir() {
            return Ok(path.to_path_buf());
        }
        let candidates = [path.join(BEST), path.join(LAST)];
        candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
            let message = format!("`{}` holds no checkpoint", path.display());
            Diagnostic::error(Code::NOT_A_RUN, message)
                .remark("a run's folder has `checkpoints/last.safetensors` once its first epoch is finished")
        })
    }

    /// The metrics of a run's folder; none of anything else. A last line that is being written counts as absent.
    ///
    /// # Errors
    /// N0804; N0807 for a line that is not an epoch's.
    pub fn metrics_of(path: &Path) -> Result<Option<Vec<EpochMetrics>>, Diagnostic> {
        let path = path.join("metrics.jsonl");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(fault) if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(fault) => return Err(cannot_read(&path, &fault)),
        };
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let epoch = |(number, line): (usize, &str)| serde_json::from_str(line).map_err(|_| no_epoch(&path, number));
        (1..).zip(whole).map(epoch).collect::<Result<_, _>>().map(Some)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the last checkpoint stands.
    pub fn last_checkpoint(&self) -> PathBuf {
        Self::last_checkpoint_of(&self.path)
    }

    /// That of the run in a folder.
    pub fn last_checkpoint_of(path: &Path) -> PathBuf {
        path.join(LAST)
    }

    /// Where the one with the best validation stands.
    pub fn best_checkpoint(&self) -> PathBuf {
        self.path.join(BEST)
    }

    /// Writes the recipe, beside its name first.
    ///
    /// # Errors
    /// N0803.
    pub fn write_recipe(&self, recipe: &Recipe) -> Result<(), Diagnostic> {
        self.replace("recipe.yaml", &recipe.to_yaml())
    }

    /// Adds an epoch to the metrics, for good.
    ///
    /// # Errors
    /// N0803.
    pub fn add_epoch(&self, metrics: &EpochMetrics) -> Result<(), Diagnostic> {
        self.append("metrics.jsonl", metrics)
    }

    /// Adds to the timings how long an epoch of so many images took.
    ///
    /// # Errors
    /// N0803.
    pub fn add_timing(&self, epoch: u64, images: u64, seconds: f64) -> Result<(), Diagnostic> {
        let images_per_second = images as f64 / seconds.max(1e-9);
        self.append("timing.jsonl", &EpochTiming { epoch, seconds, images_per_second })
    }

    /// Cuts metrics and timings back to so many epochs: what came after the last checkpoint will come again.
    ///
    /// # Errors
    /// N0804, N0803; N0807 for a line that is whole and says no epoch, which is not thrown away.
    pub fn cut_to(&self, epochs: u64) -> Result<(), Diagnostic> {
        for name in ["metrics.jsonl", "timing.jsonl"] {
            let path = self.path.join(name);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(fault) if fault.kind() == ErrorKind::NotFound => vec![],
                Err(fault) => return Err(cannot_write(&path, &fault)),
            };
            let text = String::from_utf8_lossy(&bytes);
            check_lines(&path, &text)?;
            let kept: String = text.split_inclusive('\n').filter(|line| epoch_of(line) <= epochs).collect();
            let count = kept.lines().count() as u64;
            if name == "metrics.jsonl" && count != epochs {
                let message = format!("`{}` has {count} of {epochs} epochs", path.display());
                return Err(Diagnostic::error(Code::NOT_A_RUN, message).remark("put the file back as it was"));
            }
            if kept.as_bytes() != bytes {
                self.replace(name, &kept)?;
            }
        }
        Ok(())
    }

    fn make_folder(&self, name: &str) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        fs::create_dir(&path).map_err(|fault| cannot_write(&path, &fault))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|fault| cannot_write(&path, &fault))
    }

    fn replace(&self, name: &str, text: &str) -> Result<(), Diagnostic> {
        write_whole(&self.path.join(name), text)
    }

    fn append(&self, name: &str, line: &impl Serialize) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        let line = serde_json::to_string(line).map_err(std::io::Error::from);
        let written = line.and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()
        });
        written.map_err(|fault| cannot_write(&path, &fault))
    }
}

/// Writes a file beside its name, then renames it: whoever reads finds the old one or the new one, whole. What is there and
/// no plain file, as `/dev/stdout`, is written to.
///
/// # Errors
/// N0803.
pub fn write_whole(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Diagnostic> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, bytes).map_err(|fault| cannot_write(path, &fault));
    }
    let mut beside = path.as_os_str().to_os_string();
    beside.push(".partial");
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|fault| {
        let _ = fs::remove_file(&beside);
        cannot_write(path, &fault)
    })
}

fn check_lines(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let unreadable = |line: &&str| line.ends_with('\n') && epoch_of(line) == u64::MAX;
    match (1..).zip(text.split_inclusive('\n')).find(|(_, line)| unreadable(line)) {
        Some((number, _)) => Err(no_epoch(path, number)),
        None => Ok(()),
    }
}

fn no_epoch(path: &Path, line: usize) -> Diagnostic {
    let message = format!("line {line} of `{}` is not an epoch's", path.display());
    Diagnostic::error(Code::NOT_A_RUN, message).remark("mend the line, or remove it to go on without it")
}

/// The epoch of a line; of one that was cut off, later than any.
fn epoch_of(line: &str) -> u64 {
    let whole = line.strip_suffix('\n').and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    whole.and_then(|line| line["epoch"].as_u64()).unwrap_or(u64::MAX)
}

/// Takes the lock of a folder, of a run or a `what` else; the system frees it when the process ends.
///
/// # Errors
/// N0810 where another process has it, N0803.
pub fn lock_folder(path: &Path, what: &str) -> Result<File, Diagnostic> {
    let name = path.join(LOCK);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = opened.map_err(|fault| cannot_write(&name, &fault))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another process is writing the {what} `{}`", path.display());
            Err(Diagnostic::error(Code::RUN_LOCKED, message).remark("wait for it, or end it"))
        }
        // Some network file systems know no locks.
        Err(TryLockError::Error(fault)) if fault.kind() == ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(fault)) => Err(cannot_write(&name, &fault)),
    }
}

fn exists(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::RUN_EXISTS, format!("`{}` exists already", path.display()))
        .remark("choose another folder with `--out`; a run never writes over another")
}
