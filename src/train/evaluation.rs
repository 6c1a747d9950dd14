//! A network's outputs over a part of a data set -> loss, accuracy, precision, recall, F1, confusion matrix.

use std::sync::Arc;

use serde::Serialize;

use super::figures::{Figures, Tally, winners};
use super::trainer::lowered;
use crate::data::{Images, Loader, Preparation};
use crate::lower::{Loss, Program, Store};

/// What `netc eval` reports. Averages are macro: the plain mean over classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub loss: f64,
    pub accuracy: Option<f64>,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    pub per_class: Vec<ClassReport>,
    /// Rows are true classes, columns the largest score.
    pub confusion: Vec<Vec<u64>>,
}

/// How one class is told from the others. What has no denominator is 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassReport {
    pub label: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Images of this class.
    pub support: u64,
}

/// Runs all `images` through the network; `watch` is told how many images are done.
pub fn evaluate(
    program: &Program<f32>,
    store: &Store<f32>,
    loss: &Loss,
    images: Arc<dyn Images>,
    preparation: Preparation,
    labels: &[String],
    mut watch: impl FnMut(u64),
) -> Evaluation {
    let scores = program.scores();
    let mut tally = Tally::new(scores.is_some());
    let mut confusion = vec![vec![0u64; labels.len()]; labels.len()];
    for batch in Loader::sequential(images, preparation) {
        let step = program.evaluate(store, &lowered(&batch), loss);
        let mut correct = 0;
        if let Some(output) = scores {
            for (winner, &label) in winners(&step.outputs.values[output], labels.len()).zip(&batch.labels) {
                confusion[label][winner] += 1;
                correct += usize::from(winner == label);
            }
        }
        tally.add(batch.len(), step.loss, correct);
        watch(batch.len() as u64);
    }
    Evaluation::of(tally.figures(), confusion, labels)
}

impl Evaluation {
    fn of(figures: Figures, confusion: Vec<Vec<u64>>, labels: &[String]) -> Self {
        let scored = figures.accuracy.is_some();
        let per_class: Vec<ClassReport> = if scored {
            labels.iter().enumerate().map(|(class, label)| class_report(&confusion, class, label)).collect()
        } else {
            vec![]
        };
        let mean = |of: fn(&ClassReport) -> f64| {
            scored.then(|| per_class.iter().map(of).sum::<f64>() / per_class.len() as f64)
        };
        Self {
            loss: figures.loss,
            accuracy: figures.accuracy,
            precision: mean(|class| class.precision),
            recall: mean(|class| class.recall),
            f1: mean(|class| class.f1),
            per_class,
            confusion: if scored { confusion } else { vec![] },
        }
    }
}

fn class_report(confusion: &[Vec<u64>], class: usize, label: &str) -> ClassReport {
    let hits = confusion[class][class];
    let support: u64 = confusion[class].iter().sum();
    let named: u64 = confusion.iter().map(|row| row[class]).sum();
    let ratio = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
    let (precision, recall) = (ratio(hits as f64, named as f64), ratio(hits as f64, support as f64));
    let f1 = ratio(2.0 * precision * recall, precision + recall);
    ClassReport { label: label.to_string(), precision, recall, f1, support }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_recall_and_f1_follow_from_the_confusion_matrix() {
        let labels = ["a", "b"].map(String::from);
        let figures = Figures { loss: 0.5, accuracy: Some(0.7) };
        let evaluation = Evaluation::of(figures, vec![vec![3, 1], vec![2, 4]], &labels);
        let a = &evaluation.per_class[0];
        assert_eq!((a.precision, a.recall, a.support), (0.6, 0.75, 4));
        assert!((a.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert!((evaluation.recall.unwrap() - (0.75 + 4.0 / 6.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_class_that_is_never_named_has_precision_zero() {
        let labels = ["a", "b"].map(String::from);
        let figures = Figures { loss: 0.5, accuracy: Some(0.5) };
        let evaluation = Evaluation::of(figures, vec![vec![2, 0], vec![2, 0]], &labels);
        assert_eq!((evaluation.per_class[1].precision, evaluation.per_class[1].f1), (0.0, 0.0));
    }
}
