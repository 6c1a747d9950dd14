//! The recipe's `split`: which images of the training part are trained on, and which validate.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::data::stratified;
use crate::random::{self, Purpose};
use crate::yaml::{Bounds, Field, Found, Keys};

/// Which of the training images are used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// How much of the training part validates, drawn class by class.
    pub validation: f64,
    /// Of the rest, how much is trained on; above 0, at most 1.
    pub fraction: f64,
    /// Which images that fraction is.
    pub choose: Choice,
    /// What the draws depend on.
    pub seed: u64,
}

/// How a fraction of the training images is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    #[default]
    Random,
    /// Those with the largest loss.
    Hardest,
    /// Those with the smallest loss.
    Easiest,
}

const CHOICES: &[(&str, Choice)] =
    &[("random", Choice::Random), ("hardest", Choice::Hardest), ("easiest", Choice::Easiest)];

impl Default for Split {
    fn default() -> Self {
        Self { validation: 0.0, fraction: 1.0, choose: Choice::Random, seed: 0 }
    }
}

impl Split {
    /// The images that may be trained on and those that validate, of a part with these labels; each in order.
    pub fn parts(&self, labels: &[usize]) -> (Vec<usize>, Vec<usize>) {
        match self.validation > 0.0 {
            true => stratified(labels, self.validation, self.seed),
            false => ((0..labels.len()).collect(), vec![]),
        }
    }

    /// How many of so many images are trained on.
    pub fn count(&self, images: usize) -> usize {
        ((images as f64 * self.fraction).round() as usize).clamp(1, images.max(1))
    }

    /// The fraction of these images that is drawn at random, in order.
    pub fn drawn(&self, mut images: Vec<usize>) -> Vec<usize> {
        let count = self.count(images.len());
        if count < images.len() {
            images.shuffle(&mut random::stream(random::key(self.seed, Purpose::Split, 0, 0)));
            images.truncate(count);
            images.sort_unstable();
        }
        images
    }

    /// The fraction of these images that is hardest or easiest by its losses, in order; of equal ones the first.
    pub fn chosen(&self, images: &[usize], losses: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..images.len()).collect();
        order.sort_by(|&a, &b| match self.choose {
            Choice::Hardest => losses[b].total_cmp(&losses[a]),
            _ => losses[a].total_cmp(&losses[b]),
        });
        order.truncate(self.count(images.len()));
        let mut chosen: Vec<usize> = order.into_iter().map(|index| images[index]).collect();
        chosen.sort_unstable();
        chosen
    }

    pub(super) fn read(field: Field, found: &Found) -> Self {
        let mut split = Self::default();
        let Some(mut keys) = Keys::of(field, found) else { return split };
        keys.set("validation", &mut split.validation, |field| field.number(Bounds::BELOW_ONE));
        keys.set("fraction", &mut split.fraction, |field| field.number(Bounds::SHARE));
        keys.set("choose", &mut split.choose, |field| field.word(CHOICES));
        keys.set("seed", &mut split.seed, |field| field.count(0..=u64::MAX));
        keys.finish("`split`");
        split
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardest_and_the_easiest_are_those_of_largest_and_smallest_loss() {
        let split = |choose| Split { fraction: 0.5, choose, ..Split::default() };
        let (images, losses) = ([10, 11, 12, 13], [0.5, 2.0, 0.5, 1.0]);
        assert_eq!(split(Choice::Hardest).chosen(&images, &losses), [11, 13]);
        assert_eq!(split(Choice::Easiest).chosen(&images, &losses), [10, 12]);
    }

    #[test]
    fn a_fraction_holds_at_least_one_image() {
        let split = Split { fraction: 1e-6, ..Split::default() };
        assert_eq!(split.drawn(vec![3, 4, 5]).len(), 1);
        assert_eq!(Split::default().drawn(vec![3, 4, 5]), [3, 4, 5]);
    }
}
