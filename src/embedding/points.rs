//! Values, point after point -> points about their mean, and all distances between them, block by block.

use std::ops::Range;

use nalgebra::DMatrix;

/// Points of one block.
const BLOCK: usize = 64;

/// Points about their mean, so that differences lose no digits to a common offset.
#[derive(Clone, Debug)]
pub struct Points {
    /// A column for each point.
    values: DMatrix<f64>,
    /// |p|^2 of each.
    squares: Vec<f64>,
}

impl Points {
    /// `values` are those of `count` points, one after the other: equally many of each, at least one.
    pub fn new(count: usize, values: &[f32]) -> Self {
        let of_point = values.len() / count.max(1);
        let mut values = DMatrix::from_iterator(of_point, count, values.iter().map(|&value| f64::from(value)));
        let mean = values.column_sum() / count as f64;
        values.column_iter_mut().for_each(|mut point| point -= &mean);
        let squares = values.column_iter().map(|point| point.norm_squared()).collect();
        Self { values, squares }
    }

    pub fn len(&self) -> usize {
        self.values.ncols()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column for each point.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.values
    }

    /// All points, cut into blocks: always the same ones.
    pub(super) fn blocks(&self) -> Vec<Range<usize>> {
        let count = self.len();
        (0..count).step_by(BLOCK).map(|start| start..count.min(start + BLOCK)).collect()
    }

    /// The squared distances of the points of `block` to all, a column for each: |a|^2 + |b|^2 - 2ab.
    pub(super) fn distances(&self, block: Range<usize>) -> DMatrix<f64> {
        let some = self.values.columns_range(block.clone()).transpose();
        let mut distances = (some * &self.values).transpose();
        for (point, mut column) in block.zip(distances.column_iter_mut()) {
            for (distance, square) in column.iter_mut().zip(&self.squares) {
                *distance = (self.squares[point] + square - 2.0 * *distance).max(0.0);
            }
            column[point] = 0.0;
        }
        distances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_between_the_points_wherever_they_lie() {
        let values: Vec<f32> = (0..100).flat_map(|n| [1e4, 1e4 + (n % 7) as f32, 1e4 - n as f32]).collect();
        let points = Points::new(100, &values);
        for block in points.blocks() {
            let distances = points.distances(block.clone());
            for (column, a) in block.enumerate() {
                for b in 0..100 {
                    let difference = |n: usize| f64::from(values[3 * a + n] - values[3 * b + n]);
                    let expected: f64 = (0..3).map(|n| difference(n).powi(2)).sum();
                    assert!((distances[(b, column)] - expected).abs() < 1e-9, "{a} {b}");
                }
            }
        }
    }
}
