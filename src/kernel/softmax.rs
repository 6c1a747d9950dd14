//! Softmax over features: y = e^x / sum(e^x), dx = y (dy - sum(y dy)); or its logarithm: y = x - log(sum(e^x)),
//! dx = dy - e^y sum(dy). At each position of a map or sequence by itself.

use super::features::Features;
use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::shared::Shared;

#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    pub features: Features,
    pub log: bool,
}

impl Softmax {
    pub fn forward(&self, machine: &Machine, x: &[Line], y: &mut [Line]) {
        let groups = x.len() / self.features.lines();
        let y = Shared::new(y);
        self.each(machine, groups, |places| machine.isa.run(Forward { softmax: self, x, y: &y, places }));
    }

    /// dx, or added to what `dx` holds.
    pub fn backward(&self, machine: &Machine, y: &[Line], dy: &[Line], dx: &mut [Line], add: bool) {
        let groups = y.len() / self.features.lines();
        let dx = Shared::new(dx);
        self.each(machine, groups, |places| machine.isa.run(Backward { softmax: self, y, dy, dx: &dx, add, places }));
    }

    /// Calls `task` with some positions, counted over all groups, until all had their turn.
    fn each(&self, machine: &Machine, groups: usize, task: impl Fn(std::ops::Range<usize>) + Sync) {
        let (size, places) = (parts_of_task(self.features.count), groups * self.features.positions);
        machine.team.run(places.div_ceil(size), |index, _| task(index * size..places.min((index + 1) * size)));
    }

    /// The lines of one position's features: the first and how far the next is.
    #[inline(always)]
    fn place(&self, place: usize) -> [usize; 2] {
        let positions = self.features.positions;
        self.features.at(place / positions, place % positions)
    }
}

struct Forward<'a> {
    softmax: &'a Softmax,
    x: &'a [Line],
    y: &'a Shared<'a, Line>,
    places: std::ops::Range<usize>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for place in self.places.clone() {
            if self.softmax.log { self.logarithm::<L>(place) } else { self.share::<L>(place) }
        }
    }
}

impl Forward<'_> {
    #[inline(always)]
    fn share<L: Lane>(&self, place: usize) {
        let [first, stride] = self.softmax.place(place);
        let largest = largest::<L>(self.x, [first, stride], self.softmax.features.count);
        let mut sum = L::zero();
        for feature in 0..self.softmax.features.count {
            let at = first + feature * stride;
            let power = L::load(&self.x[at]).sub(largest).exp();
            sum = sum.add(power);
            // SAFETY: each task has positions of its own.
            power.store(unsafe { self.y.one(at) });
        }
        let share = L::splat(1.0).div(sum);
        for feature in 0..self.softmax.features.count {
            // SAFETY: each task has positions of its own.
            let y = unsafe { self.y.one(first + feature * stride) };
            L::load(y).mul(share).store(y);
        }
    }

    #[inline(always)]
    fn logarithm<L: Lane>(&self, place: usize) {
        let [first, stride] = self.softmax.place(place);
        let [largest, sum] = sum_of_powers::<L>(self.x, [first, stride], self.softmax.features.count);
        let logarithm = L::load(&Line(sum.to_array().map(f32::ln)));
        for feature in 0..self.softmax.features.count {
            let at = first + feature * stride;
            let y = L::load(&self.x[at]).sub(largest).sub(logarithm);
            // SAFETY: each task has positions of its own.
            y.store(unsafe { self.y.one(at) });
        }
    }
}

#[inline(always)]
fn largest<L: Lane>(x: &[Line], [first, stride]: [usize; 2], count: usize) -> L {
    let mut largest = L::load(&x[first]);
    for n in 1..count {
        largest = largest.max(L::load(&x[first + n * stride]));
    }
    largest
}

/// The largest of `count` lines from `first` on, `stride` apart, and the sum of e^(x - largest).
#[inline(always)]
pub(super) fn sum_of_powers<L: Lane>(x: &[Line], [first, stride]: [usize; 2], count: usize) -> [L; 2] {
    let largest = largest::<L>(x, [first, stride], count);
    let mut sum = L::zero();
    for n in 0..count {
        sum = sum.add(L::load(&x[first + n * stride]).sub(largest).exp());
    }
    [largest, sum]
}

struct Backward<'a> {
    softmax: &'a Softmax,
    y: &'a [Line],
    dy: &'a [Line],
    dx: &'a Shared<'a, Line>,
    add: bool,
    places: std::ops::Range<usize>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Softmax { features, log } = *self.softmax;
        for place in self.places.clone() {
            let [first, stride] = self.softmax.place(place);
            let mut sum = L::zero();
            for feature in 0..features.count {
                let at = first + feature * stride;
                let dy = L::load(&self.dy[at]);
                sum = if log { sum.add(dy) } else { L::load(&self.y[at]).mul_add(dy, sum) };
            }
            for feature in 0..features.count {
                let at = first + feature * stride;
                let (y, dy) = (L::load(&self.y[at]), L::load(&self.dy[at]));
                let gradient = if log { y.exp().neg_mul_add(sum, dy) } else { dy.sub(sum).mul(y) };
                // SAFETY: each task has positions of its own.
                put(gradient, unsafe { self.dx.one(at) }, self.add);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check_gradient, check_output, differences, lines, random, to_f64};

    fn plain(softmax: &Softmax, x: &[f64]) -> Vec<f64> {
        let mut y = vec![0.0; x.len()];
        for place in 0..x.len() / softmax.features.count {
            let [first, stride] = softmax.place(place);
            let at = |feature| first + feature * stride;
            let sum: f64 = (0..softmax.features.count).map(|feature| x[at(feature)].exp()).sum();
            for at in (0..softmax.features.count).map(at) {
                y[at] = if softmax.log { x[at] - sum.ln() } else { x[at].exp() / sum };
            }
        }
        y
    }

    #[test]
    fn features_share_one_and_the_gradient_is_the_formula_s() {
        for (log, by_position) in [(false, false), (false, true), (true, false), (true, true)] {
            for (count, positions) in [(5, 1), (3, 4)] {
                let softmax = Softmax { features: Features { count, positions, by_position }, log };
                let values = count * positions;
                let x: Vec<f32> = random(18 * values, 1).iter().map(|x| x * 5.0).collect();
                let (laid, dy) = (lines(&x, values), random(18 * values, 2));
                let expected = plain(&softmax, &to_f64(&x));
                check_output(&expected, values, |machine, y| softmax.forward(machine, &laid, y));
                let y = lines(&expected.iter().map(|&y| y as f32).collect::<Vec<_>>(), values);
                let dy_laid = lines(&dy, values);
                let gradient = differences(|x| plain(&softmax, x), &x, &dy);
                check_gradient(&gradient, values, |machine, dx, add| softmax.backward(machine, &y, &dy_laid, dx, add));
            }
        }
    }

    #[test]
    fn large_scores_stay_finite() {
        let softmax = Softmax { features: Features { count: 2, positions: 1, by_position: true }, log: true };
        let x = lines(&[1000.0, 0.0], 2);
        check_output(&[0.0, -1000.0], 2, |machine, y| softmax.forward(machine, &x, y));
    }
}
