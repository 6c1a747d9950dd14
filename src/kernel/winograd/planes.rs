//! The products between the transforms: a matrix product for each place of the transformed tile.

use std::ops::Range;

use crate::lane::Lane;
use crate::line::{LANES, Line, numbers};
use crate::product::{Rows, multiply, tile, tiles, with_height};

/// Lines of transformed inputs and products that one task works on; the second cache holds them.
const BLOCK: usize = 7168;

/// Channels whose products are transformed together.
pub const MADE: usize = 2 * LANES;

/// The most tiles of a block.
const TILES: usize = 8;

/// How the channels and tiles of one task lie in its scratch.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub tiles: usize,
    /// From plane to plane: a line more than is needed, so that planes share no cache set.
    pub inputs: usize,
    pub products: usize,
}

impl Sizes {
    pub fn new(planes: usize, [read, made]: [usize; 2]) -> Self {
        let made = made.min(MADE);
        let tiles = (BLOCK / (planes * (read + made))).clamp(1, TILES);
        Self { tiles, inputs: tiles * read + 1, products: tiles * made + 1 }
    }
}

/// Lines of scratch for each thread.
pub fn block_lines(planes: usize, channels: [usize; 2]) -> usize {
    let sizes = Sizes::new(planes, channels);
    planes * (sizes.inputs + sizes.products)
}

/// Transformed weights.
#[derive(Clone, Copy)]
pub struct Weights<'a> {
    /// `[plane][made / 16][read]` lines of sixteen channels that are made, and how many lines lie from plane to plane.
    pub u: &'a [Line],
    pub plane: usize,
    /// Read and made.
    pub channels: [usize; 2],
}

/// What one task transforms and multiplies.
pub struct Planes<'a> {
    pub weights: Weights<'a>,
    pub sizes: Sizes,
    /// `[plane][tile][channel read]`
    pub inputs: &'a mut [Line],
    /// `[plane][tile][channel made]`
    pub products: &'a mut [Line],
}

impl<'a> Planes<'a> {
    /// In scratch of [`block_lines`].
    pub fn new(planes: usize, weights: Weights<'a>, scratch: &'a mut [Line]) -> Self {
        let sizes = Sizes::new(planes, weights.channels);
        let (inputs, products) = scratch.split_at_mut(planes * sizes.inputs);
        Self { weights, sizes, inputs, products }
    }

    /// The products of some channels that are made, for the first `count` tiles, in all `planes`.
    #[inline(always)]
    pub fn multiply<L: Lane>(&mut self, planes: usize, channels: Range<usize>, count: usize) {
        for xi in 0..planes {
            let mut first = channels.start;
            while first < channels.end {
                let end = channels.end.min((first / LANES + 1) * LANES);
                self.rows::<L>(xi, first..end, first - channels.start, count);
                first = end;
            }
        }
    }

    /// Those of one sixteen of channels; `place` is the first one's.
    #[inline(always)]
    fn rows<L: Lane>(&mut self, xi: usize, channels: Range<usize>, place: usize, count: usize) {
        let Weights { u, plane, channels: [read, _] } = self.weights;
        let u = numbers(&u[xi * plane + channels.start / LANES * read..][..read]);
        for index in 0..tiles(channels.len(), L::ROWS) {
            let (row, height) = tile(channels.len(), L::ROWS, index);
            let rows = Rows { numbers: u, first: channels.start % LANES + row, row: 1, depth: LANES };
            with_height!(height, R => self.tile::<L, R>(xi, rows, place + row, count));
        }
    }

    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&mut self, xi: usize, rows: Rows, place: usize, count: usize) {
        let [read, made] = self.weights.channels;
        let made = made.min(MADE);
        for n in 0..count {
            let lines = &self.inputs[xi * self.sizes.inputs + n * read..][..read];
            let sums = multiply::<L, R>(rows, lines, [L::zero(); R]);
            let to = &mut self.products[xi * self.sizes.products + n * made + place..][..R];
            for (sum, to) in sums.iter().zip(to) {
                sum.store(to);
            }
        }
    }
}
