//! The recipe's `augment` and an image -> the image as one epoch shows it.
//!
//! What is drawn depends on (seed, epoch, image) alone, so an epoch has the same images for any number of threads and
//! when it is resumed.

mod colour;
mod geometry;
mod mixup;
mod written;

pub use mixup::Mixed;
pub(super) use mixup::{Mixture, partner};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::ImageShape;
use crate::random::{self, Purpose};
use geometry::Fill;
use written::Written;

/// One change of the training images; they are made in the order of the recipe, mixup last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Augment {
    /// Mirrored with probability `p`.
    Flip { axis: Axis, p: f32 },
    /// Moved by up to so many pixels each way; the border's pixels fill what comes in.
    Shift(usize),
    /// A part cut from the image padded with so many black pixels on each side, of the image's size.
    Crop(usize),
    /// Turned about its centre by up to so many degrees each way; bilinear, black comes in.
    Rotate(f32),
    /// Brightness, contrast and saturation, each times a factor of up to so much above or below 1.
    Colour(f32),
    /// A square of that side around any point, set to the training part's mean.
    Cutout(usize),
    /// Each image mixed with another one, weighted by Beta(alpha, alpha); labels too.
    Mixup(f32),
}

/// The axis along which an image is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Left and right change places.
    Horizontal,
    /// Top and bottom change places.
    Vertical,
}

/// The changes of one epoch; none by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Augmentation {
    pub steps: Vec<Augment>,
    pub seed: u64,
    /// From 0.
    pub epoch: u64,
}

impl Augmentation {
    /// Mixup's alpha, where it is asked for.
    pub(super) fn mixup(&self) -> Option<f32> {
        self.steps.iter().find_map(|step| match step {
            Augment::Mixup(alpha) => Some(*alpha),
            _ => None,
        })
    }

    /// Changes the pixels of image number `image`, channel by channel. `mean` is each channel's, from 0 to 255.
    pub(super) fn apply(&self, image: usize, pixels: &mut [u8], shape: ImageShape, mean: &[u8]) {
        if self.steps.is_empty() {
            return;
        }
        let mut draws = random::stream(random::key(self.seed, Purpose::Augment, self.epoch, image as u64));
        self.steps.iter().for_each(|step| step.apply(pixels, shape, mean, &mut draws));
    }
}

impl Augment {
    /// Movements are at most so many pixels.
    pub const LONGEST: usize = 1 << 15;

    fn apply(self, pixels: &mut [u8], shape: ImageShape, mean: &[u8], draws: &mut ChaCha8Rng) {
        match self {
            Self::Flip { axis, p } => {
                if draws.random::<f32>() < p {
                    geometry::flip(pixels, shape, axis);
                }
            }
            Self::Shift(most) => geometry::shift(pixels, shape, offsets(most, draws), Fill::Border),
            Self::Crop(most) => geometry::shift(pixels, shape, offsets(most, draws), Fill::Black),
            Self::Rotate(most) => geometry::rotate(pixels, shape, f64::from(around(most, draws))),
            Self::Colour(most) => colour::change(pixels, shape, [(); 3].map(|()| 1.0 + around(most, draws))),
            Self::Cutout(side) => {
                let [_, height, width] = shape;
                let centre = [below(height, draws), below(width, draws)];
                geometry::cut_out(pixels, shape, centre, side, mean);
            }
            Self::Mixup(_) => {}
        }
    }
}

/// Uniform in [-most, most).
fn around(most: f32, draws: &mut ChaCha8Rng) -> f32 {
    most * (2.0 * draws.random::<f32>() - 1.0)
}

/// Down and to the right, each from -most to most.
fn offsets(most: usize, draws: &mut ChaCha8Rng) -> [isize; 2] {
    let most = most.min(Augment::LONGEST) as i64;
    [(); 2].map(|()| draws.random_range(-most..=most) as isize)
}

/// From 0 to `end` - 1.
fn below(end: usize, draws: &mut ChaCha8Rng) -> usize {
    draws.random_range(0..end.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(steps: Vec<Augment>, seed: u64, epoch: u64, image: usize) -> Vec<u8> {
        let mut pixels: Vec<u8> = (0..3 * 8 * 8).map(|n| n as u8).collect();
        Augmentation { steps, seed, epoch }.apply(image, &mut pixels, [3, 8, 8], &[1, 2, 3]);
        pixels
    }

    fn all() -> Vec<Augment> {
        let flips = [Axis::Horizontal, Axis::Vertical].map(|axis| Augment::Flip { axis, p: 0.5 });
        let rest = [
            Augment::Shift(2),
            Augment::Crop(2),
            Augment::Rotate(10.0),
            Augment::Colour(0.2),
            Augment::Cutout(3),
            Augment::Mixup(0.2),
        ];
        flips.into_iter().chain(rest).collect()
    }

    #[test]
    fn an_image_depends_on_seed_epoch_and_its_number_alone() {
        assert_eq!(shown(all(), 1, 2, 3), shown(all(), 1, 2, 3));
        for other in [shown(all(), 2, 2, 3), shown(all(), 1, 3, 3), shown(all(), 1, 2, 4)] {
            assert_ne!(other, shown(all(), 1, 2, 3));
        }
    }

    #[test]
    fn each_step_changes_images_and_no_step_changes_none() {
        let plain: Vec<u8> = (0..3 * 8 * 8).map(|n| n as u8).collect();
        assert_eq!(shown(vec![], 0, 0, 0), plain);
        for step in &all()[..7] {
            let changed = (0..20).filter(|&image| shown(vec![*step], 0, 0, image) != plain).count();
            assert!(changed > 3, "{step:?}: {changed}");
        }
        let never = Augment::Flip { axis: Axis::Vertical, p: 0.0 };
        assert!((0..20).all(|image| shown(vec![never], 0, 0, image) == plain));
    }

    #[test]
    fn flips_come_as_often_as_asked() {
        let flip = Augment::Flip { axis: Axis::Horizontal, p: 0.25 };
        let flipped = (0..4000).filter(|&image| shown(vec![flip], 5, 1, image)[0] != 0).count();
        assert!((900..1100).contains(&flipped), "{flipped}");
    }
}
