//! The images at some positions of an epoch -> a batch: read, augmented, normalised, mixed.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::augment::{Augmentation, Mixed, Mixture, partner};
use super::{Batch, Images, Preparation, Statistics};

/// Makes batches; `levels` holds, for each channel, what each of the 256 bytes becomes.
pub struct Worker {
    images: Arc<dyn Images>,
    levels: Vec<[f32; 256]>,
    /// The mean of each channel, from 0 to 255.
    mean: Vec<u8>,
    scaled: bool,
    augmentation: Augmentation,
}

/// Some images, as batches hold them.
struct Pixels {
    inputs: Vec<f32>,
    scaled: Option<Vec<f32>>,
}

impl Worker {
    pub fn new(images: Arc<dyn Images>, preparation: &Preparation) -> Self {
        let Statistics { mean, deviation } = &preparation.statistics;
        let levels = mean.iter().zip(deviation).map(|(&mean, &deviation)| levels(mean, deviation)).collect();
        let mean = mean.iter().map(|mean| (255.0 * mean).round() as u8).collect();
        Self { images, levels, mean, scaled: preparation.scaled, augmentation: preparation.augmentation.clone() }
    }

    /// Sends batch after batch, until the order ends or nobody receives.
    pub fn run(&self, order: &[usize], preparation: &Preparation, sender: &SyncSender<Batch>) {
        let size = preparation.batch.max(1);
        let start = preparation.start.min(order.len());
        for first in (start..order.len()).step_by(size) {
            let positions = first..(first + size).min(order.len());
            if sender.send(self.prepare(order, positions)).is_err() {
                return;
            }
        }
    }

    /// The images that stand at `positions` of the epoch's order.
    fn prepare(&self, order: &[usize], positions: Range<usize>) -> Batch {
        let images = order[positions.clone()].to_vec();
        let Pixels { mut inputs, mut scaled } = self.pixels(&images);
        let mixed = self.augmentation.mixup().map(|alpha| {
            let mixture = |position| partner(&self.augmentation, alpha, position, order.len());
            let mixtures: Vec<Mixture> = positions.clone().map(mixture).collect();
            let others: Vec<usize> = mixtures.iter().map(|mixture| order[mixture.position]).collect();
            let other = self.pixels(&others);
            mix(&mixtures, &mut inputs, &other.inputs);
            scaled.iter_mut().zip(&other.scaled).for_each(|(own, other)| mix(&mixtures, own, other));
            let weights = mixtures.iter().map(|mixture| mixture.weight).collect();
            Mixed { labels: self.labels(&others), weights }
        });
        Batch { positions, labels: self.labels(&images), images, inputs, scaled, mixed }
    }

    fn labels(&self, images: &[usize]) -> Vec<usize> {
        images.iter().map(|&image| self.images.label(image)).collect()
    }

    fn pixels(&self, images: &[usize]) -> Pixels {
        let (size, shape) = (self.images.size(), self.images.shape());
        let mut bytes = vec![0; size * images.len()];
        for (&image, out) in images.iter().zip(bytes.chunks_exact_mut(size)) {
            self.images.read(image, out);
            self.augmentation.apply(image, out, shape, &self.mean);
        }
        let scaled = self.scaled.then(|| bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect());
        Pixels { inputs: self.normalise(&bytes), scaled }
    }

    fn normalise(&self, bytes: &[u8]) -> Vec<f32> {
        let [_, height, width] = self.images.shape();
        let planes = bytes.chunks_exact(height * width).zip(self.levels.iter().cycle());
        planes.flat_map(|(plane, levels)| plane.iter().map(|&byte| levels[usize::from(byte)])).collect()
    }
}

/// Mixes each image of `other` into the one of `own` at its place.
fn mix(mixtures: &[Mixture], own: &mut [f32], other: &[f32]) {
    let size = own.len() / mixtures.len().max(1);
    let images = own.chunks_exact_mut(size.max(1)).zip(other.chunks_exact(size.max(1)));
    images.zip(mixtures).for_each(|((own, other), mixture)| mixture.mix(own, other));
}

/// (x / 255 - mean) / deviation for each byte x; a channel without any deviation is only centred.
fn levels(mean: f32, deviation: f32) -> [f32; 256] {
    let scale = if deviation > 0.0 { deviation } else { 1.0 };
    std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / scale)
}
