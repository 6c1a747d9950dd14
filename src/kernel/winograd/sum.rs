//! The sum over channels, block of tiles by block of tiles: transform the inputs, multiply, transform the products.

use std::marker::PhantomData;

use super::form::{Form, Sink, Strided, input_tile, output_tile};
use super::grid::Grid;
use crate::around::Around;
use crate::isa::Kernel;
use crate::lane::{Lane, Numbers};
use crate::line::{LANES, Line, numbers};
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Lines of transformed inputs and products that one task works on; the second cache holds them.
const BLOCK: usize = 7168;

/// Channels whose products are transformed together.
const MADE: usize = 2 * LANES;

/// The most tiles of a block.
const TILES: usize = 8;

/// From the map `x` to the one that is made.
#[derive(Clone, Copy)]
pub struct Sum<'a, F, const P: usize, const T: usize, const K: usize> {
    pub grid: Grid<T>,
    /// Read and made.
    pub channels: [usize; 2],
    /// `[plane][made / 16][read]` lines of sixteen channels that are made, and how many lines lie from plane to plane.
    pub u: &'a [Line],
    pub plane: usize,
    pub x: &'a [Line],
    pub around: Around<'a>,
    pub form: PhantomData<F>,
}

/// How the channels and tiles of one task lie in its scratch.
#[derive(Clone, Copy)]
struct Sizes {
    tiles: usize,
    /// From plane to plane: a line more than is needed, so that planes share no cache set.
    inputs: usize,
    products: usize,
}

impl Sizes {
    fn new(planes: usize, [read, made]: [usize; 2]) -> Self {
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

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Sum<'_, F, P, T, K> {
    /// `scratch` has [`block_lines`] for each thread.
    pub fn run(self, machine: &Machine, y: &mut [Line], scratch: &mut [Line]) {
        let [read, made] = self.channels;
        let [source, target] = [self.grid.source, self.grid.target].map(|[height, width]| height * width);
        let batch = self.x.len() / (read * source);
        assert_eq!(y.len(), batch * made * target, "a line for each place and group of lanes");
        let (sizes, lines) = (Sizes::new(P * P, self.channels), block_lines(P * P, self.channels));
        let blocks = self.grid.tiles().div_ceil(sizes.tiles);
        // Where there are few tiles, channels are shared out too.
        let parts = (2 * machine.team.threads()).div_ceil(batch * blocks).min(made.div_ceil(MADE));
        let (y, scratch) = (Shared::new(y), Shared::new(scratch));
        machine.team.run(batch * blocks * parts, |index, thread| {
            let (index, part) = (index / parts, index % parts);
            let (lanes, first) = (index / blocks, index % blocks * sizes.tiles);
            // SAFETY: each thread has scratch of its own.
            let scratch = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
            let (inputs, products) = scratch.split_at_mut(P * P * sizes.inputs);
            let count = sizes.tiles.min(self.grid.tiles() - first);
            machine.isa.run(Block { sum: self, sizes, lanes, first, count, part, parts, inputs, products, y: &y });
        });
    }
}

/// Some tiles of one group of lanes, and every `parts`-th share of the channels that are made.
struct Block<'a, F, const P: usize, const T: usize, const K: usize> {
    sum: Sum<'a, F, P, T, K>,
    sizes: Sizes,
    lanes: usize,
    first: usize,
    count: usize,
    part: usize,
    parts: usize,
    /// `[plane][tile][channel read]`
    inputs: &'a mut [Line],
    /// `[plane][tile][channel made]`
    products: &'a mut [Line],
    y: &'a Shared<'a, Line>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Block<'_, F, P, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        self.transform_inputs::<L>();
        let made = self.sum.channels[1];
        for first in (self.part * MADE..made).step_by(self.parts * MADE) {
            let channels = first..made.min(first + MADE);
            for xi in 0..P * P {
                for block in channels.clone().step_by(LANES) {
                    self.multiply::<L>(xi, block, block - first, LANES.min(made - block));
                }
            }
            for channel in channels {
                self.transform_products::<L>(channel, channel - first);
            }
        }
    }
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Block<'_, F, P, T, K> {
    #[inline(always)]
    fn transform_inputs<L: Lane>(&mut self) {
        let Sum { grid, channels: [read, _], x, .. } = self.sum;
        let area = grid.source[0] * grid.source[1];
        for channel in 0..read {
            let plane = |channel: usize| &x[(self.lanes * read + channel) * area..][..area];
            let (from, next) = (plane(channel), plane((channel + 1).min(read - 1)));
            for n in 0..self.count {
                grid.prefetch_patch::<P>(next, self.first + n);
                let patch = grid.patch::<P>(from, self.first + n);
                let lines = &mut self.inputs[n * read + channel..];
                let mut planes = Strided::new(lines, self.sizes.inputs);
                input_tile::<F, L::Register, P, T, K>(&patch, &mut planes);
            }
        }
    }

    /// The products of `count` channels from `first` on, sixteen at most, in one plane; `place` is the first one's.
    #[inline(always)]
    fn multiply<L: Lane>(&mut self, xi: usize, first: usize, place: usize, count: usize) {
        let Sum { u, plane, channels: [read, _], .. } = self.sum;
        let u = numbers(&u[xi * plane + first / LANES * read..][..read]);
        for index in 0..tiles(count, L::ROWS) {
            let (row, height) = tile(count, L::ROWS, index);
            let rows = Rows { numbers: u, first: row, row: 1, depth: LANES };
            with_height!(height, R => self.tile::<L, R>(xi, rows, place + row));
        }
    }

    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&mut self, xi: usize, rows: Rows, place: usize) {
        let [read, made] = self.sum.channels;
        let made = made.min(MADE);
        for n in 0..self.count {
            let lines = &self.inputs[xi * self.sizes.inputs + n * read..][..read];
            let sums = multiply::<L, R>(rows, lines, [L::zero(); R]);
            let to = &mut self.products[xi * self.sizes.products + n * made + place..][..R];
            for (sum, to) in sums.iter().zip(to) {
                sum.store(to);
            }
        }
    }

    #[inline(always)]
    fn transform_products<L: Lane>(&mut self, channel: usize, place: usize) {
        let Sum { grid, channels: [_, made], around, .. } = self.sum;
        let start = (self.lanes * made + channel) * grid.target[0] * grid.target[1];
        for n in 0..self.count {
            let lines = &self.products[n * made.min(MADE) + place..];
            let products = Strided::new(lines, self.sizes.products);
            let ([top, left], extent) = grid.extent(self.first + n);
            let first = start + top * grid.target[1] + left;
            let mut tile = Tile { y: self.y, first, width: grid.target[1], extent, channel, around };
            self.y.prefetch_square::<T>(first + grid.target[0] * grid.target[1], grid.target[1]);
            output_tile::<F, L::Register, P, T, K>(&products, &mut tile);
        }
    }
}

/// A tile of the map that is made, with what is around its sums.
struct Tile<'a> {
    y: &'a Shared<'a, Line>,
    first: usize,
    width: usize,
    /// Rows and columns that lie on the map.
    extent: [usize; 2],
    channel: usize,
    around: Around<'a>,
}

impl<const T: usize> Sink<T> for Tile<'_> {
    #[inline(always)]
    fn row<N: Numbers>(&mut self, y: usize, part: usize, values: [N; T]) {
        if y >= self.extent[0] {
            return;
        }
        let at = self.first + y * self.width;
        // SAFETY: each task has lanes, tiles and channels of its own, and uses one row at a time.
        let out = unsafe { self.y.part(at..at + self.extent[1]) };
        self.around.finish(self.channel, values, at, out, part);
    }
}
