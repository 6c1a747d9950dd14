//! Results -> tables and pictures for people.

mod evaluation;
mod layers;
pub mod pictures;
mod plot;

pub use evaluation::{described, evaluation, roc_json, roc_text};
pub use layers::layer_table;
