//! `netc prune`: a run -> a run whose network has fewer weights, or fewer units, trained on or not.

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::flag::{count, number};
use super::job::{Job, Running};
use super::network::{Runnable, of_checkpoint, of_text};
use super::progress::Progress;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, own_dataset};
use super::train::stopped;
use super::write::write_figure;
use super::{Failure, Format, Outcome};
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, resized};
use crate::lower::{Fusion, Store};
use crate::report::{Histograms, Parameters, PruningReport, TestFigures, grouped};
use crate::source::SourceMap;
use crate::train::{
    Amount, Checkpoint, Figures, Health, Places, Pruned, Pruning, Recipe, RunFolder, Task, Trainer, compacted, prune,
    train, weights_left, write_whole,
};
use crate::yaml::Bounds;

/// Prune a run: single weights by their size, or whole units by their norm
#[derive(Args, Debug)]
pub struct Prune {
    /// A run's folder, or a checkpoint
    #[arg(value_name = "RUN|CHECKPOINT")]
    path: PathBuf,
    #[command(flatten)]
    how_much: HowMuch,
    /// Train on for so many epochs, by the run's recipe; what is pruned stays zero
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1_000_000))]
    retrain: Option<u64>,
    /// Remove the units for good: the new run has a smaller network with the same outputs
    #[arg(long, conflicts_with_all = ["threshold", "fraction"])]
    compact: bool,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// The new run's folder
    #[arg(long, value_name = "RUN2")]
    out: PathBuf,
    /// Print nothing but warnings, errors and the result
    #[arg(long, short)]
    quiet: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct HowMuch {
    /// Weights that are smaller than this, either way
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::POSITIVE))]
    threshold: Option<f64>,
    /// This share of all weights, the smallest ones
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::PART))]
    fraction: Option<f64>,
    /// This share of each layer's units, those of the smallest norm
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::PART))]
    units: Option<f64>,
}

impl HowMuch {
    fn amount(&self) -> Amount {
        let threshold = self.threshold.map(Amount::Threshold);
        let by_share = self.fraction.map(Amount::Fraction).or(self.units.map(Amount::Units));
        threshold.or(by_share).expect("the group requires one of them")
    }
}

/// A network and its weights, of which some are pruned.
struct Network {
    runnable: Runnable,
    store: Store<f32>,
    mask: Option<Vec<f32>>,
}

impl Network {
    fn of(checkpoint: &Checkpoint, terminal: &Terminal) -> Result<Self, Failure> {
        let runnable = of_checkpoint(checkpoint, terminal)?;
        let mut store = Store::init(&runnable.graph, 0);
        checkpoint.fill(&mut store)?;
        let mask = checkpoint.mask(&store)?;
        Ok(Self { runnable, store, mask })
    }

    fn graph(&self) -> &Graph {
        &self.runnable.graph
    }

    /// How many numbers are trained and not pruned.
    fn parameters(&self) -> usize {
        let pruned = self.mask.iter().flatten().filter(|kept| **kept == 0.0).count();
        self.graph().trained_count() - pruned
    }

    /// A histogram's title and its weights.
    fn histogram(&self, name: &str) -> (String, Vec<f32>) {
        let weights = weights_left(self.graph(), &self.store, self.mask.as_deref());
        (format!("{name}: {} weights", grouped(weights.len() as u64)), weights)
    }
}

/// What is pruned, and what that needs.
struct Start {
    checkpoint: Checkpoint,
    network: Network,
    dataset: Dataset,
    fusion: Fusion,
}

impl Start {
    fn read(arguments: &Prune, terminal: &Terminal) -> Result<Self, Failure> {
        let fusion = arguments.compute.start();
        let checkpoint = Checkpoint::of(&arguments.path)?;
        let network = Network::of(&checkpoint, terminal)?;
        let dataset = own_dataset(&checkpoint, arguments.data_dir.as_deref())?;
        Ok(Self { checkpoint, network, dataset, fusion })
    }

    fn prune(&self, amount: Amount) -> Result<Pruning, Diagnostic> {
        prune(self.network.graph(), &self.network.store, amount, self.network.mask.as_deref())
    }

    fn test(&self, network: &Network, checkpoint: &Checkpoint) -> Result<Figures, Diagnostic> {
        Ok(evaluate_checkpoint(checkpoint, network.graph(), &self.dataset, &self.fusion)?.figures())
    }

    /// The same network with the weights held at zero.
    fn masked(&self, pruning: &Pruning, terminal: &Terminal) -> Result<Network, Failure> {
        let runnable = of_checkpoint(&self.checkpoint, terminal)?;
        Ok(Network { runnable, store: self.network.store.clone(), mask: Some(pruning.mask.clone()) })
    }

    /// The network without the units.
    fn compact(&self, pruning: &Pruning, terminal: &Terminal) -> Result<Network, Failure> {
        let Some((axes, ops)) = &pruning.units else { return self.masked(pruning, terminal) };
        let (path, metadata) = (&self.checkpoint.path, &self.checkpoint.metadata);
        let mut sources = SourceMap::new();
        let file = sources.add(format!("{} (the network in it)", path.display()), None, metadata.network.as_str());
        let small = resized(&mut sources, file, &metadata.given(), self.network.graph(), ops);
        let small = small.map_err(|fault| terminal.refuse(&[fault], &sources))?;
        let runnable = of_text(path, &small, metadata, terminal)?;
        let (store, mask) = compacted(&self.network.store, &pruning.mask, axes, &runnable.graph);
        Ok(Network { runnable, store, mask })
    }
}

/// What is told of a new run: its report and its weights' histograms, before and after, which stand in it too.
struct Told {
    report: PruningReport,
    histograms: Histograms,
}

impl Told {
    fn write(&self) -> Result<(), Diagnostic> {
        let run = &self.report.run;
        write_figure(run, "weights", &self.histograms)?;
        write_whole(&run.join("pruning.json"), self.report.to_json())
    }

    /// Adds what training has made of the network.
    fn add_retrained(&mut self, start: &Start, terminal: &Terminal) -> Outcome {
        let checkpoint = Checkpoint::of(&self.report.run)?;
        let network = Network::of(&checkpoint, terminal)?;
        self.report.test.retrained = Some(start.test(&network, &checkpoint)?);
        self.histograms.panels.push(network.histogram("retrained"));
        Ok(())
    }
}

impl Prune {
    /// Single weights below a threshold, to be trained on for so many epochs.
    pub fn below(threshold: f64, retrain: u64, job: &Job, out: PathBuf) -> Self {
        let Running { data_dir, compute, quiet } = job.running.clone();
        Self {
            path: job.run.clone(),
            how_much: HowMuch { threshold: Some(threshold), fraction: None, units: None },
            retrain: Some(retrain).filter(|epochs| *epochs > 0),
            compact: false,
            data_dir,
            compute,
            out,
            quiet,
            format: Format::Text,
        }
    }

    pub fn run(self, terminal: &Terminal) -> Outcome {
        let report = self.execute(terminal)?;
        terminal.print(&match self.format {
            Format::Text => report.to_text(),
            Format::Json => report.to_json(),
        });
        Ok(())
    }

    /// Prunes, trains on and tests.
    pub fn execute(&self, terminal: &Terminal) -> Result<PruningReport, Failure> {
        let start = Start::read(self, terminal)?;
        let pruning = start.prune(self.how_much.amount())?;
        let mut trainer = self.trainer(&start, &pruning, terminal)?;
        let run = RunFolder::create(&self.out, trainer.network(), trainer.recipe())?;
        trainer.save(&run.last_checkpoint())?;
        let mut told = self.told(&start, pruning, &run, terminal)?;
        told.write()?;
        if self.retrain.is_some() {
            self.retrain(&mut trainer, &run, &start.fusion, terminal)?;
            told.add_retrained(&start, terminal)?;
            told.write()?;
        }
        Ok(told.report)
    }

    /// A training that begins with the pruned weights.
    fn trainer(&self, start: &Start, pruning: &Pruning, terminal: &Terminal) -> Result<Trainer, Failure> {
        let network = if self.compact { start.compact(pruning, terminal) } else { start.masked(pruning, terminal) };
        let Network { runnable, store, mask } = network?;
        let recipe = &start.checkpoint.metadata.recipe;
        let recipe = Recipe { epochs: self.retrain.unwrap_or(recipe.epochs), ..recipe.clone() };
        let (dataset, places) = (start.dataset.clone(), Places::default());
        let task = Task { graph: &runnable.graph, network: runnable.text, dataset, recipe, places: &places };
        let mut trainer = Trainer::new(task, &start.fusion)?;
        let pruned = Pruned { amount: self.how_much.amount(), compact: self.compact, retrain: self.retrain };
        trainer.begin_pruned(&start.checkpoint, store, mask, pruned);
        Ok(trainer)
    }

    fn retrain(&self, trainer: &mut Trainer, run: &RunFolder, fusion: &Fusion, terminal: &Terminal) -> Outcome {
        let sources = SourceMap::new();
        let mut progress = Progress::new(trainer.last_epoch(), self.quiet, *terminal, sources);
        match train(trainer, run, &mut Health::new(fusion), &mut progress)? {
            true => Ok(()),
            false => {
                progress.abandon();
                Err(stopped(run).into())
            }
        }
    }

    /// Tests the network as it was, and the one that the new run begins with.
    fn told(&self, start: &Start, pruning: Pruning, run: &RunFolder, terminal: &Terminal) -> Result<Told, Failure> {
        let (before, checkpoint) = (&start.network, Checkpoint::load(&run.last_checkpoint())?);
        let after = Network::of(&checkpoint, terminal)?;
        let figures = start.test(before, &start.checkpoint)?;
        let report = PruningReport {
            run: run.path().to_path_buf(),
            from: self.path.clone(),
            by: self.how_much.amount(),
            compact: self.compact,
            retrain: self.retrain,
            parameters: Parameters { before: before.parameters(), after: after.parameters() },
            layers: pruning.layers,
            test: TestFigures { before: figures, pruned: start.test(&after, &checkpoint)?, retrained: None },
        };
        let histograms = Histograms { panels: vec![before.histogram("before"), after.histogram("pruned")] };
        Ok(Told { report, histograms })
    }
}
