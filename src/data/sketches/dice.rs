//! A key -> numbers, each drawn once.

use crate::random;

/// Draws from one stream, in order.
pub struct Dice {
    key: u64,
    drawn: u64,
}

impl Dice {
    pub fn new(key: u64) -> Self {
        Self { key, drawn: 0 }
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        self.drawn += 1;
        low + (high - low) * random::uniform(self.key, self.drawn)
    }

    /// True with that probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// 0 to `count` - 1, each as likely.
    pub fn below(&mut self, count: usize) -> usize {
        (self.between(0.0, count as f32) as usize).min(count - 1)
    }

    /// -1 or 1.
    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// In (-1, 1) with mean 0, small values likelier.
    pub fn near_zero(&mut self) -> f32 {
        self.between(-0.5, 0.5) + self.between(-0.5, 0.5)
    }
}
