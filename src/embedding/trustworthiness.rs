//! Points and their places in the plane -> how far the plane is to be trusted.

use std::ops::Range;

use rayon::prelude::*;

use super::neighbours::{Neighbour, neighbours};
use super::points::Points;

/// J. Venna and S. Kaski, "Neighborhood preservation in nonlinear projection methods", 2001, with k = `count`:
/// 1 - 2 / (nk (2n - 3k - 1)) times the sum of r - k over all that are among the k nearest in the plane and only the
/// r-th nearest in truth, r > k. From 0 to 1; none where k is not below n / 2.
pub fn trustworthiness(points: &Points, places: &[[f32; 2]], count: usize) -> Option<f64> {
    if count == 0 || 2 * count >= points.len() {
        return None;
    }
    let near = neighbours(&Points::new(places.len(), places.as_flattened()), count);
    let of_block = |block: Range<usize>| intruders(points, &near, block);
    // Whole numbers: their sum does not depend on the order.
    let sum: usize = points.blocks().into_par_iter().map(of_block).sum();
    let (n, k) = (points.len() as f64, count as f64);
    Some(1.0 - 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)) * sum as f64)
}

/// The sum of r - k over the neighbours in the plane of the points of a block.
fn intruders(points: &Points, near: &[Vec<Neighbour>], block: Range<usize>) -> usize {
    let distances = points.distances(block.clone());
    let of_point = |(column, point): (usize, usize)| {
        let squares = distances.column(column);
        let excess =
            |neighbour: &Neighbour| rank(squares.as_slice(), point, neighbour.point).saturating_sub(near[point].len());
        near[point].iter().map(excess).sum::<usize>()
    };
    block.enumerate().map(of_point).sum()
}

/// The how many nearest of `own` another point is, from 1; of equally near ones the first come first.
fn rank(squares: &[f64], own: usize, other: usize) -> usize {
    let square = squares[other];
    let nearer = squares.iter().filter(|distance| **distance < square).count();
    let equal = squares[..other].iter().filter(|distance| **distance == square).count();
    // The point itself is nearest of all.
    let itself = squares[own] < square || own < other;
    1 + nearer + equal - usize::from(itself)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: &[f32]) -> Vec<[f32; 2]> {
        places.iter().map(|&x| [x, 0.0]).collect()
    }

    #[test]
    fn what_is_moved_costs_its_rank() {
        let points = Points::new(6, &[0.0, 1.0, 2.5, 4.5, 7.0, 10.0]);
        let trust = |places: &[f32], count| trustworthiness(&points, &line(places), count);
        assert_eq!(trust(&[0.0, 10.0, 25.0, 45.0, 70.0, 100.0], 2), Some(1.0));
        // The last point now lies beside the first: it is the fifth of the first (5 - 1), which is its fifth as well, and
        // nobody else's neighbour.
        let expected = 1.0 - 2.0 / (6.0 * (12.0 - 3.0 - 1.0)) * (4.0 + 4.0);
        let found = trust(&[0.0, 1.0, 2.5, 4.5, 7.0, -0.5], 1).expect("enough points");
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn too_few_points_have_none() {
        assert_eq!(trustworthiness(&Points::new(4, &[0.0, 1.0, 2.0, 3.0]), &line(&[0.0, 1.0, 2.0, 3.0]), 2), None);
    }
}
