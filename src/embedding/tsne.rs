//! Points -> places in the plane where neighbours stay neighbours: t-SNE by gradient descent.
//!
//! Rates, momenta and gains are those of scikit-learn's `TSNE`. Lines of sixteen places are made by one thread each, and
//! sums over all are taken in order.

use rayon::prelude::*;

use super::affinity::Affinities;
use super::components::Components;
use super::neighbours::neighbours;
use super::points::Points;
use crate::kernel::repulsion::{Push, push};
use crate::kernel::{Isa, LANES, Line, groups_of, numbers, numbers_mut};

/// Steps of gradient descent.
pub const STEPS: usize = 1000;
/// By how much attraction is exaggerated at first.
const EXAGGERATION: f32 = 12.0;
/// Momentum while it is, and then.
const MOMENTA: [f32; 2] = [0.5, 0.8];
/// The deviation of the start along its first axis.
const START: f64 = 1e-4;
const LEAST_RATE: f32 = 50.0;
const LEAST_GAIN: f32 = 0.01;
/// A gradient of this length or less ends the descent.
const LEAST_GRADIENT: f64 = 1e-7;
/// So many pairs of points at least are one thread's at a time: fewer take less than to wake another thread.
const PAIRS: usize = 500_000;

/// How many of the steps are exaggerated: floor(ln(n)^2), as Cai and Ma have it.
pub fn exaggerated_steps(points: usize) -> usize {
    ((points.max(1) as f64).ln().powi(2) as usize).min(STEPS)
}

/// Each point's place. `perplexity` is about how many neighbours a point has: above 1, and below the number of points.
/// `watch` is called after each of [`STEPS`] steps, or of fewer where nothing moves any more.
pub fn tsne(points: &Points, perplexity: f64, mut watch: impl FnMut()) -> Vec<[f32; 2]> {
    let near = neighbours(points, (3.0 * perplexity) as usize + 1);
    let affinities = Affinities::of(&near, perplexity);
    let exaggerated = exaggerated_steps(points.len());
    let mut descent = Descent::new(points);
    for step in 0..STEPS {
        if step == exaggerated {
            descent.rest();
        }
        let late = step >= exaggerated;
        let exaggeration = if late { 1.0 } else { EXAGGERATION };
        let length = descent.step(&affinities, exaggeration, MOMENTA[usize::from(late)]);
        watch();
        if length <= LEAST_GRADIENT {
            break;
        }
    }
    descent.places()
}

/// The first two principal components, so scaled that the first has the deviation [`START`].
fn start(points: &Points) -> [Vec<f32>; 2] {
    let components = Components::of(points, 2);
    let scores = components.scores(points);
    let deviation = (scores.column(0).norm_squared() / points.len() as f64).sqrt();
    let scale = if deviation > 0.0 { START / deviation } else { 0.0 };
    let along = |axis: usize| match axis < scores.ncols() {
        true => scores.column(axis).iter().map(|score| (scale * score) as f32).collect(),
        false => vec![0.0; points.len()],
    };
    [along(0), along(1)]
}

/// A descent under way; coordinates by axis.
struct Descent {
    isa: Isa,
    points: usize,
    /// Numbers beyond the last point mean nothing.
    places: [Vec<Line>; 2],
    updates: [Vec<f32>; 2],
    gains: [Vec<f32>; 2],
    rate: f32,
}

/// What acts on sixteen points.
struct Forces {
    pull: [Line; 2],
    push: Push,
}

impl Descent {
    fn new(points: &Points) -> Self {
        let count = points.len();
        let lines = start(points).map(|places| {
            let mut lines = vec![Line::ZERO; groups_of(count)];
            numbers_mut(&mut lines)[..count].copy_from_slice(&places);
            lines
        });
        let rate = (count as f32 / EXAGGERATION / 4.0).max(LEAST_RATE);
        let all = |number: f32| [vec![number; count], vec![number; count]];
        Self { isa: Isa::best(), points: count, places: lines, updates: all(0.0), gains: all(1.0), rate }
    }

    /// Forgets how it moved.
    fn rest(&mut self) {
        self.updates.iter_mut().for_each(|updates| updates.fill(0.0));
        self.gains.iter_mut().for_each(|gains| gains.fill(1.0));
    }

    fn places(&self) -> Vec<[f32; 2]> {
        let [x, y] = self.coordinates();
        x.iter().zip(y).map(|(&x, &y)| [x, y]).collect()
    }

    fn coordinates(&self) -> [&[f32]; 2] {
        [0, 1].map(|axis| &numbers(&self.places[axis])[..self.points])
    }

    /// Moves all points; the length of the gradient.
    fn step(&mut self, affinities: &Affinities, exaggeration: f32, momentum: f32) -> f64 {
        let gradient = self.gradient(affinities, exaggeration);
        for (axis, gradient) in gradient.iter().enumerate() {
            let (updates, gains) = (&mut self.updates[axis], &mut self.gains[axis]);
            let places = &mut numbers_mut(&mut self.places[axis])[..self.points];
            for (((place, update), gain), slope) in places.iter_mut().zip(updates).zip(gains).zip(gradient) {
                let opposed = *update * slope < 0.0;
                *gain = if opposed { *gain + 0.2 } else { *gain * 0.8 }.max(LEAST_GAIN);
                *update = momentum * *update - self.rate * *gain * slope;
                *place += *update;
            }
        }
        let squares = gradient.iter().flatten().map(|&slope| f64::from(slope).powi(2));
        squares.sum::<f64>().sqrt()
    }

    /// 4 sum over j of (p - q / Z) q (y_i - y_j), with p exaggerated and Z the sum of all q.
    fn gradient(&self, affinities: &Affinities, exaggeration: f32) -> [Vec<f32>; 2] {
        let lines = (0..groups_of(self.points)).into_par_iter().with_min_len(PAIRS / LANES / self.points + 1);
        let forces: Vec<Forces> = lines.map(|line| self.forces(affinities, line)).collect();
        let closeness = forces.iter().flat_map(|forces| forces.push.closeness.0).take(self.points);
        // Without each point's closeness to itself.
        let whole: f64 = closeness.map(|sum| f64::from(sum) - 1.0).sum();
        let share = 1.0 / whole.max(f64::MIN_POSITIVE) as f32;
        [0, 1].map(|axis| {
            let pulls = forces.iter().flat_map(|forces| forces.pull[axis].0);
            let pushes = forces.iter().flat_map(|forces| forces.push.force[axis].0);
            let slopes = pulls.zip(pushes).map(|(pull, push)| 4.0 * (exaggeration * pull - share * push));
            slopes.take(self.points).collect()
        })
    }

    fn forces(&self, affinities: &Affinities, line: usize) -> Forces {
        let all = self.coordinates();
        let mut pull = [Line::ZERO; 2];
        for point in line * LANES..self.points.min((line + 1) * LANES) {
            let pulled = pulled(affinities, point, all);
            pull.iter_mut().zip(pulled).for_each(|(pull, pulled)| pull.0[point % LANES] = pulled);
        }
        Forces { pull, push: push(self.isa, [&self.places[0][line], &self.places[1][line]], all) }
    }
}

/// The sum over a point's row of p q (y_i - y_j).
fn pulled(affinities: &Affinities, point: usize, [x, y]: [&[f32]; 2]) -> [f32; 2] {
    affinities.row(point).fold([0.0, 0.0], |sums, (other, weight)| {
        let gap = [x[point] - x[other], y[point] - y[other]];
        let strength = weight / (1.0 + gap[0] * gap[0] + gap[1] * gap[1]);
        [sums[0] + strength * gap[0], sums[1] + strength * gap[1]]
    })
}

#[cfg(test)]
mod tests {
    use super::super::trustworthiness::trustworthiness;
    use super::*;
    use crate::random::uniform;

    /// Three clusters of 40 points in twelve dimensions, about Gaussian.
    fn clusters() -> Points {
        let normal = |n: u64| (0..12).map(|k| uniform(k, n)).sum::<f32>() - 6.0;
        let centre = |cluster: usize, axis: usize| if axis % 3 == cluster { 8.0 } else { 0.0 };
        let values = (0..120 * 12).map(|n| centre(n / 12 % 3, n % 12) + normal(n as u64));
        Points::new(120, &values.collect::<Vec<_>>())
    }

    #[test]
    fn clusters_stay_apart() {
        let places = tsne(&clusters(), 15.0, || {});
        let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let near = |point: usize| {
            let others = (0..120).filter(|&other| other != point);
            others.min_by(|&a, &b| distance(places[a], places[point]).total_cmp(&distance(places[b], places[point])))
        };
        assert!((0..120).all(|point| near(point).is_some_and(|other| other % 3 == point % 3)));
        let centre = |cluster: usize| {
            let sum = places
                .iter()
                .skip(cluster)
                .step_by(3)
                .fold([0.0; 2], |sum, place| [sum[0] + place[0], sum[1] + place[1]]);
            sum.map(|sum| sum / 40.0)
        };
        let widest = (0..120).map(|point| distance(places[point], centre(point % 3))).fold(0.0, f32::max);
        assert!((0..3).all(|a| distance(centre(a), centre((a + 1) % 3)) > 2.0 * widest));
        assert!(trustworthiness(&clusters(), &places, 12).is_some_and(|trust| trust > 0.9));
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| tsne(&clusters(), 10.0, || {}))
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(3));
    }

    #[test]
    fn points_that_are_all_equal_stay_together() {
        let mut steps = 0;
        let places = tsne(&Points::new(20, &[3.0; 60]), 5.0, || steps += 1);
        assert_eq!((places, steps), (vec![[0.0, 0.0]; 20], 1));
    }

    #[test]
    fn the_steps_that_are_exaggerated_grow_with_the_logarithm() {
        assert_eq!([1, 100, 5000, 60_000].map(exaggerated_steps), [0, 21, 72, 121]);
    }
}
