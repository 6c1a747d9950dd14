//! `netc train`: a file and a data set -> a run.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::check::parse_input;
use super::compute::Compute;
use super::network::{Runnable, runnable};
use super::progress::{INTERRUPTED, Progress, described, interruption};
use super::terminal::Terminal;
use super::{Failure, Format, Outcome};
use crate::data::{self, DataFolder, Dataset, Environment, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Given;
use crate::train::{End, EpochMetrics, Evaluation, Figures, OptimizerKind, Recipe, RunFolder, Split, Trainer, Watch};

/// Train a network on a data set
#[derive(Args, Debug)]
pub struct Train {
    /// A `.net` file
    file: PathBuf,
    /// The data set: sketches, fashion-mnist
    #[arg(long, value_name = "NAME", default_value = "sketches")]
    dataset: String,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// How often all training images are used
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    epochs: u64,
    /// Images of one step
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1 << 16))]
    batch: u64,
    /// The learning rate
    #[arg(long, value_name = "X", value_parser = parse_rate)]
    lr: Option<f64>,
    /// The optimizer
    #[arg(long, value_enum)]
    optimizer: Option<OptimizerName>,
    /// How much of the training part is used
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = parse_fraction)]
    train_fraction: f64,
    /// What all random numbers are drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    compute: Compute,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = parse_input)]
    input: Option<[usize; 3]>,
    /// The run's folder [default: runs/NAME-DATE-TIME]
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OptimizerName {
    Adam,
    Sgd,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("expected a number above 0, as 0.001".into()),
    }
}

fn parse_fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fraction) if fraction > 0.0 && fraction <= 1.0 => Ok(fraction),
        _ => Err("expected a number above 0 and at most 1, as 0.2".into()),
    }
}

impl Train {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let fusion = self.compute.start();
        let recipe = self.recipe();
        let (runnable, dataset) = self.prepare(terminal)?;
        let mut trainer = Trainer::new(&runnable.graph, runnable.text.clone(), dataset, recipe.clone(), &fusion)?;
        let path = self.out.clone().unwrap_or_else(|| run_path(&self.file));
        let run = RunFolder::create(&path, &runnable.text, &recipe)?;
        let began = Instant::now();
        let mut progress = Progress::new(recipe.epochs, interruption());
        let last = train(&mut trainer, &run, recipe.epochs, &mut progress)?;
        let test = test(&trainer, &run, &progress);
        let seconds = began.elapsed().as_secs_f64();
        self.print(&run, &trainer, last, &test, seconds, terminal);
        Ok(())
    }

    fn recipe(&self) -> Recipe {
        let mut recipe = Recipe {
            dataset: self.dataset.clone(),
            epochs: self.epochs,
            batch: self.batch as usize,
            seed: self.seed,
            split: Split { fraction: self.train_fraction, ..Split::default() },
            ..Recipe::default()
        };
        recipe.optimizer.lr = self.lr.unwrap_or(recipe.optimizer.lr);
        recipe.optimizer.name = match self.optimizer {
            Some(OptimizerName::Sgd) => OptimizerKind::Sgd,
            _ => OptimizerKind::Adam,
        };
        recipe
    }

    /// The network in the setting of its data set, and the data set in the shape of its network.
    fn prepare(&self, terminal: &Terminal) -> Result<(Runnable, Dataset), Failure> {
        let folder = DataFolder::resolve(self.data_dir.as_deref(), &Environment::read());
        let found = data::find(&self.dataset, &folder, &Selection::default())?;
        let native = found.native;
        let given = Given {
            input: self.input,
            dataset_input: native.shape,
            dataset_classes: Some(native.classes),
            ..Given::default()
        };
        let runnable = runnable(&self.file, &given, terminal)?;
        let shape = <[usize; 3]>::try_from(runnable.graph.input.dims()).ok();
        let dataset = found.open(shape)?;
        if let (Some(native), Some(shape)) = (native.shape, shape.filter(|shape| Some(*shape) != native.shape)) {
            let text = |[channels, height, width]: [usize; 3]| format!("{channels}x{height}x{width}");
            let message =
                format!("the images of `{}` are {}, the network reads {}", self.dataset, text(native), text(shape));
            let note =
                Diagnostic::note("resized-images", message).remark("they are resized, and grey is repeated to RGB");
            terminal.show(&note, &Default::default());
        }
        Ok((runnable, dataset))
    }

    fn print(
        &self,
        run: &RunFolder,
        trainer: &Trainer,
        last: Option<Figures>,
        test: &Evaluation,
        seconds: f64,
        terminal: &Terminal,
    ) {
        let path = run.path().display().to_string();
        let figures = Figures { loss: test.loss, accuracy: test.accuracy };
        let text = match self.format {
            Format::Text => format!("test  {}\nrun   {path}\n", described(figures)),
            Format::Json => {
                let result = json!({
                    "run": path, "epochs": trainer.position().epoch, "seconds": (seconds * 1000.0).round() / 1000.0,
                    "train": last, "validation": null, "test": figures,
                });
                format!("{result}\n")
            }
        };
        terminal.print(&text);
    }
}

/// Trains epoch after epoch, each ending in a checkpoint; the figures of the last finished one.
fn train(
    trainer: &mut Trainer,
    run: &RunFolder,
    epochs: u64,
    progress: &mut Progress,
) -> Result<Option<Figures>, Diagnostic> {
    let mut last = None;
    while trainer.position().epoch < epochs && !progress.stop() {
        let began = Instant::now();
        let images = trainer.images_left();
        match trainer.train_epoch(progress)? {
            End::Finished(figures) => {
                progress.end_epoch(figures);
                trainer.save(&run.last_checkpoint())?;
                let metrics = EpochMetrics { epoch: trainer.position().epoch, train: figures, validation: None };
                run.add_epoch(&metrics, images, began.elapsed().as_secs_f64())?;
                last = Some(figures);
            }
            End::Stopped => {
                progress.abandon();
                trainer.save(&run.last_checkpoint())?;
            }
        }
    }
    if trainer.position().epoch < epochs { Err(stopped(run)) } else { Ok(last) }
}

fn stopped(run: &RunFolder) -> Diagnostic {
    let message = format!("training was stopped; `{}` holds what it has learnt", run.path().display());
    Diagnostic::error(Code::STOPPED, message).remark(format!("`netc eval {}` measures it", run.path().display()))
}

/// The figures of the test part; Ctrl-C leaves them out, and the run as it is.
fn test(trainer: &Trainer, run: &RunFolder, progress: &Progress) -> Evaluation {
    let bar = Progress::pass("test", trainer.test_images());
    let evaluation = trainer.test(|images| {
        bar.inc(images);
        if progress.stop() {
            bar.finish_and_clear();
            eprintln!("the run is whole; `netc eval {}` measures it", run.path().display());
            std::process::exit(INTERRUPTED);
        }
    });
    bar.finish_and_clear();
    evaluation
}

/// `runs/model1-20260131-235959`, in UTC; a number follows where that exists.
fn run_path(file: &Path) -> PathBuf {
    let stem = file.file_stem().map_or("network".into(), |stem| stem.to_string_lossy().into_owned());
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let name = format!("{stem}-{}", timestamp(seconds));
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered).map(|name| Path::new("runs").join(name));
    names.find(|path| !path.exists()).unwrap_or_else(|| Path::new("runs").join(name))
}

/// `20260131-235959` for seconds since 1970 (the civil calendar of Hinnant's `civil_from_days`).
fn timestamp(seconds: u64) -> String {
    let (days, time) = ((seconds / 86_400) as i64, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_follow_the_calendar() {
        assert_eq!(timestamp(0), "19700101-000000");
        assert_eq!(timestamp(951_827_696), "20000229-123456");
        assert_eq!(timestamp(1_767_225_599), "20251231-235959");
    }
}
