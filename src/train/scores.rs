//! Class scores of many images -> confusion matrix, hits among the largest, ROC curves.

use super::figures::winners;
use crate::layer::Op;

/// Probabilities of all classes, image after image, and the true classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    classes: usize,
    probabilities: Vec<f32>,
    labels: Vec<usize>,
}

/// How well one class is told from the rest at every threshold of its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    /// The share of the others that is taken for the class, and the share of the class that is, from (0, 0) to (1, 1).
    pub points: Vec<[f64; 2]>,
    /// Under the curve: how often an image of the class has a larger score than another; of equals half.
    pub area: f64,
}

/// An image that is taken for another class than its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Its number in the part.
    pub image: usize,
    /// Its own class, and the one with the largest score.
    pub label: usize,
    pub predicted: usize,
    /// Of the predicted class.
    pub probability: f32,
    /// Its cross entropy: -ln of the probability of its own class.
    pub loss: f64,
}

impl Scores {
    pub fn new(classes: usize) -> Self {
        Self { classes, ..Self::default() }
    }

    /// Adds a batch.
    pub fn add(&mut self, probabilities: Vec<f32>, labels: &[usize]) {
        self.probabilities.extend(probabilities);
        self.labels.extend_from_slice(labels);
    }

    /// The true classes.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Of each image, whether its largest score is at its label.
    pub fn correct(&self) -> Vec<bool> {
        winners(&self.probabilities, self.classes).zip(&self.labels).map(|(winner, label)| winner == *label).collect()
    }

    /// The mistakes with the largest losses, the largest first; of equals the first images.
    pub fn wrongest(&self, count: usize) -> Vec<Mistake> {
        let winners = winners(&self.probabilities, self.classes).zip(&self.labels).enumerate();
        let wrong = winners.filter(|(_, (predicted, label))| predicted != *label);
        let mut mistakes: Vec<Mistake> =
            wrong.map(|(image, (predicted, &label))| self.mistake(image, label, predicted)).collect();
        mistakes.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.image.cmp(&b.image)));
        mistakes.truncate(count);
        mistakes
    }

    fn mistake(&self, image: usize, label: usize, predicted: usize) -> Mistake {
        let scores = &self.probabilities[image * self.classes..][..self.classes];
        let loss = -f64::from(scores[label].max(f32::MIN_POSITIVE)).ln();
        Mistake { image, label, predicted, probability: scores[predicted], loss }
    }

    /// Rows are true classes, columns the largest score.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut confusion = vec![vec![0; self.classes]; self.classes];
        for (winner, &label) in winners(&self.probabilities, self.classes).zip(&self.labels) {
            confusion[label][winner] += 1;
        }
        confusion
    }

    /// How often the label is among the `count` largest scores; of equal ones the first classes count as larger. None
    /// without images.
    pub fn among(&self, count: usize) -> Option<f64> {
        let rows = self.probabilities.chunks_exact(self.classes.max(1)).zip(&self.labels);
        let before = |scores: &[f32], label: usize| {
            let larger =
                |(class, score): (usize, &f32)| *score > scores[label] || (*score == scores[label] && class < label);
            scores.iter().enumerate().filter(|&other| larger(other)).count()
        };
        let hits = rows.filter(|(scores, label)| before(scores, **label) < count).count();
        (!self.labels.is_empty()).then(|| hits as f64 / self.labels.len() as f64)
    }

    /// The curve of one class against the rest; none where either has no images.
    pub fn roc(&self, class: usize) -> Option<Roc> {
        let mut images: Vec<(f32, bool)> = (self.labels.iter().enumerate())
            .map(|(image, &label)| (self.probabilities[image * self.classes + class], label == class))
            .collect();
        images.sort_by(|a, b| b.0.total_cmp(&a.0));
        let own = images.iter().filter(|(_, own)| *own).count();
        let others = images.len() - own;
        (own > 0 && others > 0).then(|| curve(&images, [others as f64, own as f64]))
    }
}

/// From images by falling score; a point for each score at which the curve turns.
fn curve(images: &[(f32, bool)], [others, own]: [f64; 2]) -> Roc {
    let mut counts = [0.0f64; 2];
    let mut points = vec![[0.0, 0.0]];
    let mut area = 0.0;
    for equals in images.chunk_by(|a, b| a.0 == b.0) {
        let before = counts;
        equals.iter().for_each(|(_, own)| counts[usize::from(*own)] += 1.0);
        area += (counts[0] - before[0]) * (counts[1] + before[1]) / 2.0;
        let point = [counts[0] / others, counts[1] / own];
        if points.len() > 1 && straight(points[points.len() - 2], points[points.len() - 1], point) {
            points.pop();
        }
        points.push(point);
    }
    Roc { points, area: area / (others * own) }
}

/// Whether three points lie on a line along an axis.
fn straight(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> bool {
    (a[0] == b[0] && b[0] == c[0]) || (a[1] == b[1] && b[1] == c[1])
}

/// Outputs of a network -> probabilities: the softmax of scores, unless the network ends in one.
pub fn probabilities(outputs: &[f32], classes: usize, ends_in: Option<&Op>) -> Vec<f32> {
    match ends_in {
        Some(Op::LogSoftmax) => outputs.iter().map(|score| score.exp()).collect(),
        Some(_) => outputs.to_vec(),
        None => outputs.chunks_exact(classes).flat_map(softmax).collect(),
    }
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The curve of the second of two classes.
    fn roc(images: &[(usize, f32)]) -> Option<Roc> {
        let mut scores = Scores::new(2);
        images.iter().for_each(|&(label, score)| scores.add(vec![1.0 - score, score], &[label]));
        scores.roc(1)
    }

    #[test]
    fn the_area_is_how_often_the_class_has_the_larger_score() {
        let area = |images: &[(usize, f32)]| roc(images).unwrap().area;
        assert_eq!(area(&[(1, 0.9), (1, 0.8), (0, 0.3), (0, 0.1)]), 1.0);
        assert_eq!(area(&[(0, 0.9), (1, 0.8)]), 0.0);
        assert_eq!(area(&[(0, 0.5), (1, 0.5), (0, 0.5), (1, 0.5)]), 0.5);
        assert_eq!(area(&[(1, 0.9), (0, 0.8), (1, 0.7), (0, 0.6)]), 0.75);
        assert_eq!(roc(&[(1, 0.5), (1, 0.2)]), None);
    }

    #[test]
    fn curves_keep_the_points_at_which_they_turn() {
        let points = roc(&[(1, 0.9), (1, 0.8), (0, 0.7), (0, 0.6), (1, 0.5)]).unwrap().points;
        assert_eq!(points, [[0.0, 0.0], [0.0, 2.0 / 3.0], [1.0, 2.0 / 3.0], [1.0, 1.0]]);
    }

    #[test]
    fn the_wrongest_images_are_the_misclassified_with_the_largest_loss() {
        let mut scores = Scores::new(2);
        let images = [(0, 0.9), (1, 0.4), (0, 0.1), (1, 0.0), (0, 0.7), (1, 0.4)];
        images.iter().for_each(|&(label, score)| scores.add(vec![1.0 - score, score], &[label]));
        let wrongest = scores.wrongest(4);
        assert_eq!(wrongest.iter().map(|mistake| mistake.image).collect::<Vec<_>>(), [3, 0, 4, 1]);
        assert_eq!((wrongest[1].label, wrongest[1].predicted, wrongest[1].probability), (0, 1, 0.9));
        assert!((wrongest[1].loss - 10f64.ln()).abs() < 1e-6);
        assert_eq!(scores.wrongest(100).len(), 5);
    }

    #[test]
    fn the_label_is_looked_for_among_the_largest() {
        let mut scores = Scores::new(3);
        scores.add(vec![0.5, 0.3, 0.2, 0.2, 0.5, 0.3, 0.4, 0.3, 0.3], &[0, 0, 2]);
        assert_eq!([1, 2, 3].map(|count| scores.among(count).unwrap() * 3.0), [1.0, 1.0, 3.0]);
    }
}
