//! Batch norm: y = weight (x - mean) / sqrt(variance + epsilon) + bias, with or without a ReLU behind; mean and variance of
//! each feature over the images and positions, or given.
//!
//! dx = weight / sqrt(variance + epsilon) (dy - mean(dy) - n mean(dy n)), n the normalised x. Lanes without an image count
//! nowhere. Weight, bias, mean and variance: a number for each feature.

use std::ops::Range;

use super::around::After;
use super::features::{Features, Stretches, present};
use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::{LANES, Line};
use super::machine::Machine;
use super::shared::Shared;

/// PyTorch's.
pub(super) const EPSILON: f32 = 1e-5;

#[derive(Clone, Copy, Debug)]
pub struct BatchNorm {
    pub features: Features,
    pub relu: bool,
}

/// Weight and bias.
pub type Affine<'a> = [&'a [f32]; 2];

/// Mean and biased variance.
pub type Moments<'a> = [&'a [f32]; 2];

impl BatchNorm {
    /// By the batch's own moments, which it leaves in `moments`.
    pub fn train(
        &self,
        machine: &Machine,
        images: usize,
        x: &[Line],
        affine: Affine,
        moments: [&mut [f32]; 2],
        y: &mut [Line],
    ) {
        let [means, variances] = moments.map(Shared::new);
        let y = Shared::new(y);
        self.each(machine, images, |features| {
            // SAFETY: each task has features of its own.
            let moments = unsafe { [means.part(features.clone()), variances.part(features.clone())] };
            machine.isa.run(Train { norm: self, images, x, affine, features, moments, y: &y });
        });
    }

    /// By given moments.
    pub fn evaluate(&self, machine: &Machine, x: &[Line], affine: Affine, moments: Moments, y: &mut [Line]) {
        let images = y.len() / self.features.lines() * LANES;
        let y = Shared::new(y);
        self.each(machine, images, |features| {
            machine.isa.run(Evaluate { norm: self, images, x, affine, moments, features, y: &y });
        });
    }

    /// The gradients of weight and bias, and dx where it is wanted: written, or added to what it holds.
    pub fn backward(
        &self,
        machine: &Machine,
        made: Made,
        [dweight, dbias]: [&mut [f32]; 2],
        dx: Option<(&mut [Line], bool)>,
    ) {
        let [dweight, dbias] = [dweight, dbias].map(Shared::new);
        let dx = dx.map(|(dx, add)| (Shared::new(dx), add));
        self.each(machine, made.images, |features| {
            // SAFETY: each task has features of its own.
            let sums = unsafe { [dweight.part(features.clone()), dbias.part(features.clone())] };
            machine.isa.run(Backward { norm: self, made, features, sums, dx: dx.as_ref() });
        });
    }

    /// Calls `task` with some features, until all had their turn.
    fn each(&self, machine: &Machine, images: usize, task: impl Fn(Range<usize>) + Sync) {
        let Features { count, positions, .. } = self.features;
        let size = parts_of_task(positions * images.div_ceil(LANES));
        machine.team.run(count.div_ceil(size), |index, _| task(index * size..count.min((index + 1) * size)));
    }

    #[inline(always)]
    fn at<L: Lane>(&self, feature: usize, affine: Affine, [mean, variance]: [f32; 2]) -> Normal<L> {
        let scale = 1.0 / (variance + EPSILON).sqrt();
        let [mean, scale, weight, bias] = [mean, scale, affine[0][feature], affine[1][feature]].map(L::splat);
        Normal { mean, scale, weight, bias, relu: self.relu }
    }
}

/// What [`BatchNorm::train`] read and left, with the gradient of what it made.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    pub images: usize,
    pub x: &'a [Line],
    pub affine: Affine<'a>,
    pub moments: Moments<'a>,
    pub dy: &'a [Line],
    /// What follows dx.
    pub after: After<'a>,
}

/// The formula for one feature.
#[derive(Clone, Copy)]
struct Normal<L> {
    mean: L,
    scale: L,
    weight: L,
    bias: L,
    relu: bool,
}

impl<L: Lane> Normal<L> {
    #[inline(always)]
    fn normalised(&self, x: L) -> L {
        x.sub(self.mean).mul(self.scale)
    }

    #[inline(always)]
    fn output(&self, x: L) -> L {
        let y = self.normalised(x).mul_add(self.weight, self.bias);
        if self.relu { y.positive() } else { y }
    }

    /// The normalised value, and the gradient before the ReLU.
    #[inline(always)]
    fn masked(&self, x: L, dy: L) -> (L, L) {
        let normalised = self.normalised(x);
        if !self.relu {
            return (normalised, dy);
        }
        (normalised, normalised.mul_add(self.weight, self.bias).pass_positive(dy))
    }
}

struct Train<'a> {
    norm: &'a BatchNorm,
    images: usize,
    x: &'a [Line],
    affine: Affine<'a>,
    features: Range<usize>,
    moments: [&'a mut [f32]; 2],
    y: &'a Shared<'a, Line>,
}

impl Kernel for Train<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let count = (self.images * self.norm.features.positions) as f32;
        for (index, feature) in self.features.clone().enumerate() {
            let mean = self.sum::<L, Plain>(feature, L::zero()) / count;
            let variance = self.sum::<L, Squared>(feature, L::splat(mean)) / count;
            (self.moments[0][index], self.moments[1][index]) = (mean, variance);
            let normal = self.norm.at::<L>(feature, self.affine, [mean, variance]);
            normalise(&self.norm.features, feature, normal, self.images, self.x, self.y);
        }
    }
}

/// What a moment sums of x - centre.
trait Power {
    fn apply<L: Lane>(sum: L, x: L) -> L;
}

struct Plain;
struct Squared;

impl Power for Plain {
    #[inline(always)]
    fn apply<L: Lane>(sum: L, x: L) -> L {
        sum.add(x)
    }
}

impl Power for Squared {
    #[inline(always)]
    fn apply<L: Lane>(sum: L, x: L) -> L {
        x.mul_add(x, sum)
    }
}

impl Train<'_> {
    #[inline(always)]
    fn sum<L: Lane, P: Power>(&self, feature: usize, centre: L) -> f32 {
        let features = &self.norm.features;
        let mut total = L::zero();
        for group in 0..self.x.len() / features.lines() {
            let present = present::<L>(self.images, group);
            let mut sum = L::zero();
            let Stretches { first, count, length, stride } = features.of(group, feature);
            for stretch in 0..count {
                for x in &self.x[first + stretch * stride..][..length] {
                    sum = P::apply(sum, L::load(x).sub(centre));
                }
            }
            total = total.add(present.pass_positive(sum));
        }
        total.sum()
    }
}

/// Zero in lanes beyond `images`, which would else grow from norm to norm without bounds.
#[inline(always)]
fn normalise<L: Lane>(
    features: &Features,
    feature: usize,
    normal: Normal<L>,
    images: usize,
    x: &[Line],
    y: &Shared<Line>,
) {
    for group in 0..x.len() / features.lines() {
        let present = present::<L>(images, group);
        let Stretches { first, count, length, stride } = features.of(group, feature);
        for stretch in 0..count {
            let at = first + stretch * stride;
            // SAFETY: each task has features of its own.
            let y = unsafe { y.part(at..at + length) };
            for (x, y) in x[at..at + length].iter().zip(y) {
                present.pass_positive(normal.output(L::load(x))).store(y);
            }
        }
    }
}

struct Evaluate<'a> {
    norm: &'a BatchNorm,
    images: usize,
    x: &'a [Line],
    affine: Affine<'a>,
    moments: Moments<'a>,
    features: Range<usize>,
    y: &'a Shared<'a, Line>,
}

impl Kernel for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for feature in self.features.clone() {
            let moments = [self.moments[0][feature], self.moments[1][feature]];
            let normal = self.norm.at::<L>(feature, self.affine, moments);
            normalise(&self.norm.features, feature, normal, self.images, self.x, self.y);
        }
    }
}

struct Backward<'a> {
    norm: &'a BatchNorm,
    made: Made<'a>,
    features: Range<usize>,
    sums: [&'a mut [f32]; 2],
    dx: Option<&'a (Shared<'a, Line>, bool)>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let count = (self.made.images * self.norm.features.positions) as f32;
        for (index, feature) in self.features.clone().enumerate() {
            let moments = [self.made.moments[0][feature], self.made.moments[1][feature]];
            let normal = self.norm.at::<L>(feature, self.made.affine, moments);
            let [dweight, dbias] = self.sums::<L>(feature, normal);
            (self.sums[0][index], self.sums[1][index]) = (dweight, dbias);
            if let Some((dx, add)) = self.dx {
                let means = [dweight, dbias].map(|sum| L::splat(sum / count));
                self.input_gradient(feature, normal, means, dx, *add);
            }
        }
    }
}

impl Backward<'_> {
    /// The sums of dy n, and of dy.
    #[inline(always)]
    fn sums<L: Lane>(&self, feature: usize, normal: Normal<L>) -> [f32; 2] {
        let (features, Made { x, dy, .. }) = (&self.norm.features, self.made);
        let (mut products, mut plain) = (L::zero(), L::zero());
        for group in 0..x.len() / features.lines() {
            let (mut product, mut sum) = (L::zero(), L::zero());
            let Stretches { first, count, length, stride } = features.of(group, feature);
            for stretch in 0..count {
                let at = first + stretch * stride;
                for (x, dy) in x[at..at + length].iter().zip(&dy[at..at + length]) {
                    let (normalised, dy) = normal.masked(L::load(x), L::load(dy));
                    product = normalised.mul_add(dy, product);
                    sum = sum.add(dy);
                }
            }
            (products, plain) = (products.add(product), plain.add(sum));
        }
        [products.sum(), plain.sum()]
    }

    #[inline(always)]
    fn input_gradient<L: Lane>(
        &self,
        feature: usize,
        normal: Normal<L>,
        [product, plain]: [L; 2],
        dx: &Shared<Line>,
        add: bool,
    ) {
        let (features, Made { x, dy, images, after, .. }) = (&self.norm.features, self.made);
        let scale = normal.weight.mul(normal.scale);
        for group in 0..x.len() / features.lines() {
            let scale = present::<L>(images, group).pass_positive(scale);
            let Stretches { first, count, length, stride } = features.of(group, feature);
            for stretch in 0..count {
                let at = first + stretch * stride;
                // SAFETY: each task has features of its own.
                let dx = unsafe { dx.part(at..at + length) };
                for (n, ((x, dy), dx)) in x[at..at + length].iter().zip(&dy[at..at + length]).zip(dx).enumerate() {
                    let (normalised, dy) = normal.masked(L::load(x), L::load(dy));
                    let gradient = normalised.neg_mul_add(product, dy.sub(plain)).mul(scale);
                    put(after.apply(gradient, at + n), dx, add);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check, check_gradient, check_output, differences, lines, random, to_f64};

    const IMAGES: usize = 19;

    fn all() -> Vec<BatchNorm> {
        let norm = |count, positions, by_position, relu| {
            let features = Features { count, positions, by_position };
            BatchNorm { features, relu }
        };
        vec![norm(3, 4, false, false), norm(2, 6, false, true), norm(5, 1, true, false), norm(3, 4, true, true)]
    }

    /// Of each value of an image its feature.
    fn feature(features: &Features, at: usize) -> usize {
        if features.by_position { at % features.count } else { at / features.positions }
    }

    fn moments(features: &Features, x: &[f64]) -> [Vec<f64>; 2] {
        let mut moments = [vec![0.0; features.count], vec![0.0; features.count]];
        let share = 1.0 / (x.len() / features.count) as f64;
        let of = |n: usize| feature(features, n % features.lines());
        x.iter().enumerate().for_each(|(n, x)| moments[0][of(n)] += x * share);
        let means = moments[0].clone();
        x.iter().enumerate().for_each(|(n, x)| moments[1][of(n)] += (x - means[of(n)]).powi(2) * share);
        moments
    }

    fn plain(norm: &BatchNorm, x: &[f64], [weight, bias]: [&[f64]; 2], [means, variances]: &[Vec<f64>; 2]) -> Vec<f64> {
        let one = |(n, x): (usize, &f64)| {
            let at = feature(&norm.features, n % norm.features.lines());
            let y = (x - means[at]) / (variances[at] + 1e-5).sqrt() * weight[at] + bias[at];
            if norm.relu { y.max(0.0) } else { y }
        };
        x.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_batch_is_normalised_by_its_own_moments() {
        for norm in all() {
            let Features { count, .. } = norm.features;
            let values = norm.features.lines();
            let x: Vec<f32> = random(IMAGES * values, 1).iter().map(|x| x * 2.0 + 3.0).collect();
            let [weight, bias] = [2, 3].map(|seed| random(count, seed));
            let (exact_weight, exact_bias) = (to_f64(&weight), to_f64(&bias));
            let train =
                |x: &[f64], weight: &[f64], bias: &[f64]| plain(&norm, x, [weight, bias], &moments(&norm.features, x));
            let expected = train(&to_f64(&x), &exact_weight, &exact_bias);
            // Idle lanes hold what must not count.
            let mut laid = lines(&x, values);
            laid[values..].iter_mut().for_each(|line| line.0[IMAGES - LANES..].fill(7.0));
            let forward = |machine: &Machine, y: &mut [Line]| {
                let mut moments = [vec![0.0; count], vec![0.0; count]];
                let [means, variances] = &mut moments;
                norm.train(machine, IMAGES, &laid, [&weight, &bias], [means, variances], y);
                let idle = |line: &Line| line.0[IMAGES - LANES..].iter().all(|y| *y == 0.0);
                assert!(y[values..].iter().all(idle), "an idle lane has a value");
                moments
            };
            check_output(&expected, values, |machine, y| drop(forward(machine, y)));
            let exact = moments(&norm.features, &to_f64(&x));
            check(&exact.concat(), |machine| forward(machine, &mut laid.clone()).concat());

            let dy = random(IMAGES * values, 4);
            let dy_laid = lines(&dy, values);
            let backward = |machine: &Machine, dx: Option<(&mut [Line], bool)>| {
                let [means, variances] = forward(machine, &mut laid.clone());
                let (x, moments, affine) = (&laid[..], [&means[..], &variances], [&weight[..], &bias]);
                let (mut dweight, mut dbias) = (vec![f32::NAN; count], vec![f32::NAN; count]);
                let made = Made { images: IMAGES, x, affine, moments, dy: &dy_laid, after: After::Nothing };
                norm.backward(machine, made, [&mut dweight, &mut dbias], dx);
                [dweight, dbias].concat()
            };
            let gradient = differences(|x| train(x, &exact_weight, &exact_bias), &x, &dy);
            check_gradient(&gradient, values, |machine, dx, add| drop(backward(machine, Some((dx, add)))));
            let dweight = differences(|weight| train(&to_f64(&x), weight, &exact_bias), &weight, &dy);
            let dbias = differences(|bias| train(&to_f64(&x), &exact_weight, bias), &bias, &dy);
            check(&[dweight, dbias].concat(), |machine| backward(machine, None));
        }
    }

    #[test]
    fn given_moments_normalise_in_evaluation() {
        for norm in all() {
            let (Features { count, .. }, values) = (norm.features, norm.features.lines());
            let x = random(IMAGES * values, 1);
            let [weight, bias, means] = [2, 3, 4].map(|seed| random(count, seed));
            let variances: Vec<f32> = random(count, 5).iter().map(|x| x.abs() + 0.1).collect();
            let exact = [to_f64(&means), to_f64(&variances)];
            let expected = plain(&norm, &to_f64(&x), [&to_f64(&weight), &to_f64(&bias)], &exact);
            let laid = lines(&x, values);
            check_output(&expected, values, |machine, y| {
                norm.evaluate(machine, &laid, [&weight, &bias], [&means, &variances], y);
            });
        }
    }
}
