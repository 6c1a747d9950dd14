//! `netc prune`: a run -> a run whose network has fewer weights, or fewer units, trained on or not.

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::network::{Runnable, of_checkpoint, of_text};
use super::progress::Progress;
use super::settings::number;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, own_dataset};
use super::train::{shown, stopped};
use super::write::{write_figure, write_result};
use super::{Failure, Format, Outcome};
use crate::data::Dataset;
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, resized};
use crate::lower::{Fusion, Store};
use crate::report::{Histograms, Parameters, PruningReport, TestFigures, grouped};
use crate::source::SourceMap;
use crate::train::{
    Amount, Bounds, Checkpoint, Figures, Health, Places, Pruned, Pruning, Recipe, RunFolder, Task, Trainer,
    check_memory, compacted, prune, train, weights_left,
};

/// Prune a run: single weights by their size, or whole units by their norm
#[derive(Args, Debug)]
pub struct Prune {
    /// A run's folder, or a checkpoint
    #[arg(value_name = "RUN|CHECKPOINT")]
    path: PathBuf,
    #[command(flatten)]
    how_much: HowMuch,
    /// Train on for so many epochs, by the run's recipe; what is pruned stays zero
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
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
        threshold.or(by_share).unwrap_or(Amount::Fraction(0.0))
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

    fn test(&self, checkpoint: &Checkpoint, dataset: &Dataset, fusion: &Fusion) -> Result<Figures, Diagnostic> {
        Ok(evaluate_checkpoint(checkpoint, self.graph(), dataset, fusion)?.figures())
    }
}

impl Prune {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let fusion = self.compute.start();
        let checkpoint = Checkpoint::load(&RunFolder::checkpoint_of(&self.path)?)?;
        let before = Network::of(&checkpoint, terminal)?;
        let dataset = own_dataset(&checkpoint, self.data_dir.as_deref())?;
        let pruning = prune(before.graph(), &before.store, self.how_much.amount(), before.mask.as_deref())?;
        let mut trainer = self.trainer(&checkpoint, &before, &pruning, dataset.clone(), &fusion, terminal)?;
        check_memory(trainer.memory(), trainer.recipe())?;
        let run = RunFolder::create(&self.out, trainer.network(), trainer.recipe())?;
        trainer.save(&run.last_checkpoint())?;
        let figures = before.test(&checkpoint, &dataset, &fusion)?;
        let begun = Checkpoint::load(&run.last_checkpoint())?;
        let after = Network::of(&begun, terminal)?;
        let mut test = TestFigures { before: figures, pruned: after.test(&begun, &dataset, &fusion)?, retrained: None };
        let mut histograms = vec![before.histogram("before"), after.histogram("pruned")];
        if self.retrain.is_some() {
            self.retrain(&mut trainer, &run, &fusion, terminal)?;
            let result = Checkpoint::load(&RunFolder::checkpoint_of(run.path())?)?;
            let network = Network::of(&result, terminal)?;
            test.retrained = Some(network.test(&result, &dataset, &fusion)?);
            histograms.push(network.histogram("retrained"));
        }
        write_figure(run.path(), "weights", &Histograms { panels: histograms })?;
        let parameters = Parameters { before: before.parameters(), after: after.parameters() };
        self.tell(&run, pruning, parameters, test, terminal)
    }

    /// A training that begins with the pruned weights.
    fn trainer(
        &self,
        checkpoint: &Checkpoint,
        before: &Network,
        pruning: &Pruning,
        dataset: Dataset,
        fusion: &Fusion,
        terminal: &Terminal,
    ) -> Result<Trainer, Failure> {
        let Network { runnable, store, mask } = self.pruned(checkpoint, before, pruning, terminal)?;
        let recipe = &checkpoint.metadata.recipe;
        let recipe = Recipe { epochs: self.retrain.unwrap_or(recipe.epochs), ..recipe.clone() };
        let places = Places::default();
        let task = Task { graph: &runnable.graph, network: runnable.text, dataset, recipe, places: &places };
        let mut trainer = Trainer::new(task, fusion)?;
        let pruned = Pruned { amount: self.how_much.amount(), compact: self.compact, retrain: self.retrain };
        trainer.begin_pruned(checkpoint, store, mask, pruned);
        Ok(trainer)
    }

    fn pruned(
        &self,
        checkpoint: &Checkpoint,
        before: &Network,
        pruning: &Pruning,
        terminal: &Terminal,
    ) -> Result<Network, Failure> {
        let Network { runnable: Runnable { graph, text, .. }, store, .. } = before;
        let Some((axes, ops)) = pruning.units.as_ref().filter(|_| self.compact) else {
            let runnable = of_text(&checkpoint.path, text, &checkpoint.metadata, terminal)?;
            return Ok(Network { runnable, store: store.clone(), mask: Some(pruning.mask.clone()) });
        };
        let mut sources = SourceMap::new();
        let file = sources.add(format!("{} (the network in it)", checkpoint.path.display()), None, text.as_str());
        let given = checkpoint.metadata.given();
        let small = resized(&mut sources, file, &given, graph, ops);
        let small = small.map_err(|fault| shown(&fault, &sources, terminal))?;
        let runnable = of_text(&checkpoint.path, &small, &checkpoint.metadata, terminal)?;
        let (store, mask) = compacted(store, &pruning.mask, axes, &runnable.graph);
        Ok(Network { runnable, store, mask })
    }

    fn retrain(&self, trainer: &mut Trainer, run: &RunFolder, fusion: &Fusion, terminal: &Terminal) -> Outcome {
        let sources = SourceMap::new();
        let mut progress = Progress::new(trainer.recipe().epochs, self.quiet, *terminal, sources);
        match train(trainer, run, &mut Health::new(fusion), &mut progress)? {
            true => Ok(()),
            false => {
                progress.abandon();
                Err(stopped(run).into())
            }
        }
    }

    fn tell(
        &self,
        run: &RunFolder,
        pruning: Pruning,
        parameters: Parameters,
        test: TestFigures,
        terminal: &Terminal,
    ) -> Outcome {
        let report = PruningReport {
            run: run.path().to_path_buf(),
            from: self.path.clone(),
            by: self.how_much.amount(),
            compact: self.compact,
            retrain: self.retrain,
            parameters,
            layers: pruning.layers,
            test,
        };
        write_result(&run.path().join("pruning.json"), report.to_json().as_bytes())?;
        terminal.print(&match self.format {
            Format::Text => report.to_text(),
            Format::Json => report.to_json(),
        });
        Ok(())
    }
}
