//! Columns -> where each cell lies across: no two too near, each as straight below its neighbours as there is room for.

use std::collections::{BTreeMap, VecDeque};

use super::align::{Columns, align};
use super::layers::Layered;

/// Between cells beside each other.
const APART: i32 = 18;
/// Rounds in which columns move towards their neighbours.
const ROUNDS: usize = 24;
/// How much a line between boxes weighs beside one that passes.
const BOXES: i64 = 4;

/// The middle of each cell; the leftmost edge is at 0.
pub fn across(layered: &Layered) -> Vec<i32> {
    let mut places = vec![0; layered.cells.len()];
    for layer in &layered.layers {
        layer.iter().enumerate().for_each(|(place, &cell)| places[cell] = place);
    }
    let columns = align(layered, &places);
    let mut room = Room::of(layered, &columns);
    room.pack();
    room.relax(&pulls(layered, &columns));
    let middles: Vec<i32> = (0..places.len()).map(|cell| room.at[columns.of[cell]] + columns.offset[cell]).collect();
    let left = middles.iter().zip(&layered.cells).map(|(middle, cell)| middle - cell.width / 2).min().unwrap_or(0);
    middles.into_iter().map(|middle| middle - left).collect()
}

/// Columns and how far apart they are at least.
struct Room {
    at: Vec<i32>,
    /// Columns from left to right, as far as that is decided.
    order: Vec<usize>,
    /// Each column's neighbours on its left and on its right.
    left: Vec<Vec<(usize, i32)>>,
    right: Vec<Vec<(usize, i32)>>,
    /// How far each reaches to the left and to the right.
    reach: Vec<[i32; 2]>,
}

impl Room {
    fn of(layered: &Layered, columns: &Columns) -> Self {
        let mut apart: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        let mut reach = vec![[0; 2]; columns.count];
        for layer in &layered.layers {
            for &cell in layer {
                let (half, offset) = (layered.cells[cell].width / 2, columns.offset[cell]);
                let [left, right] = reach[columns.of[cell]];
                reach[columns.of[cell]] = [left.max(half - offset), right.max(half + offset)];
            }
            for pair in layer.windows(2) {
                let [a, b] = [pair[0], pair[1]];
                let halves = layered.cells[a].width / 2 + layered.cells[b].width / 2;
                let least = columns.offset[a] + halves + APART - columns.offset[b];
                let known = apart.entry((columns.of[a], columns.of[b])).or_insert(least);
                *known = least.max(*known);
            }
        }
        let (mut left, mut right) = (vec![vec![]; columns.count], vec![vec![]; columns.count]);
        for ((a, b), least) in apart {
            left[b].push((a, least));
            right[a].push((b, least));
        }
        let order = sorted(&left, &right);
        Self { at: vec![0; columns.count], order, left, right, reach }
    }

    /// The middle between all as far left and all as far right as they can be.
    fn pack(&mut self) {
        let mut lefts = vec![0; self.at.len()];
        for &column in &self.order {
            let nearest = self.left[column].iter().map(|&(other, least)| lefts[other] + least);
            lefts[column] = nearest.max().unwrap_or(0).max(self.reach[column][0]);
        }
        let edge = (0..lefts.len()).map(|column| lefts[column] + self.reach[column][1]).max().unwrap_or(0);
        let mut rights = vec![0; self.at.len()];
        for &column in self.order.iter().rev() {
            let nearest = self.right[column].iter().map(|&(other, least)| rights[other] - least);
            rights[column] = nearest.min().unwrap_or(edge).min(edge - self.reach[column][1]);
        }
        self.at = lefts.iter().zip(&rights).map(|(left, right)| (left + right).div_euclid(2)).collect();
    }

    /// Moves columns to where they are pulled, within their neighbours.
    fn relax(&mut self, pulls: &[Vec<Pull>]) {
        for round in 0..ROUNDS {
            let before = self.at.clone();
            for step in 0..self.order.len() {
                let last = self.order.len() - 1;
                let column = self.order[if round % 2 == 0 { step } else { last - step }];
                self.pull(column, &pulls[column]);
            }
            if self.at == before {
                break;
            }
        }
    }

    fn pull(&mut self, column: usize, pulls: &[Pull]) {
        let weight: i64 = pulls.iter().map(|pull| pull.weight).sum();
        if weight == 0 {
            return;
        }
        let sum: i64 = pulls.iter().map(|pull| pull.weight * i64::from(self.at[pull.to] + pull.offset)).sum();
        let least = self.left[column].iter().map(|&(other, least)| self.at[other] + least).max();
        let most = self.right[column].iter().map(|&(other, least)| self.at[other] - least).min();
        let wanted = sum.div_euclid(weight) as i32;
        self.at[column] = wanted.min(most.unwrap_or(i32::MAX)).max(least.unwrap_or(i32::MIN));
    }
}

/// Columns so that each stands behind those on its left.
fn sorted(left: &[Vec<(usize, i32)>], right: &[Vec<(usize, i32)>]) -> Vec<usize> {
    let mut waits: Vec<usize> = left.iter().map(Vec::len).collect();
    let mut ready: VecDeque<usize> = (0..left.len()).filter(|&column| waits[column] == 0).collect();
    let mut order = vec![];
    while let Some(column) = ready.pop_front() {
        order.push(column);
        for &(other, _) in &right[column] {
            waits[other] -= 1;
            if waits[other] == 0 {
                ready.push_back(other);
            }
        }
    }
    order
}

/// A line that is straight where a column lies so far right of another.
struct Pull {
    to: usize,
    offset: i32,
    weight: i64,
}

/// What pulls each column.
fn pulls(layered: &Layered, columns: &Columns) -> Vec<Vec<Pull>> {
    let mut pulls: Vec<Vec<Pull>> = (0..columns.count).map(|_| vec![]).collect();
    for segment in layered.gaps.iter().flatten() {
        let [top, bottom] = [segment.top, segment.bottom];
        if columns.of[top] == columns.of[bottom] {
            continue;
        }
        let passes = layered.cells[top].is_trunk() || layered.cells[bottom].is_trunk();
        let weight = if passes { 1 } else { BOXES };
        let offset = columns.offset[top] + segment.leaves - columns.offset[bottom] - segment.enters;
        pulls[columns.of[bottom]].push(Pull { to: columns.of[top], offset, weight });
        pulls[columns.of[top]].push(Pull { to: columns.of[bottom], offset: -offset, weight });
    }
    pulls
}
