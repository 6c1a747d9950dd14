//! What a program reads for one step and what it answers.

use crate::random::{self, Purpose};

/// Images with what the loss compares with, each batch-major.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, E> {
    /// The network's input, normalised: images x channels x height x width.
    pub images: &'a [E],
    /// The images scaled to [0, 1], which `mse` compares with; without them `images` stand in.
    pub targets: Option<&'a [E]>,
    /// A class of each image, smaller than the number of scores.
    pub labels: &'a [usize],
    /// Where each image was mixed of two: the other one's class, and the share of the first.
    pub mixed: Option<Mixed<'a>>,
}

/// The other halves of mixed images.
#[derive(Clone, Copy, Debug)]
pub struct Mixed<'a> {
    pub labels: &'a [usize],
    /// How much of each image is of its own label, from 0 to 1.
    pub shares: &'a [f32],
}

impl<E> Batch<'_, E> {
    /// The labels with each image's share of them; of mixed images then the others' with the rest.
    pub(super) fn labellings(&self) -> Vec<(&[usize], Vec<f64>)> {
        match self.mixed {
            None => vec![(self.labels, vec![1.0; self.labels.len()])],
            Some(mixed) => {
                let shares: Vec<f64> = mixed.shares.iter().map(|&share| share.into()).collect();
                let rests = shares.iter().map(|share| 1.0 - share).collect();
                vec![(self.labels, shares), (mixed.labels, rests)]
            }
        }
    }
}

/// What dropout masks depend on, beside the place in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    pub seed: u64,
    pub epoch: u64,
    /// The place in the epoch of the batch's first image; the others follow.
    pub first: u64,
}

impl Draw {
    /// The number in [0, 1) for value `feature` of node `node` in the batch's image `row`: the same however the epoch is
    /// cut into batches.
    pub fn uniform(&self, row: usize, node: usize, feature: usize) -> f32 {
        random::uniform(self.stream(row), Self::first_of(node) + feature as u64)
    }

    /// The streams of the batch's first images.
    pub fn streams(&self, images: usize) -> Vec<u64> {
        (0..images).map(|row| self.stream(row)).collect()
    }

    /// The stream of the batch's image `row`.
    pub fn stream(&self, row: usize) -> u64 {
        random::key(self.seed, Purpose::Dropout, self.epoch, self.first + row as u64)
    }

    /// Where node `node`'s numbers begin in a stream.
    pub fn first_of(node: usize) -> u64 {
        (node as u64) << 32
    }
}

/// The values of each of the graph's outputs, in its order, batch-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs<E> {
    pub values: Vec<Vec<E>>,
}

/// What a training step made, apart from the gradients; or an evaluation.
#[derive(Clone, Debug)]
pub struct Step<E> {
    /// The mean over the batch.
    pub loss: f64,
    pub outputs: Outputs<E>,
}
