//! `netc eval`: a run or checkpoint on the test part of a data set.

use std::path::{Path, PathBuf};

use clap::Args;

use super::compute::Compute;
use super::flag::count;
use super::network::of_checkpoint;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, named_dataset};
use super::write::{make_folder, write_figure};
use super::{Format, Outcome};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::lower::Store;
use crate::report::{self, ConfusionPlot, Histograms, Mistakes};
use crate::train::{Checkpoint, Evaluation, Figures, RunFolder, layer_weights};

/// How many of the wrongest images are drawn where no number is given.
const DRAWN: usize = 24;

/// Evaluate a run or checkpoint on a data set's test images
#[derive(Args, Debug)]
pub struct Eval {
    /// A run's folder, or a checkpoint
    #[arg(value_name = "RUN|CHECKPOINT")]
    path: PathBuf,
    /// The data set [default: the one it was trained on]
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// Write pictures (SVG and PNG) into this folder: ROC curves, the confusion matrix, the wrongest images, weights, the
    /// curves of a run
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Also print so many of the misclassified images, those with the largest loss first [pictures: 24]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=10_000))]
    wrongest: Option<u64>,
    /// Also print the ROC curve of each class
    #[arg(long)]
    roc: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Eval {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let fusion = self.compute.start();
        let checkpoint = Checkpoint::of(&self.path)?;
        self.pictures.iter().try_for_each(|folder| make_folder(folder))?;
        let network = of_checkpoint(&checkpoint, terminal)?;
        let dataset = named_dataset(&checkpoint, self.dataset.as_deref(), self.data_dir.as_deref())?;
        let evaluation = evaluate_checkpoint(&checkpoint, &network.graph, &dataset, &fusion)?;
        let mistakes = evaluation.scores.wrongest(self.wrongest.map_or(DRAWN, |count| count as usize));
        let mistakes = Mistakes { mistakes: &mistakes, classes: &dataset.classes, images: &*dataset.test };
        if let Some(folder) = &self.pictures {
            self.draw(folder, &evaluation, mistakes)?;
            self.draw_weights(folder, &checkpoint, &network.graph)?;
        }
        terminal.print(&match self.format {
            Format::Json => self.to_json(&evaluation, mistakes),
            Format::Text => self.to_text(&evaluation, mistakes),
        });
        Ok(())
    }

    /// Draws what there is: class scores, and the metrics of a run.
    fn draw(&self, folder: &Path, evaluation: &Evaluation, mistakes: Mistakes) -> Result<(), Diagnostic> {
        let title = self.path.display().to_string();
        if evaluation.accuracy.is_some() {
            write_figure(folder, "roc", &report::roc_curves(&title, evaluation))?;
            write_figure(folder, "confusion", &ConfusionPlot::of(&title, evaluation))?;
            write_figure(folder, "wrongest", &mistakes.figure(&title))?;
        }
        if let Some(metrics) = RunFolder::metrics_of(&self.path)? {
            let [loss, accuracy]: [fn(&Figures) -> Option<f64>; 2] = [|f| Some(f.loss), |f| f.accuracy];
            write_figure(folder, "loss", &report::curves(&title, "loss", &metrics, loss))?;
            write_figure(folder, "accuracy", &report::curves(&title, "accuracy", &metrics, accuracy))?;
        }
        Ok(())
    }

    /// A histogram for each layer that has weights.
    fn draw_weights(&self, folder: &Path, checkpoint: &Checkpoint, graph: &Graph) -> Result<(), Diagnostic> {
        let mut store = Store::init(graph, 0);
        checkpoint.fill(&mut store)?;
        let layers = layer_weights(graph, &store, checkpoint.mask(&store)?.as_deref());
        let title = |(path, weights): (String, Vec<f32>)| (format!("{path}: {} weights", weights.len()), weights);
        write_figure(folder, "weights", &Histograms { panels: layers.into_iter().map(title).collect() })
    }

    fn to_text(&self, evaluation: &Evaluation, mistakes: Mistakes) -> String {
        let roc = if self.roc { report::roc_text(evaluation) } else { String::new() };
        let wrongest = if self.wrongest.is_some() { mistakes.to_text() } else { String::new() };
        report::evaluation(evaluation) + &roc + &wrongest
    }

    fn to_json(&self, evaluation: &Evaluation, mistakes: Mistakes) -> String {
        let mut json = serde_json::to_value(evaluation).unwrap_or_default();
        if self.roc {
            json["roc"] = report::roc_json(evaluation);
        }
        if self.wrongest.is_some() {
            json["wrongest"] = mistakes.to_json();
        }
        format!("{json}\n")
    }
}
