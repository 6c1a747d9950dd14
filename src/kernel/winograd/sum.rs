//! The sum over channels, block of tiles by block of tiles: transform the inputs, multiply, transform the products.

use super::grid::{Grid, TILE};
use super::transform::{FLIPPED, input_tile, output_tile};
use super::{BLOCK, PLANES};
use crate::kernel::conv::{Around, Start};
use crate::kernel::isa::Kernel;
use crate::kernel::lane::Lane;
use crate::kernel::line::Line;
use crate::kernel::machine::Machine;
use crate::kernel::product::{MAX_ROWS, Rows, multiply, tile, tiles, with_height};
use crate::kernel::shared::Shared;

/// From the map `x` to the one that is made.
#[derive(Clone, Copy)]
pub struct Sum<'a> {
    pub grid: Grid,
    /// Read and made.
    pub channels: [usize; 2],
    /// Whether weights are read the other way: flipped, from outputs to inputs.
    pub transposed: bool,
    pub u: &'a [f32],
    pub x: &'a [Line],
    pub around: Around<'a>,
}

/// Tiles of one block, where so many channels are read.
fn block_tiles(channels: usize) -> usize {
    (BLOCK / (PLANES * channels)).clamp(1, 8)
}

/// From plane to plane in a block of inputs: one line more than they need, so that they share no cache set.
fn input_stride(channels: usize) -> usize {
    block_tiles(channels) * channels + 1
}

fn product_stride(channels: usize) -> usize {
    MAX_ROWS * block_tiles(channels) + 1
}

impl Sum<'_> {
    /// Lines of scratch for each thread, where so many channels are read.
    pub fn block_lines(channels: usize) -> usize {
        PLANES * (input_stride(channels) + product_stride(channels))
    }

    pub fn run(self, machine: &Machine, y: &mut [Line], scratch: &mut [Line]) {
        let [read, made] = self.channels;
        let [source, target] = [self.grid.source, self.grid.target].map(|[height, width]| height * width);
        let batch = self.x.len() / (read * source);
        assert_eq!(y.len(), batch * made * target, "a line for each place and group of lanes");
        let size = block_tiles(read);
        let blocks = self.grid.tiles().div_ceil(size);
        let (y, lines) = (Shared::new(y), Self::block_lines(read));
        let scratch = Shared::new(scratch);
        machine.team.run(batch * blocks, |index, thread| {
            let (lanes, first) = (index / blocks, index % blocks * size);
            // SAFETY: each thread has scratch of its own.
            let scratch = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
            let (inputs, products) = scratch.split_at_mut(PLANES * input_stride(read));
            let count = size.min(self.grid.tiles() - first);
            machine.isa.run(Block { sum: self, lanes, first, count, inputs, products, y: &y });
        });
    }
}

/// Some tiles of one group of lanes.
struct Block<'a> {
    sum: Sum<'a>,
    lanes: usize,
    first: usize,
    count: usize,
    /// `[plane][tile][channel read]`
    inputs: &'a mut [Line],
    /// `[plane][row of the register tile][tile]`
    products: &'a mut [Line],
    y: &'a Shared<'a, Line>,
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        self.transform_inputs::<L>();
        let made = self.sum.channels[1];
        for index in 0..tiles(made, L::ROWS) {
            let (channel, height) = tile(made, L::ROWS, index);
            with_height!(height, R => self.multiply::<L, R>(channel));
            for row in 0..height {
                self.transform_products::<L>(channel + row, row);
            }
        }
    }
}

impl Block<'_> {
    #[inline(always)]
    fn transform_inputs<L: Lane>(&mut self) {
        let Sum { grid, channels: [read, _], x, .. } = self.sum;
        let plane = grid.source[0] * grid.source[1];
        let stride = input_stride(read);
        for channel in 0..read {
            let from = &x[(self.lanes * read + channel) * plane..][..plane];
            let next = &x[(self.lanes * read + (channel + 1).min(read - 1)) * plane..][..plane];
            for n in 0..self.count {
                grid.prefetch_patch(next, self.first + n);
                let tile = input_tile(&grid.patch::<L>(from, self.first + n));
                let place = n * read + channel;
                for (xi, value) in tile.as_flattened().iter().enumerate() {
                    value.store(&mut self.inputs[xi * stride + place]);
                }
            }
        }
    }

    /// The products of `R` channels that are made, in all planes.
    #[inline(always)]
    fn multiply<L: Lane, const R: usize>(&mut self, channel: usize) {
        let Sum { channels: [read, made], transposed, u, .. } = self.sum;
        let (from, to) = (input_stride(read), product_stride(read));
        for xi in 0..PLANES {
            let weights = if transposed { FLIPPED[xi / 6] * 6 + FLIPPED[xi % 6] } else { xi };
            let numbers = &u[weights * read * made..][..read * made];
            let rows = if transposed {
                Rows { numbers, first: channel, row: 1, depth: made }
            } else {
                Rows { numbers, first: channel * read, row: read, depth: 1 }
            };
            for n in 0..self.count {
                let lines = &self.inputs[xi * from + n * read..][..read];
                let sums = multiply::<L, R>(rows, lines, [L::zero(); R]);
                for (r, sum) in sums.iter().enumerate() {
                    sum.store(&mut self.products[xi * to + r * self.count + n]);
                }
            }
        }
    }

    #[inline(always)]
    fn transform_products<L: Lane>(&mut self, channel: usize, row: usize) {
        let Sum { grid, channels: [read, made], transposed, around, .. } = self.sum;
        let (stride, plane) = (product_stride(read), grid.target[0] * grid.target[1]);
        let start = (self.lanes * made + channel) * plane;
        for n in 0..self.count {
            let place = row * self.count + n;
            let mut square = [[L::zero(); 6]; 6];
            for (xi, value) in square.as_flattened_mut().iter_mut().enumerate() {
                *value = L::load(&self.products[xi * stride + place]);
            }
            let values: [[L; TILE]; TILE] = output_tile(&square, transposed);
            let ([top, left], [height, width]) = grid.extent(self.first + n);
            for (y, values) in values.iter().enumerate().take(height) {
                let at = start + (top + y) * grid.target[1] + left;
                // SAFETY: each task has lanes and tiles of its own.
                let out = unsafe { self.y.part(at..at + width) };
                for (out, &value) in out.iter_mut().zip(values) {
                    let value = match around.start {
                        Start::Zero => value,
                        Start::Held => value.add(L::load(out)),
                        Start::Bias(bias) => value.add(L::splat(bias[channel])),
                    };
                    let value = if around.relu { value.max(L::zero()) } else { value };
                    value.store(out);
                }
            }
        }
    }
}
