//! netc compiles and trains neural networks that are written as text.
//!
//! A file goes through in a straight line; each module turns the type before it into the next:
//!
//! ```text
//! text --syntax--> Ast --resolve--> Network --infer--> Graph --lower--> Program --train/eval--> Run
//! ```

#![forbid(unsafe_code)]

pub use netc_kernel as kernel;

pub mod cli;
pub mod data;
pub mod diagnostic;
pub mod embedding;
pub mod graph;
pub mod layer;
pub mod lower;
pub mod random;
pub mod report;
pub mod repro;
pub mod resolve;
pub mod source;
pub mod syntax;
pub mod train;
pub mod yaml;
