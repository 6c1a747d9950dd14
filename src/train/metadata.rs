//! What a checkpoint says besides its tensors, as one canonical JSON text.

use serde::{Deserialize, Serialize};

use super::figures::Tally;
use super::recipe::Recipe;

/// Everything that is needed to use a checkpoint alone, and to go on training from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Of this format.
    pub version: u32,
    /// The network's text, imports inlined.
    pub network: String,
    /// Channels, height, width.
    pub input: [usize; 3],
    /// The names of the classes.
    pub classes: Vec<String>,
    /// What inputs are normalised by, for each channel: (x/255 - mean) / deviation.
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
    pub recipe: Recipe,
    pub position: Position,
}

/// How far training has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs that are finished.
    pub epoch: u64,
    /// Images of the next epoch that were used already.
    pub images: u64,
    /// Optimizer steps.
    pub steps: u64,
    /// The running sums of an epoch that was left.
    pub tally: Tally,
}

/// The format that this netc writes.
pub const VERSION: u32 = 1;
