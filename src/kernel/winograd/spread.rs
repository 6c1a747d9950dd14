//! The sum's transpose, from the tiles of the map that it made to the patches that it read: x is the sum over tiles of
//! B \[(G w G^T) (A y A^T)\] B^T, patches that meet added. It has the products of the sum, where a sum of flipped filters has
//! those of the larger map.

use std::marker::PhantomData;
use std::ops::Range;

use super::form::{Form, Sink, Strided, input_gradient_tile, output_gradient_tile};
use super::grid::Grid;
use super::planes::{MADE, Planes, Weights, block_lines};
use crate::around::{After, Around, Start};
use crate::isa::Kernel;
use crate::lane::{Lane, Numbers};
use crate::line::Line;
use crate::machine::Machine;
use crate::shared::Shared;

/// The fewest channels of a task that are worth transforming all tiles for.
const CHANNELS: usize = 4;

/// From the map `y` to the one that is made.
#[derive(Clone, Copy)]
pub struct Spread<'a, F, const P: usize, const T: usize, const K: usize> {
    /// Of the sum: `y` is its target.
    pub grid: Grid<T>,
    pub weights: Weights<'a>,
    pub y: &'a [Line],
    pub around: Around<'a>,
    pub form: PhantomData<F>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Spread<'_, F, P, T, K> {
    /// `scratch` has [`block_lines`] for each thread.
    pub fn run(self, machine: &Machine, x: &mut [Line], scratch: &mut [Line]) {
        let [read, made] = self.weights.channels;
        let [source, target] = [self.grid.source, self.grid.target].map(|[height, width]| height * width);
        let batch = self.y.len() / (read * target);
        assert_eq!(x.len(), batch * made * source, "a line for each place and group of lanes");
        let lines = block_lines(P * P, self.weights.channels);
        let parts = machine.team.threads().div_ceil(batch).min((made / CHANNELS).max(1));
        let (x, scratch) = (Shared::new(x), Shared::new(scratch));
        machine.team.run(batch * parts, |index, thread| {
            let (lanes, part) = (index / parts, index % parts);
            // SAFETY: each thread has scratch of its own.
            let scratch = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
            let planes = Planes::new(P * P, self.weights, scratch);
            let own = part * made / parts..(part + 1) * made / parts;
            machine.isa.run(Maps { spread: self, planes, lanes, own, x: &x });
        });
    }
}

/// Some channels that are made, of one group of lanes.
struct Maps<'a, F, const P: usize, const T: usize, const K: usize> {
    spread: Spread<'a, F, P, T, K>,
    planes: Planes<'a>,
    lanes: usize,
    own: Range<usize>,
    x: &'a Shared<'a, Line>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Maps<'_, F, P, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        for channel in self.own.clone() {
            self.begin::<L>(channel);
        }
        let tiles = self.spread.grid.tiles();
        for first in (0..tiles).step_by(self.planes.sizes.tiles) {
            let tiles = first..tiles.min(first + self.planes.sizes.tiles);
            self.transform_tiles::<L>(tiles.clone());
            for first in self.own.clone().step_by(MADE) {
                let channels = first..self.own.end.min(first + MADE);
                self.planes.multiply::<L>(P * P, channels.clone(), tiles.len());
                for channel in channels {
                    self.add_patches::<L>(tiles.clone(), channel, channel - first);
                }
            }
        }
        for channel in self.own.clone() {
            self.end::<L>(channel);
        }
    }
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Maps<'_, F, P, T, K> {
    /// Where a channel's map begins, and its lines.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn map(&self, channel: usize) -> (usize, &mut [Line]) {
        let area = self.spread.grid.source[0] * self.spread.grid.source[1];
        let first = (self.lanes * self.spread.weights.channels[1] + channel) * area;
        // SAFETY: each task has lanes and channels of its own, and borrows one map at a time.
        (first, unsafe { self.x.part(first..first + area) })
    }

    /// Writes what the sums start from.
    #[inline(always)]
    fn begin<L: Lane>(&self, channel: usize) {
        let from = match self.spread.around.start {
            Start::Held => return,
            Start::Zero => 0.0,
            Start::Bias(bias) => bias[channel],
        };
        for line in self.map(channel).1 {
            L::splat(from).store(line);
        }
    }

    /// Writes what becomes of them.
    #[inline(always)]
    fn end<L: Lane>(&self, channel: usize) {
        let after = self.spread.around.after;
        if matches!(after, After::Nothing) {
            return;
        }
        let (first, lines) = self.map(channel);
        for (n, line) in lines.iter_mut().enumerate() {
            after.apply(L::load(line), first + n).store(line);
        }
    }

    #[inline(always)]
    fn transform_tiles<L: Lane>(&mut self, tiles: Range<usize>) {
        let Spread { grid, weights: Weights { channels: [read, _], .. }, y, .. } = self.spread;
        let area = grid.target[0] * grid.target[1];
        for channel in 0..read {
            let plane = |channel: usize| &y[(self.lanes * read + channel) * area..][..area];
            let (from, next) = (plane(channel), plane((channel + 1).min(read - 1)));
            for (n, tile) in tiles.clone().enumerate() {
                grid.prefetch_values(next, tile);
                let lines = &mut self.planes.inputs[n * read + channel..];
                let mut planes = Strided::new(lines, self.planes.sizes.inputs);
                output_gradient_tile::<F, L::Register, P, T, K>(&grid.values(from, tile), &mut planes);
            }
        }
    }

    #[inline(always)]
    fn add_patches<L: Lane>(&mut self, tiles: Range<usize>, channel: usize, place: usize) {
        let Spread { grid, weights: Weights { channels: [_, made], .. }, .. } = self.spread;
        for (n, tile) in tiles.enumerate() {
            let lines = &self.planes.products[n * made.min(MADE) + place..];
            let products = Strided::new(lines, self.planes.sizes.products);
            let [rows, columns] = grid.on_source::<P>(tile);
            let [top, left] = grid.corner(tile);
            let (_, map) = self.map(channel);
            // Of the first row and column that lie on the map.
            let first = (top + rows.start - grid.pad[0]) * grid.source[1] + left + columns.start - grid.pad[1];
            let mut patch = Patch { map, first, width: grid.source[1], rows, columns };
            input_gradient_tile::<F, L::Register, P, T, K>(&products, &mut patch);
        }
    }
}

/// The part of a patch that lies on the map, to which sums are added.
struct Patch<'a> {
    map: &'a mut [Line],
    first: usize,
    width: usize,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl<const P: usize> Sink<P> for Patch<'_> {
    #[inline(always)]
    fn row<N: Numbers>(&mut self, y: usize, part: usize, values: [N; P]) {
        if !self.rows.contains(&y) {
            return;
        }
        let lines = &mut self.map[self.first + (y - self.rows.start) * self.width..][..self.columns.len()];
        for (value, line) in values[self.columns.clone()].iter().zip(lines) {
            value.add(N::load_part(line, part)).store_part(line, part);
        }
    }
}
