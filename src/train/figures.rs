//! Losses and hits of batches -> the figures of an epoch.

use serde::{Deserialize, Serialize};

/// Loss and accuracy over a part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub loss: f64,
    /// Of 1; none without class scores.
    pub accuracy: Option<f64>,
}

/// A line of `metrics.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    pub epoch: u64,
    pub train: Figures,
    pub validation: Option<Figures>,
}

/// Running sums over batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub images: u64,
    /// Each batch's mean loss times its images.
    pub loss: f64,
    pub correct: u64,
    /// Whether the network has class scores.
    pub scored: bool,
}

impl Tally {
    pub fn new(scored: bool) -> Self {
        Self { scored, ..Self::default() }
    }

    /// Adds a batch with its mean loss.
    pub fn add(&mut self, images: usize, loss: f64, correct: usize) {
        self.images += images as u64;
        self.loss += loss * images as f64;
        self.correct += correct as u64;
    }

    pub fn figures(&self) -> Figures {
        let images = self.images.max(1) as f64;
        Figures { loss: self.loss / images, accuracy: self.scored.then(|| self.correct as f64 / images) }
    }
}

/// The class of the largest score of each image; the first of equals.
pub fn winners(scores: &[f32], classes: usize) -> impl Iterator<Item = usize> {
    scores.chunks_exact(classes).map(largest)
}

fn largest(scores: &[f32]) -> usize {
    (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}

/// How many images have their largest score at their label.
pub fn correct(scores: &[f32], labels: &[usize], classes: usize) -> usize {
    winners(scores, classes).zip(labels).filter(|(winner, label)| winner == *label).count()
}
