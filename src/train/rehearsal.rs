//! The first batch, tried before a long run -> what speaks against training like this.
//!
//! Nothing of it stays: the parameters are those of a copy.

use super::health::first_not_finite;
use super::trainer::{Trainer, lowered};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Node;
use crate::layer::{Op, Shape};
use crate::lower::{Criterion, Draw, Fusion, Store};

/// How far the first loss may be from that of a guess, as a factor either way.
const FAR: f64 = 2.0;

/// Fewer images than these say nothing of gradients.
const FEW: usize = 16;

/// Tries one step on the first batch; warnings, each at the line of its layer.
///
/// # Errors
/// N0806 where the loss is not a number.
pub fn rehearse(trainer: &Trainer, fusion: &Fusion) -> Result<Vec<Diagnostic>, Diagnostic> {
    let Some(batch) = trainer.batches().next() else { return Ok(vec![]) };
    let mut store = trainer.state.store.clone();
    let draw = Draw { seed: trainer.recipe.seed, epoch: trainer.position.epoch, first: batch.positions.start as u64 };
    let step = trainer.program.step(&mut store, &lowered(&batch), &trainer.loss, draw);
    if !step.loss.is_finite() {
        return Err(not_finite(trainer, fusion, &batch.inputs, step.loss));
    }
    Ok(far_from_chance(trainer, step.loss).into_iter().chain(without_gradient(trainer, &store, batch.len())).collect())
}

fn not_finite(trainer: &Trainer, fusion: &Fusion, images: &[f32], loss: f64) -> Diagnostic {
    let fault = Diagnostic::error(Code::NOT_FINITE, format!("the loss of the first batch is {loss}"));
    match first_not_finite(trainer.graph(), &trainer.state.store, fusion, images) {
        Some(node) => fault.at(node.span, "makes values that are no numbers"),
        None => fault,
    }
    .remark("check the weights that training begins with, and the normalisation of the images")
}

/// A warning where cross entropy alone does not begin near ln(classes), as it does for a network that knows nothing.
fn far_from_chance(trainer: &Trainer, loss: f64) -> Option<Diagnostic> {
    let [term] = trainer.loss.terms.as_slice() else { return None };
    let Criterion::CrossEntropy(_) = &term.criterion else { return None };
    let chance = (trainer.graph().classes as f64).ln() * term.weight;
    let begins_anew = trainer.recipe.init_from.is_none();
    let far = chance > 0.0 && (loss > FAR * chance || loss < chance / FAR);
    (far && begins_anew).then(|| {
        let message =
            format!("the first loss is {loss:.2}; that of a guess is ln({}) = {chance:.2}", trainer.graph().classes);
        Diagnostic::warning("unusual-first-loss", message)
            .remark("the images may not be normalised, or the network's scores be very large")
    })
}

/// A warning for each layer of which a tensor has no gradient at all, where others have one. Of a batch of few images
/// nothing is said: they may pass by a layer that others reach.
pub fn without_gradient(trainer: &Trainer, store: &Store<f32>, images: usize) -> Vec<Diagnostic> {
    if images < FEW || store.gradients().iter().all(|gradient| *gradient == 0.0) {
        return vec![];
    }
    let nodes = trainer.graph().nodes.iter().enumerate().filter(|(index, _)| trainer.trained[*index]);
    nodes.filter_map(|(index, node)| of_node(trainer, store, index, node)).collect()
}

fn of_node(trainer: &Trainer, store: &Store<f32>, index: usize, node: &Node) -> Option<Diagnostic> {
    let entries = store.of_node(index).iter().filter(|entry| entry.trained);
    let still = entries.filter(|entry| store.gradient(entry).iter().all(|gradient| *gradient == 0.0));
    let one_step = matches!(trainer.graph().shape(node.inputs[0]), Shape::Sequence { steps: 1, .. });
    // Before a first step the state is zero, so that nothing of it is learnt.
    let expected = |name: &str| one_step && matches!(node.op, Op::Recurrent(_)) && name.contains("weight_hh");
    let names: Vec<String> =
        still.filter(|entry| !expected(&entry.name)).map(|entry| format!("`{}`", entry.name)).collect();
    (!names.is_empty()).then(|| {
        let message = format!("nothing reaches {} of `{}` when gradients flow back", names.join(", "), node.path);
        Diagnostic::warning("no-gradient", message)
            .at(node.span, "is not trained")
            .remark("a layer behind it stops the gradient, or no output with a loss reads it")
    })
}
