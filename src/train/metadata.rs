//! What a checkpoint says besides its tensors, as one canonical JSON text.

use serde::{Deserialize, Serialize};

use super::figures::{EpochMetrics, Tally};
use super::prune::Pruned;
use super::recipe::Recipe;
use super::schedule::Plateau;
use super::stopping::Standing;
use crate::data::{Augmentation, Dataset, Images, Preparation, Statistics};
use crate::graph::Given;
use crate::lower::Fusion;

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
    pub build: Build,
    pub data: DataMark,
    /// The images that are trained on, where their losses chose them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Vec<usize>>,
    /// What was pruned before training began, the first time first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned: Vec<Pruned>,
    pub position: Position,
}

impl Metadata {
    /// What its network is checked with.
    pub fn given(&self) -> Given {
        Given { input: Some(self.input), classes: Some(self.classes.len()), ..Given::default() }
    }

    /// How its network reads images, so many at once; with their pixels as targets where a loss compares with those.
    pub fn preparation(&self, batch: usize, scaled: bool) -> Preparation {
        let statistics = Statistics { mean: self.mean.clone(), deviation: self.deviation.clone() };
        Preparation { batch, statistics, scaled, start: 0, augmentation: Augmentation::default() }
    }
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
    /// Figures of the last finished epoch.
    pub last: Option<EpochMetrics>,
    pub plateau: Plateau,
    pub standing: Standing,
}

/// What the bits of a result depend on besides recipe and data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Of netc.
    pub netc: String,
    /// `avx512`, `avx2` or `portable`.
    pub instructions: String,
    /// Whether regions run in kernels.
    pub fused: bool,
}

impl Build {
    pub fn of(fusion: &Fusion) -> Self {
        Self {
            netc: env!("CARGO_PKG_VERSION").into(),
            instructions: fusion.machine().isa.name().into(),
            fused: matches!(fusion, Fusion::On(_)),
        }
    }
}

/// What a data set is known by again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataMark {
    /// Images of the training part.
    pub train: usize,
    /// Images of the test part.
    pub test: usize,
    /// FNV-1a over the labels of both and the bits of the training part's mean and deviation, which all its pixels make.
    pub checksum: u64,
}

impl DataMark {
    pub fn of(dataset: &Dataset) -> Self {
        let labels =
            |images: &dyn Images| (0..images.len()).map(|index| images.label(index) as u64).collect::<Vec<_>>();
        let statistics = dataset.statistics.mean.iter().chain(&dataset.statistics.deviation);
        let statistics: Vec<u64> = statistics.map(|value| u64::from(value.to_bits())).collect();
        let parts = [labels(&*dataset.train), labels(&*dataset.test), statistics];
        Self { train: dataset.train.len(), test: dataset.test.len(), checksum: fnv(parts.iter().flatten()) }
    }
}

fn fnv<'n>(numbers: impl Iterator<Item = &'n u64>) -> u64 {
    let bytes = numbers.flat_map(|number| number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The format that this netc writes.
pub const VERSION: u32 = 2;
