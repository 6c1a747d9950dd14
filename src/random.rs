//! Random numbers from counters: what is drawn depends on (seed, purpose, epoch, index) alone, never on the order
//! of drawing or on threads.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use crate::kernel::random::uniform;
use crate::kernel::random::{GAMMA, mix};

/// What numbers are drawn for; each purpose has streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Init,
    Shuffle,
    Dropout,
    Split,
    Augment,
    Sketch,
    Embed,
}

/// The key of one stream.
pub fn key(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> u64 {
    [purpose as u64, epoch, index].iter().fold(mix(seed), |key, &part| mix(key ^ mix(part.wrapping_add(GAMMA))))
}

/// A generator for a stream.
pub fn stream(key: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_each_part_of_their_key() {
        let keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)].map(|(s, e, i)| key(s, Purpose::Init, e, i));
        for (n, a) in keys.iter().enumerate() {
            assert!(keys[..n].iter().all(|b| a != b));
        }
        assert_ne!(keys[0], key(0, Purpose::Shuffle, 0, 0));
    }
}
