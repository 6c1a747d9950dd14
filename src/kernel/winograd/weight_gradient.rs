//! dw = G^T \[the sum over tiles and images of (A dy A^T) (B^T x B)\] G.
//!
//! Values of dy are turned, so that sixteen outputs lie in the lanes, then transformed; the transformed inputs are broadcast.
//! A task owns some outputs and some inputs, in all planes.

use std::marker::PhantomData;

use super::form::{Form, Strided, input_tile, output_gradient_tile};
use super::grid::Grid;
use super::weight;
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers};
use crate::machine::Machine;
use crate::product::{Rows, load_sums, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Inputs that are transformed together.
const INPUTS: usize = 16;

/// Lines of transformed inputs and outputs that a task works on; the second cache holds them.
const BLOCK: usize = 6912;

/// The most tiles that are summed before the sums return to memory.
const TILES: usize = 4;

/// A convolution whose weights' gradient is wanted.
#[derive(Clone, Copy)]
pub struct WeightGradient<'a, F, const P: usize, const T: usize, const K: usize> {
    pub grid: Grid<T>,
    pub inputs: usize,
    pub outputs: usize,
    pub x: &'a [Line],
    pub dy: &'a [Line],
    pub form: PhantomData<F>,
}

/// How the work is cut: sixteens of outputs of a task, parts of the outputs, parts of the inputs.
#[derive(Clone, Copy)]
struct Cut {
    own: usize,
    output_parts: usize,
    input_parts: usize,
}

impl Cut {
    fn new([inputs, outputs]: [usize; 2], threads: usize) -> Self {
        let blocks = outputs.div_ceil(LANES);
        let own = if blocks.is_multiple_of(2 * threads) { 2 } else { 1 };
        let output_parts = blocks.div_ceil(own);
        let input_parts = threads.div_ceil(output_parts).min(inputs.div_ceil(8));
        Self { own, output_parts, input_parts }
    }

    /// The inputs of a part.
    fn inputs(&self, inputs: usize, part: usize) -> std::ops::Range<usize> {
        part * inputs / self.input_parts..(part + 1) * inputs / self.input_parts
    }
}

/// How a task's scratch is laid out: its tiles, and lines from plane to plane, one more than they need.
#[derive(Clone, Copy)]
struct Sizes {
    tiles: usize,
    inputs: usize,
    outputs: usize,
}

impl Sizes {
    fn new(planes: usize, inputs: usize, own: usize) -> Self {
        let (inputs, outputs) = (inputs.min(INPUTS), own * LANES);
        let tiles = (BLOCK / (planes * (inputs + outputs))).clamp(1, TILES);
        Self { tiles, inputs: tiles * inputs + 1, outputs: tiles * outputs + 1 }
    }

    /// Of one thread, with a square of sixteen outputs and images for each of a tile's values.
    fn lines(&self, planes: usize, values: usize) -> usize {
        planes * (self.inputs + self.outputs) + values * LANES
    }
}

/// Lines of scratch: the sums of all planes, and what each thread transforms.
pub fn lines([planes, values]: [usize; 2], channels: [usize; 2], threads: usize) -> usize {
    let own = Cut::new(channels, threads).own;
    sum_lines(planes, channels) + threads * Sizes::new(planes, channels[0], own).lines(planes, values)
}

fn sum_lines(planes: usize, [inputs, outputs]: [usize; 2]) -> usize {
    outputs.div_ceil(LANES) * planes * weight::plane_lines(inputs)
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> WeightGradient<'_, F, P, T, K> {
    pub fn run(self, machine: &Machine, dw: &mut [f32], scratch: &mut [Line]) {
        let channels = [self.inputs, self.outputs];
        let (sums, scratch) = scratch.split_at_mut(sum_lines(P * P, channels));
        let cut = Cut::new(channels, machine.team.threads());
        let sizes = Sizes::new(P * P, self.inputs, cut.own);
        {
            let (sums, scratch, lines) = (Shared::new(sums), Shared::new(scratch), sizes.lines(P * P, T * T));
            machine.team.run(cut.output_parts * cut.input_parts, |index, thread| {
                // SAFETY: each thread has scratch of its own.
                let scratch = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
                let (inputs, rest) = scratch.split_at_mut(P * P * sizes.inputs);
                let (outputs, turned) = rest.split_at_mut(P * P * sizes.outputs);
                let first_block = index / cut.input_parts * cut.own;
                let own = cut.inputs(self.inputs, index % cut.input_parts);
                machine.isa.run(Share {
                    all: self,
                    cut,
                    sizes,
                    first_block,
                    own,
                    inputs,
                    outputs,
                    turned,
                    sums: &sums,
                });
            });
        }
        weight::gradient::<F, P, T, K>(machine, [self.outputs, self.inputs], sums, dw);
    }

    fn batch(&self) -> usize {
        self.x.len() / (self.inputs * self.grid.source[0] * self.grid.source[1])
    }
}

/// Some outputs and inputs.
struct Share<'a, F, const P: usize, const T: usize, const K: usize> {
    all: WeightGradient<'a, F, P, T, K>,
    cut: Cut,
    sizes: Sizes,
    /// Of sixteen outputs.
    first_block: usize,
    own: std::ops::Range<usize>,
    /// `[plane][tile][input]`, images in the lanes.
    inputs: &'a mut [Line],
    /// `[plane][block of outputs][tile][image]`, outputs in the lanes.
    outputs: &'a mut [Line],
    /// `[value of a tile][image]`, outputs in the lanes.
    turned: &'a mut [Line],
    /// `[block of outputs][plane][input]`
    sums: &'a Shared<'a, Line>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Share<'_, F, P, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let on_map = self.all.grid.tiles();
        let tiles = self.all.batch() * on_map;
        for first in (0..tiles).step_by(self.sizes.tiles) {
            // Of each tile its group of lanes, and its number on the map.
            let mut places = [[0; 2]; TILES];
            let places = &mut places[..self.sizes.tiles.min(tiles - first)];
            for (n, place) in places.iter_mut().enumerate() {
                *place = [(first + n) / on_map, (first + n) % on_map];
            }
            for block in 0..self.own_blocks() {
                for (n, &place) in places.iter().enumerate() {
                    self.transform_outputs::<L>(place, block, n);
                }
            }
            for input in self.own.clone().step_by(INPUTS) {
                let inputs = input..self.own.end.min(input + INPUTS);
                self.transform_inputs::<L>(places, inputs.clone());
                self.add_products::<L>(places.len(), inputs, first == 0);
            }
        }
    }
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Share<'_, F, P, T, K> {
    fn own_blocks(&self) -> usize {
        self.cut.own.min(self.all.outputs.div_ceil(LANES) - self.first_block)
    }

    #[inline(always)]
    fn transform_inputs<L: Lane>(&mut self, places: &[[usize; 2]], own: std::ops::Range<usize>) {
        let WeightGradient { grid, inputs, x, .. } = self.all;
        let area = grid.source[0] * grid.source[1];
        for channel in own.clone() {
            for (n, &[lanes, tile]) in places.iter().enumerate() {
                let plane = |channel: usize| &x[(lanes * inputs + channel) * area..][..area];
                grid.prefetch_patch::<P>(plane((channel + 1).min(own.end - 1)), tile);
                let lines = &mut self.inputs[n * own.len() + channel - own.start..];
                let mut planes = Strided::new(lines, self.sizes.inputs);
                input_tile::<F, L::Register, P, T, K>(&grid.patch::<P>(plane(channel), tile), &mut planes);
            }
        }
    }

    /// The n-th of the tiles at hand.
    #[inline(always)]
    fn transform_outputs<L: Lane>(&mut self, [lanes, tile]: [usize; 2], block: usize, n: usize) {
        let WeightGradient { grid, outputs, dy, .. } = self.all;
        let area = grid.target[0] * grid.target[1];
        let first = (self.first_block + block) * LANES;
        let planes = &dy[(lanes * outputs + first) * area..][..LANES.min(outputs - first) * area];
        for plane in planes.chunks_exact(area) {
            grid.prefetch_values(plane, (tile + 1).min(grid.tiles() - 1));
        }
        let ([top, left], [height, width]) = grid.extent(tile);
        if [height, width] != [T, T] {
            self.turned.fill(Line::ZERO);
        }
        let mut square = [Line::ZERO; LANES];
        for y in 0..height {
            for x in 0..width {
                let place = (top + y) * grid.target[1] + left + x;
                for (line, plane) in square.iter_mut().zip(planes.chunks_exact(area)) {
                    *line = plane[place];
                }
                L::transpose(&square, &mut self.turned[(y * T + x) * LANES..][..LANES]);
            }
        }
        for image in 0..LANES {
            let values = Strided::new(&self.turned[image..], LANES);
            let lines = &mut self.outputs[(block * self.sizes.tiles + n) * LANES + image..];
            let mut planes = Strided::new(lines, self.sizes.outputs);
            output_gradient_tile::<F, L::Register, P, T, K>(&values, &mut planes);
        }
    }

    #[inline(always)]
    fn add_products<L: Lane>(&mut self, count: usize, own: std::ops::Range<usize>, begins: bool) {
        for plane in 0..P * P {
            let from = &self.inputs[plane * self.sizes.inputs..][..count * own.len()];
            for block in 0..self.own_blocks() {
                let first = plane * self.sizes.outputs + block * self.sizes.tiles * LANES;
                let turned = &self.outputs[first..][..count * LANES];
                let sums =
                    ((self.first_block + block) * P * P + plane) * weight::plane_lines(self.all.inputs) + own.start;
                for index in 0..tiles(own.len(), L::ROWS) {
                    let (input, height) = tile(own.len(), L::ROWS, index);
                    // SAFETY: each task has outputs and inputs of its own.
                    let sums = unsafe { self.sums.part(sums + input..sums + input + height) };
                    let rows = Rows { numbers: numbers(from), first: input * LANES, row: LANES, depth: 1 };
                    with_height!(height, R => add_tile::<L, R>(rows, own.len(), turned, sums, begins));
                }
            }
        }
    }
}

/// Adds the products of `R` inputs to their sums, or begins these; a tile's rows lie `inputs` lines behind the last one's.
#[inline(always)]
fn add_tile<L: Lane, const R: usize>(rows: Rows, inputs: usize, turned: &[Line], sums: &mut [Line], begins: bool) {
    let mut made = if begins { [L::zero(); R] } else { load_sums(sums) };
    for (n, square) in turned.chunks_exact(LANES).enumerate() {
        let rows = Rows { first: rows.first + n * inputs * LANES, ..rows };
        made = multiply::<L, R>(rows, square, made);
    }
    for (sum, to) in made.iter().zip(sums) {
        sum.store(to);
    }
}
