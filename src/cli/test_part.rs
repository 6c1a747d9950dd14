//! A checkpoint -> its network's figures on the test part of a data set.

use std::path::Path;

use super::progress::{pass, reading};
use crate::data::{self, DataFolder, Dataset, Environment, Loader, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::lower::{Fusion, Program, Store};
use crate::train::{Checkpoint, DataMark, Evaluation, Places, evaluate, fit};

/// The data set that a checkpoint was trained on, with the same images.
pub fn own_dataset(checkpoint: &Checkpoint, data_dir: Option<&Path>) -> Result<Dataset, Diagnostic> {
    let metadata = &checkpoint.metadata;
    let folder = DataFolder::resolve(data_dir, &Environment::read());
    let name = &metadata.recipe.dataset;
    let dataset = data::find(name, &folder, &metadata.recipe.data)?.open(Some(metadata.input), reading)?;
    match DataMark::of(&dataset) == metadata.data && dataset.classes == metadata.classes {
        true => Ok(dataset),
        false => Err(other_data(name, &checkpoint.path)),
    }
}

/// The data set of this name, with the classes that a checkpoint has learnt; without a name, the one it was trained on, with
/// the same images.
pub fn named_dataset(
    checkpoint: &Checkpoint,
    name: Option<&str>,
    data_dir: Option<&Path>,
) -> Result<Dataset, Diagnostic> {
    let Some(name) = name else { return own_dataset(checkpoint, data_dir) };
    let metadata = &checkpoint.metadata;
    let folder = DataFolder::resolve(data_dir, &Environment::read());
    let all = Selection::default();
    let selection = if *name == metadata.recipe.dataset { &metadata.recipe.data } else { &all };
    let dataset = data::find(name, &folder, selection)?.open(Some(metadata.input), reading)?;
    if dataset.classes == metadata.classes {
        return Ok(dataset);
    }
    let message = format!("the classes of `{name}` are not those that `{}` has learnt", checkpoint.path.display());
    let advice = format!("it was trained on `{}`", metadata.recipe.dataset);
    Err(Diagnostic::error(Code::MISMATCH, message).remark(advice))
}

/// The error of a data set that is not what it was.
pub fn other_data(dataset: &str, run: &Path) -> Diagnostic {
    let message = format!("`{dataset}` no longer holds the images that `{}` was trained on", run.display());
    Diagnostic::error(Code::MISMATCH, message)
        .remark("bring the same files back, or name their folder with `--data-dir`")
        .remark("`netc eval` with `--dataset` measures on whatever a set holds now")
}

/// Evaluates a checkpoint; `graph` is that of its network.
pub fn evaluate_checkpoint(
    checkpoint: &Checkpoint,
    graph: &Graph,
    dataset: &Dataset,
    fusion: &Fusion,
) -> Result<Evaluation, Diagnostic> {
    let mut store = Store::init(graph, 0);
    checkpoint.fill(&mut store)?;
    let loss = fit::loss(&checkpoint.metadata.recipe, &Places::default(), graph)?;
    let metadata = &checkpoint.metadata;
    let preparation = metadata.preparation(metadata.recipe.batch, loss.needs_targets());
    let bar = pass("test", dataset.test.len() as u64);
    let program = Program::with(graph, fusion);
    let loader = Loader::sequential(dataset.test.clone(), preparation);
    let evaluation = evaluate(&program, &store, &loss, loader, &dataset.classes, |images| {
        bar.inc(images);
        true
    });
    bar.finish_and_clear();
    evaluation.ok_or_else(|| Diagnostic::error(Code::STOPPED, "the evaluation was stopped"))
}
