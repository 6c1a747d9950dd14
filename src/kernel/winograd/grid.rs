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
        let [height, width] = self.source;
        let (top, left) = (row as isize - self.pad[0] as isize, column as isize - self.pad[1] as isize);
        let inside = top >= 0 && left >= 0 && top as usize + PATCH <= height && left as usize + PATCH <= width;
        if inside {
            let start = top as usize * width + left as usize;
            return std::array::from_fn(|y| {
                let row = &plane[start + y * width..][..PATCH];
                std::array::from_fn(|x| L::load(&row[x]))
            });
        }
        std::array::from_fn(|y| {
            let y = top + y as isize;
            std::array::from_fn(|x| {
                let x = left + x as isize;
                let met = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
                if met { L::load(&plane[y as usize * width + x as usize]) } else { L::zero() }
            })
        })
    }

    /// The values of a tile in a plane of the target; zeros beyond it.
    #[inline(always)]
    pub fn values<L: Lane>(&self, plane: &[Line], tile: usize) -> [[L; TILE]; TILE] {
        let [row, column] = self.corner(tile);
        let [height, width] = self.target;
        std::array::from_fn(|y| {
            std::array::from_fn(|x| {
                let met = row + y < height && column + x < width;
                if met { L::load(&plane[(row + y) * width + column + x]) } else { L::zero() }
            })
        })
    }

    /// Calls `put(place in the plane, y, x)` for the values of a tile that lie on the target.
    #[inline(always)]
    pub fn each(&self, tile: usize, mut put: impl FnMut(usize, usize, usize)) {
        let [row, column] = self.corner(tile);
        let [height, width] = self.target;
        for y in 0..TILE.min(height - row) {
            for x in 0..TILE.min(width - column) {
                put((row + y) * width + column + x, y, x);
            }
        }
    }
}
