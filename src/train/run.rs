//! A run's folder: the network's text, the recipe, metrics, timings, checkpoints.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checkpoint::cannot_write;
use super::figures::Figures;
use super::recipe::Recipe;
use crate::diagnostic::{Code, Diagnostic};

/// A line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    pub epoch: u64,
    pub train: Figures,
    pub validation: Option<Figures>,
}

/// A line of `timing.jsonl`.
#[derive(Clone, Copy, Debug, Serialize)]
struct EpochTiming {
    epoch: u64,
    seconds: f64,
    images_per_second: f64,
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
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
        let run = Self { path: path.to_path_buf() };
        run.make_folder("checkpoints")?;
        run.write("network.net", network)?;
        let yaml = serde_yaml::to_string(recipe);
        let yaml = yaml.map_err(|fault| Diagnostic::error(Code::WRITE, format!("internal error: {fault}")))?;
        run.write("recipe.yaml", &yaml)?;
        Ok(run)
    }

    /// The checkpoint that `netc eval` and `predict` take for this path: a file as it is; of a run the best, else the last.
    ///
    /// # Errors
    /// N0804 where there is nothing, N0807 where a folder is no run or has no checkpoint.
    pub fn checkpoint_of(path: &Path) -> Result<PathBuf, Diagnostic> {
        if !path.is_dir() {
            return Ok(path.to_path_buf());
        }
        let candidates = ["best", "last"].map(|name| path.join("checkpoints").join(format!("{name}.safetensors")));
        candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
            let message = format!("`{}` holds no checkpoint", path.display());
            Diagnostic::error(Code::NOT_A_RUN, message)
                .remark("a run's folder has `checkpoints/last.safetensors` once its first epoch is finished")
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the last checkpoint stands.
    pub fn last_checkpoint(&self) -> PathBuf {
        self.path.join("checkpoints").join("last.safetensors")
    }

    /// Adds an epoch to the metrics, and how long it took to the timings.
    ///
    /// # Errors
    /// N0803.
    pub fn add_epoch(&self, metrics: &EpochMetrics, images: u64, seconds: f64) -> Result<(), Diagnostic> {
        self.append("metrics.jsonl", metrics)?;
        let images_per_second = images as f64 / seconds.max(1e-9);
        self.append("timing.jsonl", &EpochTiming { epoch: metrics.epoch, seconds, images_per_second })
    }

    fn make_folder(&self, name: &str) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        fs::create_dir(&path).map_err(|fault| cannot_write(&path, &fault))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|fault| cannot_write(&path, &fault))
    }

    fn append(&self, name: &str, line: &impl Serialize) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        let line = serde_json::to_string(line).map_err(std::io::Error::from);
        let written = line.and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(format!("{line}\n").as_bytes())
        });
        written.map_err(|fault| cannot_write(&path, &fault))
    }
}

fn exists(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::RUN_EXISTS, format!("`{}` exists already", path.display()))
        .remark("choose another folder with `--out`; a run never writes over another")
}
