//! Layers on a single image, in evaluation: sixteen features in the lanes, where sixteen images would be too many.
//!
//! A map lies as `[channel / 16][place]`, a vector as `[feature / 16]`, a sequence as `[step][feature / 16]`; lanes beyond the
//! last feature hold anything finite. So pools, activations and merges are the ones for sixteen images, with sixteens of
//! channels for channels; what mixes features has a kernel here. Weights are laid out once, not in each pass.

mod conv;
mod fc;
mod form;
mod norm;
mod recurrent;
#[cfg(test)]
mod tests;

pub use conv::SingleConv;
pub use fc::SingleFc;
pub use form::{Form, positions, softmax};
pub use norm::SingleNorm;
pub use recurrent::SingleRecurrent;
