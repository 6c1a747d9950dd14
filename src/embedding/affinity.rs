//! Neighbours with their distances -> how strongly points attract each other: a sparse symmetric matrix whose sum is 1.

use rayon::prelude::*;

use super::neighbours::Neighbour;

/// How near an entropy comes to the wanted one, and in how many steps at most.
const TOLERANCE: f64 = 1e-5;
const STEPS: usize = 100;

/// p of each pair of points of which one is the other's neighbour, in rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Affinities {
    /// Where each row begins, and the end of the last.
    starts: Vec<usize>,
    points: Vec<u32>,
    weights: Vec<f32>,
}

impl Affinities {
    /// p(i, j) = (p(j given i) + p(i given j)) / 2n.
    pub fn of(neighbours: &[Vec<Neighbour>], perplexity: f64) -> Self {
        let given: Vec<Vec<f64>> = neighbours.par_iter().map(|of| conditional(of, perplexity)).collect();
        let mut rows: Vec<Vec<(u32, f64)>> = vec![vec![]; neighbours.len()];
        for (point, (of, given)) in neighbours.iter().zip(&given).enumerate() {
            for (neighbour, weight) in of.iter().zip(given) {
                rows[point].push((neighbour.point as u32, *weight));
                rows[neighbour.point].push((point as u32, *weight));
            }
        }
        Self::of_rows(rows)
    }

    fn of_rows(rows: Vec<Vec<(u32, f64)>>) -> Self {
        let share = 0.5 / rows.len() as f64;
        let mut made = Self { starts: vec![0], points: vec![], weights: vec![] };
        for mut row in rows {
            row.sort_unstable_by_key(|(point, _)| *point);
            for pair in row.chunk_by(|a, b| a.0 == b.0) {
                made.points.push(pair[0].0);
                made.weights.push((share * pair.iter().map(|(_, weight)| weight).sum::<f64>()) as f32);
            }
            made.starts.push(made.points.len());
        }
        made
    }

    /// The others that a point attracts, and how strongly.
    pub fn row(&self, point: usize) -> impl Iterator<Item = (usize, f32)> {
        let row = self.starts[point]..self.starts[point + 1];
        self.points[row.clone()].iter().map(|&point| point as usize).zip(self.weights[row].iter().copied())
    }
}

/// p(j given i) of i's neighbours: e^(-b d^2) over their sum, with that b with which the entropy is ln(perplexity), by
/// bisection.
fn conditional(neighbours: &[Neighbour], perplexity: f64) -> Vec<f64> {
    let nearest = neighbours.first().map_or(0.0, |neighbour| neighbour.square);
    let squares: Vec<f64> = neighbours.iter().map(|neighbour| neighbour.square - nearest).collect();
    let (mut b, mut least, mut most) = (1.0, 0.0, f64::INFINITY);
    for _ in 0..STEPS {
        let excess = entropy(&squares, b) - perplexity.ln();
        if excess.abs() <= TOLERANCE {
            break;
        }
        if excess > 0.0 {
            least = b
        } else {
            most = b
        }
        b = if most.is_finite() { (least + most) / 2.0 } else { 2.0 * b };
    }
    let powers: Vec<f64> = squares.iter().map(|square| (-b * square).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Of the probabilities e^(-b d^2) over their sum, in nats.
fn entropy(squares: &[f64], b: f64) -> f64 {
    let sums = squares.iter().fold([0.0, 0.0], |[sum, weighted], square| {
        let power = (-b * square).exp();
        [sum + power, weighted + power * square]
    });
    sums[0].ln() + b * sums[1] / sums[0]
}

#[cfg(test)]
mod tests {
    use super::super::neighbours::neighbours;
    use super::super::points::Points;
    use super::*;
    use crate::random::uniform;

    fn check_entropy(scale: f64, perplexity: f64) {
        let near = |n: usize| Neighbour { point: n, square: scale * (1.0 + n as f64 / 9.0).powi(2) };
        let given = conditional(&(0..91).map(near).collect::<Vec<_>>(), perplexity);
        let entropy: f64 = given.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
        assert!((entropy - perplexity.ln()).abs() < 2.0 * TOLERANCE, "{scale}: {entropy}");
    }

    #[test]
    fn the_perplexity_is_met_whatever_the_distances() {
        [1e-9, 1e-3, 1.0, 1e3, 1e9].into_iter().for_each(|scale| check_entropy(scale, 30.0));
        check_entropy(1.0, 2.0);
    }

    #[test]
    fn equal_points_attract_each_other_alike() {
        assert_eq!(conditional(&[Neighbour { point: 1, square: 0.0 }; 4], 2.0), [0.25; 4]);
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_one() {
        let values: Vec<f32> = (0..400).map(|n| uniform(3, n)).collect();
        let affinities = Affinities::of(&neighbours(&Points::new(100, &values), 15), 5.0);
        let pairs: Vec<(usize, usize, f32)> =
            (0..100).flat_map(|a| affinities.row(a).map(move |(b, weight)| (a, b, weight))).collect();
        let sum: f64 = pairs.iter().map(|(.., weight)| f64::from(*weight)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        assert!(pairs.iter().all(|&(a, b, weight)| a != b && pairs.contains(&(b, a, weight))));
    }
}
