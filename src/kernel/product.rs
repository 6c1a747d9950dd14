//! The register tile under every matrix product: a few rows of weights times lines.

use super::lane::Lane;
use super::line::Line;

/// Where the numbers of a tile's rows lie: row r's number at depth k at `first + r * row + k * depth`.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub numbers: &'a [f32],
    pub first: usize,
    pub row: usize,
    pub depth: usize,
}

/// sums\[r\] + the sum over k of numbers\[r, k\] lines\[k\].
#[inline(always)]
pub fn multiply<L: Lane, const R: usize>(rows: Rows, lines: &[Line], sums: [L; R]) -> [L; R] {
    let Some(last) = lines.len().checked_sub(1) else { return sums };
    let end = rows.first + (R - 1) * rows.row + last * rows.depth;
    assert!(end < rows.numbers.len(), "a tile beyond its numbers");
    let mut sums = sums;
    for (k, line) in lines.iter().enumerate() {
        let line = L::load(line);
        for (r, sum) in sums.iter_mut().enumerate() {
            // SAFETY: r < R and k <= last, so the place is at most `end`.
            let number = unsafe { *rows.numbers.get_unchecked(rows.first + r * rows.row + k * rows.depth) };
            *sum = L::splat(number).mul_add(line, *sum);
        }
    }
    sums
}

/// A tile's sums so far. (`array::from_fn` is not always inlined, and so not compiled for the instruction set.)
#[inline(always)]
pub fn load_sums<L: Lane, const R: usize>(lines: &[Line]) -> [L; R] {
    let mut sums = [L::zero(); R];
    for (sum, line) in sums.iter_mut().zip(&lines[..R]) {
        *sum = L::load(line);
    }
    sums
}

/// sums + a number for each row.
#[inline(always)]
pub fn add_numbers<L: Lane, const R: usize>(mut sums: [L; R], numbers: &[f32]) -> [L; R] {
    for (sum, &number) in sums.iter_mut().zip(&numbers[..R]) {
        *sum = sum.add(L::splat(number));
    }
    sums
}

/// Runs a block with a constant for a tile's height, 1 to 8.
macro_rules! with_height {
    ($height:expr, $R:ident => $body:expr) => {
        match $height {
            1 => {
                const $R: usize = 1;
                $body
            }
            2 => {
                const $R: usize = 2;
                $body
            }
            3 => {
                const $R: usize = 3;
                $body
            }
            4 => {
                const $R: usize = 4;
                $body
            }
            5 => {
                const $R: usize = 5;
                $body
            }
            6 => {
                const $R: usize = 6;
                $body
            }
            7 => {
                const $R: usize = 7;
                $body
            }
            _ => {
                const $R: usize = 8;
                $body
            }
        }
    };
}
pub(super) use with_height;

/// `rows` cut into tiles of nearly equal height, at most `most`: the first row and the height of tile `index` of
/// [`tiles`].
#[inline(always)]
pub fn tile(rows: usize, most: usize, index: usize) -> (usize, usize) {
    let tiles = tiles(rows, most);
    let (height, taller) = (rows / tiles, rows % tiles);
    (index * height + index.min(taller), height + usize::from(index < taller))
}

/// How many tiles [`tile`] cuts `rows` into.
#[inline(always)]
pub fn tiles(rows: usize, most: usize) -> usize {
    rows.div_ceil(most).max(1)
}
