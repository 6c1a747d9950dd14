//! YAML text -> typed settings, every mistake with its place: recipes, sweeps and reports are read with it.
//!
//! [`parse`] makes a tree that keeps places; [`Keys`] and [`Field`] read it.

mod keys;
mod tree;

pub use keys::{Bounds, Field, Found, Keys, suggest};
pub use tree::{Key, Kind, Yaml, parse};
