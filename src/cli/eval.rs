//! `netc eval`: a run or checkpoint on the test part of a data set.

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::network::of_checkpoint;
use super::progress::{Progress, described};
use super::terminal::Terminal;
use super::{Format, Outcome};
use crate::data::{self, Augmentation, DataFolder, Dataset, Environment, Preparation, Statistics};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::lower::{Fusion, Loss, Program, Store};
use crate::train::{Checkpoint, Evaluation, Figures, RunFolder, evaluate};

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
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Eval {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let fusion = self.compute.start();
        let checkpoint = Checkpoint::load(&RunFolder::checkpoint_of(&self.path)?)?;
        let graph = of_checkpoint(&checkpoint, terminal)?;
        let dataset = self.dataset(&checkpoint)?;
        let evaluation = evaluate_checkpoint(&checkpoint, &graph, &dataset, &fusion)?;
        let text = match self.format {
            Format::Json => serde_json::to_string(&evaluation).unwrap_or_default() + "\n",
            Format::Text => report(&evaluation),
        };
        terminal.print(&text);
        Ok(())
    }

    fn dataset(&self, checkpoint: &Checkpoint) -> Result<Dataset, Diagnostic> {
        let metadata = &checkpoint.metadata;
        let name = self.dataset.as_ref().unwrap_or(&metadata.recipe.dataset);
        let folder = DataFolder::resolve(self.data_dir.as_deref(), &Environment::read());
        let dataset = data::open(name, &folder, Some(metadata.input))?;
        if dataset.classes == metadata.classes {
            return Ok(dataset);
        }
        let message = format!("the classes of `{name}` are not those that `{}` has learnt", checkpoint.path.display());
        let advice = format!("it was trained on `{}`", metadata.recipe.dataset);
        Err(Diagnostic::error(Code::MISMATCH, message).remark(advice))
    }
}

fn evaluate_checkpoint(
    checkpoint: &Checkpoint,
    graph: &Graph,
    dataset: &Dataset,
    fusion: &Fusion,
) -> Result<Evaluation, Diagnostic> {
    let metadata = &checkpoint.metadata;
    let mut store = Store::init(graph, 0);
    checkpoint.fill(&mut store)?;
    let Some(loss) = Loss::default_for(graph) else {
        return Err(Diagnostic::error(Code::UNTRAINABLE, "none of the outputs has a loss"));
    };
    let preparation = Preparation {
        batch: metadata.recipe.batch,
        statistics: Statistics { mean: metadata.mean.clone(), deviation: metadata.deviation.clone() },
        scaled: loss.needs_targets(),
        start: 0,
        augmentation: Augmentation::default(),
    };
    let bar = Progress::pass("test", dataset.test.len() as u64);
    let images = dataset.test.clone();
    let program = Program::with(graph, fusion);
    let evaluation = evaluate(&program, &store, &loss, images, preparation, &dataset.classes, |images| bar.inc(images));
    bar.finish_and_clear();
    Ok(evaluation)
}

/// The figures, a line for each class, and the confusion matrix.
fn report(evaluation: &Evaluation) -> String {
    let figures = Figures { loss: evaluation.loss, accuracy: evaluation.accuracy };
    let mut text = format!("{}\n", described(figures));
    if evaluation.per_class.is_empty() {
        return text;
    }
    let width =
        evaluation.per_class.iter().map(|class| class.label.chars().count()).max().unwrap_or(0).max("mean".len());
    text += &format!("\n{:width$}  precision  recall      F1  images\n", "");
    for class in &evaluation.per_class {
        text += &format!(
            "{:width$}  {:>9.4}  {:>6.4}  {:>6.4}  {:>6}\n",
            class.label, class.precision, class.recall, class.f1, class.support
        );
    }
    let mean = [evaluation.precision, evaluation.recall, evaluation.f1].map(Option::unwrap_or_default);
    text += &format!("{:width$}  {:>9.4}  {:>6.4}  {:>6.4}\n", "mean", mean[0], mean[1], mean[2]);
    text + "\nconfusion (rows: true class)\n" + &confusion(evaluation, width)
}

fn confusion(evaluation: &Evaluation, width: usize) -> String {
    let largest = evaluation.confusion.iter().flatten().max().copied().unwrap_or(0);
    let cell = largest.to_string().len().max(2);
    let row = |(class, counts): (usize, &Vec<u64>)| {
        let label = &evaluation.per_class[class].label;
        let counts: Vec<String> = counts.iter().map(|count| format!("{count:>cell$}")).collect();
        format!("{label:width$}  {}\n", counts.join(" "))
    };
    evaluation.confusion.iter().enumerate().map(row).collect()
}
