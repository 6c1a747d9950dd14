//! Training images -> the hardest or easiest of them, by their losses.
//!
//! The losses are those of a network of its own, made and trained as the run's is for one epoch on the whole training
//! part; with `init_from`, of the weights that training begins with.

use super::recipe::{Places, Recipe, Split, Validate};
use super::setup::Task;
use super::trainer::{Trainer, lowered};
use super::watch::{End, Watch};
use crate::data::{Loader, Preparation};
use crate::diagnostic::Diagnostic;
use crate::lower::{Fusion, Program};

/// Chooses the images that `trainer` trains on; whether it came to an end before `watch` wanted to stop.
///
/// # Errors
/// N0806 where the loss of the network that judges is no longer a number.
pub fn choose_by_loss(trainer: &mut Trainer, fusion: &Fusion, watch: &mut dyn Watch) -> Result<bool, Diagnostic> {
    let Some(judge) = judge(trainer, fusion, watch)? else { return Ok(false) };
    let Some(losses) = losses(&judge, fusion, watch) else { return Ok(false) };
    trainer.images = trainer.recipe.split.chosen(&trainer.images, &losses);
    Ok(true)
}

/// The network whose losses count; none where it was stopped.
fn judge(trainer: &Trainer, fusion: &Fusion, watch: &mut dyn Watch) -> Result<Option<Trainer>, Diagnostic> {
    let recipe = Recipe {
        epochs: 1,
        split: Split { fraction: 1.0, ..trainer.recipe.split },
        validate: Validate::default(),
        ..trainer.recipe.clone()
    };
    let (graph, dataset) = (trainer.graph().clone(), trainer.dataset.clone());
    let places = Places::default();
    let task = Task { graph: &graph, network: String::new(), dataset, recipe, places: &places };
    let mut judge = Trainer::new(task, fusion)?;
    judge.state.store = trainer.state.store.clone();
    judge.begin_here();
    if trainer.recipe.init_from.is_some() {
        return Ok(Some(judge));
    }
    judge.leave_validation();
    let end = judge.train_epoch(watch)?;
    Ok(matches!(end, End::Finished { .. }).then_some(judge))
}

/// The loss of each image, one by one; none where it was stopped.
fn losses(judge: &Trainer, fusion: &Fusion, watch: &mut dyn Watch) -> Option<Vec<f32>> {
    watch.begin_pass("choice", judge.images.len() as u64);
    let preparation = Preparation { batch: 1, ..judge.preparation() };
    let program = Program::with(judge.graph(), fusion);
    let loader = Loader::new(judge.dataset.train.clone(), judge.images.clone(), preparation);
    let mut losses = Vec::with_capacity(judge.images.len());
    for batch in loader {
        losses.push(program.evaluate(&judge.state.store, &lowered(&batch), &judge.loss).loss as f32);
        watch.passed(1);
        if watch.stop() {
            return None;
        }
    }
    Some(losses)
}
