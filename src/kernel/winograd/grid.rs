//! A map cut into tiles of 4x4, with the patch of 6x6 that each reads.

use crate::kernel::lane::Lane;
use crate::kernel::line::Line;

/// The side of a tile, and of the patch that it reads.
pub const TILE: usize = 4;
pub const PATCH: usize = 6;

/// How tiles of one map lie on another.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Height and width of the map that is made, and of the one that is read.
    pub target: [usize; 2],
    pub source: [usize; 2],
    /// How far patches begin before their tiles.
    pub pad: [usize; 2],
}

impl Grid {
    /// Tiles along each axis; the last ones may reach beyond the map.
    fn tiles_along(&self) -> [usize; 2] {
        self.target.map(|size| size.div_ceil(TILE))
    }

    pub fn tiles(&self) -> usize {
        let [rows, columns] = self.tiles_along();
        rows * columns
    }

    /// Row and column of a tile's first value.
    #[inline(always)]
    fn corner(&self, tile: usize) -> [usize; 2] {
        let columns = self.target[1].div_ceil(TILE);
        [tile / columns * TILE, tile % columns * TILE]
    }

    /// The patch that a tile reads from a plane of the source; zeros beyond it.
    #[inline(always)]
    pub fn patch<L: Lane>(&self, plane: &[Line], tile: usize) -> [[L; PATCH]; PATCH] {
        let [row, column] = self.corner(tile);
        let corner = [row as isize - self.pad[0] as isize, column as isize - self.pad[1] as isize];
        cut(plane, self.source, corner)
    }

    /// Asks for the patch that [`Grid::patch`] will read.
    #[inline(always)]
    pub fn prefetch_patch(&self, plane: &[Line], tile: usize) {
        let [row, column] = self.corner(tile);
        prefetch::<PATCH>(plane, self.source, [row.saturating_sub(self.pad[0]), column.saturating_sub(self.pad[1])]);
    }

    /// Asks for what [`Grid::values`] will read.
    #[inline(always)]
    pub fn prefetch_values(&self, plane: &[Line], tile: usize) {
        prefetch::<TILE>(plane, self.target, self.corner(tile));
    }

    /// The values of a tile in a plane of the target; zeros beyond it.
    #[inline(always)]
    pub fn values<L: Lane>(&self, plane: &[Line], tile: usize) -> [[L; TILE]; TILE] {
        let [row, column] = self.corner(tile);
        cut(plane, self.target, [row as isize, column as isize])
    }

    /// Row and column of a tile's first value, and how many rows and columns of it lie on the target.
    #[inline(always)]
    pub fn extent(&self, tile: usize) -> ([usize; 2], [usize; 2]) {
        let [row, column] = self.corner(tile);
        ([row, column], [TILE.min(self.target[0] - row), TILE.min(self.target[1] - column)])
    }
}

#[inline(always)]
fn prefetch<const N: usize>(plane: &[Line], [height, width]: [usize; 2], [top, left]: [usize; 2]) {
    for y in top..height.min(top + N) {
        plane[y * width + left..y * width + width.min(left + N)].iter().for_each(Line::prefetch);
    }
}

/// A square of a plane, from `corner` on; zeros beyond the plane.
#[inline(always)]
fn cut<L: Lane, const N: usize>(plane: &[Line], [height, width]: [usize; 2], [top, left]: [isize; 2]) -> [[L; N]; N] {
    let mut square = [[L::zero(); N]; N];
    let inside = top >= 0 && left >= 0 && top as usize + N <= height && left as usize + N <= width;
    for (y, values) in square.iter_mut().enumerate() {
        if inside {
            let row = &plane[(top as usize + y) * width + left as usize..][..N];
            for (value, line) in values.iter_mut().zip(row) {
                *value = L::load(line);
            }
            continue;
        }
        let y = top + y as isize;
        for (x, value) in values.iter_mut().enumerate() {
            let x = left + x as isize;
            if y >= 0 && x >= 0 && (y as usize) < height && (x as usize) < width {
                *value = L::load(&plane[y as usize * width + x as usize]);
            }
        }
    }
    square
}
