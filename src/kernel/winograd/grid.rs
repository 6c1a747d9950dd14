//! A map cut into tiles, with the patch that each reads from another map.

use super::form::Square;
use crate::lane::Lane;
use crate::line::Line;

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
pub struct Patch<'a> {
    plane: &'a [Line],
    size: [usize; 2],
    corner: [isize; 2],
    /// Whether none of it lies beyond the plane.
    inside: bool,
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
    pub fn patch<'a, const P: usize>(&self, plane: &'a [Line], tile: usize) -> Patch<'a> {
        let [row, column] = self.corner(tile);
        let corner = [row as isize - self.pad[0] as isize, column as isize - self.pad[1] as isize];
        let [height, width] = self.source;
        let lies = |at: isize, size: usize| at >= 0 && at as usize + P <= size;
        let inside = lies(corner[0], height) && lies(corner[1], width) && plane.len() >= height * width;
        Patch { plane, size: self.source, corner, inside }
    }

    /// Asks for the patch of P by P that a tile will read.
    #[inline(always)]
    pub fn prefetch_patch<const P: usize>(&self, plane: &[Line], tile: usize) {
        let [row, column] = self.corner(tile);
        let corner = [row.saturating_sub(self.pad[0]), column.saturating_sub(self.pad[1])];
        prefetch::<P>(plane, self.source, corner);
    }

    /// Asks for the values of a tile in a plane of the target.
    #[inline(always)]
    pub fn prefetch_values(&self, plane: &[Line], tile: usize) {
        prefetch::<T>(plane, self.target, self.corner(tile));
    }

    /// Row and column of a tile's first value, and how many rows and columns of it lie on the target.
    #[inline(always)]
    pub fn extent(&self, tile: usize) -> ([usize; 2], [usize; 2]) {
        let [row, column] = self.corner(tile);
        ([row, column], [T.min(self.target[0] - row), T.min(self.target[1] - column)])
    }
}

#[inline(always)]
fn prefetch<const N: usize>(plane: &[Line], [height, width]: [usize; 2], [top, left]: [usize; 2]) {
    for y in top..height.min(top + N) {
        for line in &plane[y * width + left.min(width)..y * width + width.min(left + N)] {
            line.prefetch();
        }
    }
}

impl<L: Lane> Square<L> for Patch<'_> {
    #[inline(always)]
    fn at(&self, y: usize, x: usize) -> L {
        let [height, width] = self.size;
        let (y, x) = (self.corner[0] + y as isize, self.corner[1] + x as isize);
        if self.inside || (y >= 0 && x >= 0 && (y as usize) < height && (x as usize) < width) {
            L::load(&self.plane[y as usize * width + x as usize])
        } else {
            L::zero()
        }
    }
}
