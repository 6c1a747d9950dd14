//! Dropout: y = x mask and dx = dy mask; a mask is 0, or 1 / (1 - p) for what stays.
//!
//! Masks: groups x features lines; one line serves all positions of its feature.

use super::features::Features;
use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::{LANES, Line};
use super::machine::Machine;
use crate::random;

/// Lines of masks that one task draws.
const LINES: usize = 256;

#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    pub p: f64,
    /// What is dropped as one.
    pub features: Features,
}

impl Dropout {
    /// Draws masks for each image, which has a stream of its own: number `first + feature` of it is below p where the
    /// feature is dropped. Idle lanes drop all.
    pub fn draw(&self, machine: &Machine, streams: &[u64], first: u64, masks: &mut [Line]) {
        let kept = (1.0 / (1.0 - self.p)) as f32;
        // A 2^24th of an integer is below p where the integer is below this one.
        let limit = (self.p * f64::from(1 << 24)).ceil() as u64;
        let groups = streams.len().div_ceil(LANES);
        machine.team.group_chunks(masks, groups, LINES, |group, feature, masks| {
            let streams = &streams[group * LANES..streams.len().min((group + 1) * LANES)];
            machine.isa.run(Draw { streams, first: first + feature as u64, limit, kept, masks });
        });
    }

    /// y = x mask; or added to what `y` holds.
    pub fn apply(&self, machine: &Machine, masks: &[Line], x: &[Line], y: &mut [Line], add: bool) {
        let Features { count, positions, by_position } = self.features;
        let groups = y.len() / self.features.lines();
        // Lines that masks repeat in, or that repeat a mask.
        let row = if by_position { count } else { positions };
        machine.team.group_chunks(y, groups, parts_of_task(row) * row, |group, first, y| {
            let x = &x[group * self.features.lines() + first..][..y.len()];
            let masks = &masks[group * count..][..count];
            let masks = if by_position { masks } else { &masks[first / row..] };
            machine.isa.run(Apply { row, by_position, masks, x, y, add });
        });
    }
}

/// Masks of one group.
struct Draw<'a> {
    streams: &'a [u64],
    first: u64,
    /// Where the numbers begin that keep a value.
    limit: u64,
    kept: f32,
    masks: &'a mut [Line],
}

impl Kernel for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let mut streams = [0; LANES];
        streams[..self.streams.len()].copy_from_slice(self.streams);
        let mut kept = [0; LANES];
        kept[..self.streams.len()].fill(self.kept.to_bits());
        for (counter, line) in (self.first..).zip(self.masks) {
            for (lane, mask) in line.0.iter_mut().enumerate() {
                // No branch, as nobody could foresee it.
                let keeps = u32::from(random::bits(streams[lane], counter) >= self.limit);
                *mask = f32::from_bits(kept[lane] & keeps.wrapping_neg());
            }
        }
    }
}

struct Apply<'a> {
    row: usize,
    by_position: bool,
    masks: &'a [Line],
    x: &'a [Line],
    y: &'a mut [Line],
    add: bool,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { row, masks, x, y, add, .. } = self;
        if self.by_position {
            for (x, y) in x.chunks_exact(row).zip(y.chunks_exact_mut(row)) {
                each::<L>(masks, x, y, add);
            }
        } else if row == 1 {
            each::<L>(masks, x, y, add);
        } else {
            for (mask, (x, y)) in masks.iter().zip(x.chunks_exact(row).zip(y.chunks_exact_mut(row))) {
                let mask = L::load(mask);
                for (x, y) in x.iter().zip(y) {
                    put(L::load(x).mul(mask), y, add);
                }
            }
        }
    }
}

#[inline(always)]
fn each<L: Lane>(masks: &[Line], x: &[Line], y: &mut [Line], add: bool) {
    for ((mask, x), y) in masks.iter().zip(x).zip(y) {
        put(L::load(x).mul(L::load(mask)), y, add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check_gradient, lines, random};

    #[test]
    fn a_feature_that_is_dropped_is_dropped_at_all_positions() {
        for (count, positions, by_position) in [(30, 1, false), (4, 5, false), (3, 4, true)] {
            let dropout = Dropout { p: 0.3, features: Features { count, positions, by_position } };
            let values = count * positions;
            let x = random(20 * values, 1);
            let streams: Vec<u64> = (100..120).collect();
            let value = |n: usize| {
                let (image, at) = (n / values, n % values);
                let feature = if by_position { at % count } else { at / positions };
                let dropped = crate::random::uniform(streams[image], 9 + feature as u64) < 0.3;
                if dropped { 0.0 } else { f64::from(x[n]) / 0.7 }
            };
            let expected: Vec<f64> = (0..x.len()).map(value).collect();
            assert!(expected.contains(&0.0));
            let laid = lines(&x, values);
            check_gradient(&expected, values, |machine, y, add| {
                let mut masks = vec![Line([f32::NAN; LANES]); 2 * count];
                dropout.draw(machine, &streams, 9, &mut masks);
                dropout.apply(machine, &masks, &laid, y, add);
            });
        }
    }
}
