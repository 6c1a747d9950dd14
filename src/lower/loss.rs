//! Outputs and what they are compared with -> one number to minimise.

use dfdx::shapes::{Axis, HasShape, Rank0};
use dfdx::tensor::{Tape, TensorFromVec};
use dfdx::tensor_ops::{MeanTo, SelectTo, SumTo};

use super::batch::Batch;
use super::element::{Element, Flow, Of};
use crate::graph::{Graph, Output};
use crate::layer::Shape;

/// A weighted sum of terms, each over one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    pub terms: Vec<Term>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Which of the graph's outputs.
    pub output: usize,
    pub weight: f64,
    pub criterion: Criterion,
}

/// How an output is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Scores with labels: -log softmax, the mean over the batch. Of an output that is a softmax already, what the
    /// softmax reads is compared.
    CrossEntropy,
    /// With the input image: squared differences, the mean over all values.
    Mse,
}

impl Loss {
    pub fn single(output: usize, criterion: Criterion) -> Self {
        Self { terms: vec![Term { output, weight: 1.0, criterion }] }
    }

    /// Cross entropy for the scores, MSE for an output shaped like the input, half and half where there are both; other
    /// outputs have no term. None if there is neither.
    pub fn default_for(graph: &Graph) -> Option<Self> {
        let image = graph.outputs.iter().position(|output| graph.shape(output.value) == graph.input);
        let terms: Vec<_> = [(scores_of(graph), Criterion::CrossEntropy), (image, Criterion::Mse)]
            .into_iter()
            .filter_map(|(output, criterion)| Some((output?, criterion)))
            .collect();
        let weight = 1.0 / terms.len() as f64;
        let terms: Vec<_> = terms.into_iter().map(|(output, criterion)| Term { output, weight, criterion }).collect();
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// Whether a term compares with the image in [0, 1].
    pub fn needs_targets(&self) -> bool {
        self.terms.iter().any(|term| term.criterion == Criterion::Mse)
    }
}

/// The output named `logits`, else the first with a score for each class.
pub(super) fn scores_of(graph: &Graph) -> Option<usize> {
    let has_scores = |output: &Output| graph.shape(output.value) == Shape::vector(graph.classes);
    let named = graph.outputs.iter().position(|output| output.name == "logits" && has_scores(output));
    named.or_else(|| graph.outputs.iter().position(has_scores))
}

/// The weighted value of one term.
pub(super) fn lower_term<E: Element, T: Tape<E, E::Dev>>(
    term: &Term,
    output: Flow<E, T>,
    batch: &Batch<E>,
) -> Of<Rank0, E, T> {
    let value = match term.criterion {
        Criterion::CrossEntropy => cross_entropy(output, batch.labels),
        Criterion::Mse => mse(output, batch.targets.unwrap_or(batch.images)),
    };
    value * E::of(term.weight)
}

fn cross_entropy<E: Element, T: Tape<E, E::Dev>>(scores: Flow<E, T>, labels: &[usize]) -> Of<Rank0, E, T> {
    let labels = E::Dev::default().tensor_from_vec(labels.to_vec(), (labels.len(),));
    let batch = scores.shape().0 as f64;
    scores.log_softmax::<Axis<1>>().select(labels).sum::<Rank0, _>() * E::of(-1.0 / batch)
}

fn mse<E: Element, T: Tape<E, E::Dev>>(output: Flow<E, T>, target: &[E]) -> Of<Rank0, E, T> {
    let target = E::Dev::default().tensor_from_vec(target.to_vec(), *output.shape());
    (output - target).square().mean::<Rank0, _>()
}
