//! How a network is trained: the settings of a run, as `recipe.yaml` holds them.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::random::{self, Purpose};

/// All settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    pub dataset: String,
    pub split: Split,
    pub epochs: u64,
    /// Images of a step.
    pub batch: usize,
    pub seed: u64,
    pub optimizer: OptimizerRecipe,
}

/// Which of the training images are used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// Of the training part, drawn at random; above 0, at most 1.
    pub fraction: f64,
    /// What the draw depends on.
    pub seed: u64,
}

impl Default for Split {
    fn default() -> Self {
        Self { fraction: 1.0, seed: 0 }
    }
}

impl Split {
    /// The images of a part of `len` that are used for training, in order.
    pub fn training(&self, len: usize) -> Vec<usize> {
        let mut images: Vec<usize> = (0..len).collect();
        if self.fraction < 1.0 {
            let stream = random::key(self.seed, Purpose::Split, 0, 0);
            images.shuffle(&mut random::stream(stream));
            images.truncate(((len as f64 * self.fraction).round() as usize).max(1));
            images.sort_unstable();
        }
        images
    }
}

/// The optimizer's name and the settings that it uses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerRecipe {
    pub name: OptimizerKind,
    pub lr: f64,
    /// Adam's decay of the two moments.
    pub betas: [f64; 2],
    pub eps: f64,
    /// SGD's.
    pub momentum: f64,
    pub nesterov: bool,
    /// L2, added to the gradient.
    pub weight_decay: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    Adam,
    Sgd,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            dataset: "sketches".into(),
            split: Split::default(),
            epochs: 10,
            batch: 64,
            seed: 0,
            optimizer: OptimizerRecipe::default(),
        }
    }
}

impl Default for OptimizerRecipe {
    fn default() -> Self {
        Self {
            name: OptimizerKind::Adam,
            lr: 1e-3,
            betas: [0.9, 0.999],
            eps: 1e-8,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }
}
