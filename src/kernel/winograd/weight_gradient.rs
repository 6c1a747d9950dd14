//! dw = G^T \[the sum over tiles and images of (A dy A^T) (B^T x B)\] G.
//!
//! Tasks own planes: three rows of the six by six, for thirty-two outputs. The gradients of the products are turned, so that
//! sixteen outputs lie in the lanes and the transformed inputs are broadcast.

use super::grid::{PATCH, TILE};
use super::transform::{input_tile, output_gradient_tile};
use super::{PLANES, Winograd, weight};
use crate::kernel::isa::Kernel;
use crate::kernel::lane::Lane;
use crate::kernel::line::{LANES, Line, numbers};
use crate::kernel::machine::Machine;
use crate::kernel::product::{Rows, multiply, tile, tiles, with_height};
use crate::kernel::shared::Shared;

/// Rows of planes that one task owns.
const ROWS: usize = 3;

/// Sixteens of outputs that one task owns.
const BLOCKS: usize = 2;

/// Planes of one task.
const OWN: usize = ROWS * PATCH;

/// Tiles that are summed before the sums return to memory.
const TILES: usize = 4;

/// The sums of all planes, and for each task its transformed tiles.
pub fn lines(w: &Winograd) -> usize {
    sum_lines(w) + tasks(w) * task_lines(w)
}

fn sum_lines(w: &Winograd) -> usize {
    PLANES * w.input * w.output.div_ceil(LANES)
}

fn tasks(w: &Winograd) -> usize {
    PATCH / ROWS * w.output.div_ceil(LANES * BLOCKS)
}

fn input_stride(w: &Winograd) -> usize {
    TILES * w.input + 1
}

fn output_stride() -> usize {
    TILES * BLOCKS * LANES + 1
}

fn task_lines(w: &Winograd) -> usize {
    OWN * (input_stride(w) + output_stride())
}

pub fn run(machine: &Machine, w: &Winograd, [x, dy]: [&[Line]; 2], dw: &mut [f32], scratch: &mut [Line]) {
    let (sums, scratch) = scratch.split_at_mut(sum_lines(w));
    sums.fill(Line::ZERO);
    let batch = x.len() / (w.input * w.forward.source[0] * w.forward.source[1]);
    {
        let (sums, lines) = (Shared::new(sums), task_lines(w));
        machine.team.chunks(&mut scratch[..tasks(w) * lines], lines, |index, scratch, _| {
            let (inputs, outputs) = scratch.split_at_mut(OWN * input_stride(w));
            let (half, part) = (index % (PATCH / ROWS), index / (PATCH / ROWS));
            machine.isa.run(Planes { w, x, dy, batch, first_row: half * ROWS, part, inputs, outputs, sums: &sums });
        });
    }
    weight::gradient(machine, [w.output, w.input], sums, dw);
}

/// Some planes for some outputs.
struct Planes<'a> {
    w: &'a Winograd,
    x: &'a [Line],
    dy: &'a [Line],
    batch: usize,
    first_row: usize,
    /// Of the outputs.
    part: usize,
    /// `[own plane][tile][input]`, images in the lanes.
    inputs: &'a mut [Line],
    /// `[own plane][block of outputs][tile][image]`, outputs in the lanes.
    outputs: &'a mut [Line],
    /// `[plane][input][block of outputs]`
    sums: &'a Shared<'a, Line>,
}

impl Kernel for Planes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let tiles = self.w.forward.tiles();
        for lanes in 0..self.batch {
            for first in (0..tiles).step_by(TILES) {
                let count = TILES.min(tiles - first);
                self.transform_inputs::<L>(lanes, first, count);
                self.transform_outputs::<L>(lanes, first, count);
                self.add_products::<L>(count);
            }
        }
    }
}

impl Planes<'_> {
    /// The first of the outputs, and how many.
    #[inline(always)]
    fn own_outputs(&self) -> (usize, usize) {
        let first = self.part * BLOCKS * LANES;
        (first, (BLOCKS * LANES).min(self.w.output - first))
    }

    #[inline(always)]
    fn transform_inputs<L: Lane>(&mut self, lanes: usize, first: usize, count: usize) {
        let Winograd { input, forward, .. } = *self.w;
        let (plane, stride) = (forward.source[0] * forward.source[1], input_stride(self.w));
        for channel in 0..input {
            let from = &self.x[(lanes * input + channel) * plane..][..plane];
            let next = &self.x[(lanes * input + (channel + 1).min(input - 1)) * plane..][..plane];
            for n in 0..count {
                forward.prefetch_patch(next, first + n);
                let made = input_tile(&forward.patch::<L>(from, first + n));
                for (own, value) in made[self.first_row..][..ROWS].as_flattened().iter().enumerate() {
                    value.store(&mut self.inputs[own * stride + n * input + channel]);
                }
            }
        }
    }

    #[inline(always)]
    fn transform_outputs<L: Lane>(&mut self, lanes: usize, first: usize, count: usize) {
        let Winograd { output, forward, .. } = *self.w;
        let plane = forward.target[0] * forward.target[1];
        let (own_first, own_count) = self.own_outputs();
        for block in 0..own_count.div_ceil(LANES) {
            let present = LANES.min(own_count - block * LANES);
            for n in 0..count {
                let mut squares = [[Line::ZERO; LANES]; OWN];
                for o in 0..present {
                    let channel = own_first + block * LANES + o;
                    let from = &self.dy[(lanes * output + channel) * plane..][..plane];
                    let next = &self.dy[(lanes * output + (channel + 1).min(output - 1)) * plane..][..plane];
                    forward.prefetch_values(next, first + n);
                    let values: [[L; TILE]; TILE] = forward.values(from, first + n);
                    let made = output_gradient_tile(&values);
                    for (square, value) in squares.iter_mut().zip(made[self.first_row..][..ROWS].as_flattened()) {
                        value.store(&mut square[o]);
                    }
                }
                for (own, square) in squares.iter().enumerate() {
                    let at = own * output_stride() + (block * TILES + n) * LANES;
                    L::transpose(square, &mut self.outputs[at..at + LANES]);
                }
            }
        }
    }

    #[inline(always)]
    fn add_products<L: Lane>(&mut self, count: usize) {
        let (inputs, all_blocks) = (self.w.input, self.w.output.div_ceil(LANES));
        let (_, own_count) = self.own_outputs();
        for own in 0..OWN {
            let plane = self.first_row * PATCH + own;
            for block in 0..own_count.div_ceil(LANES) {
                let turned = &self.outputs[own * output_stride() + block * TILES * LANES..][..count * LANES];
                for index in 0..tiles(inputs, L::ROWS) {
                    let (input, height) = tile(inputs, L::ROWS, index);
                    let at = (plane * inputs + input) * all_blocks + self.part * BLOCKS + block;
                    let from = &self.inputs[own * input_stride(self.w)..][..count * inputs];
                    with_height!(height, R => add_tile::<L, R>(from, [inputs, input], turned, self.sums, [at, all_blocks]));
                }
            }
        }
    }
}

/// Adds the products of `R` inputs to their sums, which begin at `at` and lie `step` apart.
#[inline(always)]
fn add_tile<L: Lane, const R: usize>(
    from: &[Line],
    [inputs, input]: [usize; 2],
    turned: &[Line],
    sums: &Shared<Line>,
    [at, step]: [usize; 2],
) {
    // SAFETY: each task has planes and blocks of outputs of its own, and each line comes once here.
    let mut held: [&mut [Line]; R] = std::array::from_fn(|r| unsafe { sums.part(at + r * step..at + r * step + 1) });
    let mut made = [L::zero(); R];
    for (sum, line) in made.iter_mut().zip(&held) {
        *sum = L::load(&line[0]);
    }
    for (n, square) in turned.chunks_exact(LANES).enumerate() {
        let rows = Rows { numbers: numbers(from), first: (n * inputs + input) * LANES, row: LANES, depth: 1 };
        made = multiply::<L, R>(rows, square, made);
    }
    for (sum, line) in made.iter().zip(&mut held) {
        sum.store(&mut line[0]);
    }
}
