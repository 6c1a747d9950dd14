//! Outputs and what they are compared with -> one number to minimise.
//!
//! A [`Loss`] is a plain value. [`lower_term`] says what its terms mean, in dfdx's operations; where a region trains, its
//! kernels compute the same by a term's [`Reference`]. The formulas are those of `torch.nn` for the mean over a batch. Of
//! images that were mixed of two, each term is the sum of both labels' terms, by their shares.

use std::borrow::Cow;

use dfdx::shapes::{Axis, HasShape, Rank0};
use dfdx::tensor::{PutTape, SplitTape, Tape, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, SelectTo, SumTo};

use super::batch::Batch;
use super::element::{Element, Flow, Of, to_vec};
use crate::graph::{Graph, Output, Value};
use crate::layer::{Op, Shape};

/// A weighted sum of terms, each over one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    pub terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Which of the graph's outputs.
    pub output: usize,
    pub weight: f64,
    pub criterion: Criterion,
}

/// How an output is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// Scores with labels: -log softmax. Of an output that is a softmax already, what the softmax reads is compared.
    CrossEntropy(Classes),
    /// With the input image: squared differences, the mean over all values.
    Mse,
    /// Scores with 1 at the label and 0 elsewhere: squared differences, the mean over all values.
    LabelMse,
    /// The sum over the other classes of max(0, margin - score of the label + score), over the number of classes
    /// (`MultiMarginLoss`).
    Hinge { margin: f64 },
    /// Each pair of the label's score and another class's: max(0, margin - difference), the mean over all pairs
    /// (`MarginRankingLoss` with y = 1).
    MarginRanking { margin: f64 },
}

/// How much classes count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// The part of each label that is spread over all classes.
    pub smoothing: f64,
    /// One for each class; without any all count the same.
    pub weights: Vec<f64>,
}

impl Criterion {
    /// Cross entropy without smoothing and weights.
    pub fn cross_entropy() -> Self {
        Self::CrossEntropy(Classes::default())
    }
}

impl Loss {
    pub fn single(output: usize, criterion: Criterion) -> Self {
        Self { terms: vec![Term { output, weight: 1.0, criterion }] }
    }

    /// Cross entropy for the scores, MSE for an output shaped like the input, half and half where there are both; other
    /// outputs have no term. None if there is neither.
    pub fn default_for(graph: &Graph) -> Option<Self> {
        let image = graph.outputs.iter().position(|output| graph.shape(output.value) == graph.input);
        let terms: Vec<_> = [(scores_of(graph), Criterion::cross_entropy()), (image, Criterion::Mse)]
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
pub fn scores_of(graph: &Graph) -> Option<usize> {
    let has_scores = |output: &Output| graph.shape(output.value) == Shape::vector(graph.classes);
    let named = graph.outputs.iter().position(|output| output.name == "logits" && has_scores(output));
    named.or_else(|| graph.outputs.iter().position(has_scores))
}

/// The softmax over all scores that a value is, whatever shape it was given since.
pub fn softmax_of(graph: &Graph, value: Value) -> Option<usize> {
    let Value::Node(index) = value else { return None };
    let node = &graph.nodes[index];
    match node.op {
        Op::Softmax | Op::LogSoftmax if node.output.positions() == 1 => Some(index),
        Op::Flatten | Op::Reshape | Op::Identity => softmax_of(graph, node.inputs[0]),
        _ => None,
    }
}

/// What a region compares one of its values with, batch-major.
pub(super) enum Reference<'a, E: Clone> {
    /// What -log softmax of each class of each image counts.
    Shares(Vec<E>),
    /// `factor` times the squared differences.
    Squares { targets: Cow<'a, [E]>, factor: f64 },
    /// `factor` times the sum over labellings of what each class lacks of its margin to the label, times its count; at the
    /// label the count is below zero.
    Margins { margin: f64, factor: f64, labellings: Vec<Vec<E>> },
}

impl Term {
    /// What the term compares with, for an output of so many values.
    pub(super) fn reference<'a, E: Element>(&self, batch: &Batch<'a, E>, count: usize) -> Reference<'a, E> {
        let squares = |targets: Cow<'a, [E]>| {
            let factor = self.weight / targets.len() as f64;
            Reference::Squares { targets, factor }
        };
        let margins = |margin: f64, pairs: usize| {
            let factor = self.weight / (batch.labels.len() * pairs.max(1)) as f64;
            Reference::Margins { margin, factor, labellings: margin_counts(batch, count) }
        };
        match &self.criterion {
            Criterion::CrossEntropy(classes) => {
                let shares = classes.shares(batch, count).into_iter().map(|share| E::of(share * self.weight));
                Reference::Shares(shares.collect())
            }
            Criterion::Mse => squares(Cow::Borrowed(batch.targets.unwrap_or(batch.images))),
            Criterion::LabelMse => squares(Cow::Owned(label_scores(batch, count))),
            Criterion::Hinge { margin } => margins(*margin, count),
            Criterion::MarginRanking { margin } => margins(*margin, count - 1),
        }
    }
}

/// The weighted value of one term.
pub(super) fn lower_term<E: Element, T: Tape<E, E::Dev>>(
    term: &Term,
    output: Flow<E, T>,
    batch: &Batch<E>,
) -> Of<Rank0, E, T> {
    let (images, classes) = *output.shape();
    let pairs = |classes: usize| E::of(1.0 / (images * classes.max(1)) as f64);
    let value = match &term.criterion {
        Criterion::CrossEntropy(counts) => cross_entropy(output, &counts.shares(batch, classes)),
        Criterion::Mse => mse(output, batch.targets.unwrap_or(batch.images)),
        Criterion::LabelMse => mse(output, &label_scores(batch, classes)),
        Criterion::Hinge { margin } => margins(output, batch, *margin) * pairs(classes),
        Criterion::MarginRanking { margin } => margins(output, batch, *margin) * pairs(classes - 1),
    };
    value * E::of(term.weight)
}

impl Classes {
    /// What the negative log probability of each class of each image counts, batch-major: (1 - s) w_y at the label and
    /// s w_c / C everywhere, over the sum of w_y; of a mixed image both labels' by their shares.
    pub(super) fn shares<E: Element>(&self, batch: &Batch<E>, classes: usize) -> Vec<f64> {
        let weight = |class: usize| self.weights.get(class).copied().unwrap_or(1.0);
        let mut shares = vec![0.0; batch.labels.len() * classes];
        let mut whole = 0.0;
        for (labels, of_images) in batch.labellings() {
            for (image, (&label, share)) in labels.iter().zip(of_images).enumerate() {
                let row = &mut shares[image * classes..][..classes];
                row[label] += share * (1.0 - self.smoothing) * weight(label);
                let spread = share * self.smoothing / classes as f64;
                row.iter_mut().enumerate().for_each(|(class, value)| *value += spread * weight(class));
                whole += share * weight(label);
            }
        }
        shares.iter_mut().for_each(|value| *value /= whole);
        shares
    }
}

fn cross_entropy<E: Element, T: Tape<E, E::Dev>>(scores: Flow<E, T>, shares: &[f64]) -> Of<Rank0, E, T> {
    let shares = shares.iter().map(|&share| E::of(-share)).collect::<Vec<E>>();
    let shares = E::Dev::default().tensor_from_vec(shares, *scores.shape());
    (scores.log_softmax::<Axis<1>>() * shares).sum::<Rank0, _>()
}

/// One operation of the tape: images are large, and dfdx's own operations would pass over them a dozen times.
fn mse<E: Element, T: Tape<E, E::Dev>>(output: Flow<E, T>, target: &[E]) -> Of<Rank0, E, T> {
    let (output, mut tape) = output.split_tape();
    let mut differences = to_vec(&output);
    differences.iter_mut().zip(target).for_each(|(value, &target)| *value -= target);
    let mean = sum_of_squares(&differences) / differences.len() as f64;
    let made = E::Dev::default().tensor_from_vec(vec![E::of(mean)], ());
    let of_mean = made.clone();
    tape.add_backward_op(move |gradients| {
        let factor = E::of(2.0 / differences.len() as f64) * gradients.get_or_alloc_mut(&of_mean)?[0];
        let sums = gradients.get_or_alloc_mut(&output)?;
        sums.iter_mut().zip(&differences).for_each(|(sum, &difference)| *sum += factor * difference);
        Ok(())
    });
    made.put_tape(tape)
}

/// In sixteen sums, none of which waits for another.
fn sum_of_squares<E: Element>(numbers: &[E]) -> f64 {
    let mut sums = [0.0; 16];
    for chunk in numbers.chunks(sums.len()) {
        sums.iter_mut().zip(chunk).for_each(|(sum, number)| *sum += number.f64() * number.f64());
    }
    sums.iter().sum()
}

/// 1 at the label, 0 elsewhere; of a mixed image the shares of both.
fn label_scores<E: Element>(batch: &Batch<E>, classes: usize) -> Vec<E> {
    let mut scores = vec![0.0; batch.labels.len() * classes];
    for (labels, shares) in batch.labellings() {
        labels
            .iter()
            .zip(shares)
            .enumerate()
            .for_each(|(image, (&label, share))| scores[image * classes + label] += share);
    }
    scores.into_iter().map(E::of).collect()
}

/// For each labelling what a class counts, its image's share, and -1 at the label.
fn margin_counts<E: Element>(batch: &Batch<E>, classes: usize) -> Vec<Vec<E>> {
    let of_image = |(&label, share): (&usize, f64)| {
        (0..classes).map(move |class| E::of(if class == label { -1.0 } else { share }))
    };
    let counts = |(labels, shares): (&[usize], Vec<f64>)| labels.iter().zip(shares).flat_map(of_image).collect();
    batch.labellings().into_iter().map(counts).collect()
}

/// The sum over images and classes other than the label of max(0, margin - score of the label + score).
fn margins<E: Element, T: Tape<E, E::Dev>>(scores: Flow<E, T>, batch: &Batch<E>, margin: f64) -> Of<Rank0, E, T> {
    let shape = *scores.shape();
    let device = E::Dev::default();
    let (scores, tape) = scores.split_tape();
    let of_labelling = |(labels, shares): (&[usize], Vec<f64>)| {
        let counts = labels
            .iter()
            .zip(shares)
            .flat_map(|(&label, share)| (0..shape.1).map(move |class| E::of(if class == label { 0.0 } else { share })));
        let counts = device.tensor_from_vec(counts.collect(), shape);
        let labels = device.tensor_from_vec(labels.to_vec(), (labels.len(),));
        let of_label = scores.retaped::<T>().select(labels).broadcast_like::<_, Axis<1>>(&shape);
        let short = ((of_label - scores.clone()).negate() + E::of(margin)).relu();
        (short * counts).sum::<Rank0, _>()
    };
    let sums = batch.labellings().into_iter().map(of_labelling);
    let sum = sums.reduce(|a, b| a + b).expect("a batch has labels");
    let (sum, own) = sum.split_tape();
    sum.put_tape(tape.merge(own))
}
