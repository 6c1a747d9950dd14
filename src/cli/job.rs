//! One training among several of a command: begun, or gone on with where an earlier call ended.

use std::path::PathBuf;

use super::Failure;
use super::compute::Compute;
use super::settings::Settings;
use super::terminal::Terminal;
use super::train::{Finished, Train};
use crate::train::RunFolder;

/// What is trained, and where it stands.
#[derive(Clone, Debug)]
pub struct Job {
    pub file: PathBuf,
    pub recipe: Option<PathBuf>,
    pub settings: Settings,
    pub run: PathBuf,
    pub data_dir: Option<PathBuf>,
    pub compute: Compute,
    pub quiet: bool,
}

impl Job {
    /// Trains to the end and tests; a run that is finished already is only tested.
    pub fn execute(self, terminal: &Terminal) -> Result<Finished, Failure> {
        let Self { file, recipe, settings, run, data_dir, compute, quiet } = self;
        let common = Train { data_dir, compute, quiet, ..Train::default() };
        let train = match RunFolder::clear_unbegun(&run)? {
            true => Train { resume: Some(run), ..common },
            false => Train { file: Some(file), recipe, settings, out: Some(run), ..common },
        };
        train.execute(terminal)
    }
}
