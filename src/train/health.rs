//! A network in training and some images -> layers that no longer work: dead ReLUs, values that are no numbers.

use std::collections::HashSet;

use super::rehearsal::{rehearse, without_gradient};
use super::trainer::Trainer;
use super::watch::Watch;
use crate::data::{Loader, Preparation};
use crate::diagnostic::{Diagnostic, Id};
use crate::graph::{Graph, Node, Output, Value};
use crate::layer::{Activation, Op};
use crate::lower::{Fusion, Program, Store};
use crate::source::Span;

/// Images that are looked at, and at most this part of an epoch's.
const IMAGES: usize = 64;
const PART: usize = 8;
/// Images that run at once, so that little memory is needed.
const BATCH: usize = 16;
/// A layer is ill where more of its units are dead.
const DEAD: f64 = 0.9;

/// Looks after a network, and warns once for each layer and illness.
pub struct Health {
    fusion: Fusion,
    warned: HashSet<(Id, Option<Span>)>,
}

impl Health {
    pub fn new(fusion: &Fusion) -> Self {
        Self { fusion: fusion.clone(), warned: HashSet::new() }
    }

    /// Tries the first batch, before anything is trained.
    ///
    /// # Errors
    /// N0806 where its loss is not a number.
    pub fn rehearse(&mut self, trainer: &Trainer, watch: &mut dyn Watch) -> Result<(), Diagnostic> {
        let warnings = rehearse(trainer, &self.fusion)?;
        self.warn(warnings, watch);
        Ok(())
    }

    /// Looks at the network after an epoch.
    pub fn look(&mut self, trainer: &Trainer, watch: &mut dyn Watch) {
        self.warn(dead_units(trainer, &self.fusion), watch);
        let last = (trainer.images.len() - 1) % trainer.recipe.batch + 1;
        self.warn(without_gradient(trainer, &trainer.state.store, last), watch);
    }

    fn warn(&mut self, warnings: Vec<Diagnostic>, watch: &mut dyn Watch) {
        for warning in warnings {
            if self.warned.insert((warning.id, warning.place())) {
                watch.warn(warning);
            }
        }
    }
}

/// A graph whose outputs are the values of some nodes.
fn probe(graph: &Graph, nodes: &[usize]) -> Graph {
    let output = |&node: &usize| Output { name: graph.nodes[node].path.clone(), value: Value::Node(node) };
    Graph { outputs: nodes.iter().map(output).collect(), ..graph.clone() }
}

/// The first node that makes of `images` what is no number.
pub fn first_not_finite<'g>(graph: &'g Graph, store: &Store<f32>, fusion: &Fusion, images: &[f32]) -> Option<&'g Node> {
    let nodes: Vec<usize> = (0..graph.nodes.len()).collect();
    let count = graph.input.count() * BATCH.min(images.len() / graph.input.count());
    let outputs = Program::with(&probe(graph, &nodes), fusion).forward(store, &images[..count]);
    let index = outputs.values.iter().position(|values| !values.iter().all(|value| value.is_finite()))?;
    Some(&graph.nodes[index])
}

/// A warning for each ReLU of which too many units never let anything through.
fn dead_units(trainer: &Trainer, fusion: &Fusion) -> Vec<Diagnostic> {
    let graph = trainer.graph();
    let is_relu = |index: &usize| matches!(graph.nodes[*index].op, Op::Activation(Activation::Relu));
    let relus: Vec<usize> = (0..graph.nodes.len()).filter(is_relu).collect();
    let images = IMAGES.min(trainer.images.len() / PART);
    if relus.is_empty() || images == 0 {
        return vec![];
    }
    let program = Program::with(&probe(graph, &relus), fusion);
    let mut alive: Vec<Vec<bool>> =
        relus.iter().map(|&node| vec![false; graph.nodes[node].output.features()]).collect();
    let preparation = Preparation { batch: BATCH, ..trainer.preparation() };
    let loader = Loader::new(trainer.dataset.train.clone(), trainer.images[..images].to_vec(), preparation);
    for batch in loader {
        let outputs = program.forward(&trainer.state.store, &batch.inputs);
        for ((alive, values), &node) in alive.iter_mut().zip(&outputs.values).zip(&relus) {
            mark_alive(alive, values, &graph.nodes[node]);
        }
    }
    relus.iter().zip(alive).filter_map(|(&node, alive)| ill(&graph.nodes[node], &alive)).collect()
}

/// Marks the units that are above zero somewhere; a map's unit is a channel, a sequence's a feature at all steps.
fn mark_alive(alive: &mut [bool], values: &[f32], node: &Node) {
    let (units, positions) = (node.output.features(), node.output.positions());
    let by_step = matches!(node.output, crate::layer::Shape::Sequence { .. });
    for image in values.chunks_exact(units * positions) {
        for (at, _) in image.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            alive[if by_step { at % units } else { at / positions }] = true;
        }
    }
}

fn ill(node: &Node, alive: &[bool]) -> Option<Diagnostic> {
    let dead = alive.iter().filter(|alive| !**alive).count();
    (dead as f64 > DEAD * alive.len() as f64).then(|| {
        let message = format!("{dead} of the {} units of `{}` let nothing through any more", alive.len(), node.path);
        Diagnostic::warning("dead-relu", message)
            .at(node.span, "is zero for them on all images that were tried")
            .remark("try a smaller learning rate, `LeakyReLU`, or a `BatchNorm` before it")
    })
}
