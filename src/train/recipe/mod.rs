//! How a network is trained: `recipe.yaml` -> all settings of a run, every mistake with its place.
//!
//! [`Recipe`] is what a run uses and what it writes down again; [`read_recipe`] makes one of a file's text; what the
//! network must agree with is checked by [`fit`].

pub mod fit;
mod loss;
mod loss_text;
mod optimizer;
mod places;
mod schedule;
mod settings;
mod split;
mod validate;

pub use loss::LossRecipe;
pub use optimizer::{OptimizerRecipe, OptimizerRule, RULES};
pub use places::Places;
pub use schedule::{Curve, ScheduleRecipe};
pub use settings::read_recipe;
pub use split::{Choice, Split};
pub use validate::{Metric, Validate};

use serde::{Deserialize, Serialize};

use crate::data::{Augment, Normalise, Selection};

/// All settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    pub dataset: String,
    #[serde(skip_serializing_if = "Selection::is_all")]
    pub data: Selection,
    pub split: Split,
    pub normalise: Normalise,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub augment: Vec<Augment>,
    pub epochs: u64,
    /// Images of a step.
    pub batch: usize,
    pub seed: u64,
    pub optimizer: OptimizerRecipe,
    pub schedule: ScheduleRecipe,
    /// Without one, what the network's outputs ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossRecipe>,
    /// The largest norm of the whole gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// The decay of the average of the weights, which is what is evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    pub validate: Validate,
    /// A file of weights to begin with; relative to where netc runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_from: Option<String>,
    /// Layers and blocks that are not trained, by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            dataset: "sketches".into(),
            data: Selection::default(),
            split: Split::default(),
            normalise: Normalise::default(),
            augment: vec![],
            epochs: 10,
            batch: 64,
            seed: 0,
            optimizer: OptimizerRecipe::default(),
            schedule: ScheduleRecipe::default(),
            loss: None,
            clip: None,
            ema: None,
            validate: Validate::default(),
            init_from: None,
            freeze: vec![],
        }
    }
}

impl Recipe {
    /// As `recipe.yaml` has it; what is not used is left out.
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).unwrap_or_else(|fault| format!("# internal error: {fault}\n"))
    }
}
