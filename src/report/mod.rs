//! Results -> tables for people.

mod layers;

pub use layers::layer_table;
