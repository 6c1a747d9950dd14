//! The recipe's `validate`: when the validation part is measured, and what follows from it.

use serde::{Deserialize, Serialize};

use crate::yaml::{Field, Found, Keys};

/// When to validate, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validate {
    /// After every so many epochs, and after the last.
    pub every: u64,
    /// After so many validations in a row without anything better, training ends; without it all epochs run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patience: Option<u64>,
    /// What better means.
    pub metric: Metric,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    Loss,
    Accuracy,
}

const METRICS: &[(&str, Metric)] = &[("loss", Metric::Loss), ("accuracy", Metric::Accuracy)];

impl Default for Validate {
    fn default() -> Self {
        Self { every: 1, patience: None, metric: Metric::Loss }
    }
}

impl Validate {
    pub(super) fn read(field: Field, found: &Found) -> Self {
        let mut validate = Self::default();
        let Some(mut keys) = Keys::of(field, found) else { return validate };
        keys.set("every", &mut validate.every, |field| field.count(1..=1_000_000));
        validate.patience = keys.read("patience", |field| field.count(1..=1_000_000));
        keys.set("metric", &mut validate.metric, |field| field.word(METRICS));
        keys.finish("`validate`");
        validate
    }
}
