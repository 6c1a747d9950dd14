//! `netc train`: a file and a data set -> a run; or a run that ended early -> the rest of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::compute::Compute;
use super::flag::shape;
use super::network::{Runnable, runnable};
use super::progress::{INTERRUPTED, Progress, reading};
use super::report::Tested;
use super::run_name::run_path;
use super::settings::{RecipeFile, Settings};
use super::terminal::{Terminal, tell};
use super::{Failure, Format, Outcome};
use crate::data::{self, DataFolder, Dataset, Environment, Follow, Found};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Given;
use crate::report::described;
use crate::source::SourceMap;
use crate::train::{
    Checkpoint, Evaluation, Health, Position, Recipe, RunFolder, Task, Trainer, Watch, choose_by_loss, train,
};

/// What belongs to a new run and not to one that goes on.
const OF_NEW_RUNS: [&str; 17] = [
    "file",
    "recipe",
    "dataset",
    "batch",
    "lr",
    "optimizer",
    "seed",
    "val_every",
    "val_fraction",
    "patience",
    "train_fraction",
    "init_from",
    "freeze",
    "set",
    "fuse",
    "input",
    "out",
];

/// A training that came to its end, and what it has learnt.
pub struct Finished {
    pub run: PathBuf,
    pub position: Position,
    pub test: Evaluation,
    /// Of training, in this process.
    pub seconds: f64,
}

/// Train a network on a data set
#[derive(Args, Debug, Default)]
pub struct Train {
    /// A `.net` file
    #[arg(required_unless_present = "resume")]
    pub(super) file: Option<PathBuf>,
    /// A file with settings, in YAML
    #[arg(long, value_name = "RECIPE")]
    pub(super) recipe: Option<PathBuf>,
    #[command(flatten)]
    pub(super) settings: Settings,
    /// Go on with this run where it ended
    #[arg(long, value_name = "RUN", conflicts_with_all = OF_NEW_RUNS)]
    pub(super) resume: Option<PathBuf>,
    /// Go on although the run was begun on another kind of processor, or by another netc
    #[arg(long, conflicts_with = "file")]
    pub(super) allow_other_cpu: bool,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) compute: Compute,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    pub(super) input: Option<[usize; 3]>,
    /// The run's folder [default: runs/NAME-DATE-TIME]
    #[arg(long, value_name = "RUN")]
    pub(super) out: Option<PathBuf>,
    /// Write TensorBoard's event files into the run's folder
    #[arg(long)]
    pub(super) tensorboard: bool,
    /// Print nothing but warnings, errors and the result
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Ends with this epoch where the recipe has more.
    #[arg(skip)]
    pub(super) until: Option<u64>,
    /// Whether the run gets a page when it is tested.
    #[arg(skip)]
    pub(super) reports: bool,
}

impl Train {
    pub fn run(mut self, terminal: &Terminal) -> Outcome {
        self.reports = true;
        let terminal = &if self.quiet { terminal.without_notes() } else { *terminal };
        let finished = self.execute(terminal)?;
        self.print(&finished, terminal);
        Ok(())
    }

    /// Trains to the end and tests.
    pub(super) fn execute(&self, terminal: &Terminal) -> Result<Finished, Failure> {
        match (&self.resume, &self.file) {
            (Some(run), _) => self.resume(run, terminal),
            (None, Some(file)) => self.begin(file, terminal),
            (None, None) => Err(Failure::Reported(2)),
        }
    }

    fn begin(&self, file: &Path, terminal: &Terminal) -> Result<Finished, Failure> {
        let RecipeFile { mut recipe, places, sources } =
            RecipeFile::read(self.recipe.as_deref(), &self.settings.set, terminal)?;
        self.settings.apply(&mut recipe);
        let fusion = self.compute.start();
        let pointed = |path: &str, fault: Diagnostic| terminal.refuse(&[places.point(path, fault)], &sources);
        let found = data::find(&recipe.dataset, &self.data_folder(), &recipe.data);
        let found = found.map_err(|fault| match fault.id.as_str() {
            "N0705" | "N0706" => pointed("data", fault),
            "N0701" | "N0703" if !self.settings.names_dataset() => pointed("dataset", fault),
            _ => fault.into(),
        })?;
        let (runnable, dataset) = self.prepare(file, found, &recipe, terminal)?;
        let task = Task { graph: &runnable.graph, network: runnable.text, dataset, recipe, places: &places };
        let mut trainer = Trainer::new(task, &fusion).map_err(|fault| terminal.refuse(&[fault], &sources))?;
        trainer.end_after(self.until.unwrap_or(u64::MAX));
        let weights = trainer.take_weights().map_err(|fault| match self.settings.names_weights() {
            true => fault.into(),
            false => pointed("init_from", fault),
        })?;
        weights.iter().for_each(|note| terminal.show(note, &SourceMap::new()));
        let mut progress = self.progress(&trainer, runnable.sources, terminal);
        let mut health = Health::new(&fusion);
        let rehearsed = health.rehearse(&trainer, &mut progress);
        rehearsed.map_err(|fault| terminal.refuse(&[fault], progress.sources()))?;
        if trainer.chooses() && !choose_by_loss(&mut trainer, &fusion, &mut progress)? {
            progress.abandon();
            return Err(Failure::Reported(INTERRUPTED as u8));
        }
        progress.abandon();
        let path = self.out.clone().unwrap_or_else(|| run_path(file));
        let run = RunFolder::create(&path, trainer.network(), trainer.recipe())?;
        self.finish(trainer, &run, health, progress)
    }

    /// Prints the resolved recipe; then follows the training.
    pub(super) fn progress(&self, trainer: &Trainer, sources: SourceMap, terminal: &Terminal) -> Progress {
        if !self.quiet {
            let recipe = trainer.recipe().to_yaml();
            let lines: String = recipe.lines().map(|line| format!("  {line}\n")).collect();
            terminal.error(&format!("recipe\n{lines}"));
        }
        Progress::new(trainer.last_epoch(), self.quiet, *terminal, sources)
    }

    /// Trains to the end, then tests.
    pub(super) fn finish(
        &self,
        mut trainer: Trainer,
        run: &RunFolder,
        mut health: Health,
        mut progress: Progress,
    ) -> Result<Finished, Failure> {
        let began = Instant::now();
        if self.tensorboard {
            progress.open_board(run, &trainer);
        }
        if !train(&mut trainer, run, &mut health, &mut progress)? {
            progress.abandon();
            return Err(stopped(run).into());
        }
        let checkpoint = Checkpoint::of(run.path())?;
        let seconds = began.elapsed().as_secs_f64();
        let test = test(&trainer, &checkpoint, run, &progress)?;
        progress.tested(trainer.position().epoch, test.figures());
        if self.reports {
            let (dataset, compute) = (trainer.dataset(), &self.compute);
            Tested { run: run.path(), checkpoint: &checkpoint, dataset, test: &test, compute }
                .keep(progress.terminal());
        }
        Ok(Finished { run: run.path().to_path_buf(), position: *trainer.position(), test, seconds })
    }

    /// Where data sets are looked for.
    pub(super) fn data_folder(&self) -> DataFolder {
        DataFolder::resolve(self.data_dir.as_deref(), &Environment::read())
    }

    pub(super) fn follow(&self) -> Follow {
        if self.quiet { data::unfollowed } else { reading }
    }

    /// The network in the setting of its data set, and the data set in the shape of its network.
    fn prepare(
        &self,
        file: &Path,
        found: Found,
        recipe: &Recipe,
        terminal: &Terminal,
    ) -> Result<(Runnable, Dataset), Failure> {
        let native = found.native;
        let given = Given {
            input: self.input,
            dataset_input: native.shape,
            dataset_classes: Some(native.classes),
            ..Given::default()
        };
        let runnable = runnable(file, &given, terminal)?;
        let shape = <[usize; 3]>::try_from(runnable.graph.input.dims()).ok();
        let dataset = found.open(shape, self.follow())?;
        if let (Some(native), Some(shape)) = (native.shape, shape.filter(|shape| Some(*shape) != native.shape)) {
            terminal.show(&resized(&recipe.dataset, native, shape), &SourceMap::new());
        }
        Ok((runnable, dataset))
    }

    fn print(&self, finished: &Finished, terminal: &Terminal) {
        let Finished { run, position, test, seconds } = finished;
        let path = run.display().to_string();
        let best = position.standing.best;
        let text = match self.format {
            Format::Text => {
                let of_best = best.map(|best| format!(" of epoch {}", best.epoch)).unwrap_or_default();
                format!("test  {}{of_best}\nrun   {path}\n", described(test.figures()))
            }
            Format::Json => {
                let result = json!({
                    "run": path, "epochs": position.epoch, "seconds": (seconds * 1000.0).round() / 1000.0,
                    "train": position.last.map(|last| last.train),
                    "validation": best.and_then(|best| best.validation), "test": test.figures(),
                });
                format!("{result}\n")
            }
        };
        terminal.print(&text);
    }
}

fn resized(dataset: &str, native: [usize; 3], shape: [usize; 3]) -> Diagnostic {
    let text = |[channels, height, width]: [usize; 3]| format!("{channels}x{height}x{width}");
    let message = format!("the images of `{dataset}` are read as {} instead of {}", text(shape), text(native));
    Diagnostic::note("resized-images", message).remark("what has another size is resized, and grey is repeated to RGB")
}

pub(super) fn stopped(run: &RunFolder) -> Diagnostic {
    let path = run.path().display();
    Diagnostic::error(Code::STOPPED, format!("training was stopped; `{path}` holds what it has learnt"))
        .remark(format!("`netc train --resume {path}` goes on, `netc eval {path}` measures it"))
}

/// The figures of the test part; Ctrl-C leaves them out, and the run as it is.
fn test(
    trainer: &Trainer,
    checkpoint: &Checkpoint,
    run: &RunFolder,
    progress: &Progress,
) -> Result<Evaluation, Diagnostic> {
    let bar = progress.pass("test", trainer.test_images());
    let evaluation = trainer.test(checkpoint, |images| {
        bar.inc(images);
        !progress.stop()
    })?;
    bar.finish_and_clear();
    Ok(evaluation.unwrap_or_else(|| {
        tell(&format!("the run is whole; `netc eval {}` measures it", run.path().display()));
        std::process::exit(INTERRUPTED);
    }))
}
