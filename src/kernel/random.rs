//! Random numbers from counters: number n of a stream depends on the stream's key and n alone.

/// What is added from one number of a stream to the next: 2^64 divided by the golden ratio.
pub const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea, Flood 2014).
#[inline(always)]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Number `counter` of a stream, uniform in [0, 1) with 24 bits.
#[inline]
pub fn uniform(key: u64, counter: u64) -> f32 {
    bits(key, counter) as f32 / (1u64 << 24) as f32
}

/// The 24 bits of [`uniform`], which is a 2^24th of them.
#[inline(always)]
pub fn bits(key: u64, counter: u64) -> u64 {
    mix(key.wrapping_add(counter.wrapping_add(1).wrapping_mul(GAMMA))) >> 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_has_the_moments_of_the_uniform_distribution() {
        let draws: Vec<f64> = (0..100_000).map(|n| f64::from(uniform(7, n))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 0.004 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean} {variance}");
    }
}
