//! Figures of the validation part -> which was best, and whether training ends early.

use serde::{Deserialize, Serialize};

use super::figures::{EpochMetrics, Figures};
use super::recipe::{Metric, Validate};

/// How validation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The epoch with the best figure, the first of equals.
    pub best: Option<EpochMetrics>,
    /// Validations since that brought nothing better.
    pub waited: u64,
}

impl Standing {
    /// Takes in an epoch with its validation; whether it is the best so far.
    pub fn measured(&mut self, validate: &Validate, epoch: EpochMetrics) -> bool {
        let Some(figures) = epoch.validation else { return false };
        let best = self.best.and_then(|best| best.validation).map(|best| badness(validate.metric, &best));
        let better = best.is_none_or(|best| badness(validate.metric, &figures) < best);
        match better {
            true => *self = Self { best: Some(epoch), waited: 0 },
            false => self.waited += 1,
        }
        better
    }

    /// Whether patience has run out.
    pub fn is_over(&self, validate: &Validate) -> bool {
        validate.patience.is_some_and(|patience| self.waited >= patience)
    }
}

/// The figure that counts, smaller where it is better; infinite where it is no number.
pub fn badness(metric: Metric, figures: &Figures) -> f64 {
    let badness = match (metric, figures.accuracy) {
        (Metric::Accuracy, Some(accuracy)) => -accuracy,
        _ => figures.loss,
    };
    if badness.is_nan() { f64::INFINITY } else { badness }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_ends_after_so_many_validations_without_a_better_one() {
        let validate = Validate { patience: Some(2), metric: Metric::Accuracy, ..Validate::default() };
        let mut standing = Standing::default();
        let mut measure = |epoch, accuracy| {
            let figures = Figures { loss: 1.0, accuracy: Some(accuracy) };
            let better =
                standing.measured(&validate, EpochMetrics { epoch, train: figures, validation: Some(figures) });
            (better, standing.is_over(&validate))
        };
        assert_eq!(measure(1, 0.5), (true, false));
        assert_eq!(measure(2, 0.5), (false, false));
        assert_eq!(measure(3, 0.6), (true, false));
        assert_eq!(measure(4, 0.1), (false, false));
        assert_eq!(measure(5, 0.2), (false, true));
        assert_eq!(standing.best.map(|best| best.epoch), Some(3));
    }
}
