//! Several values as one, line by line: their sum, product, largest or mean; and back.
//!
//! y: groups x channels x positions lines; each x the same, or groups x channels where one value stands for all positions of
//! its channel.

use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// With or without a ReLU behind.
    Add {
        relu: bool,
    },
    Mul,
    Max,
    Mean,
}

#[derive(Clone, Copy, Debug)]
pub struct Merge {
    pub fold: Fold,
    /// At least two.
    pub inputs: usize,
    pub channels: usize,
    pub positions: usize,
}

impl Merge {
    pub fn forward(&self, machine: &Machine, inputs: &[&[Line]], y: &mut [Line]) {
        let Self { channels, positions, .. } = *self;
        let groups = y.len() / (channels * positions);
        machine.team.group_chunks(y, groups, parts_of_task(positions) * positions, |group, first, y| {
            let operands = Operands { merge: self, inputs, channel: group * channels + first / positions };
            machine.isa.run(Forward { operands, y });
        });
    }

    /// Whether [`Merge::backward`] reads the inputs, and the output.
    pub fn reads(&self) -> [bool; 2] {
        [matches!(self.fold, Fold::Mul | Fold::Max), self.fold == Fold::Add { relu: true }]
    }

    /// The gradient of input `index`, or added to what `dx` holds. What [`Merge::reads`] denies may be empty.
    pub fn backward(&self, machine: &Machine, index: usize, made: Made, dx: &mut [Line], add: bool) {
        let Self { channels, positions, .. } = *self;
        let groups = made.dy.len() / (channels * positions);
        // Lines of one channel of the input.
        let own = dx.len() / (channels * groups).max(1);
        machine.team.group_chunks(dx, groups, parts_of_task(positions) * own, |group, first, dx| {
            let operands = Operands { merge: self, inputs: made.inputs, channel: group * channels + first / own };
            machine.isa.run(Backward { operands, index, made, own, dx, add });
        });
    }
}

/// What a backward pass reads.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    pub inputs: &'a [&'a [Line]],
    pub y: &'a [Line],
    pub dy: &'a [Line],
}

/// The inputs from one channel on.
#[derive(Clone, Copy)]
struct Operands<'a> {
    merge: &'a Merge,
    inputs: &'a [&'a [Line]],
    /// Counted over all groups.
    channel: usize,
}

impl<'a> Operands<'a> {
    /// The lines of input `index` for `count` lines of the output, and how many of these one line stands for.
    #[inline(always)]
    fn part(&self, index: usize, whole: usize, count: usize) -> (&'a [Line], usize) {
        let positions = self.merge.positions;
        let x = self.inputs[index];
        if x.len() == whole {
            return (&x[self.channel * positions..][..count], 1);
        }
        (&x[self.channel..][..count / positions], positions)
    }

    /// Input `index` at a channel, from the first of these, and position.
    #[inline(always)]
    fn value<L: Lane>(&self, index: usize, whole: usize, channel: usize, position: usize) -> L {
        let x = self.inputs[index];
        let channel = self.channel + channel;
        let at = if x.len() == whole { channel * self.merge.positions + position } else { channel };
        L::load(&x[at])
    }
}

/// What two operands become.
trait Operation {
    fn apply<L: Lane>(a: L, b: L) -> L;
}

struct Sum;
struct PositiveSum;
struct Product;
struct Largest;

impl Operation for Sum {
    #[inline(always)]
    fn apply<L: Lane>(a: L, b: L) -> L {
        a.add(b)
    }
}

impl Operation for PositiveSum {
    #[inline(always)]
    fn apply<L: Lane>(a: L, b: L) -> L {
        a.add(b).positive()
    }
}

impl Operation for Product {
    #[inline(always)]
    fn apply<L: Lane>(a: L, b: L) -> L {
        a.mul(b)
    }
}

impl Operation for Largest {
    #[inline(always)]
    fn apply<L: Lane>(a: L, b: L) -> L {
        // NaN counts as infinite, so that it is not lost.
        let rank = |x: L| x.min(L::splat(f32::INFINITY));
        rank(a).where_greater(rank(b), a, b)
    }
}

struct Forward<'a> {
    operands: Operands<'a>,
    y: &'a mut [Line],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        match self.operands.merge.fold {
            Fold::Add { relu: false } => self.fold::<L, Sum, Sum>(),
            Fold::Add { relu: true } => self.fold::<L, Sum, PositiveSum>(),
            Fold::Mul => self.fold::<L, Product, Product>(),
            Fold::Max => self.fold::<L, Largest, Largest>(),
            Fold::Mean => self.mean::<L>(),
        }
    }
}

impl Forward<'_> {
    /// The last operand joins by `Last`, the others by `O`.
    #[inline(always)]
    fn fold<L: Lane, O: Operation, Last: Operation>(self) {
        let (count, inputs) = (self.y.len(), self.operands.merge.inputs);
        let whole = self.operands.inputs.iter().map(|x| x.len()).max().unwrap_or(0);
        match [0, 1].map(|index| self.operands.part(index, whole, count)) {
            [(a, 1), (b, 1)] if inputs == 2 => return pair::<L, Last>(a, b, self.y),
            [(a, each), _] => start(a, each, self.y),
        }
        for index in 1..inputs {
            let (x, each) = self.operands.part(index, whole, count);
            match index + 1 == inputs {
                true => join::<L, Last>(x, each, self.y),
                false => join::<L, O>(x, each, self.y),
            }
        }
    }

    #[inline(always)]
    fn mean<L: Lane>(self) {
        let Self { operands, y } = self;
        let share = L::splat(1.0 / operands.merge.inputs as f32);
        Forward { operands, y: &mut *y }.fold::<L, Sum, Sum>();
        for y in y {
            L::load(y).mul(share).store(y);
        }
    }
}

#[inline(always)]
fn pair<L: Lane, O: Operation>(a: &[Line], b: &[Line], y: &mut [Line]) {
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        O::apply(L::load(a), L::load(b)).store(y);
    }
}

#[inline(always)]
fn start(x: &[Line], each: usize, y: &mut [Line]) {
    match each {
        1 => y.copy_from_slice(x),
        _ => x.iter().zip(y.chunks_exact_mut(each)).for_each(|(x, y)| y.fill(*x)),
    }
}

#[inline(always)]
fn join<L: Lane, O: Operation>(x: &[Line], each: usize, y: &mut [Line]) {
    if each == 1 {
        for (x, y) in x.iter().zip(y) {
            O::apply(L::load(y), L::load(x)).store(y);
        }
        return;
    }
    for (x, y) in x.iter().zip(y.chunks_exact_mut(each)) {
        let x = L::load(x);
        for y in y {
            O::apply(L::load(y), x).store(y);
        }
    }
}

struct Backward<'a> {
    operands: Operands<'a>,
    index: usize,
    made: Made<'a>,
    own: usize,
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let dx = std::mem::take(&mut self.dx);
        let positions = self.operands.merge.positions;
        for (channel, dx) in dx.chunks_exact_mut(self.own).enumerate() {
            if self.own == positions {
                for (position, dx) in dx.iter_mut().enumerate() {
                    put(self.gradient::<L>(channel, position), dx, self.add);
                }
            } else {
                let mut sum = L::zero();
                for position in 0..positions {
                    sum = sum.add(self.gradient::<L>(channel, position));
                }
                put(sum, &mut dx[0], self.add);
            }
        }
    }
}

impl Backward<'_> {
    /// What one line of the output gives to the input.
    #[inline(always)]
    fn gradient<L: Lane>(&self, channel: usize, position: usize) -> L {
        let Merge { fold, inputs, positions, .. } = *self.operands.merge;
        let at = (self.operands.channel + channel) * positions + position;
        let dy = L::load(&self.made.dy[at]);
        match fold {
            Fold::Add { relu: false } => dy,
            Fold::Add { relu: true } => L::load(&self.made.y[at]).pass_positive(dy),
            Fold::Mean => dy.mul(L::splat(1.0 / inputs as f32)),
            Fold::Mul => {
                let mut gradient = dy;
                for index in (0..inputs).filter(|index| *index != self.index) {
                    gradient = gradient.mul(self.value::<L>(index, channel, position));
                }
                gradient
            }
            Fold::Max => dy.mul(self.share::<L>(channel, position)),
        }
    }

    #[inline(always)]
    fn value<L: Lane>(&self, index: usize, channel: usize, position: usize) -> L {
        self.operands.value(index, self.made.dy.len(), channel, position)
    }

    /// The input's share of a largest value: of two equals each takes half, from the last input to the first.
    #[inline(always)]
    fn share<L: Lane>(&self, channel: usize, position: usize) -> L {
        let mut largest = self.value::<L>(0, channel, position);
        let mut share = L::splat(1.0);
        for index in 1..self.operands.merge.inputs {
            let x = self.value::<L>(index, channel, position);
            if index == self.index {
                share = half_of(x, largest);
            } else if index > self.index {
                share = share.mul(half_of(largest, x));
            }
            largest = largest.max(x);
        }
        share
    }
}

/// 1 where a > b, 0 where a < b, 1/2 where neither is so.
#[inline(always)]
fn half_of<L: Lane>(a: L, b: L) -> L {
    let below = b.where_greater(a, L::zero(), L::splat(0.5));
    a.where_greater(b, L::splat(1.0), below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check_gradient, check_output, differences, lines, random};

    /// y of one image's inputs.
    fn plain(merge: &Merge, inputs: &[&[f64]]) -> Vec<f64> {
        let Merge { fold, channels, positions, .. } = *merge;
        let value = |x: &[f64], at: usize| if x.len() == channels { x[at / positions] } else { x[at] };
        let one = |at: usize| {
            let values = inputs.iter().map(|x| value(x, at));
            match fold {
                Fold::Add { relu: false } => values.sum(),
                Fold::Add { relu: true } => values.sum::<f64>().max(0.0),
                Fold::Mul => values.product(),
                Fold::Max => values.fold(f64::NEG_INFINITY, f64::max),
                Fold::Mean => values.sum::<f64>() / inputs.len() as f64,
            }
        };
        (0..channels * positions).map(one).collect()
    }

    /// `counts`: how many values an image has of each input.
    fn check(fold: Fold, [channels, positions]: [usize; 2], counts: &[usize]) {
        const IMAGES: usize = 19;
        let merge = Merge { fold, inputs: counts.len(), channels, positions };
        let inputs: Vec<Vec<f32>> = (0..).zip(counts).map(|(n, &count)| random(IMAGES * count, n)).collect();
        // Input `index` is replaced by `x`.
        let all = |index: usize, x: &[f64]| -> Vec<f64> {
            let image = |image: usize| {
                let value = |n: usize| match n == index {
                    true => x[image * counts[n]..][..counts[n]].to_vec(),
                    false => inputs[n][image * counts[n]..][..counts[n]].iter().map(|&x| f64::from(x)).collect(),
                };
                let values: Vec<Vec<f64>> = (0..counts.len()).map(value).collect();
                plain(&merge, &values.iter().map(Vec::as_slice).collect::<Vec<_>>())
            };
            (0..IMAGES).flat_map(image).collect()
        };
        let laid: Vec<Vec<Line>> = inputs.iter().zip(counts).map(|(x, &count)| lines(x, count)).collect();
        let laid: Vec<&[Line]> = laid.iter().map(Vec::as_slice).collect();
        let count = channels * positions;
        let expected = all(usize::MAX, &[]);
        check_output(&expected, count, |machine, y| merge.forward(machine, &laid, y));
        let dy = random(IMAGES * count, 77);
        let (y, dy_laid) = (lines(&expected.iter().map(|&y| y as f32).collect::<Vec<_>>(), count), lines(&dy, count));
        let made = Made { inputs: &laid, y: &y, dy: &dy_laid };
        for index in 0..counts.len() {
            let gradient = differences(|x| all(index, x), &inputs[index], &dy);
            let backward = |machine: &Machine, dx: &mut [Line], add| merge.backward(machine, index, made, dx, add);
            check_gradient(&gradient, counts[index], backward);
        }
    }

    #[test]
    fn two_and_three_values_merge() {
        for fold in [Fold::Add { relu: false }, Fold::Add { relu: true }, Fold::Mul, Fold::Max, Fold::Mean] {
            check(fold, [3, 4], &[12, 12]);
            check(fold, [7, 1], &[7, 7, 7]);
        }
    }

    #[test]
    fn a_vector_stands_for_all_positions_of_its_channels() {
        for fold in [Fold::Add { relu: false }, Fold::Add { relu: true }, Fold::Mul] {
            check(fold, [3, 4], &[12, 3]);
            check(fold, [2, 3], &[2, 6, 6]);
        }
    }

    #[test]
    fn a_nan_is_the_largest() {
        let merge = Merge { fold: Fold::Max, inputs: 2, channels: 1, positions: 1 };
        let [nan, one] = [lines(&[f32::NAN], 1), lines(&[1.0], 1)];
        for inputs in [[&nan[..], &one], [&one, &nan]] {
            let mut y = vec![Line::ZERO];
            merge.forward(&Machine::new(1), &inputs, &mut y);
            assert!(y[0].0[0].is_nan());
        }
    }

    #[test]
    fn of_equal_values_each_takes_its_share() {
        let merge = Merge { fold: Fold::Max, inputs: 3, channels: 1, positions: 1 };
        let [low, high] = [lines(&[1.0], 1), lines(&[2.0], 1)];
        let dy = lines(&[1.0], 1);
        for (inputs, shares) in [([&high, &high, &low], [0.5, 0.5, 0.0]), ([&high, &high, &high], [0.25, 0.25, 0.5])] {
            let inputs = inputs.map(|x| &x[..]);
            for (index, share) in shares.into_iter().enumerate() {
                let made = Made { inputs: &inputs, y: &high, dy: &dy };
                check_gradient(&[share], 1, |machine, dx, add| merge.backward(machine, index, made, dx, add));
            }
        }
    }
}
