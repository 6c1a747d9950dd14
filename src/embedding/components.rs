//! Points -> the directions in which they spread most: principal components, by subspace iteration.

use nalgebra::{DMatrix, SymmetricEigen};
use rand::Rng;
use rayon::prelude::*;

use super::points::Points;
use crate::random::{self, Purpose};

/// Directions that are iterated on; more than are wanted, so that the wanted ones are found sooner.
const WIDTH: usize = 10;
/// At most so many iterations.
const ITERATIONS: usize = 100;
/// It ends when no variance changes by more than this part of the largest.
const TOLERANCE: f64 = 1e-10;

/// The first principal components.
#[derive(Clone, Debug)]
pub struct Components {
    /// A column for each: unit vectors; the largest value of each is positive.
    pub axes: DMatrix<f64>,
    /// The points' variance along each (with n - 1), the largest first.
    pub variances: Vec<f64>,
}

impl Components {
    /// The first `count` of them, or as many as a point has values.
    pub fn of(points: &Points, count: usize) -> Self {
        let mut components = Self::iterated(points, count);
        components.axes.resize_horizontally_mut(count.min(components.axes.ncols()), 0.0);
        components.variances.truncate(count);
        for mut axis in components.axes.column_iter_mut() {
            let longer = |most: f64, value: &f64| if value.abs() > most.abs() { *value } else { most };
            let longest = axis.iter().fold(0.0, longer);
            axis.scale_mut(f64::signum(longest));
        }
        components
    }

    /// Each point's place along each axis: a column for each axis.
    pub fn scores(&self, points: &Points) -> DMatrix<f64> {
        points.values().tr_mul(&self.axes)
    }

    fn iterated(points: &Points, count: usize) -> Self {
        let mut found = Self { axes: start(points.values().nrows(), count), variances: vec![] };
        for _ in 0..ITERATIONS {
            let next = found.next(points);
            let largest = next.variances[0];
            let moved = |(a, b): (&f64, &f64)| (a - b).abs() > TOLERANCE * largest;
            let ended =
                !found.variances.is_empty() && !next.variances.iter().zip(&found.variances).take(count).any(moved);
            found = next;
            if ended {
                break;
            }
        }
        found
    }

    /// One step: the covariance applied to the axes, and what of their span fits it best (Rayleigh and Ritz).
    fn next(&self, points: &Points) -> Self {
        let basis = covariance_times(points, &self.axes).qr().q();
        let within = basis.transpose() * covariance_times(points, &basis);
        let eigen = SymmetricEigen::new((&within + within.transpose()) / 2.0);
        let mut order: Vec<usize> = (0..basis.ncols()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let turned = basis * eigen.eigenvectors.select_columns(&order);
        Self { axes: turned, variances: order.iter().map(|&at| eigen.eigenvalues[at].max(0.0)).collect() }
    }
}

/// Random directions, always the same ones.
fn start(values: usize, count: usize) -> DMatrix<f64> {
    let mut stream = random::stream(random::key(0, Purpose::Embed, 0, 0));
    DMatrix::from_fn(values, values.min(count.max(WIDTH)), |_, _| stream.random_range(-1.0..1.0))
}

/// The points' covariance times the columns of `axes`; sums of blocks are added in the blocks' order.
fn covariance_times(points: &Points, axes: &DMatrix<f64>) -> DMatrix<f64> {
    let of_block = |block: std::ops::Range<usize>| {
        let some = points.values().columns_range(block);
        some * (some.transpose() * axes)
    };
    let blocks: Vec<DMatrix<f64>> = points.blocks().into_par_iter().map(of_block).collect();
    let zero = DMatrix::zeros(axes.nrows(), axes.ncols());
    blocks.into_iter().fold(zero, |sum, block| sum + block) / (points.len().max(2) - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two points each way along three axes at right angles, (3,4,0)/5, (-4,3,0)/5 and (0,0,1), at 10, 5 and 1.
    fn points() -> Points {
        let axes = [([0.6, 0.8, 0.0], 10.0), ([-0.8, 0.6, 0.0], 5.0), ([0.0, 0.0, 1.0], 1.0)];
        let both = axes.iter().flat_map(|(axis, length)| [1.0, -1.0].map(|sign| axis.map(|x| 7.0 + sign * length * x)));
        Points::new(6, &both.flatten().map(|value| value as f32).collect::<Vec<_>>())
    }

    #[test]
    fn components_are_the_axes_of_a_known_covariance() {
        let found = Components::of(&points(), 2);
        let expected = [([0.6, 0.8, 0.0], 2.0 * 100.0 / 5.0), ([0.8, -0.6, 0.0], 2.0 * 25.0 / 5.0)];
        assert_eq!(found.axes.ncols(), 2);
        for (column, (axis, variance)) in expected.into_iter().enumerate() {
            assert!((found.variances[column] - variance).abs() < 1e-4, "{found:?}");
            for (row, value) in axis.into_iter().enumerate() {
                assert!((found.axes[(row, column)] - value).abs() < 1e-5, "{found:?}");
            }
        }
        assert!((found.scores(&points())[(0, 0)] - 10.0).abs() < 1e-4);
    }

    #[test]
    fn many_values_and_none_that_differ_are_no_trouble() {
        // One direction in 300 values, and a little of everything else.
        let value = |n: usize| random::uniform(n as u64 % 300, n as u64 / 300);
        let values: Vec<f32> =
            (0..60 * 300).map(|n| (n / 300) as f32 * (n % 300 % 2) as f32 + 0.1 * value(n)).collect();
        let found = Components::of(&Points::new(60, &values), 2);
        let expected = 1.0 / 150f64.sqrt();
        assert!((found.axes[(1, 0)] - expected).abs() < 1e-3 && found.axes[(0, 0)].abs() < 1e-3);
        assert_eq!(Components::of(&Points::new(4, &[1.0; 20]), 2).variances, [0.0, 0.0]);
        assert_eq!(Components::of(&Points::new(4, &[1.0, 2.0, 3.0, 4.0]), 2).variances.len(), 1);
    }
}
