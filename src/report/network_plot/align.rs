//! Ordered layers -> columns: cells below each other that stay on one straight line.
//!
//! What passes a layer stays straight before all else; then a box with the one box that it reads or that reads it.
//! Alignments do not cross, so that columns have an order from left to right.

use super::layers::{Layered, Segment};

/// The column of each cell, and how far right of the column's line it lies.
pub struct Columns {
    pub count: usize,
    pub of: Vec<usize>,
    pub offset: Vec<i32>,
}

pub fn align(layered: &Layered, places: &[usize]) -> Columns {
    let mut columns = Columns { count: 0, of: vec![0; places.len()], offset: vec![0; places.len()] };
    let mut above = vec![None; places.len()];
    for segments in &layered.gaps {
        for segment in aligned(layered, segments, places) {
            above[segment.bottom] = Some(segment);
        }
    }
    for &cell in layered.layers.iter().flatten() {
        match above[cell] {
            Some(segment) => {
                columns.of[cell] = columns.of[segment.top];
                columns.offset[cell] = columns.offset[segment.top] + segment.leaves - segment.enters;
            }
            None => {
                columns.of[cell] = columns.count;
                columns.count += 1;
            }
        }
    }
    columns
}

/// The segments of a gap that will be straight.
fn aligned(layered: &Layered, segments: &[Segment], places: &[usize]) -> Vec<Segment> {
    let tops = chosen(layered, segments, places, [|s| s.top, |s| s.bottom]);
    let bottoms = chosen(layered, segments, places, [|s| s.bottom, |s| s.top]);
    let mutual = (0..segments.len()).filter(|&index| tops[index] && bottoms[index]).map(|index| segments[index]);
    let passes = |segment: &Segment| layered.cells[segment.top].is_trunk() && layered.cells[segment.bottom].is_trunk();
    let (mut first, mut then): (Vec<Segment>, Vec<Segment>) = mutual.partition(passes);
    let mut kept: Vec<Segment> = vec![];
    for group in [&mut first, &mut then] {
        group.sort_by_key(|segment| places[segment.top]);
        group.iter().for_each(|segment| keep_uncrossed(&mut kept, *segment, places));
    }
    kept
}

/// Puts a segment among those kept, ordered from left to right, unless it crosses one.
fn keep_uncrossed(kept: &mut Vec<Segment>, segment: Segment, places: &[usize]) {
    let at = kept.partition_point(|other| places[other.top] < places[segment.top]);
    let after = |other: &Segment| places[other.bottom] < places[segment.bottom];
    let before = |other: &Segment| places[other.bottom] > places[segment.bottom] && other.top != segment.top;
    if at.checked_sub(1).is_none_or(|left| after(&kept[left])) && kept.get(at).is_none_or(before) {
        kept.insert(at, segment);
    }
}

/// Which segments the cells of one side choose: of those to boxes, else of those to trunks, the one in the middle.
/// A trunk chooses the one that goes on.
fn chosen(
    layered: &Layered,
    segments: &[Segment],
    places: &[usize],
    [own, other]: [fn(&Segment) -> usize; 2],
) -> Vec<bool> {
    let mut sorted: Vec<usize> = (0..segments.len()).collect();
    sorted.sort_by_key(|&index| (own(&segments[index]), places[other(&segments[index])]));
    let mut chosen = vec![false; segments.len()];
    for group in sorted.chunk_by(|a, b| own(&segments[*a]) == own(&segments[*b])) {
        let passes = |index: &usize| layered.cells[other(&segments[*index])].is_trunk();
        let (trunks, boxes): (Vec<usize>, Vec<usize>) = group.iter().copied().partition(passes);
        let is_trunk = layered.cells[own(&segments[group[0]])].is_trunk();
        let preferred = [boxes, trunks];
        let [first, second] = if is_trunk { [1, 0] } else { [0, 1] };
        let candidates = if preferred[first].is_empty() { &preferred[second] } else { &preferred[first] };
        if !candidates.len().is_multiple_of(2) {
            chosen[candidates[candidates.len() / 2]] = true;
        }
    }
    chosen
}
