//! Losses with their gradients: scores or values in lanes against what they are compared with, image after image.
//!
//! Lanes without an image count nothing and have no gradient.

use super::features;
use super::gradient::put;
use super::isa::Kernel;
use super::lane::Lane;
use super::layout;
use super::line::{LANES, Line, groups_of};
use super::machine::Machine;
use super::shared::Shared;
use super::softmax::sum_of_powers;

/// How many values of a group one task compares.
const VALUES: usize = 256;

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    /// groups x `count` lines.
    pub x: &'a [Line],
    /// images x `count`.
    pub with: &'a [f32],
    /// Of one image.
    pub count: usize,
}

/// -sum(s log softmax(x)) over all images and classes, with s, how much each counts, in `with`. Writes the gradient
/// softmax(x) sum(s) - s, or adds it.
pub fn cross_entropy(machine: &Machine, compared: Compared, gradient: &mut [Line], add: bool) -> f64 {
    let shares = &compared.packed(machine);
    compared.each(machine, compared.count, gradient, |gradient, group, _| {
        machine.isa.run(Entropy { scores: compared.scores(group, shares), gradient, add })
    })
}

/// factor sum((x - t)^2) over all images and values, t in `with`. Writes the gradient 2 factor (x - t), or adds it.
pub fn squares(machine: &Machine, compared: Compared, factor: f32, gradient: &mut [Line], add: bool) -> f64 {
    compared.each(machine, VALUES, gradient, |gradient, group, first| {
        machine.isa.run(Squares { compared, group, first, factor, gradient, add })
    })
}

/// factor sum(s max(0, margin - x of the label + x)) over all images and other classes, with s >= 0 in `with`, which holds a
/// negative number at an image's label. Writes the gradient, or adds it.
pub fn margins(
    machine: &Machine,
    compared: Compared,
    [margin, factor]: [f32; 2],
    gradient: &mut [Line],
    add: bool,
) -> f64 {
    let counts = &compared.packed(machine);
    compared.each(machine, compared.count, gradient, |gradient, group, _| {
        machine.isa.run(Margins { scores: compared.scores(group, counts), margin, factor, gradient, add })
    })
}

impl<'a> Compared<'a> {
    /// The sum, always in the same order, of what `task(gradient, group, first)` makes of each `size` values of each group.
    fn each(
        &self,
        machine: &Machine,
        size: usize,
        gradient: &mut [Line],
        task: impl Fn(&mut [Line], usize, usize) -> f64 + Sync,
    ) -> f64 {
        let (images, groups) = (self.images(), self.x.len() / self.count);
        assert_eq!(self.with.len(), images * self.count, "whole images");
        assert_eq!(
            [self.x.len(), gradient.len()],
            [groups_of(images) * self.count; 2],
            "a line for each value and group"
        );
        let chunks = self.count.div_ceil(size);
        let mut sums = vec![0.0; groups * chunks];
        let shared = Shared::new(&mut sums);
        machine.team.group_chunks(gradient, groups, size, |group, first, gradient| {
            // SAFETY: each chunk has a sum of its own.
            *unsafe { shared.one(group * chunks + first / size) } = task(gradient, group, first);
        });
        sums.iter().sum()
    }

    fn images(&self) -> usize {
        self.with.len() / self.count
    }

    /// `with` in lanes.
    fn packed(&self, machine: &Machine) -> Vec<Line> {
        let mut lines = vec![Line::ZERO; groups_of(self.images()) * self.count];
        layout::pack(machine, self.with, self.count, &mut lines);
        lines
    }

    /// A group's scores, with what each counts in lanes.
    fn scores(&self, group: usize, counts: &'a [Line]) -> Scores<'a> {
        let [x, counts] = [self.x, counts].map(|lines| &lines[group * self.count..][..self.count]);
        Scores { x, counts, images: self.images(), group }
    }
}

/// Of one group of lanes.
#[derive(Clone, Copy)]
struct Scores<'a> {
    x: &'a [Line],
    counts: &'a [Line],
    /// Of all groups.
    images: usize,
    group: usize,
}

struct Entropy<'a> {
    scores: Scores<'a>,
    gradient: &'a mut [Line],
    add: bool,
}

impl Kernel for Entropy<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let Scores { x, counts, images, group } = self.scores;
        let present = features::present::<L>(images, group);
        let [largest, powers] = sum_of_powers::<L>(x, [0, 1], x.len());
        let logarithm = L::from_array(&powers.to_array().map(f32::ln));
        let (mut whole, mut sum) = (L::zero(), L::zero());
        for (x, share) in x.iter().zip(counts) {
            let share = L::load(share);
            whole = whole.add(share);
            sum = logarithm.sub(L::load(x).sub(largest)).mul_add(share, sum);
        }
        let of_power = whole.div(powers);
        for ((x, share), gradient) in x.iter().zip(counts).zip(self.gradient) {
            let made = L::load(x).sub(largest).exp().mul(of_power).sub(L::load(share));
            put(present.pass_positive(made), gradient, self.add);
        }
        present.pass_positive(sum).total()
    }
}

struct Margins<'a> {
    scores: Scores<'a>,
    margin: f32,
    factor: f32,
    gradient: &'a mut [Line],
    add: bool,
}

impl Kernel for Margins<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let Scores { x, counts, images, group } = self.scores;
        let mut of_label = L::zero();
        for (x, count) in x.iter().zip(counts) {
            of_label = of_label.add(L::zero().where_greater(L::load(count), L::load(x), L::zero()));
        }
        let (bound, factor) = (L::splat(self.margin).sub(of_label), L::splat(self.factor));
        let (mut sum, mut short) = (L::zero(), L::zero());
        for (x, count) in x.iter().zip(counts) {
            let (count, missing) = (L::load(count).positive(), bound.add(L::load(x)).positive());
            sum = count.mul_add(missing, sum);
            short = short.add(missing.pass_positive(count));
        }
        for ((x, count), gradient) in x.iter().zip(counts).zip(self.gradient) {
            let (count, missing) = (L::load(count), bound.add(L::load(x)));
            let other = missing.pass_positive(count);
            put(factor.mul(L::zero().where_greater(count, short.neg(), other)), gradient, self.add);
        }
        f64::from(self.factor) * features::present::<L>(images, group).pass_positive(sum).total()
    }
}

struct Squares<'a> {
    compared: Compared<'a>,
    group: usize,
    /// Of the values.
    first: usize,
    factor: f32,
    gradient: &'a mut [Line],
    add: bool,
}

impl Kernel for Squares<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let Self { compared, group, first, .. } = self;
        let Compared { x, with, count } = compared;
        let (x, with) = (&x[group * count + first..], &with[group * LANES * count..]);
        let present = features::present::<L>(compared.images(), group);
        let (mut sum, twice) = (L::zero(), L::splat(2.0 * self.factor));
        for (block, (gradient, x)) in self.gradient.chunks_mut(LANES).zip(x.chunks(LANES)).enumerate() {
            let targets = layout::turned::<L>(with, count, first + block * LANES, gradient.len());
            for ((target, x), gradient) in targets.iter().zip(x).zip(gradient) {
                let difference = present.pass_positive(L::load(x).sub(L::load(target)));
                sum = difference.mul_add(difference, sum);
                put(twice.mul(difference), gradient, self.add);
            }
        }
        f64::from(self.factor) * sum.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Isa, random};

    /// Images x count numbers, and the first ones in lanes.
    fn case(images: usize, count: usize) -> (Vec<f32>, Vec<Line>, Vec<f32>) {
        let numbers = |key| (0..images * count).map(|n| random::uniform(key, n as u64)).collect::<Vec<f32>>();
        let (x, with) = (numbers(1).iter().map(|x| 8.0 * x - 4.0).collect::<Vec<f32>>(), numbers(2));
        // Lanes without an image hold anything.
        let mut idle = [50.0; LANES];
        (idle[LANES - 1], idle[LANES - 2]) = (f32::NAN, f32::INFINITY);
        let mut lines = vec![Line(idle); images.div_ceil(LANES) * count];
        for (n, x) in x.iter().enumerate() {
            let (image, value) = (n / count, n % count);
            lines[image / LANES * count + value].0[image % LANES] = *x;
        }
        (x, lines, with)
    }

    /// The loss and its gradient, by kernels on every instruction set and by the definition.
    fn check(
        kernel: impl Fn(&Machine, Compared, &mut [Line], bool) -> f64,
        loss: impl Fn(&[f64], &[f64]) -> f64,
        gradient: impl Fn(&[f64], &[f64], usize) -> f64,
    ) {
        for (images, count) in [(1, 3), (16, 16), (19, 10), (33, 600)] {
            let (x, lines, with) = case(images, count);
            let [rows, others] = [&x, &with].map(|numbers| {
                numbers
                    .chunks(count)
                    .map(|row| row.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>())
                    .collect::<Vec<_>>()
            });
            let wanted: f64 = rows.iter().zip(&others).map(|(x, with)| loss(x, with)).sum();
            for (isa, add) in Isa::available().flat_map(|isa| [(isa, false), (isa, true)]) {
                let held = if add { 1.0 } else { 0.0 };
                let machine = Machine::with_isa(isa, 2);
                let mut made = vec![Line([1.0; LANES]); lines.len()];
                let figure = kernel(&machine, Compared { x: &lines, with: &with, count }, &mut made, add);
                assert!((figure - wanted).abs() < 1e-5 * wanted.abs(), "{figure}, not {wanted}, on {}", isa.name());
                for (place, line) in made.iter().enumerate() {
                    for (lane, &value) in line.0.iter().enumerate() {
                        let (image, at) = (place / count * LANES + lane, place % count);
                        let wanted = rows.get(image).map_or(0.0, |x| gradient(x, &others[image], at));
                        let off = (f64::from(value) - held - wanted).abs();
                        assert!(
                            off < 1e-5 * (1.0 + wanted.abs()),
                            "image {image}, value {at}: {value} - {held}, not {wanted}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn cross_entropy_is_that_of_the_definition() {
        let softmax = |x: &[f64], at: usize| x[at].exp() / x.iter().map(|x| x.exp()).sum::<f64>();
        check(
            cross_entropy,
            |x, s| -s.iter().enumerate().map(|(at, s)| s * softmax(x, at).ln()).sum::<f64>(),
            |x, s, at| softmax(x, at) * s.iter().sum::<f64>() - s[at],
        );
    }

    #[test]
    fn margins_are_those_of_the_definition() {
        // Of each image the label is the class where the number is the largest.
        let label = |s: &[f64]| (0..s.len()).max_by(|&a, &b| s[a].total_cmp(&s[b])).unwrap();
        let short = move |x: &[f64], s: &[f64], at: usize| (1.5 - x[label(s)] + x[at]).max(0.0);
        let kernel = |machine: &Machine, compared: Compared, gradient: &mut [Line], add: bool| {
            let mut counts = compared.with.to_vec();
            for row in counts.chunks_mut(compared.count) {
                let own = label(&row.iter().map(|&s| f64::from(s)).collect::<Vec<f64>>());
                row[own] = -1.0;
            }
            margins(machine, Compared { with: &counts, ..compared }, [1.5, 0.5], gradient, add)
        };
        let others = move |s: &[f64]| (0..s.len()).filter(|&at| at != label(s)).collect::<Vec<usize>>();
        check(
            kernel,
            move |x, s| others(s).iter().map(|&at| 0.5 * s[at] * short(x, s, at)).sum(),
            move |x, s, at| match at == label(s) {
                true => -others(s).iter().filter(|&&at| short(x, s, at) > 0.0).map(|&at| 0.5 * s[at]).sum::<f64>(),
                false if short(x, s, at) > 0.0 => 0.5 * s[at],
                false => 0.0,
            },
        );
    }

    #[test]
    fn squares_are_those_of_the_definition() {
        check(
            |machine, compared, gradient, add| squares(machine, compared, 0.5, gradient, add),
            |x, t| x.iter().zip(t).map(|(x, t)| 0.5 * (x - t) * (x - t)).sum(),
            |x, t, at| x[at] - t[at],
        );
    }
}
