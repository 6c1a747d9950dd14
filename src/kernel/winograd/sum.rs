//! The sum over channels, block of tiles by block of tiles: transform the inputs, multiply, transform the products.

use std::marker::PhantomData;

use super::form::{Form, Sink, Strided, input_tile, output_tile};
use super::grid::Grid;
use super::planes::{MADE, Planes, Sizes, Weights, block_lines};
use crate::around::Around;
use crate::isa::Kernel;
use crate::lane::{Lane, Numbers};
use crate::line::Line;
use crate::machine::Machine;
use crate::shared::Shared;

/// From the map `x` to the one that is made.
#[derive(Clone, Copy)]
pub struct Sum<'a, F, const P: usize, const T: usize, const K: usize> {
    pub grid: Grid<T>,
    pub weights: Weights<'a>,
    pub x: &'a [Line],
    pub around: Around<'a>,
    pub form: PhantomData<F>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Sum<'_, F, P, T, K> {
    /// `scratch` has [`block_lines`] for each thread.
    pub fn run(self, machine: &Machine, y: &mut [Line], scratch: &mut [Line]) {
        let [read, made] = self.weights.channels;
        let [source, target] = [self.grid.source, self.grid.target].map(|[height, width]| height * width);
        let batch = self.x.len() / (read * source);
        assert_eq!(y.len(), batch * made * target, "a line for each place and group of lanes");
        let (tiles, lines) = (Sizes::new(P * P, [read, made]).tiles, block_lines(P * P, [read, made]));
        let blocks = self.grid.tiles().div_ceil(tiles);
        // Where there are few tiles, channels are shared out too.
        let parts = (2 * machine.team.threads()).div_ceil(batch * blocks).min(made.div_ceil(MADE));
        let (y, scratch) = (Shared::new(y), Shared::new(scratch));
        machine.team.run(batch * blocks * parts, |index, thread| {
            let (index, part) = (index / parts, index % parts);
            let (lanes, first) = (index / blocks, index % blocks * tiles);
            // SAFETY: each thread has scratch of its own.
            let scratch = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
            let planes = Planes::new(P * P, self.weights, scratch);
            let count = tiles.min(self.grid.tiles() - first);
            machine.isa.run(Block { sum: self, planes, lanes, first, count, part, parts, y: &y });
        });
    }
}

/// Some tiles of one group of lanes, and every `parts`-th share of the channels that are made.
struct Block<'a, F, const P: usize, const T: usize, const K: usize> {
    sum: Sum<'a, F, P, T, K>,
    planes: Planes<'a>,
    lanes: usize,
    first: usize,
    count: usize,
    part: usize,
    parts: usize,
    y: &'a Shared<'a, Line>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Block<'_, F, P, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        self.transform_inputs::<L>();
        let made = self.sum.weights.channels[1];
        for first in (self.part * MADE..made).step_by(self.parts * MADE) {
            let channels = first..made.min(first + MADE);
            self.planes.multiply::<L>(P * P, channels.clone(), self.count);
            for channel in channels {
                self.transform_products::<L>(channel, channel - first);
            }
        }
    }
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Block<'_, F, P, T, K> {
    #[inline(always)]
    fn transform_inputs<L: Lane>(&mut self) {
        let Sum { grid, weights: Weights { channels: [read, _], .. }, x, .. } = self.sum;
        let area = grid.source[0] * grid.source[1];
        for channel in 0..read {
            let plane = |channel: usize| &x[(self.lanes * read + channel) * area..][..area];
            let (from, next) = (plane(channel), plane((channel + 1).min(read - 1)));
            for n in 0..self.count {
                grid.prefetch_patch::<P>(next, self.first + n);
                let patch = grid.patch::<P>(from, self.first + n);
                let lines = &mut self.planes.inputs[n * read + channel..];
                let mut planes = Strided::new(lines, self.planes.sizes.inputs);
                input_tile::<F, L::Register, P, T, K>(&patch, &mut planes);
            }
        }
    }

    #[inline(always)]
    fn transform_products<L: Lane>(&mut self, channel: usize, place: usize) {
        let Sum { grid, weights: Weights { channels: [_, made], .. }, around, .. } = self.sum;
        let start = (self.lanes * made + channel) * grid.target[0] * grid.target[1];
        for n in 0..self.count {
            let lines = &self.planes.products[n * made.min(MADE) + place..];
            let products = Strided::new(lines, self.planes.sizes.products);
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
