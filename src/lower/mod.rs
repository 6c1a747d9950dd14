//! Graph -> dfdx computation graph: every layer in dfdx's own operations, its definition (`--fuse off`), or regions of
//! layers as one operation each, computed by kernels (`--fuse on`).
//!
//! Values are tensors of (batch, values), an image's values in PyTorch's order; parameters live in a [`Store`]. A
//! [`Program`] is made once from a graph and runs it forward, or forward and backward under a [`Loss`]. Everything is
//! generic over the [`Element`], so that finite differences run in `f64`.
//!
//! What dfdx 0.13 asks of its user, and all of this module keeps to:
//! - An operation on two tensors of one identity panics (`x * x`, `x + x`): see [`Merge`](crate::layer::Merge).
//! - The backward pass of `slice` overwrites: only a tensor that nothing else reads is sliced, in disjoint parts.
//! - The gradient of `softmax` and `log_softmax` is wrong for a permuted tensor: they read contiguous ones.
//! - `max` and `accurate_gelu` have other derivatives than PyTorch's: see `pool` and `activation`.

mod activation;
mod batch;
mod constraint;
mod conv;
mod dropout;
mod element;
mod loss;
mod merge;
mod node;
mod norm;
mod patches;
mod pool;
mod program;
mod recurrent;
mod region;
mod shape;
mod store;

pub use batch::{Batch, Draw, Mixed, Outputs, Step};
pub use constraint::apply_constraints;
pub use element::Element;
pub use loss::{Classes, Criterion, Loss, Term, scores_of, softmax_of};
pub use program::{Fusion, PartPlan, Program, plan};
pub use region::{BufferPlan, RegionPlan, StepPlan};
pub use store::{Entry, Store};
