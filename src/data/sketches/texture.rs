//! Dice -> a pattern of cloth: a change of lightness at each point of a garment.

use super::dice::Dice;
use super::outline::{Point, mix};
use crate::random;

/// What repeats in a cloth.
#[derive(Clone, Copy)]
pub enum Pattern {
    Plain,
    /// Waves along a direction.
    Stripes(Point),
    Checks,
    Dots,
    /// Soft stains.
    Clouds,
}

const PATTERNS: [Pattern; 8] = [
    Pattern::Plain,
    Pattern::Plain,
    Pattern::Stripes([0.0, 1.0]),
    Pattern::Stripes([1.0, 0.0]),
    Pattern::Stripes([0.7, 0.7]),
    Pattern::Checks,
    Pattern::Dots,
    Pattern::Clouds,
];

/// How often a garment has its usual pattern; that is what a reader of local features has before a linear one.
const USUAL: f32 = 0.75;

/// A pattern, its period in the garment's units, and its strength.
pub struct Texture {
    pattern: Pattern,
    period: f32,
    strength: f32,
    phase: f32,
}

impl Texture {
    /// Often of the pattern that is usual for the garment, else of any.
    pub fn new(dice: &mut Dice, usual: Pattern) -> Self {
        let pattern = if dice.chance(USUAL) { usual } else { PATTERNS[dice.below(PATTERNS.len())] };
        let (period, strength) = (dice.between(0.12, 0.22), dice.between(0.16, 0.3));
        Self { pattern, period, strength, phase: dice.between(0.0, 1000.0) }
    }

    /// The change of lightness at a point.
    pub fn at(&self, point: Point) -> f32 {
        let [u, v] = point.map(|x| x / self.period);
        self.strength
            * match self.pattern {
                Pattern::Plain => 0.0,
                Pattern::Stripes([x, y]) => wave(x * u + y * v + self.phase),
                Pattern::Checks => wave(u) * 0.6 + wave(v) * 0.6,
                Pattern::Dots => wave(u) * wave(v),
                Pattern::Clouds => self.cloud([u, v]),
            }
    }

    /// Values in [-1, 1] at the corners of a grid, mixed in between.
    fn cloud(&self, point: Point) -> f32 {
        let cell = point.map(f32::floor);
        let [x, y] = [point[0] - cell[0], point[1] - cell[1]];
        let corner = |dx: f32, dy: f32| {
            let number = (cell[0] + dx + 64.0) * 128.0 + cell[1] + dy + 64.0;
            2.0 * random::uniform(u64::from(self.phase.to_bits()), number as u64) - 1.0
        };
        mix(mix(corner(0.0, 0.0), corner(1.0, 0.0), x), mix(corner(0.0, 1.0), corner(1.0, 1.0), x), y)
    }
}

/// Between -1 and 1 with period 1, close to a sine.
fn wave(turns: f32) -> f32 {
    let x = 2.0 * (turns - turns.floor()) - 1.0;
    4.0 * x * (1.0 - x.abs())
}
