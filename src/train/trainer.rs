//! Epochs of steps: batches -> loss and gradients -> new parameters.

use std::path::Path;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::evaluation::{Evaluation, evaluate};
use super::figures::{EpochMetrics, Figures, Tally, correct};
use super::metadata::{Build, DataMark, Metadata, Position, VERSION};
use super::prune::Pruned;
use super::recipe::{Choice, Recipe};
use super::schedule::Schedule;
use super::state::State;
use super::stopping::badness;
use super::watch::{End, Watch};
use crate::data::{self, Augmentation, Dataset, Loader, Preparation, Statistics};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::kernel::Machine;
use crate::lower::{Batch, Draw, Entry, Loss, Mixed, Program, apply_constraints};

/// A network in training.
pub struct Trainer {
    pub(super) machine: Arc<Machine>,
    pub(super) program: Program<f32>,
    pub(super) state: State,
    pub(super) loss: Loss,
    pub(super) schedule: Schedule,
    pub(super) recipe: Recipe,
    /// The epoch that training ends with.
    pub(super) last_epoch: u64,
    pub(super) dataset: Dataset,
    pub(super) statistics: Statistics,
    /// The images that are trained on, by number.
    pub(super) images: Vec<usize>,
    /// Those that validate.
    pub(super) validation: Vec<usize>,
    /// Whether each node is trained.
    pub(super) trained: Vec<bool>,
    pub(super) network: String,
    pub(super) build: Build,
    /// What was pruned before training began.
    pub(super) pruned: Vec<Pruned>,
    pub(super) position: Position,
}

impl Trainer {
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// With everything resolved.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The epoch that training ends with, unless patience runs out before.
    pub fn last_epoch(&self) -> u64 {
        self.last_epoch
    }

    /// Ends training with this epoch where the recipe has more; the schedule stays that of all.
    pub fn end_after(&mut self, epoch: u64) {
        self.last_epoch = epoch.min(self.recipe.epochs);
    }

    /// The network's text.
    pub fn network(&self) -> &str {
        &self.network
    }

    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    pub fn graph(&self) -> &Graph {
        self.program.graph()
    }

    /// Trains without validating from now on.
    pub(super) fn leave_validation(&mut self) {
        self.validation.clear();
    }

    /// Whether nothing is left to train: all epochs are done, or patience has run out.
    pub fn is_over(&self) -> bool {
        self.position.epoch >= self.last_epoch || self.position.standing.is_over(&self.recipe.validate)
    }

    /// Whether the training part is chosen by losses, which [`super::choose_by_loss`] finds out.
    pub fn chooses(&self) -> bool {
        self.recipe.split.choose != Choice::Random && self.recipe.split.fraction < 1.0
    }

    /// Images that the epoch it is in still has.
    pub fn images_left(&self) -> u64 {
        self.images.len() as u64 - self.position.images
    }

    /// How many images train and validate.
    pub fn sizes(&self) -> [usize; 2] {
        [self.images.len(), self.validation.len()]
    }

    pub fn test_images(&self) -> u64 {
        self.dataset.test.len() as u64
    }

    /// Trains to the end of the epoch it is in, and validates where it is time to.
    ///
    /// # Errors
    /// N0806 where the loss is no longer a number.
    pub fn train_epoch(&mut self, watch: &mut dyn Watch) -> Result<End, Diagnostic> {
        watch.begin_epoch(self.position.epoch + 1, self.images.len() as u64, self.position.images);
        for batch in self.batches() {
            self.step(&batch)?;
            watch.batch(batch.len() as u64, self.position.tally.figures());
            if watch.stop() {
                return Ok(End::Stopped);
            }
        }
        if !self.state.store.values().iter().all(|value| value.is_finite()) {
            return Err(self.not_finite("a parameter is not a number after".into(), self.position.steps));
        }
        let validation = match self.validates() {
            false => None,
            true => match self.validate(watch) {
                Some(figures) if figures.loss.is_finite() => Some(figures),
                Some(Figures { loss, .. }) => {
                    return Err(self.not_finite(format!("the validation loss is {loss} after"), self.position.steps));
                }
                None => return Ok(End::Stopped),
            },
        };
        Ok(self.end_epoch(validation))
    }

    /// The batches that the epoch still has.
    pub(super) fn batches(&self) -> Loader {
        let mut order = self.images.clone();
        data::shuffle(&mut order, self.recipe.seed, self.position.epoch);
        let augmentation =
            Augmentation { steps: self.recipe.augment.clone(), seed: self.recipe.seed, epoch: self.position.epoch };
        let start = self.position.images as usize;
        Loader::new(self.dataset.train.clone(), order, Preparation { start, augmentation, ..self.preparation() })
    }

    fn step(&mut self, batch: &data::Batch) -> Result<(), Diagnostic> {
        let epoch = self.position.epoch;
        let draw = Draw { seed: self.recipe.seed, epoch, first: batch.positions.start as u64 };
        let kept = self.frozen_buffers();
        let step = self.program.step(&mut self.state.store, &lowered(batch), &self.loss, draw);
        if !step.loss.is_finite() {
            return Err(self.not_finite(format!("the loss is {} in", step.loss), self.position.steps + 1));
        }
        let steps = self.images.len().div_ceil(self.recipe.batch) as u64;
        let rate = self.schedule.rate(epoch, batch.positions.start as u64 / self.recipe.batch as u64, steps);
        let State { store, optimizer, average } = &mut self.state;
        optimizer.set_rate(rate);
        optimizer.step(&self.machine, store);
        apply_constraints(self.program.graph(), store);
        kept.into_iter().for_each(|(entry, values)| store.value_mut(&entry).copy_from_slice(&values));
        average.iter_mut().for_each(|average| average.follow(&self.machine, store, optimizer.steps()));
        self.count(batch, step.loss, &step.outputs.values);
        Ok(())
    }

    /// What frozen layers hold besides their parameters, and their constrained weights: no step changes it.
    fn frozen_buffers(&self) -> Vec<(Entry, Vec<f32>)> {
        let store = &self.state.store;
        let frozen = self.trained.iter().enumerate().filter(|(_, trained)| !**trained);
        let entries = frozen.flat_map(|(node, _)| store.of_node(node));
        entries.map(|entry| (entry.clone(), store.value(entry).to_vec())).collect()
    }

    fn count(&mut self, batch: &data::Batch, loss: f64, outputs: &[Vec<f32>]) {
        let hits = match self.program.scores() {
            Some(output) => correct(&outputs[output], &batch.labels, self.dataset.classes.len()),
            None => 0,
        };
        self.position.tally.add(batch.len(), loss, hits);
        self.position.images += batch.len() as u64;
        self.position.steps += 1;
    }

    /// Whether the epoch it is in ends with a validation.
    fn validates(&self) -> bool {
        let epoch = self.position.epoch + 1;
        let due = epoch.is_multiple_of(self.recipe.validate.every) || epoch == self.last_epoch;
        due && !self.validation.is_empty()
    }

    /// Figures of the validation part; none where it was stopped.
    fn validate(&mut self, watch: &mut dyn Watch) -> Option<Figures> {
        watch.begin_pass("validation", self.validation.len() as u64);
        let loader = Loader::new(self.dataset.train.clone(), self.validation.clone(), self.preparation());
        let Self { state, program, loss, dataset, .. } = self;
        let mut passed = |images| {
            watch.passed(images);
            !watch.stop()
        };
        let evaluated =
            state.with_result(|store| evaluate(program, store, loss, loader, &dataset.classes, &mut passed));
        evaluated.map(|evaluation| evaluation.figures())
    }

    fn end_epoch(&mut self, validation: Option<Figures>) -> End {
        let (epoch, train) = (self.position.epoch + 1, self.position.tally.figures());
        let metrics = EpochMetrics { epoch, train, validation };
        let best = self.position.standing.measured(&self.recipe.validate, metrics);
        let measured = match self.validation.is_empty() {
            true => Some(train.loss),
            false => validation.map(|figures| badness(self.recipe.validate.metric, &figures)),
        };
        if let Some(measured) = measured {
            self.schedule.measured(epoch - 1, measured);
        }
        let tally = Tally::new(self.position.tally.scored);
        let plateau = self.schedule.plateau;
        self.position = Position { epoch, images: 0, tally, last: Some(metrics), plateau, ..self.position };
        End::Finished { metrics, best }
    }

    /// Shows the parameters at the end of an epoch.
    pub(super) fn show_parameters(&mut self, watch: &mut dyn Watch) {
        let (epoch, rate) = (self.position.epoch, self.state.optimizer.rate());
        self.state.with_result(|store| watch.parameters(epoch, rate, store));
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

    pub(super) fn preparation(&self) -> Preparation {
        Preparation {
            batch: self.recipe.batch,
            statistics: self.statistics.clone(),
            scaled: self.loss.needs_targets(),
            start: 0,
            augmentation: Augmentation::default(),
        }
    }

    /// Figures of the test part by a checkpoint's parameters. `watch` is told how many images more are done, and whether
    /// to go on is what it answers; none where it did not.
    ///
    /// # Errors
    /// N0805 where the checkpoint does not fit.
    pub fn test(
        &self,
        checkpoint: &Checkpoint,
        watch: impl FnMut(u64) -> bool,
    ) -> Result<Option<Evaluation>, Diagnostic> {
        let mut store = self.state.store.clone();
        checkpoint.fill(&mut store)?;
        let loader = Loader::sequential(self.dataset.test.clone(), self.preparation());
        Ok(evaluate(&self.program, &store, &self.loss, loader, &self.dataset.classes, watch))
    }

    /// Writes everything that going on needs.
    ///
    /// # Errors
    /// N0803 where it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Diagnostic> {
        let metadata = Metadata {
            version: VERSION,
            network: self.network.clone(),
            input: self.dataset.shape(),
            classes: self.dataset.classes.clone(),
            mean: self.statistics.mean.clone(),
            deviation: self.statistics.deviation.clone(),
            recipe: self.recipe.clone(),
            build: self.build.clone(),
            data: DataMark::of(&self.dataset),
            chosen: self.chooses().then(|| self.images.clone()),
            pruned: self.pruned.clone(),
            position: self.position,
        };
        Checkpoint::save(path, &metadata, &self.state)
    }
}

/// A prepared batch as a program reads it.
pub fn lowered(batch: &data::Batch) -> Batch<'_, f32> {
    let mixed = batch.mixed.as_ref().map(|mixed| Mixed { labels: &mixed.labels, shares: &mixed.weights });
    Batch { images: &batch.inputs, targets: batch.scaled.as_deref(), labels: &batch.labels, mixed }
}
