//! A part of a data set and an order -> batches of normalised images, prepared one ahead of their use.

use rand::Rng;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use super::augment::{Augmentation, Mixed};
use super::worker::Worker;
use super::{Images, Statistics};
use crate::random::{self, Purpose};

/// Shuffles `images`, their numbers in a part, for one epoch: Fisher-Yates, from (seed, epoch) alone.
pub fn shuffle(images: &mut [usize], seed: u64, epoch: u64) {
    let mut stream = random::stream(random::key(seed, Purpose::Shuffle, epoch, 0));
    for last in (1..images.len()).rev() {
        images.swap(last, stream.random_range(0..=last as u64) as usize);
    }
}

/// How images become batches.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// Images of a batch, at least 1; the last batch of an epoch may hold fewer.
    pub batch: usize,
    /// What inputs are normalised by: (x / 255 - mean) / deviation.
    pub statistics: Statistics,
    /// Whether batches also hold the images scaled to [0, 1], for a network that draws them again.
    pub scaled: bool,
    /// The position in the epoch of the first image to read: 0, except where an epoch is resumed.
    pub start: usize,
    /// How images are changed before they are used; none for a test part.
    pub augmentation: Augmentation,
}

/// Images and labels as a step reads them, image after image.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Where in the epoch's order these images stand.
    pub positions: Range<usize>,
    /// Their numbers in the part.
    pub images: Vec<usize>,
    pub labels: Vec<usize>,
    /// Normalised, each image channel by channel.
    pub inputs: Vec<f32>,
    /// The same in [0, 1], where asked for.
    pub scaled: Option<Vec<f32>>,
    /// What each image is mixed with, where mixup is asked for: `inputs` and `scaled` are mixed already.
    pub mixed: Option<Mixed>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// The batches of one epoch. A thread of its own prepares one batch while the last one is used, and ends when the
/// loader is dropped.
pub struct Loader {
    receiver: Option<Receiver<Batch>>,
    worker: Option<JoinHandle<()>>,
    left: usize,
}

impl Loader {
    /// The images that `order` names, in that order.
    pub fn new(images: Arc<dyn Images>, order: Vec<usize>, preparation: Preparation) -> Self {
        let left = order.len().saturating_sub(preparation.start).div_ceil(preparation.batch.max(1));
        let (sender, receiver) = sync_channel(0);
        let worker = thread::spawn(move || Worker::new(images, &preparation).run(&order, &preparation, &sender));
        Self { receiver: Some(receiver), worker: Some(worker), left }
    }

    /// All images, in the order of the part.
    pub fn sequential(images: Arc<dyn Images>, preparation: Preparation) -> Self {
        let order = (0..images.len()).collect();
        Self::new(images, order, preparation)
    }

    /// Waits for the worker, which ends by itself once nobody receives.
    fn close(&mut self) {
        self.receiver = None;
        if let Some(Err(panic)) = self.worker.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

impl Iterator for Loader {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let batch = self.receiver.as_ref().and_then(|receiver| receiver.recv().ok());
        match batch {
            Some(_) => self.left -= 1,
            None => self.close(),
        }
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Loader {}

impl Drop for Loader {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Augment, ImageShape};
    use super::*;

    /// Images of two channels and one pixel: image n is (n, 100 + n) and of class n % 3.
    struct Counting(usize);

    impl Images for Counting {
        fn len(&self) -> usize {
            self.0
        }

        fn shape(&self) -> ImageShape {
            [2, 1, 1]
        }

        fn label(&self, index: usize) -> usize {
            index % 3
        }

        fn read(&self, index: usize, out: &mut [u8]) {
            out.copy_from_slice(&[index as u8, 100 + index as u8]);
        }
    }

    fn preparation(batch: usize) -> Preparation {
        let statistics = Statistics { mean: vec![0.0, 100.0 / 255.0], deviation: vec![1.0 / 255.0, 0.5 / 255.0] };
        Preparation { batch, statistics, scaled: false, start: 0, augmentation: Augmentation::default() }
    }

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4)
    }

    #[test]
    fn an_order_depends_on_seed_and_epoch_alone() {
        let order = |seed, epoch| {
            let mut order: Vec<usize> = (0..1000).collect();
            shuffle(&mut order, seed, epoch);
            order
        };
        assert_eq!(order(1, 2), order(1, 2));
        assert_ne!(order(1, 2), order(1, 3));
        assert_ne!(order(1, 2), order(2, 2));
        let mut sorted = order(5, 0);
        assert!(!sorted.is_sorted());
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn batches_are_normalised_and_the_last_one_is_smaller() {
        let mut loader =
            Loader::new(Arc::new(Counting(9)), vec![4, 0, 8], Preparation { scaled: true, ..preparation(2) });
        assert_eq!(loader.len(), 2);
        let first = loader.next().expect("first batch");
        assert_eq!((first.positions, first.images, first.labels), (0..2, vec![4, 0], vec![1, 0]));
        assert!(close(&first.inputs, &[4.0, 8.0, 0.0, 0.0]), "{:?}", first.inputs);
        assert_eq!(first.scaled, Some(vec![4.0 / 255.0, 104.0 / 255.0, 0.0, 100.0 / 255.0]));
        let second = loader.next().expect("second batch");
        assert_eq!((second.positions, second.images, second.labels), (2..3, vec![8], vec![2]));
        assert!(close(&second.inputs, &[8.0, 16.0]), "{:?}", second.inputs);
        assert_eq!((loader.next(), loader.next()), (None, None));
    }

    #[test]
    fn an_epoch_goes_on_from_a_position() {
        let whole: Vec<Batch> = Loader::sequential(Arc::new(Counting(10)), preparation(3)).collect();
        let resumed = Preparation { start: 6, ..preparation(3) };
        let rest: Vec<Batch> = Loader::sequential(Arc::new(Counting(10)), resumed).collect();
        assert_eq!(rest, whole[2..]);
        let past = Preparation { start: 11, ..preparation(3) };
        assert_eq!(Loader::sequential(Arc::new(Counting(10)), past).count(), 0);
    }

    #[test]
    fn mixed_images_are_the_same_in_batches_of_any_size_and_on_resume() {
        let augmentation = Augmentation { steps: vec![Augment::Shift(3), Augment::Mixup(1.0)], seed: 1, epoch: 2 };
        let prepared = |batch, start| -> Vec<(f32, usize, f32)> {
            let preparation = Preparation { start, augmentation: augmentation.clone(), ..preparation(batch) };
            let batches = Loader::sequential(Arc::new(Counting(10)), preparation);
            let each = |batch: Batch| {
                let Mixed { labels, weights } = batch.mixed.expect("mixed");
                batch.inputs.iter().step_by(2).copied().zip(labels).zip(weights).collect::<Vec<_>>()
            };
            batches.flat_map(each).map(|((input, label), weight)| (input, label, weight)).collect()
        };
        let whole = prepared(3, 0);
        assert_eq!(prepared(10, 0), whole);
        assert_eq!(prepared(3, 6), whole[6..]);
        for (image, (input, label, weight)) in whole.into_iter().enumerate() {
            let other = (input - weight * image as f32) / (1.0 - weight);
            assert!((other - other.round()).abs() < 0.01 && other.round() as usize % 3 == label, "{image}: {other}");
        }
    }

    #[test]
    fn a_consumer_may_leave_early() {
        let mut loader = Loader::sequential(Arc::new(Counting(100)), preparation(1));
        assert!(loader.next().is_some());
        drop(loader);
        drop(Loader::sequential(Arc::new(Counting(100)), preparation(7)));
    }
}
