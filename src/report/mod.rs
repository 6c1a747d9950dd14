//! Results -> tables for people.

mod evaluation;
mod layers;

pub use evaluation::{described, evaluation, roc_json, roc_text};
pub use layers::layer_table;
