//! The weight gradient of a layer whose outputs have few weights: images stay in the lanes until the end, as turning dy would
//! cost as much as the products.

use std::ops::Range;

use super::Geometry;
use crate::isa::Kernel;
use crate::lane::{Lane, Numbers};
use crate::line::Line;
use crate::machine::Machine;
use crate::product::{tile, tiles};
use crate::shared::Shared;

/// The most weights of one output for which this is the faster way.
const MOST: usize = 32;

/// Outputs of a register tile.
const OUTPUTS: usize = 4;

/// Elements of a register tile, of one row of the kernel.
const ELEMENTS: usize = 3;

/// Lines of dy that one element meets before the next one, so that the first cache holds them; at least a row.
const DY: usize = 256;

/// Whether a gradient is computed so. Rows that a stride shortens, and one element alone, are not worth a register tile.
pub fn suits(g: &Geometry) -> bool {
    g.depth() <= MOST && g.kernel[1] > 1 && g.stride == [1, 1]
}

/// Lines of scratch for one group of lanes: a sum for each weight.
pub fn lines(g: &Geometry) -> usize {
    g.weights()
}

pub fn run(machine: &Machine, g: &Geometry, [x, dy]: [&[Line]; 2], dw: &mut [f32], scratch: &mut [Line]) {
    let [input, output] = [g.input_size, g.output_size].map(|[height, width]| height * width);
    let batch = dy.len() / (g.output * output).max(1);
    let [inputs, outputs] = [g.input, g.output].map(|channels| channels / g.groups);
    let blocks = tiles(outputs, OUTPUTS);
    let sums = &mut scratch[..batch * lines(g)];
    {
        let sums = Shared::new(sums);
        machine.team.run(batch * g.groups * blocks, |index, _| {
            let (index, block) = (index / blocks, index % blocks);
            let (first, count) = tile(outputs, OUTPUTS, block);
            let first = index * outputs + first;
            // SAFETY: each task has outputs of one group of lanes of its own.
            let sums = unsafe { sums.part(first * g.depth()..(first + count) * g.depth()) };
            let x = &x[index * inputs * input..][..inputs * input];
            let dy = &dy[first * output..][..count * output];
            machine.isa.run(Outputs { g, x, dy, sums });
        });
    }
    machine.team.chunks(dw, g.depth(), |output, dw, _| {
        machine.isa.run(OverImages { sums, first: output * g.depth(), weights: g.weights(), dw });
    });
}

/// Some outputs of one group of lanes.
struct Outputs<'a> {
    g: &'a Geometry,
    /// The channels that they read.
    x: &'a [Line],
    dy: &'a [Line],
    /// `[output][element]`
    sums: &'a mut [Line],
}

impl Kernel for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        self.sums.fill(Line::ZERO);
        match self.sums.len() / self.g.depth() {
            1 => self.rows::<L::Register, 1>(),
            2 => self.rows::<L::Register, 2>(),
            3 => self.rows::<L::Register, 3>(),
            _ => self.rows::<L::Register, OUTPUTS>(),
        }
    }
}

/// Some elements of a row of the kernel, and what they meet.
struct Meeting<'a, const E: usize> {
    /// The input's channel.
    x: &'a [Line],
    /// Rows of dy.
    rows: Range<usize>,
    /// The first element's row and column in the kernel.
    kernel: [usize; 2],
    /// The columns of dy where all of them meet the input.
    common: Range<usize>,
}

impl Outputs<'_> {
    /// All rows of `R` outputs, some at a time.
    #[inline(always)]
    fn rows<N: Numbers, const R: usize>(&mut self) {
        let [height, width] = self.g.output_size;
        let some = (DY / (R * width)).max(1);
        for row in (0..height).step_by(some) {
            let rows = row..height.min(row + some);
            for kernel_row in 0..self.g.input / self.g.groups * self.g.kernel[0] {
                for index in 0..tiles(self.g.kernel[1], ELEMENTS) {
                    let (kx, count) = tile(self.g.kernel[1], ELEMENTS, index);
                    // A kernel's row has two elements or more, and so has each tile of it.
                    match count {
                        2 => self.elements::<N, R, 2>(rows.clone(), kernel_row, kx),
                        _ => self.elements::<N, R, ELEMENTS>(rows.clone(), kernel_row, kx),
                    }
                }
            }
        }
    }

    /// Adds the products of `R` outputs and `E` elements of a row of the kernel to their sums.
    #[inline(always)]
    fn elements<N: Numbers, const R: usize, const E: usize>(
        &mut self,
        rows: Range<usize>,
        kernel_row: usize,
        kx: usize,
    ) {
        let (channel, ky) = (kernel_row / self.g.kernel[0], kernel_row % self.g.kernel[0]);
        let area = self.g.input_size[0] * self.g.input_size[1];
        let (start, end) = (self.g.outputs_of(1, kx).start, self.g.outputs_of(1, kx + E - 1).end);
        let common = start.min(end)..end;
        let meeting = Meeting::<E> { x: &self.x[channel * area..][..area], rows, kernel: [ky, kx], common };
        let (depth, first) = (self.g.depth(), kernel_row * self.g.kernel[1] + kx);
        for part in 0..N::PARTS {
            let mut sums = [[N::zero(); E]; R];
            for (r, sums) in sums.iter_mut().enumerate() {
                for (sum, line) in sums.iter_mut().zip(&self.sums[r * depth + first..][..E]) {
                    *sum = N::load_part(line, part);
                }
            }
            sums = self.add_products(&meeting, part, sums);
            for (r, sums) in sums.iter().enumerate() {
                for (sum, line) in sums.iter().zip(&mut self.sums[r * depth + first..][..E]) {
                    sum.store_part(line, part);
                }
            }
        }
    }

    #[inline(always)]
    fn add_products<N: Numbers, const R: usize, const E: usize>(
        &self,
        meeting: &Meeting<E>,
        part: usize,
        mut sums: [[N; E]; R],
    ) -> [[N; E]; R] {
        let ([height, width], input_width) = (self.g.output_size, self.g.input_size[1]);
        let dilation = self.g.dilation[1];
        let Meeting { kernel: [ky, kx], common, .. } = meeting;
        for row in meeting.rows.clone() {
            let Some(y) = self.g.partner(0, row, *ky) else { continue };
            let lines = &meeting.x[y * input_width..][..input_width];
            let mut dy = [&self.dy[..0]; R];
            for (r, dy) in dy.iter_mut().enumerate() {
                *dy = &self.dy[(r * height + row) * width..][..width];
            }
            for column in (0..common.start).chain(common.end..width) {
                let mut x = [N::zero(); E];
                for (e, x) in x.iter_mut().enumerate() {
                    *x = N::load_part(self.g.partner(1, column, kx + e).map_or(&Line::ZERO, |at| &lines[at]), part);
                }
                sums = outer(dy, column, part, x, sums);
            }
            let first = (kx * dilation).wrapping_sub(self.g.pad[1]);
            for column in common.clone() {
                let mut x = [N::zero(); E];
                for (e, x) in x.iter_mut().enumerate() {
                    // SAFETY: the column is common to all elements, so that their partners lie in the row.
                    *x = N::load_part(unsafe { lines.get_unchecked(column.wrapping_add(first) + e * dilation) }, part);
                }
                sums = outer(dy, column, part, x, sums);
            }
        }
        sums
    }
}

/// sums\[r\]\[e\] + dy\[r\] x\[e\] at one column.
#[inline(always)]
fn outer<N: Numbers, const R: usize, const E: usize>(
    dy: [&[Line]; R],
    column: usize,
    part: usize,
    x: [N; E],
    mut sums: [[N; E]; R],
) -> [[N; E]; R] {
    for (sums, dy) in sums.iter_mut().zip(dy) {
        let dy = N::load_part(&dy[column], part);
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum = dy.mul_add(x, *sum);
        }
    }
    sums
}

/// The last sum of one output's weights: over groups of lanes, then over lanes.
struct OverImages<'a> {
    /// `[group of lanes][weight]`
    sums: &'a [Line],
    first: usize,
    weights: usize,
    dw: &'a mut [f32],
}

impl Kernel for OverImages<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (n, dw) in self.dw.iter_mut().enumerate() {
            let mut sum = L::zero();
            for sums in self.sums.chunks_exact(self.weights) {
                sum = sum.add(L::load(&sums[self.first + n]));
            }
            *dw = sum.sum();
        }
    }
}
