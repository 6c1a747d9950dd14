//! dw\[o, c, ky, kx\] = the sum over images and positions of dy\[o, oy, ox\] x\[c, oy stride + ky dilation - pad, ...\].
//!
//! dy is turned so that sixteen outputs lie in the lanes; a register tile holds a few elements (c, ky, kx) for them.

use std::ops::Range;

use super::Geometry;
use crate::isa::Kernel;
use crate::lane::{Lane, array};
use crate::line::{LANES, Line};
use crate::machine::Machine;
use crate::product::{tile, tiles, with_height};
use crate::shared::Shared;

/// Lines of dy turned, for one group of lanes.
pub fn turned_lines(g: &Geometry) -> usize {
    g.groups * blocks(g) * g.output_size[0] * g.output_size[1] * LANES
}

/// How many sixteens of outputs a group of channels has.
fn blocks(g: &Geometry) -> usize {
    (g.output / g.groups).div_ceil(LANES)
}

pub fn run(machine: &Machine, g: &Geometry, [x, dy]: [&[Line]; 2], dw: &mut [f32], scratch: &mut [Line]) {
    let positions = g.output_size[0] * g.output_size[1];
    let batch = dy.len() / (g.output * positions).max(1);
    let turned = &mut scratch[..batch * turned_lines(g)];
    let channels = g.output / g.groups;
    // [lanes][group][block][place] squares of sixteen images by sixteen outputs
    machine.team.chunks(turned, positions * LANES, |index, turned, _| {
        let (index, block) = (index / blocks(g), index % blocks(g));
        let first = (index * channels + block * LANES) * positions;
        let present = LANES.min(channels - block * LANES);
        machine.isa.run(Turn { planes: &dy[first..][..present * positions], positions, turned });
    });
    let (turned, dw) = (&*turned, Shared::new(dw));
    let elements = tiles(g.depth(), 6);
    machine.team.run(g.groups * blocks(g) * elements, |index, _| {
        let (index, element) = (index / elements, index % elements);
        let (group, block) = (index / blocks(g), index % blocks(g));
        let (first, count) = tile(g.depth(), 6, element);
        machine.isa.run(Elements { g, x, turned, batch, group, block, first, count, dw: &dw });
    });
}

/// At each place the values of up to sixteen planes to a square.
struct Turn<'a> {
    planes: &'a [Line],
    positions: usize,
    turned: &'a mut [Line],
}

impl Kernel for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let mut square = [Line::ZERO; LANES];
        for (place, to) in self.turned.chunks_exact_mut(LANES).enumerate() {
            for (line, plane) in square.iter_mut().zip(self.planes.chunks_exact(self.positions)) {
                *line = plane[place];
            }
            L::transpose(&square, to);
        }
    }
}

/// Some elements of sixteen outputs' weights.
struct Elements<'a> {
    g: &'a Geometry,
    x: &'a [Line],
    turned: &'a [Line],
    batch: usize,
    group: usize,
    block: usize,
    /// Of the elements of one output, in PyTorch's order.
    first: usize,
    count: usize,
    dw: &'a Shared<'a, f32>,
}

impl Kernel for Elements<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        with_height!(self.count, R => {
            let mut made = [[0.0; LANES]; R];
            for (made, sum) in made.iter_mut().zip(self.sums::<L, R>()) {
                *made = sum.to_array();
            }
            self.store(made);
        });
    }
}

/// An element's place in the kernel.
#[derive(Clone, Copy)]
struct Element {
    channel: usize,
    kernel: [usize; 2],
}

impl Elements<'_> {
    #[inline(always)]
    fn store<const R: usize>(&self, sums: [[f32; LANES]; R]) {
        let channels = self.g.output / self.g.groups;
        let first = self.group * channels + self.block * LANES;
        for n in 0..LANES.min(channels - self.block * LANES) {
            let at = (first + n) * self.g.depth() + self.first;
            // SAFETY: each task has outputs and elements of its own.
            let row = unsafe { self.dw.part(at..at + R) };
            row.iter_mut().zip(&sums).for_each(|(to, sums)| *to = sums[n]);
        }
    }

    #[inline(always)]
    fn sums<L: Lane, const R: usize>(&self) -> [L; R] {
        let elements: [Element; R] = array(|r| self.element(self.first + r));
        let common = self.common_columns(&elements);
        let offsets: [usize; R] = array(|r| elements[r].kernel[1] * self.g.dilation[1]);
        let [height, width] = self.g.output_size;
        let mut sums = [L::zero(); R];
        for lanes in 0..self.batch {
            for row in 0..height {
                let lines: [Option<&[Line]>; R] = array(|r| self.source_row(lanes, row, elements[r]));
                if lines.iter().all(Option::is_none) {
                    continue;
                }
                let turned = &self.turned[self.turned_row(lanes, row)..][..width * LANES];
                let whole = lines.map(Option::unwrap_or_default);
                let common = if lines.iter().all(Option::is_some) { common.clone() } else { 0..0 };
                for (column, square) in turned.as_chunks::<LANES>().0.iter().enumerate() {
                    let line: [&Line; R] = if common.contains(&column) {
                        let first = (column * self.g.stride[1]).wrapping_sub(self.g.pad[1]);
                        // SAFETY: the column is common to all elements, so that its partners lie in the rows.
                        array(|r| unsafe { whole[r].get_unchecked(first.wrapping_add(offsets[r])) })
                    } else {
                        array(|r| self.checked_partner(lines[r], column, elements[r]))
                    };
                    sums = outer(line, square, sums);
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn element(&self, index: usize) -> Element {
        let [rows, columns] = self.g.kernel;
        let (channel, rest) = (index / (rows * columns), index % (rows * columns));
        Element { channel, kernel: [rest / columns, rest % columns] }
    }

    /// The columns of dy whose partners lie in the map for all elements.
    #[inline(always)]
    fn common_columns(&self, elements: &[Element]) -> Range<usize> {
        let mut common = 0..self.g.output_size[1];
        for element in elements {
            let own = self.g.outputs_of(1, element.kernel[1]);
            common = common.start.max(own.start)..common.end.min(own.end);
        }
        common
    }

    #[inline(always)]
    fn checked_partner<'a>(&self, lines: Option<&'a [Line]>, column: usize, element: Element) -> &'a Line {
        let at = self.g.partner(1, column, element.kernel[1]);
        lines.zip(at).map_or(&Line::ZERO, |(lines, at)| &lines[at])
    }

    /// The input's row that dy's row meets.
    #[inline(always)]
    fn source_row(&self, lanes: usize, row: usize, element: Element) -> Option<&[Line]> {
        let [height, width] = self.g.input_size;
        let row = self.g.partner(0, row, element.kernel[0])?;
        let channel = self.group * (self.g.input / self.g.groups) + element.channel;
        Some(&self.x[((lanes * self.g.input + channel) * height + row) * width..][..width])
    }

    #[inline(always)]
    fn turned_row(&self, lanes: usize, row: usize) -> usize {
        let [height, width] = self.g.output_size;
        let plane = (lanes * self.g.groups + self.group) * blocks(self.g) + self.block;
        (plane * height + row) * width * LANES
    }
}

/// sums\[r\] + the sum over images of x\[r, image\] square\[image\].
#[inline(always)]
fn outer<L: Lane, const R: usize>(x: [&Line; R], square: &[Line; LANES], sums: [L; R]) -> [L; R] {
    let mut sums = sums;
    for (image, outputs) in square.iter().enumerate() {
        let outputs = L::load(outputs);
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum = L::splat(x.0[image]).mul_add(outputs, *sum);
        }
    }
    sums
}
