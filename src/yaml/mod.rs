//! YAML text -> typed settings, every mistake with its place: recipes, sweeps and reports are read with it.
//!
//! [`parse`] makes a tree that keeps places; [`Keys`] and [`Field`] read it; [`read_file`] does both.

mod keys;
mod tree;

pub use keys::{Bounds, Field, Found, Keys, is_beyond, read_file, suggest, whole};
pub use tree::{Key, Kind, Yaml, parse};
