//! A recipe's schedule and how training goes -> the learning rate of each step. Formulas are those of
//! `torch.optim.lr_scheduler`.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::recipe::{Curve, ScheduleRecipe};

/// By how much a figure must be better, of itself, to count for `plateau`.
const THRESHOLD: f64 = 1e-4;

/// The learning rate over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    recipe: ScheduleRecipe,
    /// The recipe's learning rate.
    lr: f64,
    epochs: u64,
    pub plateau: Plateau,
}

/// What `plateau` remembers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// The rate over the recipe's.
    pub factor: f64,
    pub best: Option<f64>,
    /// Measurements since the best one.
    pub waited: u64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { factor: 1.0, best: None, waited: 0 }
    }
}

impl Schedule {
    /// For a run of `epochs`.
    pub fn new(recipe: ScheduleRecipe, lr: f64, epochs: u64) -> Self {
        Self { recipe, lr, epochs, plateau: Plateau::default() }
    }

    /// The rate of step `step` of epoch `epoch`, both from 0, of `steps` an epoch. In the warm-up it rises by the same
    /// amount each step (`LinearLR`); then the curve begins, and changes with each epoch.
    pub fn rate(&self, epoch: u64, step: u64, steps: u64) -> f64 {
        let warmup = self.recipe.warmup;
        if epoch < warmup {
            return self.lr * (epoch * steps + step + 1) as f64 / (warmup * steps) as f64;
        }
        self.curve(epoch - warmup, self.epochs.saturating_sub(warmup).max(1))
    }

    /// After so many epochs of `length`.
    fn curve(&self, epoch: u64, length: u64) -> f64 {
        match self.recipe.curve {
            Curve::Constant => self.lr,
            Curve::Step { step, gamma } => self.lr * gamma.powf((epoch / step) as f64),
            Curve::Cosine { min_lr } => {
                min_lr + (self.lr - min_lr) * (1.0 + (PI * epoch as f64 / length as f64).cos()) / 2.0
            }
            Curve::Plateau { min_lr, .. } => (self.lr * self.plateau.factor).max(min_lr),
        }
    }

    /// Takes in a figure after an epoch of which `better` is smaller: `plateau` (`ReduceLROnPlateau`) waits for it.
    pub fn measured(&mut self, epoch: u64, figure: f64) {
        let Curve::Plateau { patience, gamma, .. } = self.recipe.curve else { return };
        if epoch < self.recipe.warmup {
            return;
        }
        let plateau = &mut self.plateau;
        match plateau.best {
            Some(best) if figure >= best - best.abs() * THRESHOLD => plateau.waited += 1,
            _ => *plateau = Plateau { best: Some(figure), waited: 0, ..*plateau },
        }
        if plateau.waited > patience {
            *plateau = Plateau { factor: plateau.factor * gamma, waited: 0, ..*plateau };
        }
    }
}
