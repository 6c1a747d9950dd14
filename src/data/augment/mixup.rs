//! Two images, two labels and a weight -> one image with both labels (Zhang, Cisse, Dauphin, Lopez-Paz 2018).

use rand::Rng;
use rand_distr::{Beta, Distribution};

use super::Augmentation;
use crate::random::{self, Purpose};

/// The second labels of a batch whose images are mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// The class of the image mixed into each.
    pub labels: Vec<usize>,
    /// How much of each image, and of its label, is its own: from 0 to 1. The rest is the second one's.
    pub weights: Vec<f32>,
}

/// What one image is mixed with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    /// The other's position in the epoch.
    pub position: usize,
    /// How much of the image is its own.
    pub weight: f32,
}

/// Marks the keys of partners, apart from those of the images' own changes.
const PARTNERS: u64 = 1 << 63;

/// What the image at `position` of an epoch of `images` is mixed with.
pub fn partner(augmentation: &Augmentation, alpha: f32, position: usize, images: usize) -> Mixture {
    let key = random::key(augmentation.seed, Purpose::Augment, augmentation.epoch, PARTNERS | position as u64);
    let mut draws = random::stream(key);
    let position = draws.random_range(0..images.max(1) as u64) as usize;
    let weight = Beta::new(alpha, alpha).map_or(1.0, |beta| beta.sample(&mut draws));
    // Tiny alphas underflow to 0 / 0.
    Mixture { position, weight: if weight.is_finite() { weight } else { 1.0 } }
}

impl Mixture {
    /// Mixes `other` into `own`.
    pub fn mix(self, own: &mut [f32], other: &[f32]) {
        own.iter_mut().zip(other).for_each(|(own, other)| *own = self.weight * *own + (1.0 - self.weight) * other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_the_moments_of_their_distribution() {
        for (alpha, variance) in [(0.2, 0.25 / 1.4), (1.0, 1.0 / 12.0)] {
            let augmentation = Augmentation { seed: 3, ..Augmentation::default() };
            let drawn: Vec<Mixture> = (0..4000).map(|at| partner(&augmentation, alpha, at, 100)).collect();
            let mean = drawn.iter().map(|mixture| mixture.weight).sum::<f32>() / 4000.0;
            let spread = drawn.iter().map(|mixture| (mixture.weight - mean).powi(2)).sum::<f32>() / 4000.0;
            assert!((mean - 0.5).abs() < 0.02 && (spread - variance).abs() < 0.01, "{alpha}: {mean} {spread}");
            assert!(drawn.iter().any(|mixture| mixture.position == 0));
            assert!(drawn.iter().any(|mixture| mixture.position == 99));
        }
    }

    #[test]
    fn images_are_mixed_by_weight() {
        let mut own = [1.0, 0.0];
        Mixture { position: 0, weight: 0.75 }.mix(&mut own, &[0.0, 1.0]);
        assert_eq!(own, [0.75, 0.25]);
    }
}
