//! What a training tells whoever follows it, and what it asks.

use super::figures::{EpochMetrics, Figures};
use crate::diagnostic::Diagnostic;
use crate::lower::Store;

/// Whoever follows a training.
pub trait Watch {
    /// An epoch (from 1) begins, of so many images, of which some may be done already.
    fn begin_epoch(&mut self, _epoch: u64, _images: u64, _done: u64) {}
    /// So many images more are done; the figures are those of the epoch so far.
    fn batch(&mut self, _images: u64, _figures: Figures) {}
    /// A pass over so many images begins that trains nothing: `validation`.
    fn begin_pass(&mut self, _name: &str, _images: u64) {}
    /// So many images more of the pass are done.
    fn passed(&mut self, _images: u64) {}
    /// An epoch has ended.
    fn end_epoch(&mut self, _metrics: &EpochMetrics) {}
    /// The parameters that are the result at the end of an epoch, and the learning rate of its last step.
    fn parameters(&mut self, _epoch: u64, _rate: f64, _store: &Store<f32>) {}
    /// Something is noticed that does not end training.
    fn warn(&mut self, _warning: Diagnostic) {}
    /// Whether to end after this batch.
    fn stop(&self) -> bool {
        false
    }
}

/// Nobody follows.
pub struct Silent;

impl Watch for Silent {}

/// How an epoch ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// With its figures, and whether no validation before was as good.
    Finished { metrics: EpochMetrics, best: bool },
    /// Asked to stop; the position tells where.
    Stopped,
}
