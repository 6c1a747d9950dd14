//! Points -> the nearest others of each, exactly.

use rayon::prelude::*;

use super::points::Points;

/// A point near another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    pub point: usize,
    /// The squared distance.
    pub square: f64,
}

/// The `count` nearest others of each point, the nearest first; all others where there are fewer.
pub fn neighbours(points: &Points, count: usize) -> Vec<Vec<Neighbour>> {
    let of_block = |block: std::ops::Range<usize>| {
        let distances = points.distances(block.clone());
        let columns =
            block.enumerate().map(|(column, point)| nearest(distances.column(column).as_slice(), point, count));
        columns.collect::<Vec<_>>()
    };
    points.blocks().into_par_iter().flat_map_iter(of_block).collect()
}

/// Of equally near ones the first come first.
fn nearest(squares: &[f64], own: usize, count: usize) -> Vec<Neighbour> {
    let others = squares.iter().enumerate().filter(|(point, _)| *point != own);
    let mut others: Vec<Neighbour> = others.map(|(point, &square)| Neighbour { point, square }).collect();
    let order = |a: &Neighbour, b: &Neighbour| a.square.total_cmp(&b.square).then(a.point.cmp(&b.point));
    if 0 < count && count < others.len() {
        others.select_nth_unstable_by(count - 1, order);
    }
    others.truncate(count);
    others.sort_unstable_by(order);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_no_point_is_its_own_neighbour() {
        let points = Points::new(5, &[0.0, 1.0, 3.0, 3.0, 10.0]);
        let found = |count| -> Vec<Vec<usize>> {
            let each = neighbours(&points, count);
            each.iter().map(|of| of.iter().map(|neighbour| neighbour.point).collect()).collect()
        };
        assert_eq!(found(2), [[1, 2], [0, 2], [3, 1], [2, 1], [2, 3]]);
        assert_eq!(found(9)[0], [1, 2, 3, 4]);
        assert!((neighbours(&points, 2)[4][0].square - 49.0).abs() < 1e-9);
    }
}
