//! Epochs of steps: batches -> loss and gradients -> new parameters.

use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::evaluation::{Evaluation, evaluate};
use super::figures::{Figures, Tally, correct};
use super::metadata::{Metadata, Position, VERSION};
use super::optimizer::Optimizer;
use super::recipe::Recipe;
use crate::data::{self, Augmentation, Dataset, Loader, Preparation};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::kernel::Machine;
use crate::lower::{Batch, Draw, Fusion, Loss, Program, Store, apply_constraints};

/// Whoever follows a training.
pub trait Watch {
    /// An epoch (from 1) begins, of so many images, of which some may be done already.
    fn begin_epoch(&mut self, _epoch: u64, _images: u64, _done: u64) {}
    /// So many images more are done; the figures are those of the epoch so far.
    fn batch(&mut self, _images: u64, _figures: Figures) {}
    /// Whether to end after this batch.
    fn stop(&self) -> bool {
        false
    }
}

/// Nobody follows.
pub struct Silent;

impl Watch for Silent {}

/// How an epoch ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Finished(Figures),
    /// Asked to stop; the position tells where.
    Stopped,
}

/// A network in training.
pub struct Trainer {
    machine: Arc<Machine>,
    program: Program<f32>,
    store: Store<f32>,
    optimizer: Optimizer,
    loss: Loss,
    recipe: Recipe,
    dataset: Dataset,
    /// The images that are trained on, by number.
    images: Vec<usize>,
    network: String,
    position: Position,
}

impl Trainer {
    /// A network at its start. `network` is its text, for checkpoints.
    ///
    /// # Errors
    /// N0505 where no output has a loss.
    pub fn new(
        graph: &Graph,
        network: String,
        dataset: Dataset,
        recipe: Recipe,
        fusion: &Fusion,
    ) -> Result<Self, Diagnostic> {
        let Some(loss) = Loss::default_for(graph) else {
            return Err(Diagnostic::error(Code::UNTRAINABLE, "none of the outputs can be trained"));
        };
        let store = Store::init(graph, recipe.seed);
        let optimizer = Optimizer::new(recipe.optimizer, store.values().len());
        let program = Program::with(graph, fusion);
        let position = Position { tally: Tally::new(program.scores().is_some()), ..Position::default() };
        let images = recipe.split.training(dataset.train.len());
        Ok(Self {
            machine: fusion.machine(),
            program,
            store,
            optimizer,
            loss,
            recipe,
            dataset,
            images,
            network,
            position,
        })
    }

    pub fn position(&self) -> Position {
        self.position
    }

    /// Images that the epoch it is in still has.
    pub fn images_left(&self) -> u64 {
        self.images.len() as u64 - self.position.images
    }

    pub fn test_images(&self) -> u64 {
        self.dataset.test.len() as u64
    }

    /// Trains to the end of the epoch it is in.
    ///
    /// # Errors
    /// N0806 where the loss is no longer a number.
    pub fn train_epoch(&mut self, watch: &mut dyn Watch) -> Result<End, Diagnostic> {
        let mut order = self.images.clone();
        data::shuffle(&mut order, self.recipe.seed, self.position.epoch);
        watch.begin_epoch(self.position.epoch + 1, order.len() as u64, self.position.images);
        let preparation = Preparation { start: self.position.images as usize, ..self.preparation() };
        for batch in Loader::new(self.dataset.train.clone(), order, preparation) {
            self.step(&batch)?;
            watch.batch(batch.len() as u64, self.position.tally.figures());
            if watch.stop() && self.images_left() > 0 {
                return Ok(End::Stopped);
            }
        }
        if !self.store.values().iter().all(|value| value.is_finite()) {
            return Err(self.not_finite("a parameter is not a number after".into(), self.position.steps));
        }
        let figures = self.position.tally.figures();
        let tally = Tally::new(self.position.tally.scored);
        self.position = Position { epoch: self.position.epoch + 1, images: 0, tally, ..self.position };
        Ok(End::Finished(figures))
    }

    fn step(&mut self, batch: &data::Batch) -> Result<(), Diagnostic> {
        let draw = Draw { seed: self.recipe.seed, epoch: self.position.epoch, first: batch.positions.start as u64 };
        let step = self.program.step(&mut self.store, &lowered(batch), &self.loss, draw);
        if !step.loss.is_finite() {
            return Err(self.not_finite(format!("the loss is {} in", step.loss), self.position.steps + 1));
        }
        self.optimizer.step(&self.machine, &mut self.store);
        apply_constraints(self.program.graph(), &mut self.store);
        let hits = match self.program.scores() {
            Some(output) => correct(&step.outputs.values[output], &batch.labels, self.dataset.classes.len()),
            None => 0,
        };
        self.position.tally.add(batch.len(), step.loss, hits);
        self.position.images += batch.len() as u64;
        self.position.steps += 1;
        Ok(())
    }

    fn not_finite(&self, what: String, step: u64) -> Diagnostic {
        let message = format!("{what} step {step} of epoch {}", self.position.epoch + 1);
        let rate = self.recipe.optimizer.lr;
        let advice =
            format!("try a smaller learning rate than {rate:e}, as in `--lr {:e}`, and another `--out`", rate / 10.0);
        let kept = match self.position.epoch {
            0 => "no epoch was finished, so the run has no checkpoint",
            _ => "the run keeps the checkpoint of the last finished epoch",
        };
        Diagnostic::error(Code::NOT_FINITE, message).remark(advice).remark(kept)
    }

    fn preparation(&self) -> Preparation {
        Preparation {
            batch: self.recipe.batch,
            statistics: self.dataset.statistics.clone(),
            scaled: self.loss.needs_targets(),
            start: 0,
            augmentation: Augmentation::default(),
        }
    }

    /// Figures of the test part; `watch` is told how many images are done.
    pub fn test(&self, watch: impl FnMut(u64)) -> Evaluation {
        let images = self.dataset.test.clone();
        evaluate(&self.program, &self.store, &self.loss, images, self.preparation(), &self.dataset.classes, watch)
    }

    /// Writes everything that going on needs.
    ///
    /// # Errors
    /// N0803 where it cannot be written.
    pub fn save(&self, path: &std::path::Path) -> Result<(), Diagnostic> {
        let [channels, height, width] = self.dataset.shape();
        let metadata = Metadata {
            version: VERSION,
            network: self.network.clone(),
            input: [channels, height, width],
            classes: self.dataset.classes.clone(),
            mean: self.dataset.statistics.mean.clone(),
            deviation: self.dataset.statistics.deviation.clone(),
            recipe: self.recipe.clone(),
            position: self.position,
        };
        Checkpoint::save(path, &metadata, &self.store, &self.optimizer)
    }
}

/// A prepared batch as a program reads it.
pub fn lowered(batch: &data::Batch) -> Batch<'_, f32> {
    Batch { images: &batch.inputs, targets: batch.scaled.as_deref(), labels: &batch.labels, mixed: None }
}
