//! One training among several of a command: begun, or gone on with where an earlier call ended.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::compute::Compute;
use super::network::of_checkpoint;
use super::prune::Prune;
use super::settings::Settings;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, own_dataset};
use super::train::{Finished, Train};
use crate::train::{Checkpoint, Evaluation, Position, RunFolder};

/// How the trainings of a command run.
#[derive(Args, Clone, Debug)]
pub struct Running {
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub compute: Compute,
    /// Print no epochs, only which training comes next
    #[arg(long, short)]
    pub quiet: bool,
}

/// What is trained, and where it stands.
#[derive(Clone, Debug)]
pub struct Job {
    pub file: PathBuf,
    pub recipe: Option<PathBuf>,
    pub settings: Settings,
    /// Ends with this epoch where the recipe has more.
    pub until: Option<u64>,
    pub run: PathBuf,
    pub running: Running,
}

impl Job {
    /// Trains to the end and tests; a run that is finished already is only tested.
    pub fn execute(&self, terminal: &Terminal) -> Result<Finished, Failure> {
        let Self { file, recipe, settings, until, run, .. } = self.clone();
        let train = match RunFolder::clear_unbegun(&run)? {
            true => self.resumed(run),
            false => Train { file: Some(file), recipe, settings, out: Some(run), ..self.plain() },
        };
        Train { until, ..train }.execute(terminal)
    }

    /// The same with the weights below a threshold held at zero, trained on for so many epochs.
    pub fn execute_pruned(&self, threshold: f64, retrain: u64, terminal: &Terminal) -> Result<Finished, Failure> {
        let finished = self.execute(terminal)?;
        let out = self.pruned_run(threshold, retrain);
        if !RunFolder::clear_unbegun(&out)? {
            Prune::below(threshold, retrain, self, out.clone()).execute(terminal)?;
        }
        match retrain {
            0 => {
                // Nothing was trained: no epoch has figures of the pruned network.
                let position = Position { last: None, ..finished.position };
                Ok(Finished { test: self.test(&out, terminal)?, run: out, position, ..finished })
            }
            _ => self.resumed(out).execute(terminal),
        }
    }

    /// Where the pruned run stands: beside the other.
    pub fn pruned_run(&self, threshold: f64, retrain: u64) -> PathBuf {
        let mut name = self.run.file_name().unwrap_or_default().to_os_string();
        name.push(format!("-below{threshold}-retrain{retrain}"));
        self.run.with_file_name(name)
    }

    /// Evaluates a run as it stands.
    fn test(&self, run: &Path, terminal: &Terminal) -> Result<Evaluation, Failure> {
        let checkpoint = Checkpoint::of(run)?;
        let network = of_checkpoint(&checkpoint, terminal)?;
        let dataset = own_dataset(&checkpoint, self.running.data_dir.as_deref())?;
        Ok(evaluate_checkpoint(&checkpoint, &network.graph, &dataset, &self.running.compute.start())?)
    }

    fn plain(&self) -> Train {
        let Running { data_dir, compute, quiet } = self.running.clone();
        Train { data_dir, compute, quiet, ..Train::default() }
    }

    fn resumed(&self, run: PathBuf) -> Train {
        Train { resume: Some(run), ..self.plain() }
    }
}
