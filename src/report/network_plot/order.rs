//! Layers -> the same with their cells in an order that has few crossings: sweeps by the middle of the neighbours.

use super::layers::{Layered, Segment};

/// Sweeps down and up; few networks need more than the first.
const SWEEPS: usize = 8;

/// Orders the cells of each layer.
pub fn order(layered: &mut Layered) {
    let mut places = places(layered);
    let mut best: Option<(usize, Vec<Vec<usize>>)> = None;
    for sweep in 0..SWEEPS {
        pass(layered, &mut places, sweep % 2 == 0);
        let crossings = (0..layered.gaps.len()).map(|gap| crossings(layered, gap, &places)).sum();
        if best.as_ref().is_none_or(|(fewest, _)| crossings < *fewest) {
            best = Some((crossings, layered.layers.clone()));
        }
        if crossings == 0 {
            break;
        }
    }
    layered.layers = best.map_or_else(Vec::new, |(_, layers)| layers);
}

/// The place of each cell in its layer.
fn places(layered: &Layered) -> Vec<usize> {
    let mut places = vec![0; layered.cells.len()];
    for layer in &layered.layers {
        layer.iter().enumerate().for_each(|(place, &cell)| places[cell] = place);
    }
    places
}

fn pass(layered: &mut Layered, places: &mut [usize], down: bool) {
    let count = layered.layers.len();
    for step in 1..count {
        let layer = if down { step } else { count - 1 - step };
        let gap = if down { layer - 1 } else { layer };
        if layered.layers[layer].len() > 1 {
            sort(layered, places, [layer, gap], down);
        }
    }
}

/// Sorts a layer by the mean place of each cell's neighbours across the gap. Of equals, lines that pass go to the right.
fn sort(layered: &mut Layered, places: &mut [usize], [layer, gap]: [usize; 2], down: bool) {
    let mut sums = vec![(0.0, 0.0); layered.layers[layer].len()];
    for segment in &layered.gaps[gap] {
        let (own, at) = if down {
            (segment.bottom, place_of(layered, segment.top, segment.leaves, places))
        } else {
            (segment.top, place_of(layered, segment.bottom, segment.enters, places))
        };
        let sum: &mut (f64, f64) = &mut sums[places[own]];
        *sum = (sum.0 + at, sum.1 + 1.0);
    }
    let key = |cell: &usize| match sums[places[*cell]] {
        (_, 0.0) => places[*cell] as f64,
        (sum, count) => sum / count,
    };
    let mut cells = std::mem::take(&mut layered.layers[layer]);
    cells.sort_by(|a, b| {
        let trunks = layered.cells[*a].is_trunk().cmp(&layered.cells[*b].is_trunk());
        key(a).total_cmp(&key(b)).then(trunks)
    });
    cells.iter().enumerate().for_each(|(place, &cell)| places[cell] = place);
    layered.layers[layer] = cells;
}

/// The place of a port: that of its cell, and how far it is from the middle.
fn place_of(layered: &Layered, cell: usize, port: i32, places: &[usize]) -> f64 {
    places[cell] as f64 + f64::from(port) / f64::from(layered.cells[cell].width.max(1) + 1)
}

/// How many pairs of a gap's segments cross.
fn crossings(layered: &Layered, gap: usize, places: &[usize]) -> usize {
    let ends = |segment: &Segment| {
        let top = place_of(layered, segment.top, segment.leaves, places);
        [top, place_of(layered, segment.bottom, segment.enters, places)]
    };
    let mut ends: Vec<[f64; 2]> = layered.gaps[gap].iter().map(ends).collect();
    ends.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut bottoms: Vec<f64> = ends.iter().map(|end| end[1]).collect();
    inversions(&mut bottoms)
}

/// Sorts, and counts how many pairs stood the wrong way round.
fn inversions(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let mut count = inversions(&mut values[..middle]) + inversions(&mut values[middle..]);
    let mut upper = middle;
    for value in &values[..middle] {
        while upper < values.len() && values[upper] < *value {
            upper += 1;
        }
        count += upper - middle;
    }
    values.sort_by(f64::total_cmp);
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn pairs_in_the_wrong_order_are_counted() {
        let check = |values: &[f64], expected| assert_eq!(inversions(&mut values.to_vec()), expected, "{values:?}");
        check(&[1.0, 2.0, 2.0, 3.0], 0);
        check(&[3.0, 2.0, 1.0], 3);
        check(&[2.0, 3.0, 1.0, 1.0], 4);
    }
}
