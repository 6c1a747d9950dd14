//! Norms within an image: y = weight n + bias, n = (x - mean) / sqrt(variance + epsilon), mean and variance over each group
//! of channels; dx = (g - mean(g) - n mean(g n)) / sqrt(variance + epsilon), g = weight dy.
//!
//! x, y: groups of lanes x channels x positions lines; weight and bias: a number for each channel. The norm over all values
//! of an image, each with a weight of its own, has one group and as many channels as values.
//!
//! Each group's channels are cut into blocks of a task each, whose sums are then joined.

use std::ops::Range;

use super::batch_norm::EPSILON;
use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::shared::Shared;

#[derive(Clone, Copy, Debug)]
pub struct GroupNorm {
    /// Of channels.
    pub groups: usize,
    pub channels: usize,
    pub positions: usize,
}

/// Weight and bias.
pub type Affine<'a> = [&'a [f32]; 2];

impl GroupNorm {
    /// Lines for each group of lanes that `sums` of either pass must hold.
    pub fn scratch(&self) -> usize {
        2 * self.groups * self.blocks()
    }

    /// Lines for each group of lanes that `moments` must hold.
    pub fn moments(&self) -> usize {
        2 * self.groups
    }

    /// Leaves in `moments`, for each group, mean and 1 / sqrt(variance + epsilon).
    pub fn forward(
        &self,
        machine: &Machine,
        x: &[Line],
        affine: Affine,
        [moments, sums]: [&mut [Line]; 2],
        y: &mut [Line],
    ) {
        machine.team.chunks(sums, 2, |index, sums, _| machine.isa.run(Moments { norm: self, index, x, sums }));
        let sums = &*sums;
        machine.team.chunks(moments, 2, |index, moments, _| {
            let sums = &sums[index * 2 * self.blocks()..][..2 * self.blocks()];
            machine.isa.run(JoinMoments { norm: self, sums, moments });
        });
        let moments = &*moments;
        let y = Shared::new(y);
        machine.team.run(sums.len() / 2, |index, _| {
            // SAFETY: each task has a block of its own.
            let y = unsafe { y.part(self.lines(index)) };
            machine.isa.run(Forward { norm: self, index, x, affine, moments, y });
        });
    }

    /// The gradients of weight and bias, and dx where it is wanted: written, or added to what it holds.
    pub fn backward(
        &self,
        machine: &Machine,
        made: Made,
        sums: &mut [Line],
        gradients: [&mut [f32]; 2],
        dx: Option<(&mut [Line], bool)>,
    ) {
        self.sums(machine, made, sums, gradients);
        let Some((dx, add)) = dx else { return };
        machine.team.chunks(sums, 2 * self.blocks(), |_, sums, _| machine.isa.run(JoinSums { norm: self, sums }));
        let sums = &*sums;
        let dx = Shared::new(dx);
        machine.team.run(sums.len() / 2, |index, _| {
            // SAFETY: each task has a block of its own.
            let dx = unsafe { dx.part(self.lines(index)) };
            machine.isa.run(Backward { norm: self, index, made, sums, dx, add });
        });
    }

    /// The gradients of weight and bias; for each block of each group of lanes the sums of g and g n.
    fn sums(&self, machine: &Machine, made: Made, sums: &mut [Line], [dweight, dbias]: [&mut [f32]; 2]) {
        let [dweight, dbias] = [dweight, dbias].map(Shared::new);
        let sums = Shared::new(sums);
        machine.team.run(self.groups * self.blocks(), |index, _| {
            let channels = self.block(index);
            // SAFETY: each task has channels of its own.
            let gradients = unsafe { [dweight.part(channels.clone()), dbias.part(channels.clone())] };
            machine.isa.run(Sums { norm: self, index, made, gradients, sums: &sums });
        });
    }

    /// Blocks of one group.
    fn blocks(&self) -> usize {
        (self.channels / self.groups).div_ceil(self.block_size())
    }

    /// Channels of one block.
    fn block_size(&self) -> usize {
        parts_of_task(self.positions).min(self.channels / self.groups)
    }

    /// The channels of a block; blocks are counted over all groups.
    #[inline(always)]
    fn block(&self, index: usize) -> Range<usize> {
        let (group, block) = (index / self.blocks(), index % self.blocks());
        let size = self.channels / self.groups;
        let first = block * self.block_size();
        group * size + first..group * size + size.min(first + self.block_size())
    }

    /// The lines of a block; blocks are counted over all groups of all groups of lanes.
    #[inline(always)]
    fn lines(&self, index: usize) -> Range<usize> {
        let blocks = self.groups * self.blocks();
        let (lanes, block) = (index / blocks, self.block(index % blocks));
        let first = lanes * self.channels;
        (first + block.start) * self.positions..(first + block.end) * self.positions
    }

    /// The first channel of such a block.
    #[inline(always)]
    fn first_channel(&self, index: usize) -> usize {
        self.block(index % (self.groups * self.blocks())).start
    }
}

/// The mean of a block's lines and the sum of the squares of what they differ from it.
struct Moments<'a> {
    norm: &'a GroupNorm,
    index: usize,
    x: &'a [Line],
    sums: &'a mut [Line],
}

impl Kernel for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let x = &self.x[self.norm.lines(self.index)];
        let mut sum = L::zero();
        for x in x {
            sum = sum.add(L::load(x));
        }
        let mean = sum.mul(L::splat(1.0 / x.len() as f32));
        let mut squares = L::zero();
        for x in x {
            let centred = L::load(x).sub(mean);
            squares = centred.mul_add(centred, squares);
        }
        mean.store(&mut self.sums[0]);
        squares.store(&mut self.sums[1]);
    }
}

/// The moments of a group from those of its blocks, joined one after the other (Chan, Golub, LeVeque 1979).
struct JoinMoments<'a> {
    norm: &'a GroupNorm,
    sums: &'a [Line],
    moments: &'a mut [Line],
}

impl Kernel for JoinMoments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let (mut mean, mut squares, mut count) = (L::zero(), L::zero(), 0.0);
        for (block, sums) in self.sums.chunks_exact(2).enumerate() {
            let more = (self.norm.block(block).len() * self.norm.positions) as f32;
            let apart = L::load(&sums[0]).sub(mean);
            mean = apart.mul_add(L::splat(more / (count + more)), mean);
            let between = apart.mul(apart).mul(L::splat(count * more / (count + more)));
            squares = squares.add(L::load(&sums[1])).add(between);
            count += more;
        }
        let variance = squares.mul(L::splat(1.0 / count));
        mean.store(&mut self.moments[0]);
        L::splat(1.0).div(variance.add(L::splat(EPSILON)).sqrt()).store(&mut self.moments[1]);
    }
}

/// One block's output.
struct Forward<'a> {
    norm: &'a GroupNorm,
    index: usize,
    x: &'a [Line],
    affine: Affine<'a>,
    moments: &'a [Line],
    y: &'a mut [Line],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { norm, index, affine, .. } = self;
        let group = index / norm.blocks();
        let [mean, scale] = [0, 1].map(|n| L::load(&self.moments[2 * group + n]));
        let (x, positions) = (&self.x[norm.lines(index)], norm.positions);
        let channels = x.chunks_exact(positions).zip(self.y.chunks_exact_mut(positions));
        for (channel, (x, y)) in (norm.first_channel(index)..).zip(channels) {
            let [weight, bias] = [L::splat(affine[0][channel]), L::splat(affine[1][channel])];
            for (x, y) in x.iter().zip(y) {
                L::load(x).sub(mean).mul(scale).mul_add(weight, bias).store(y);
            }
        }
    }
}

/// What [`GroupNorm::forward`] read and left, with the gradient of what it made.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    pub x: &'a [Line],
    pub weight: &'a [f32],
    pub moments: &'a [Line],
    pub dy: &'a [Line],
}

/// One block of channels, in all groups of lanes.
struct Sums<'a> {
    norm: &'a GroupNorm,
    index: usize,
    made: Made<'a>,
    gradients: [&'a mut [f32]; 2],
    sums: &'a Shared<'a, Line>,
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { norm, index, made, .. } = self;
        let blocks = norm.groups * norm.blocks();
        let lanes = made.x.len() / (norm.channels * norm.positions);
        for lanes in 0..lanes {
            self.of(lanes * blocks + index).fill(Line::ZERO);
        }
        for (number, channel) in norm.block(index).enumerate() {
            let weight = L::splat(made.weight[channel]);
            let (mut plain, mut products) = (L::zero(), L::zero());
            for lanes in 0..lanes {
                let [sum, product] = self.channel::<L>(lanes, channel);
                let sums = self.of(lanes * blocks + index);
                weight.mul_add(sum, L::load(&sums[0])).store(&mut sums[0]);
                weight.mul_add(product, L::load(&sums[1])).store(&mut sums[1]);
                (plain, products) = (plain.add(sum), products.add(product));
            }
            (self.gradients[0][number], self.gradients[1][number]) = (products.sum(), plain.sum());
        }
    }
}

impl Sums<'_> {
    /// A block's own sums.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn of(&self, index: usize) -> &mut [Line] {
        // SAFETY: each task has a block of channels of its own, and uses one part at a time.
        unsafe { self.sums.part(2 * index..2 * index + 2) }
    }

    /// The sums of dy and dy n.
    #[inline(always)]
    fn channel<L: Lane>(&self, lanes: usize, channel: usize) -> [L; 2] {
        let GroupNorm { groups, channels, positions } = *self.norm;
        let Made { x, moments, dy, .. } = self.made;
        let group = lanes * groups + channel / (channels / groups);
        let [mean, scale] = [0, 1].map(|n| L::load(&moments[2 * group + n]));
        let range = (lanes * channels + channel) * positions..(lanes * channels + channel + 1) * positions;
        let (mut sum, mut product) = (L::zero(), L::zero());
        for (x, dy) in x[range.clone()].iter().zip(&dy[range]) {
            let dy = L::load(dy);
            sum = sum.add(dy);
            product = L::load(x).sub(mean).mul_add(dy, product);
        }
        [sum, product.mul(scale)]
    }
}

/// The means of g and g n over a group, in the place of its first block's sums.
struct JoinSums<'a> {
    norm: &'a GroupNorm,
    sums: &'a mut [Line],
}

impl Kernel for JoinSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let (mut plain, mut products) = (L::zero(), L::zero());
        for sums in self.sums.chunks_exact(2) {
            (plain, products) = (plain.add(L::load(&sums[0])), products.add(L::load(&sums[1])));
        }
        let share = L::splat(1.0 / (self.norm.channels / self.norm.groups * self.norm.positions) as f32);
        plain.mul(share).store(&mut self.sums[0]);
        products.mul(share).store(&mut self.sums[1]);
    }
}

/// One block's input gradient.
struct Backward<'a> {
    norm: &'a GroupNorm,
    index: usize,
    made: Made<'a>,
    sums: &'a [Line],
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { norm, index, made: Made { x, weight, moments, dy }, .. } = self;
        let group = index / norm.blocks();
        let [mean, scale] = [0, 1].map(|n| L::load(&moments[2 * group + n]));
        let [plain, product] = [0, 1].map(|n| L::load(&self.sums[2 * group * norm.blocks() + n]));
        let (lines, positions) = (norm.lines(index), norm.positions);
        let (x, dy) = (x[lines.clone()].chunks_exact(positions), dy[lines].chunks_exact(positions));
        let channels = x.zip(dy).zip(self.dx.chunks_exact_mut(positions));
        for (channel, ((x, dy), dx)) in (norm.first_channel(index)..).zip(channels) {
            let weight = L::splat(weight[channel]);
            for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                let normalised = L::load(x).sub(mean).mul(scale);
                let gradient = normalised.neg_mul_add(product, L::load(dy).mul(weight).sub(plain));
                put(gradient.mul(scale), dx, self.add);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check, check_gradient, check_output, differences, lines, random, to_f64};
    use crate::groups_of;

    const IMAGES: usize = 18;

    fn plain(norm: &GroupNorm, x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
        let size = norm.channels / norm.groups * norm.positions;
        let normalised = |(group, values): (usize, &[f64])| {
            let mean = values.iter().sum::<f64>() / size as f64;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / size as f64;
            let first = group % norm.groups * norm.channels / norm.groups;
            let one = move |(n, x): (usize, &f64)| {
                let channel = first + n / norm.positions;
                (x - mean) / (variance + 1e-5).sqrt() * weight[channel] + bias[channel]
            };
            values.iter().enumerate().map(one).collect::<Vec<_>>()
        };
        x.chunks_exact(size).enumerate().flat_map(normalised).collect()
    }

    fn check_norm(norm: GroupNorm, gradients: bool) {
        let GroupNorm { channels, positions, .. } = norm;
        let values = channels * positions;
        let x: Vec<f32> = random(IMAGES * values, 1).iter().map(|x| x * 2.0 + 3.0).collect();
        let [weight, bias] = [2, 3].map(|seed| random(channels, seed));
        let (exact, exact_weight, exact_bias) = (to_f64(&x), to_f64(&weight), to_f64(&bias));
        let laid = lines(&x, values);
        let lanes = groups_of(IMAGES);
        let forward = |machine: &Machine, y: &mut [Line]| {
            let mut moments = vec![Line::ZERO; norm.moments() * lanes];
            let mut sums = vec![Line::ZERO; norm.scratch() * lanes];
            norm.forward(machine, &laid, [&weight, &bias], [&mut moments, &mut sums], y);
            moments
        };
        let expected = plain(&norm, &exact, &exact_weight, &exact_bias);
        check_output(&expected, values, |machine, y| drop(forward(machine, y)));
        if !gradients {
            return;
        }
        let dy = random(IMAGES * values, 4);
        let dy_laid = lines(&dy, values);
        let backward = |machine: &Machine, dx: Option<(&mut [Line], bool)>| {
            let moments = forward(machine, &mut laid.clone());
            let made = Made { x: &laid, weight: &weight, moments: &moments, dy: &dy_laid };
            let mut sums = vec![Line([f32::NAN; 16]); norm.scratch() * lanes];
            let (mut dweight, mut dbias) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
            norm.backward(machine, made, &mut sums, [&mut dweight, &mut dbias], dx);
            [dweight, dbias].concat()
        };
        let gradient = differences(|x| plain(&norm, x, &exact_weight, &exact_bias), &x, &dy);
        check_gradient(&gradient, values, |machine, dx, add| drop(backward(machine, Some((dx, add)))));
        let dweight = differences(|weight| plain(&norm, &exact, weight, &exact_bias), &weight, &dy);
        let dbias = differences(|bias| plain(&norm, &exact, &exact_weight, bias), &bias, &dy);
        check(&[dweight, dbias].concat(), |machine| backward(machine, None));
    }

    #[test]
    fn each_group_of_channels_is_normalised() {
        check_norm(GroupNorm { groups: 2, channels: 4, positions: 6 }, true);
        check_norm(GroupNorm { groups: 1, channels: 24, positions: 1 }, true);
        check_norm(GroupNorm { groups: 3, channels: 3, positions: 5 }, true);
    }

    #[test]
    fn a_group_of_several_blocks_is_one() {
        check_norm(GroupNorm { groups: 1, channels: 1300, positions: 1 }, false);
        check_norm(GroupNorm { groups: 2, channels: 12, positions: 200 }, false);
    }
}
