//! `netc sweep`: settings and sizes with several values -> a training for each combination, and which is best on the
//! validation part.

mod source;
mod space;
mod text;
mod trial;
mod written;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use self::source::Source;
use self::space::{Axis, Space};
use self::trial::{Kept, Measured, Trial, run_name};
use super::flag::count;
use super::job::{Job, Running};
use super::progress::{INTERRUPTED, interrupted};
use super::settings::{Change, Settings};
use super::terminal::{Terminal, tell};
use super::{Failure, Format, Outcome};
use crate::diagnostic::{Code, Diagnostic};
use crate::train::{RunFolder, Standing, Validate};

/// Combinations of one sweep are at most so many.
const MOST: usize = 4096;

/// Train with several values of settings and sizes, and say which are best
#[derive(Args, Debug)]
pub struct Sweep {
    /// A `.net` file, or a sweep file (YAML) that names one
    file: PathBuf,
    /// A file with settings, in YAML
    #[arg(long, value_name = "RECIPE")]
    recipe: Option<PathBuf>,
    /// Values of a setting (`optimizer.lr=0.1,0.01`) or of a `let` of the file (`net.hidden=8,16`)
    #[arg(long, value_name = "KEY=V1,V2", value_parser = str::parse::<Axis>)]
    over: Vec<Axis>,
    /// A setting of all trials, as `epochs=5`; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = str::parse::<Change>)]
    set: Vec<Change>,
    /// Which combinations are trained, and for how long
    #[arg(long, value_enum, default_value_t = Strategy::Grid)]
    strategy: Strategy,
    /// How many combinations are drawn at random [default: 10 for random, all for halving]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=MOST as u64))]
    trials: Option<u64>,
    /// How often each combination is trained, with the seeds from 0 on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = |text: &str| count(text, 1..=1000))]
    seeds: u64,
    /// Where runs and figures are kept [default: runs/sweep-NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    running: Running,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// All
    Grid,
    /// Some, drawn at random
    Random,
    /// All or some for a part of the epochs, the better half for twice as many, and so on (successive halving)
    Halving,
}

/// How long each trial is trained in a round, and how many of the best go on to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    epochs: u64,
    /// Whether that is less or more than the recipe says.
    counted: bool,
    keep: usize,
}

/// What all trainings of a sweep share.
struct Setting<'a> {
    source: &'a Source,
    out: &'a Path,
    terminal: &'a Terminal,
}

impl Sweep {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        if self.strategy == Strategy::Grid && self.trials.is_some() {
            let fault = Diagnostic::error(Code::SWEEP, "a grid trains all combinations, whatever `--trials` says");
            return Err(fault.remark("add `--strategy random` or `--strategy halving`").into());
        }
        let source = Source::read(&self, terminal)?;
        if self.strategy == Strategy::Halving && source.space.sweeps("epochs") {
            return Err(Diagnostic::error(Code::SWEEP, "halving sets the epochs itself").into());
        }
        let out = self.out.clone().unwrap_or_else(|| default_folder(&self.file));
        let mut kept = Kept::open(&out)?;
        let recipe = &source.recipe;
        let setting = Setting { source: &source, out: &out, terminal };
        let (drawn, metric) = (self.drawn(&source.space), recipe.validate.metric);
        let mut trials = drawn.clone();
        let mut outcome = Ok(());
        for round in self.rounds(trials.len(), recipe.epochs) {
            outcome = outcome.and(self.train_all(&setting, &trials, round, &mut kept)?);
            let worth = |trial: &Trial| kept.badness(trial, round.epochs, self.seeds, metric);
            trials.sort_by(|a, b| worth(a).total_cmp(&worth(b)));
            trials.truncate(round.keep);
        }
        let shown = |trial: &Trial| drawn.contains(trial) || kept.knows(trial);
        let shown: Vec<Trial> = source.space.trials().into_iter().filter(shown).collect();
        let ranked = kept.ranked(&shown, self.seeds, metric);
        terminal.print(&match self.format {
            Format::Text => text::table(&ranked, metric, &out),
            Format::Json => text::json(&ranked, metric, &out),
        });
        outcome
    }

    /// The combinations that are tried.
    fn drawn(&self, space: &Space) -> Vec<Trial> {
        let all = space.trials();
        match (self.strategy, self.trials) {
            (Strategy::Grid, _) | (Strategy::Halving, None) => all,
            (_, count) => space::drawn(all, count.unwrap_or(10) as usize),
        }
    }

    /// One round of all epochs; of halving as many as leave one trial in the last, each at least an epoch.
    fn rounds(&self, trials: usize, epochs: u64) -> Vec<Round> {
        let halvings = match self.strategy {
            Strategy::Halving => trials.max(1).ilog2().min(epochs.max(1).ilog2()),
            Strategy::Grid | Strategy::Random => 0,
        };
        let counted = self.strategy == Strategy::Halving;
        let keep = |left: u32| (trials >> (halvings - left + 1)).max(1);
        let round = |left: u32| Round { epochs: epochs >> left, counted, keep: keep(left) };
        (0..=halvings).rev().map(round).collect()
    }

    /// Trains every trial with every seed, unless that was done. One that cannot be trained is reported, and the others
    /// go on.
    fn train_all(
        &self,
        setting: &Setting,
        trials: &[Trial],
        round: Round,
        kept: &mut Kept,
    ) -> Result<Outcome, Failure> {
        let wanted = (0..self.seeds).flat_map(|seed| trials.iter().map(move |trial| (trial, seed)));
        let left: Vec<(&Trial, u64)> = wanted.filter(|(trial, seed)| !kept.has(trial, *seed, round.epochs)).collect();
        let (began, mut outcome) = (Instant::now(), Ok(()));
        for (done, &(trial, seed)) in left.iter().enumerate() {
            tell(&text::announce(trial, seed, trial.epochs(round.epochs), done, left.len(), began.elapsed()));
            match self.train(setting, trial, seed, round) {
                Ok(measured) => kept.add(measured)?,
                Err(failure) if interrupted() => return Err(failure),
                Err(failure) => outcome = Err(Failure::Reported(setting.terminal.report(failure))),
            }
            if interrupted() {
                return Err(Failure::Reported(INTERRUPTED as u8));
            }
        }
        Ok(outcome)
    }

    fn train(&self, setting: &Setting, trial: &Trial, seed: u64, round: Round) -> Result<Measured, Failure> {
        let changes = [&setting.source.set[..], &trial.settings()].concat();
        let run = setting.out.join(run_name(&trial.digest, seed));
        let job = Job {
            file: setting.source.network(trial, setting.out)?,
            recipe: setting.source.recipe_file.clone(),
            settings: Settings::with(seed, changes),
            until: Some(round.epochs).filter(|_| round.counted),
            run: run.clone(),
            running: self.running.clone(),
        };
        let finished = job.execute(setting.terminal)?;
        let standing = match round.counted {
            true => standing_after(&run, round.epochs, &setting.source.recipe.validate)?,
            false => finished.position.standing,
        };
        let best = standing.best.and_then(|best| Some((best.epoch, best.validation?)));
        let (epoch, validation) = best.ok_or_else(no_validation)?;
        let (digest, changes) = (trial.digest.clone(), trial.changes.clone());
        Ok(Measured { digest, changes, seed, epochs: trial.epochs(round.epochs), epoch, validation })
    }
}

/// How validation stood after a run's first epochs: an earlier call may have trained it for longer than this round.
fn standing_after(run: &Path, epochs: u64, validate: &Validate) -> Result<Standing, Diagnostic> {
    let mut standing = Standing::default();
    for metrics in RunFolder::metrics_of(run)?.unwrap_or_default() {
        if metrics.epoch <= epochs {
            standing.measured(validate, metrics);
        }
    }
    Ok(standing)
}

/// `runs/sweep-lstm` for `lstm.net`.
fn default_folder(file: &Path) -> PathBuf {
    let stem = file.file_stem().map_or("network".into(), |stem| stem.to_string_lossy());
    Path::new("runs").join(format!("sweep-{stem}"))
}

fn no_validation() -> Diagnostic {
    Diagnostic::error(Code::SWEEP, "a trial has no figure of the validation part")
        .remark("give `split.validation` in the recipe, or leave it out: a sweep then takes a tenth")
}
