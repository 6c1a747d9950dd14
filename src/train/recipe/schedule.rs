//! The recipe's `schedule`: how the learning rate changes. Lengths are in epochs.

use serde::{Deserialize, Serialize};

use crate::yaml::{Bounds, Field, Found, Keys};

/// A schedule, and the epochs before it in which the rate rises from nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRecipe {
    #[serde(flatten)]
    pub curve: Curve,
    pub warmup: u64,
}

/// The curves, each with the settings that it alone uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum Curve {
    #[default]
    Constant,
    /// Times `gamma` every `step` epochs.
    Step { step: u64, gamma: f64 },
    /// Half a cosine down to `min_lr`.
    Cosine { min_lr: f64 },
    /// Times `gamma` once nothing was better for more than `patience` validations.
    Plateau { patience: u64, gamma: f64, min_lr: f64 },
}

const CURVES: &[(&str, Curve)] = &[
    ("constant", Curve::Constant),
    ("step", Curve::Step { step: 10, gamma: 0.1 }),
    ("cosine", Curve::Cosine { min_lr: 0.0 }),
    ("plateau", Curve::Plateau { patience: 3, gamma: 0.1, min_lr: 0.0 }),
];

/// Every key of every curve.
const KEYS: &[&str] = &["name", "warmup", "step", "gamma", "patience", "min_lr"];

impl ScheduleRecipe {
    pub(super) fn read(field: Field, found: &Found) -> Self {
        let mut recipe = Self::default();
        if !field.is_map() {
            match field.word(CURVES) {
                Ok(curve) => recipe.curve = curve,
                Err(fault) => found.borrow_mut().push(fault),
            }
            return recipe;
        }
        let Some(mut keys) = Keys::of(field, found) else { return recipe };
        keys.set("name", &mut recipe.curve, |name| name.word(CURVES));
        keys.set("warmup", &mut recipe.warmup, |field| field.count(0..=1_000_000));
        recipe.curve.read(&mut keys);
        keys.unused(KEYS, recipe.curve.name());
        keys.finish("`schedule`");
        recipe
    }
}

impl Curve {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Step { .. } => "step",
            Self::Cosine { .. } => "cosine",
            Self::Plateau { .. } => "plateau",
        }
    }

    /// The rate that it never goes below.
    pub fn min_lr(&self) -> f64 {
        match *self {
            Self::Constant | Self::Step { .. } => 0.0,
            Self::Cosine { min_lr } | Self::Plateau { min_lr, .. } => min_lr,
        }
    }

    fn read(&mut self, keys: &mut Keys) {
        match self {
            Self::Constant => {}
            Self::Step { step, gamma } => {
                keys.set("step", step, |field| field.count(1..=1_000_000));
                keys.set("gamma", gamma, |field| field.number(Bounds::SHARE));
            }
            Self::Cosine { min_lr } => keys.set("min_lr", min_lr, |field| field.number(Bounds::NOT_NEGATIVE)),
            Self::Plateau { patience, gamma, min_lr } => {
                keys.set("patience", patience, |field| field.count(0..=1_000_000));
                keys.set("gamma", gamma, |field| field.number(Bounds::BELOW_ONE));
                keys.set("min_lr", min_lr, |field| field.number(Bounds::NOT_NEGATIVE));
            }
        }
    }
}
