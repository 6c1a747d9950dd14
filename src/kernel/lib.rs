//! Slices of numbers -> slices of numbers, all lent: what layers compute, forward and backward, as fast as the machine allows. No
//! graph, no dfdx. Beside layers, how the points of t-SNE push each other ([`repulsion`]).
//!
//! Every value is laid out one image per lane: `[image / 16][value][image % 16]`, an image's values in PyTorch's order. A
//! [`Line`] is one value of 16 images, so a kernel reads like the scalar code for one image with a [`Lane`] where the number
//! stood. Lanes beyond the last image hold zeros in every gradient.
//!
//! Work is split by outputs: each number is made by one thread in a fixed order, so the bits do not depend on the number of
//! threads.

pub mod activation;
mod arena;
pub mod around;
pub mod batch_norm;
#[cfg(test)]
mod check;
pub mod concat;
pub mod conv;
pub mod dropout;
pub mod fc;
pub mod features;
mod gradient;
pub mod group_norm;
mod isa;
mod lane;
pub mod layout;
mod line;
pub mod loss;
mod machine;
pub mod max_pool;
mod memory;
pub mod merge;
pub mod optimizer;
mod product;
pub mod random;
pub mod recurrent;
pub mod repulsion;
mod shared;
pub mod single;
pub mod softmax;
pub mod swap;
mod team;
pub mod window;
pub mod window_sum;
pub mod winograd;

pub use arena::{Arena, Part, PartMut};
pub use isa::{Isa, Kernel};
pub use lane::{Lane, array};
pub use line::{LANES, Line, groups_of, lines_for, numbers, numbers_mut};
pub use machine::Machine;
pub use memory::keep_freed;
pub use team::Team;
