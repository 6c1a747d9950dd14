//! A network, its data and a recipe -> a trainer at its start, or where a checkpoint left it.

use std::ops::Range;
use std::path::Path;

use super::average::Average;
use super::checkpoint::Checkpoint;
use super::figures::Tally;
use super::initial::{Matching, load_mask, load_weights};
use super::memory;
use super::metadata::{Build, Position};
use super::optimizer::{self, Optimizer};
use super::prune::Pruned;
use super::recipe::{Choice, Places, Recipe, fit};
use super::run::RunFolder;
use super::schedule::Schedule;
use super::state::State;
use super::trainer::Trainer;
use crate::data::{Dataset, Images};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::lower::{Fusion, Program, Store};

/// What a training is of.
pub struct Task<'a> {
    pub graph: &'a Graph,
    /// Its text, for checkpoints.
    pub network: String,
    pub dataset: Dataset,
    pub recipe: Recipe,
    /// Where the recipe's settings stand.
    pub places: &'a Places,
}

impl Trainer {
    /// A network at its start.
    ///
    /// # Errors
    /// N0505 where no output has a loss, N0608 where the recipe does not fit network or data, N0814 where a step does not fit
    /// in memory.
    pub fn new(task: Task, fusion: &Fusion) -> Result<Self, Diagnostic> {
        let Task { graph, network, dataset, mut recipe, places } = task;
        fit::check(&recipe, places, graph, dataset.shape())?;
        let loss = fit::loss(&recipe, places, graph)?;
        recipe.loss.get_or_insert_with(|| fit::written(&loss, graph));
        let trained = fit::trained(&recipe, places, graph)?;
        let (images, validation) = parts(&recipe, places, &*dataset.train)?;
        let program = Program::with(graph, fusion);
        let vectors = optimizer::slots(&recipe.optimizer).len() + usize::from(recipe.ema.is_some());
        memory::check(recipe.batch.min(images.len()), |batch| memory::needed(&program, batch, vectors))?;
        let statistics = recipe.normalise.statistics(&dataset).map_err(|fault| places.point("normalise", fault))?;
        let store = Store::init(graph, recipe.seed);
        let optimizer = Optimizer::new(recipe.optimizer, store.values().len())
            .clipped(recipe.clip)
            .only(ranges(&store, graph, &trained));
        let average = recipe.ema.map(|decay| Average::new(decay, &store));
        let position = Position { tally: Tally::new(program.scores().is_some()), ..Position::default() };
        Ok(Self {
            machine: fusion.machine(),
            program,
            state: State { store, optimizer, average },
            loss,
            schedule: Schedule::new(recipe.schedule, recipe.optimizer.lr, recipe.epochs),
            last_epoch: recipe.epochs,
            recipe,
            dataset,
            statistics,
            images,
            validation,
            trained,
            network,
            build: Build::of(fusion),
            pruned: vec![],
            position,
        })
    }

    /// Goes on from a checkpoint of the same task.
    ///
    /// # Errors
    /// N0805 where it does not fit.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Diagnostic> {
        checkpoint.fill_state(&mut self.state)?;
        self.position = checkpoint.metadata.position;
        self.schedule.plateau = self.position.plateau;
        self.pruned.clone_from(&checkpoint.metadata.pruned);
        self.choose_as(checkpoint);
        Ok(())
    }

    /// Begins with pruned weights: those where `mask` is 0 are zero and stay so. Images are chosen as for `checkpoint`,
    /// whose weights they were; training begins anew.
    pub fn begin_pruned(&mut self, checkpoint: &Checkpoint, store: Store<f32>, mask: Option<Vec<f32>>, pruned: Pruned) {
        self.state.store = store;
        let (values, _) = self.state.store.values_and_gradients_mut();
        values
            .iter_mut()
            .zip(mask.iter().flatten())
            .filter(|(_, kept)| **kept == 0.0)
            .for_each(|(value, _)| *value = 0.0);
        self.state.optimizer.hold(mask);
        self.pruned = checkpoint.metadata.pruned.iter().copied().chain([pruned]).collect();
        self.choose_as(checkpoint);
        self.begin_here();
    }

    /// Trains on the images that the losses chose for a checkpoint, if they did.
    fn choose_as(&mut self, checkpoint: &Checkpoint) {
        if let Some(chosen) = &checkpoint.metadata.chosen {
            self.images = chosen.clone();
        }
    }

    /// Begins with the weights that the recipe names, a file's or a run's, if any; a note says how they were matched.
    ///
    /// # Errors
    /// N0804 where they cannot be read, N0813 where they do not fit.
    pub fn take_weights(&mut self) -> Result<Option<Diagnostic>, Diagnostic> {
        let Some(path) = &self.recipe.init_from else { return Ok(None) };
        let path = RunFolder::checkpoint_of(Path::new(path))?;
        let matching = load_weights(&path, &mut self.state.store)?;
        let mask = match matching {
            Matching::ByName => load_mask(&path, &self.state.store)?,
            Matching::ByOrder(_) => None,
        };
        let pruned = mask.iter().flatten().filter(|kept| **kept == 0.0).count();
        self.state.optimizer.hold(mask);
        self.begin_here();
        let note = matching.note(&path);
        Ok(Some(if pruned == 0 { note } else { note.remark(format!("{pruned} of them are pruned, and stay zero")) }))
    }

    /// Takes the parameters that the store holds now as those that training begins with.
    pub(super) fn begin_here(&mut self) {
        let Self { state: State { store, average, .. }, .. } = self;
        average.iter_mut().for_each(|average| average.restore(store.values().to_vec()));
    }
}

/// The images that train and those that validate.
fn parts(recipe: &Recipe, places: &Places, train: &dyn Images) -> Result<(Vec<usize>, Vec<usize>), Diagnostic> {
    let labels: Vec<usize> = (0..train.len()).map(|index| train.label(index)).collect();
    let (images, validation) = recipe.split.parts(&labels);
    if images.is_empty() {
        let message = format!("the split leaves none of {} images to train on", labels.len());
        return Err(places.unfit("split.validation", message, "here"));
    }
    match recipe.split.choose {
        Choice::Random => Ok((recipe.split.drawn(images), validation)),
        Choice::Hardest | Choice::Easiest => Ok((images, validation)),
    }
}

/// Where the parameters of trained nodes lie, neighbours joined.
fn ranges(store: &Store<f32>, graph: &Graph, trained: &[bool]) -> Vec<Range<usize>> {
    let nodes = (0..graph.nodes.len()).filter(|&node| trained[node]);
    let entries = nodes.flat_map(|node| store.of_node(node)).filter(|entry| entry.trained);
    let mut ranges: Vec<Range<usize>> = vec![];
    for range in entries.map(|entry| entry.range.clone()) {
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    ranges
}
