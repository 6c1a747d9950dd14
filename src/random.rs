//! Random numbers from counters: what is drawn depends on (seed, purpose, epoch, index) alone, never on the order
//! of drawing or on threads.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What numbers are drawn for; each purpose has streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Init,
    Shuffle,
    Dropout,
    Split,
    Augment,
    Sketch,
}

/// The key of one stream.
pub fn key(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> u64 {
    [purpose as u64, epoch, index].iter().fold(mix(seed), |key, &part| mix(key ^ mix(part.wrapping_add(GAMMA))))
}

/// A generator for a stream.
pub fn stream(key: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(key)
}

/// Number `counter` of a stream, uniform in [0, 1) with 24 bits.
pub fn uniform(key: u64, counter: u64) -> f32 {
    bits(key, counter) as f32 / (1u64 << 24) as f32
}

/// The 24 bits of [`uniform`], which is a 2^24th of them.
#[inline(always)]
pub fn bits(key: u64, counter: u64) -> u64 {
    mix(key.wrapping_add(counter.wrapping_add(1).wrapping_mul(GAMMA))) >> 40
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea, Flood 2014).
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
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

    #[test]
    fn uniform_has_the_moments_of_the_uniform_distribution() {
        let draws: Vec<f64> = (0..100_000).map(|n| f64::from(uniform(7, n))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 0.004 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean} {variance}");
    }
}
