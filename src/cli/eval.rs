//! `netc eval`: a run or checkpoint on the test part of a data set.

use std::path::{Path, PathBuf};

use clap::Args;

use super::compute::Compute;
use super::network::of_checkpoint;
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, named_dataset};
use super::write::write_figure;
use super::{Format, Outcome};
use crate::diagnostic::Diagnostic;
use crate::report::{self, ConfusionPlot};
use crate::train::{Checkpoint, Evaluation, Figures, RunFolder, cannot_write};

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
    /// Write pictures (SVG and PNG) into this folder: ROC curves, the confusion matrix, the curves of a run
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
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
        let checkpoint = Checkpoint::load(&RunFolder::checkpoint_of(&self.path)?)?;
        let network = of_checkpoint(&checkpoint, terminal)?;
        let dataset = named_dataset(&checkpoint, self.dataset.as_deref(), self.data_dir.as_deref())?;
        let evaluation = evaluate_checkpoint(&checkpoint, &network.graph, &dataset, &fusion)?;
        if let Some(folder) = &self.pictures {
            self.draw(folder, &evaluation)?;
        }
        let text = match self.format {
            Format::Json => self.to_json(&evaluation),
            Format::Text if self.roc => report::evaluation(&evaluation) + &report::roc_text(&evaluation),
            Format::Text => report::evaluation(&evaluation),
        };
        terminal.print(&text);
        Ok(())
    }

    /// Draws what there is: class scores, and the metrics of a run.
    fn draw(&self, folder: &Path, evaluation: &Evaluation) -> Result<(), Diagnostic> {
        std::fs::create_dir_all(folder).map_err(|fault| cannot_write(folder, &fault))?;
        let title = self.path.display().to_string();
        if evaluation.accuracy.is_some() {
            write_figure(folder, "roc", &report::roc_curves(&title, evaluation))?;
            write_figure(folder, "confusion", &ConfusionPlot::of(&title, evaluation))?;
        }
        if let Some(metrics) = RunFolder::metrics_of(&self.path) {
            let [loss, accuracy]: [fn(&Figures) -> Option<f64>; 2] = [|f| Some(f.loss), |f| f.accuracy];
            write_figure(folder, "loss", &report::curves(&title, "loss", &metrics, loss))?;
            write_figure(folder, "accuracy", &report::curves(&title, "accuracy", &metrics, accuracy))?;
        }
        Ok(())
    }

    fn to_json(&self, evaluation: &Evaluation) -> String {
        let mut json = serde_json::to_value(evaluation).unwrap_or_default();
        if self.roc {
            json["roc"] = report::roc_json(evaluation);
        }
        format!("{json}\n")
    }
}
