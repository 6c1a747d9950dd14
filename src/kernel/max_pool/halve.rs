//! Windows of 2x2 side by side, row by row.

use super::{Best, Gradients};
use crate::gradient::put;
use crate::lane::Lane;
use crate::line::Line;
use crate::window::Windows;

#[inline(always)]
pub fn forward<L: Lane>(windows: &Windows, x: &[Line], y: &mut [Line], mut places: Option<&mut [Line]>) {
    let [_, width] = windows.output;
    for (row, x) in x.chunks_exact(2 * windows.input[1]).enumerate() {
        let (upper, lower) = x.split_at(windows.input[1]);
        let squares = upper.as_chunks().0.iter().zip(lower.as_chunks().0);
        for (column, (upper, lower)) in squares.enumerate() {
            largest::<L>(upper, lower).store(row * width + column, y, places.as_deref_mut());
        }
    }
}

#[inline(always)]
fn largest<L: Lane>([a, b]: &[Line; 2], [c, d]: &[Line; 2]) -> Best<L> {
    let (upper, lower) = (Best::at(b, 1).or(Best::at(a, 0)), Best::at(d, 3).or(Best::at(c, 2)));
    lower.or(upper)
}

/// dx, or added to what `dx` holds.
#[inline(always)]
pub fn backward<L: Lane>(windows: &Windows, gradients: Gradients, dx: &mut [Line], add: bool) {
    let [_, width] = windows.output;
    for (row, dx) in dx.chunks_exact_mut(2 * windows.input[1]).enumerate() {
        let (upper, lower) = dx.split_at_mut(windows.input[1]);
        let squares = upper.as_chunks_mut::<2>().0.iter_mut().zip(lower.as_chunks_mut::<2>().0);
        for (column, (upper, lower)) in squares.enumerate() {
            let (chosen, dy) = gradients.of::<L>(row * width + column);
            let (above, below) = split(chosen, 1.5, dy);
            for (row, gradient, middle) in [(upper, above, 0.5), (lower, below, 2.5)] {
                let (left, right) = split(chosen, middle, gradient);
                put(left, &mut row[0], add);
                put(right, &mut row[1], add);
            }
        }
    }
}

/// A gradient where the chosen place lies before `middle`, and where behind it.
#[inline(always)]
fn split<L: Lane>(chosen: L, middle: f32, gradient: L) -> (L, L) {
    let middle = L::splat(middle);
    (chosen.where_greater(middle, L::zero(), gradient), chosen.where_greater(middle, gradient, L::zero()))
}
