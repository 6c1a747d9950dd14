//! Fully connected layers: y = W x + b, forward and backward, with or without a ReLU behind.
//!
//! x: groups x input lines; y: groups x output lines; W: output x input, in PyTorch's order.

mod weight_gradient;

#[cfg(test)]
mod tests;

use super::around::{Around, Start};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::product::{Rows, add_numbers, load_sums, multiply, tile, tiles, with_height};
use super::shared::Shared;
use weight_gradient::WeightGradient;

/// Lines of one product that stay in the first cache beside a tile's rows. Each such part is summed by itself, so that
/// rounding grows with this number and not with the depth.
const DEPTH: usize = 256;

/// Rows that one task makes: whole register tiles, of four or of six rows each.
const ROWS: usize = 12;

#[derive(Clone, Copy, Debug)]
pub struct Fc {
    pub input: usize,
    pub output: usize,
    pub relu: bool,
}

impl Fc {
    pub fn forward(&self, machine: &Machine, x: &[Line], weight: &[f32], bias: &[f32], y: &mut [Line]) {
        let rows = Rows { numbers: weight, first: 0, row: self.input, depth: 1 };
        let around = Around::layer(bias, self.relu);
        Product { rows, lines: x, depth: self.input, count: self.output, around }.run(machine, y);
    }

    /// dx = W^T dy, with what is around it.
    pub fn input_gradient(&self, machine: &Machine, dy: &[Line], weight: &[f32], around: Around, dx: &mut [Line]) {
        let rows = Rows { numbers: weight, first: 0, row: 1, depth: self.input };
        Product { rows, lines: dy, depth: self.output, count: self.input, around }.run(machine, dx);
    }

    /// Lines of scratch that [`Fc::weight_gradient`] wants for so many groups.
    pub fn scratch(&self, groups: usize) -> usize {
        weight_gradient::lines(self) * groups
    }

    /// dW = dy x^T and db, where that is wanted: the sums over the images.
    pub fn weight_gradient(
        &self,
        machine: &Machine,
        x: &[Line],
        dy: &[Line],
        scratch: &mut [Line],
        dweight: &mut [f32],
        dbias: Option<&mut [f32]>,
    ) {
        WeightGradient { fc: *self, x, dy }.run(machine, scratch, dweight, dbias);
    }
}

/// out\[g, r\] = the sum over k of rows\[r, k\] lines\[g, k\], for `count` rows.
#[derive(Clone, Copy)]
struct Product<'a> {
    rows: Rows<'a>,
    lines: &'a [Line],
    depth: usize,
    count: usize,
    around: Around<'a>,
}

impl Product<'_> {
    fn run(self, machine: &Machine, out: &mut [Line]) {
        let groups = self.lines.len() / self.depth;
        assert_eq!(out.len(), groups * self.count, "a line for each row and group");
        let blocks = self.count.div_ceil(ROWS);
        let shared = Shared::new(out);
        machine.team.run(blocks, |block, _| {
            let first = block * ROWS;
            machine.isa.run(Block { product: self, out: &shared, first, count: ROWS.min(self.count - first) });
        });
    }
}

/// Some rows of a product, for all groups.
struct Block<'a> {
    product: Product<'a>,
    out: &'a Shared<'a, Line>,
    first: usize,
    count: usize,
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let depth = self.product.depth;
        for from in (0..depth).step_by(DEPTH) {
            let range = from..depth.min(from + DEPTH);
            for index in 0..tiles(self.count, L::ROWS) {
                let (row, height) = tile(self.count, L::ROWS, index);
                with_height!(height, R => self.tile::<L, R>(self.first + row, range.clone()));
            }
        }
    }
}

impl Block<'_> {
    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&self, row: usize, range: std::ops::Range<usize>) {
        let Product { rows, lines, depth, count, around } = self.product;
        let rows = Rows { first: rows.first + row * rows.row + range.start * rows.depth, ..rows };
        let (begins, ends) = (range.start == 0, range.end == depth);
        for (group, lines) in lines.chunks_exact(depth).enumerate() {
            let first = group * count + row;
            // SAFETY: each task has rows of its own.
            let out = unsafe { self.out.part(first..first + R) };
            let start: [L; R] = match around.start {
                Start::Bias(bias) if begins => add_numbers([L::zero(); R], &bias[row..]),
                Start::Held if begins => load_sums(out),
                _ => [L::zero(); R],
            };
            let sums = multiply::<L, R>(rows, &lines[range.clone()], start);
            for (r, (sum, out)) in sums.iter().zip(out).enumerate() {
                let sum = if begins { *sum } else { sum.add(L::load(out)) };
                let value = if ends { around.after.apply(sum, first + r) } else { sum };
                value.store(out);
            }
        }
    }
}
