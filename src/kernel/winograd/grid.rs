//! A map cut into tiles, with the patch that each reads from another map.

use std::ops::Range;

use super::form::Square;
use crate::lane::Numbers;
use crate::line::{Line, prefetch_square};

/// As long as the widest patch.
static ZEROS: [Line; 8] = [Line::ZERO; 8];

/// How tiles of T by T of one map lie on another.
#[derive(Clone, Copy, Debug)]
pub struct Grid<const T: usize> {
    /// Height and width of the map that is made, and of the one that is read.
    pub target: [usize; 2],
    pub source: [usize; 2],
    /// How far patches begin before their tiles.
    pub pad: [usize; 2],
}

/// A square of a plane; zeros beyond it.
pub struct Patch<'a, const P: usize> {
    /// What of each row lies on the plane; of a row beyond it, as many zeros.
    rows: [&'a [Line]; P],
    /// The columns that lie on it, each row's lines.
    columns: Range<usize>,
}

impl<const T: usize> Grid<T> {
    /// Tiles along each axis; the last ones may reach beyond the map.
    fn tiles_along(&self) -> [usize; 2] {
        self.target.map(|size| size.div_ceil(T))
    }

    pub fn tiles(&self) -> usize {
        let [rows, columns] = self.tiles_along();
        rows * columns
    }

    /// Row and column of a tile's first value.
    #[inline(always)]
    pub fn corner(&self, tile: usize) -> [usize; 2] {
        let columns = self.target[1].div_ceil(T);
        [tile / columns * T, tile % columns * T]
    }

    /// The patch of P by P that a tile reads from a plane of the source.
    #[inline(always)]
    pub fn patch<'a, const P: usize>(&self, plane: &'a [Line], tile: usize) -> Patch<'a, P> {
        let [top, left] = self.corner(tile);
        let [height, width] = self.source;
        let columns = on_map::<P>(left, self.pad[1], width);
        let first = left + columns.start - self.pad[1];
        let mut rows = [&ZEROS[..columns.len()]; P];
        for y in on_map::<P>(top, self.pad[0], height) {
            rows[y] = &plane[(top + y - self.pad[0]) * width + first..][..columns.len()];
        }
        Patch { rows, columns }
    }

    /// A tile's values in a plane of the target.
    #[inline(always)]
    pub fn values<'a>(&self, plane: &'a [Line], tile: usize) -> Patch<'a, T> {
        let ([top, left], [height, width]) = self.extent(tile);
        let mut rows = [&ZEROS[..width]; T];
        for (y, row) in rows.iter_mut().enumerate().take(height) {
            *row = &plane[(top + y) * self.target[1] + left..][..width];
        }
        Patch { rows, columns: 0..width }
    }

    /// The rows and columns of a tile's patch of P by P that lie on the source.
    #[inline(always)]
    pub fn on_source<const P: usize>(&self, tile: usize) -> [Range<usize>; 2] {
        let [top, left] = self.corner(tile);
        [on_map::<P>(top, self.pad[0], self.source[0]), on_map::<P>(left, self.pad[1], self.source[1])]
    }

    /// Asks for the patch of P by P that a tile will read.
    #[inline(always)]
    pub fn prefetch_patch<const P: usize>(&self, plane: &[Line], tile: usize) {
        let ([top, left], [above, before]) = (self.corner(tile), self.pad);
        let first = plane.as_ptr().wrapping_add(top * self.source[1] + left);
        prefetch_square::<P>(first.wrapping_sub(above * self.source[1] + before), self.source[1]);
    }

    /// Asks for the values of a tile in a plane of the target.
    #[inline(always)]
    pub fn prefetch_values(&self, plane: &[Line], tile: usize) {
        let [top, left] = self.corner(tile);
        prefetch_square::<T>(plane.as_ptr().wrapping_add(top * self.target[1] + left), self.target[1]);
    }

    /// Row and column of a tile's first value, and how many rows and columns of it lie on the target.
    #[inline(always)]
    pub fn extent(&self, tile: usize) -> ([usize; 2], [usize; 2]) {
        let [row, column] = self.corner(tile);
        ([row, column], [T.min(self.target[0] - row), T.min(self.target[1] - column)])
    }
}

/// Those of P places from `at - pad` on that lie on a map of `size`.
#[inline(always)]
fn on_map<const P: usize>(at: usize, pad: usize, size: usize) -> Range<usize> {
    let end = P.min((size + pad).saturating_sub(at));
    pad.saturating_sub(at).min(end)..end
}

impl<const P: usize> Square<P> for Patch<'_, P> {
    #[inline(always)]
    fn column<N: Numbers>(&self, x: usize, part: usize) -> [N; P] {
        let mut column = [N::zero(); P];
        if self.columns.contains(&x) {
            for (value, row) in column.iter_mut().zip(&self.rows) {
                // SAFETY: each row has a line for each of the columns.
                *value = N::load_part(unsafe { row.get_unchecked(x - self.columns.start) }, part);
            }
        }
        column
    }
}
