//! Points of a plane -> how they push each other apart in t-SNE: with q = 1 / (1 + |a - b|^2), the sums over all b of
//! q^2 (a - b) and of q.

use super::isa::{Isa, Kernel};
use super::lane::Lane;
use super::line::Line;

/// So many numbers are summed before their sum is added to others, so that a sum of many is as exact as one of few.
const PART: usize = 1024;

/// What pushes sixteen points a.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Push {
    /// The sums of q^2 (a - b), along both axes.
    pub force: [Line; 2],
    /// The sums of q.
    pub closeness: Line,
}

/// How the points `all` push sixteen of them, each given by both coordinates. A point's own q is 1.
pub fn push(isa: Isa, sixteen: [&Line; 2], all: [&[f32]; 2]) -> Push {
    isa.run(Pushing { sixteen, all })
}

struct Pushing<'a> {
    sixteen: [&'a Line; 2],
    all: [&'a [f32]; 2],
}

impl Kernel for Pushing<'_> {
    type Output = Push;

    #[inline(always)]
    fn run<L: Lane>(self) -> Push {
        let at = [L::load(self.sixteen[0]), L::load(self.sixteen[1])];
        let mut sums = [L::zero(); 3];
        for (x, y) in self.all[0].chunks(PART).zip(self.all[1].chunks(PART)) {
            let part = sums_of_part(at, x, y);
            sums = [sums[0].add(part[0]), sums[1].add(part[1]), sums[2].add(part[2])];
        }
        let [x, y, closeness] = [Line(sums[0].to_array()), Line(sums[1].to_array()), Line(sums[2].to_array())];
        Push { force: [x, y], closeness }
    }
}

/// Two points share one division: 1/a and 1/b are b/(ab) and a/(ab).
#[inline(always)]
fn sums_of_part<L: Lane>(at: [L; 2], x: &[f32], y: &[f32]) -> [L; 3] {
    let one = L::splat(1.0);
    let mut sums = [L::zero(); 3];
    let ([pairs_x, rest_x], [pairs_y, rest_y]) = (pairs(x), pairs(y));
    for (x, y) in pairs_x.chunks_exact(2).zip(pairs_y.chunks_exact(2)) {
        let (first, second) = (Gap::new(at, x[0], y[0]), Gap::new(at, x[1], y[1]));
        let share = one.div(first.length.mul(second.length));
        sums = first.add_to(second.length.mul(share), sums);
        sums = second.add_to(first.length.mul(share), sums);
    }
    for (&x, &y) in rest_x.iter().zip(rest_y) {
        let gap = Gap::new(at, x, y);
        sums = gap.add_to(one.div(gap.length), sums);
    }
    sums
}

/// As many numbers as are even, and the one that is left.
#[inline(always)]
fn pairs(numbers: &[f32]) -> [&[f32]; 2] {
    let (pairs, rest) = numbers.split_at(numbers.len() & !1);
    [pairs, rest]
}

/// a - b, and 1 + |a - b|^2.
struct Gap<L> {
    x: L,
    y: L,
    length: L,
}

impl<L: Lane> Gap<L> {
    #[inline(always)]
    fn new(at: [L; 2], x: f32, y: f32) -> Self {
        let [x, y] = [at[0].sub(L::splat(x)), at[1].sub(L::splat(y))];
        Self { x, y, length: x.mul_add(x, y.mul_add(y, L::splat(1.0))) }
    }

    #[inline(always)]
    fn add_to(&self, q: L, sums: [L; 3]) -> [L; 3] {
        let square = q.mul(q);
        [square.mul_add(self.x, sums[0]), square.mul_add(self.y, sums[1]), sums[2].add(q)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LANES;
    use crate::random::uniform;

    /// The sums, one by one.
    fn plain(a: [f64; 2], all: [&[f32]; 2]) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for (&x, &y) in all[0].iter().zip(all[1]) {
            let [x, y] = [a[0] - f64::from(x), a[1] - f64::from(y)];
            let q = 1.0 / (1.0 + x * x + y * y);
            sums = [sums[0] + q * q * x, sums[1] + q * q * y, sums[2] + q];
        }
        sums
    }

    #[test]
    fn sums_are_those_of_the_formula_on_every_instruction_set() {
        let coordinates = |key| (0..2077).map(|n| 60.0 * uniform(key, n) - 30.0).collect::<Vec<f32>>();
        let [x, y] = [coordinates(1), coordinates(2)];
        let line = |numbers: &[f32]| Line(std::array::from_fn(|lane| numbers[lane]));
        for isa in Isa::available() {
            let pushed = push(isa, [&line(&x), &line(&y)], [&x, &y]);
            for lane in 0..LANES {
                let expected = plain([x[lane], y[lane]].map(f64::from), [&x, &y]);
                let found = [pushed.force[0].0[lane], pushed.force[1].0[lane], pushed.closeness.0[lane]];
                for (found, expected) in found.into_iter().zip(expected) {
                    let tolerance = 1e-5 * (1.0 + expected.abs());
                    assert!((f64::from(found) - expected).abs() < tolerance, "{}: {found} {expected}", isa.name());
                }
            }
        }
    }
}
