//! Results -> tables for people.

mod drawing;
mod layers;
mod regions;

pub use drawing::{dot, graph_table, mermaid};
pub use layers::layer_table;
pub use regions::region_tables;
