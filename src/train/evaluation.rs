//! A network's outputs over images -> loss, accuracy, precision, recall, F1, confusion matrix, and all scores.

use serde::Serialize;

use super::figures::{Figures, Tally, winners};
use super::scores::{Scores, probabilities};
use super::trainer::lowered;
use crate::data::Loader;
use crate::lower::{Loss, Program, Store};

/// What `netc eval` reports. Averages are macro: the plain mean over classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub loss: f64,
    pub accuracy: Option<f64>,
    /// How often the label is among the five largest scores; none for five classes or fewer.
    pub top5: Option<f64>,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    pub per_class: Vec<ClassReport>,
    /// Rows are true classes, columns the largest score.
    pub confusion: Vec<Vec<u64>>,
    /// Of each image, for curves.
    #[serde(skip)]
    pub scores: Scores,
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
    /// The area under the ROC curve of this class against the rest; none where either has no images.
    pub roc_area: Option<f64>,
}

/// Runs all images of `loader` through the network. `watch` is told how many images more are done, and whether to go on
/// is what it answers; none where it did not.
pub fn evaluate(
    program: &Program<f32>,
    store: &Store<f32>,
    loss: &Loss,
    loader: Loader,
    labels: &[String],
    mut watch: impl FnMut(u64) -> bool,
) -> Option<Evaluation> {
    let mut tally = Tally::new(program.scores().is_some());
    let mut scores = Scores::new(labels.len());
    for batch in loader {
        let step = program.evaluate(store, &lowered(&batch), loss);
        let mut correct = 0;
        if let Some(output) = program.scores() {
            let of_batch = probabilities(&step.outputs.values[output], labels.len(), program.scores_softmax());
            correct = winners(&of_batch, labels.len()).zip(&batch.labels).filter(|(a, b)| a == *b).count();
            scores.add(of_batch, &batch.labels);
        }
        tally.add(batch.len(), step.loss, correct);
        if !watch(batch.len() as u64) {
            return None;
        }
    }
    Some(Evaluation::of(tally.figures(), scores, labels))
}

impl Evaluation {
    pub fn figures(&self) -> Figures {
        Figures { loss: self.loss, accuracy: self.accuracy }
    }

    fn of(figures: Figures, scores: Scores, labels: &[String]) -> Self {
        let scored = figures.accuracy.is_some();
        let confusion = if scored { scores.confusion() } else { vec![] };
        let report = |(class, label): (usize, &String)| {
            let roc_area = scores.roc(class).map(|roc| roc.area);
            ClassReport { roc_area, ..class_report(&confusion, class, label) }
        };
        let per_class: Vec<ClassReport> = if scored { labels.iter().enumerate().map(report).collect() } else { vec![] };
        let mean = |of: fn(&ClassReport) -> f64| {
            scored.then(|| per_class.iter().map(of).sum::<f64>() / per_class.len() as f64)
        };
        Self {
            loss: figures.loss,
            accuracy: figures.accuracy,
            top5: scores.among(5).filter(|_| scored && labels.len() > 5),
            precision: mean(|class| class.precision),
            recall: mean(|class| class.recall),
            f1: mean(|class| class.f1),
            per_class,
            confusion,
            scores,
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
    ClassReport { label: label.to_string(), precision, recall, f1, support, roc_area: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An evaluation of images of two classes, each with the score of the second one.
    fn evaluation(images: &[(usize, f32)]) -> Evaluation {
        let labels = ["a", "b"].map(String::from);
        let mut scores = Scores::new(2);
        images.iter().for_each(|&(label, score)| scores.add(vec![1.0 - score, score], &[label]));
        Evaluation::of(Figures { loss: 0.5, accuracy: Some(0.7) }, scores, &labels)
    }

    #[test]
    fn precision_recall_and_f1_follow_from_the_confusion_matrix() {
        let of = |label, score, count| vec![(label, score); count];
        let images = [of(0, 0.1, 3), of(0, 0.9, 1), of(1, 0.2, 2), of(1, 0.8, 4)].concat();
        let evaluation = evaluation(&images);
        assert_eq!(evaluation.confusion, [[3, 1], [2, 4]]);
        let a = &evaluation.per_class[0];
        assert_eq!((a.precision, a.recall, a.support), (0.6, 0.75, 4));
        assert!((a.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert!((evaluation.recall.unwrap() - (0.75 + 4.0 / 6.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_class_that_is_never_named_has_precision_zero() {
        let evaluation = evaluation(&[(0, 0.1), (0, 0.1), (1, 0.1), (1, 0.2)]);
        assert_eq!((evaluation.per_class[1].precision, evaluation.per_class[1].f1), (0.0, 0.0));
    }
}
