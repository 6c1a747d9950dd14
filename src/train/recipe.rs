//! How a network is trained: the settings of a run, as `recipe.yaml` holds them.

use serde::{Deserialize, Serialize};

/// All settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    pub dataset: String,
    pub epochs: u64,
    /// Images of a step.
    pub batch: usize,
    pub seed: u64,
    pub optimizer: OptimizerRecipe,
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
        Self { dataset: "sketches".into(), epochs: 10, batch: 64, seed: 0, optimizer: OptimizerRecipe::default() }
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
