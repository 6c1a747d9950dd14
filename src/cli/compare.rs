//! `netc compare`: runs -> how they differ, and how sure that is.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value as Json;

use super::compute::Compute;
use super::network::of_checkpoint;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, own_dataset};
use super::write::{make_folder, write_figure};
use super::{Failure, Format, Outcome};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Fusion;
use crate::report::{ComparedGroup, ComparedPair, ComparedRun, Comparison, run_curves};
use crate::train::{Checkpoint, Evaluation, McNemar, Metadata, Pruned, Recipe, RunFolder, Summary};

/// Compare runs on their test images: means over seeds, intervals, McNemar's test, curves
#[derive(Args, Debug)]
pub struct Compare {
    /// Folders of runs, or checkpoints
    #[arg(required = true, value_name = "RUN|CHECKPOINT")]
    runs: Vec<PathBuf>,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// Write the curves of all runs (SVG and PNG) into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A run with its answers.
struct Tested {
    name: String,
    metadata: Metadata,
    evaluation: Evaluation,
    accuracy: f64,
}

impl Compare {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        self.check_named_once()?;
        let fusion = self.compute.start();
        let checkpoints = self.runs.iter().map(|run| Checkpoint::of(run));
        let checkpoints = checkpoints.collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = self.runs.iter().map(|run| run.display().to_string()).collect();
        let all: Vec<(&String, &Metadata)> = names.iter().zip(checkpoints.iter().map(|c| &c.metadata)).collect();
        check_same_test_part(&all)?;
        self.out.iter().try_for_each(|folder| make_folder(folder))?;
        let tested = names.iter().zip(&checkpoints).map(|(name, c)| self.test(name, c, &fusion, terminal));
        let tested = tested.collect::<Result<Vec<_>, _>>()?;
        check_same_images(&tested)?;
        if let Some(folder) = &self.out {
            self.draw(folder)?;
        }
        let comparison = compared(&tested);
        terminal.print(&match self.format {
            Format::Text => comparison.to_text(),
            Format::Json => comparison.to_json(),
        });
        Ok(())
    }

    /// One run twice would look like two that agree.
    fn check_named_once(&self) -> Result<(), Diagnostic> {
        let place = |run: &PathBuf| {
            let checkpoint = RunFolder::checkpoint_of(run)?;
            Ok(checkpoint.canonicalize().unwrap_or(checkpoint))
        };
        let places: Vec<PathBuf> = self.runs.iter().map(place).collect::<Result<_, Diagnostic>>()?;
        match (1..places.len()).find(|&at| places[..at].contains(&places[at])) {
            Some(at) => {
                let message = format!("`{}` is named twice", self.runs[at].display());
                Err(Diagnostic::error(Code::NOT_COMPARABLE, message).remark("name each run once"))
            }
            None => Ok(()),
        }
    }

    fn test(
        &self,
        name: &str,
        checkpoint: &Checkpoint,
        fusion: &Fusion,
        terminal: &Terminal,
    ) -> Result<Tested, Failure> {
        let network = of_checkpoint(checkpoint, terminal)?;
        let dataset = own_dataset(checkpoint, self.data_dir.as_deref())?;
        let evaluation = evaluate_checkpoint(checkpoint, &network.graph, &dataset, fusion)?;
        let Some(accuracy) = evaluation.accuracy else {
            let message = format!("the network of `{name}` makes no class scores");
            return Err(Diagnostic::error(Code::NOT_COMPARABLE, message).into());
        };
        Ok(Tested { name: name.into(), metadata: checkpoint.metadata.clone(), evaluation, accuracy })
    }

    fn draw(&self, folder: &Path) -> Result<(), Diagnostic> {
        let metrics =
            |run: &PathBuf| Ok(RunFolder::metrics_of(run)?.map(|metrics| (run.display().to_string(), metrics)));
        let runs: Vec<_> =
            self.runs.iter().filter_map(|run| metrics(run).transpose()).collect::<Result<_, Diagnostic>>()?;
        write_figure(folder, "curves", &run_curves(&runs))
    }
}

/// Refuses runs that other images test than the first one's.
fn check_same_test_part(runs: &[(&String, &Metadata)]) -> Result<(), Diagnostic> {
    let test_part = |metadata: &Metadata| {
        (metadata.recipe.dataset.clone(), metadata.recipe.data.clone(), metadata.classes.clone(), metadata.data.test)
    };
    let (first, own) = runs[0];
    let others: Vec<_> = runs.iter().filter(|(_, metadata)| test_part(metadata) != test_part(own)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let described = |name: &str, metadata: &Metadata| {
        let (dataset, classes) = (&metadata.recipe.dataset, metadata.classes.len());
        let selected = if metadata.recipe.data.is_all() { "" } else { ", selected by `data`" };
        format!("`{name}`: `{dataset}`, {classes} classes, {} test images{selected}", metadata.data.test)
    };
    let fault = Diagnostic::error(Code::NOT_COMPARABLE, "the runs were not tested on the same images");
    let fault = fault.remark(described(first, own));
    Err(others.iter().fold(fault, |fault, (name, metadata)| fault.remark(described(name, metadata))))
}

/// Refuses runs whose test images have other labels than the first one's.
fn check_same_images(runs: &[Tested]) -> Result<(), Diagnostic> {
    let labels = |run: &Tested| run.evaluation.scores.labels().to_vec();
    match runs.iter().find(|run| labels(run) != labels(&runs[0])) {
        None => Ok(()),
        Some(other) => {
            let message = format!("`{}` and `{}` were not tested on the same images", runs[0].name, other.name);
            Err(Diagnostic::error(Code::NOT_COMPARABLE, message))
        }
    }
}

fn compared(runs: &[Tested]) -> Comparison {
    let mut groups: Vec<Vec<&Tested>> = vec![];
    for run in runs {
        match groups.iter_mut().find(|group| same_but_seed(&group[0].metadata, &run.metadata)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    let first = groups[0][0];
    let correct: Vec<Vec<bool>> = runs.iter().map(|run| run.evaluation.scores.correct()).collect();
    let pairs = (0..runs.len()).flat_map(|a| (a + 1..runs.len()).map(move |b| [a, b]));
    let pair = |[a, b]: [usize; 2]| ComparedPair {
        runs: [a, b].map(|run| runs[run].name.clone()),
        test: McNemar::of(&correct[a], &correct[b]),
    };
    Comparison {
        dataset: first.metadata.recipe.dataset.clone(),
        images: first.metadata.data.test,
        groups: groups.iter().enumerate().map(|(number, group)| group_of(number, group, first)).collect(),
        pairs: pairs.map(pair).collect(),
    }
}

/// Whether two runs differ in nothing but the seed.
fn same_but_seed(a: &Metadata, b: &Metadata) -> bool {
    let recipe = |metadata: &Metadata| Recipe { seed: 0, ..metadata.recipe.clone() };
    a.network == b.network && a.input == b.input && a.pruned == b.pruned && recipe(a) == recipe(b)
}

fn group_of(number: usize, group: &[&Tested], first: &Tested) -> ComparedGroup {
    let run = |tested: &&Tested| ComparedRun {
        run: tested.name.clone(),
        seed: tested.metadata.recipe.seed,
        epochs: tested.metadata.position.epoch,
        accuracy: tested.accuracy,
        loss: tested.evaluation.loss,
    };
    let runs: Vec<ComparedRun> = group.iter().map(run).collect();
    let summary = |of: fn(&ComparedRun) -> f64| Summary::of(&runs.iter().map(of).collect::<Vec<_>>());
    ComparedGroup {
        name: format!("group {}", number + 1),
        differs: differences(&first.metadata, &group[0].metadata),
        accuracy: summary(|run| run.accuracy),
        loss: summary(|run| run.loss),
        runs,
    }
}

/// What the second has otherwise than the first, seed aside: `optimizer.lr: 0.001 -> 0.01`.
fn differences(first: &Metadata, second: &Metadata) -> Vec<String> {
    let mut found = vec![];
    if first.network != second.network {
        found.push("another network".to_string());
    }
    let settings = |metadata: &Metadata| {
        let recipe = serde_json::to_value(Recipe { seed: 0, ..metadata.recipe.clone() }).unwrap_or_default();
        let pruned: Vec<String> = metadata.pruned.iter().map(Pruned::to_string).collect();
        serde_json::json!({ "recipe": recipe, "input": metadata.input, "pruned": pruned.join(", then ") })
    };
    differ("", &settings(first), &settings(second), &mut found);
    found
}

fn differ(key: &str, first: &Json, second: &Json, found: &mut Vec<String>) {
    if let (Json::Object(a), Json::Object(b)) = (first, second) {
        let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
        for name in keys {
            let key = if matches!(key, "" | "recipe") { name.clone() } else { format!("{key}.{name}") };
            differ(&key, &first[name], &second[name], found);
        }
    } else if first != second {
        found.push(format!("{key}: {} -> {}", written(first), written(second)));
    }
}

/// As a recipe has it.
fn written(value: &Json) -> String {
    match value {
        Json::Null => "none".into(),
        Json::String(text) if text.is_empty() => "none".into(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
