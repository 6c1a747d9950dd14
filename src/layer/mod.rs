//! The layers: what each is called, which arguments it takes, which shapes it reads and makes.

mod op;
mod shape;

pub use op::*;
pub use shape::Shape;
