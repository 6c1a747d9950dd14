//! The direct sum: for each place of the map that is made, a register tile of channels over all that it reads.

use super::geometry::{Tap, Taps};
use super::pack::HEIGHT;
use super::{Around, Start};
use crate::kernel::isa::Kernel;
use crate::kernel::lane::Lane;
use crate::kernel::line::Line;
use crate::kernel::machine::Machine;
use crate::kernel::product::{tile, tiles, with_height};
use crate::kernel::shared::Shared;

/// From the map `x` of `source` channels, height and width to the map of `target`.
#[derive(Clone, Copy)]
pub struct Correlate<'a> {
    pub source: [usize; 3],
    pub target: [usize; 3],
    pub kernel: [usize; 2],
    pub groups: usize,
    pub taps: [&'a Taps; 2],
    pub packed: &'a [f32],
    pub x: &'a [Line],
    pub around: Around<'a>,
}

impl Correlate<'_> {
    pub fn run(self, machine: &Machine, y: &mut [Line]) {
        let batch = self.x.len() / self.source.iter().product::<usize>().max(1);
        assert_eq!(y.len(), batch * self.target.iter().product::<usize>(), "a line for each place and group of lanes");
        let channels = self.target[0] / self.groups;
        let tiles = tiles(channels, HEIGHT);
        // Rows of the map are split too where there are few tiles.
        let parts = (16 / (batch * self.groups * tiles)).clamp(1, self.target[1].max(1));
        let y = Shared::new(y);
        machine.team.run(batch * self.groups * tiles * parts, |index, _| {
            let (index, part) = (index / parts, index % parts);
            let (index, tile_index) = (index / tiles, index % tiles);
            let (lanes, group) = (index / self.groups, index % self.groups);
            let (first, rows) = tile(channels, HEIGHT, tile_index);
            let height = self.target[1];
            let span = part * height / parts..(part + 1) * height / parts;
            machine.isa.run(Tile { sum: self, lanes, group, first, rows, span, y: &y });
        });
    }
}

/// Some channels of some rows of one group of lanes.
struct Tile<'a> {
    sum: Correlate<'a>,
    lanes: usize,
    group: usize,
    /// Within the group of channels.
    first: usize,
    rows: usize,
    span: std::ops::Range<usize>,
    y: &'a Shared<'a, Line>,
}

impl Kernel for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        with_height!(self.rows, R => self.rows::<L, R>());
    }
}

impl<'a> Tile<'a> {
    #[inline(always)]
    fn rows<L: Lane, const R: usize>(&self) {
        let sum = &self.sum;
        let [channels, _, width] = sum.target;
        let channel = self.group * (channels / sum.groups) + self.first;
        let area = sum.kernel[0] * sum.kernel[1];
        let depth = sum.source[0] / sum.groups * area;
        let packed = &sum.packed[channel * depth..][..R * depth];
        let source = &sum.x[self.source_start()..][..sum.source[0] / sum.groups * sum.source[1] * sum.source[2]];
        for row in self.span.clone() {
            let mut out: [&mut [Line]; R] = std::array::from_fn(|r| self.out(channel + r, row));
            for column in 0..width {
                let taps = [sum.taps[0].at[row], sum.taps[1].at[column]];
                let mut begin = [L::zero(); R];
                for (r, begin) in begin.iter_mut().enumerate() {
                    match sum.around.start {
                        Start::Zero => {}
                        Start::Held => *begin = L::load(&out[r][column]),
                        Start::Bias(bias) => *begin = L::splat(bias[channel + r]),
                    }
                }
                let made = self.place::<L, R>(taps, packed, source, begin);
                for (line, value) in out.iter_mut().zip(made) {
                    let value = if sum.around.relu { value.max(L::zero()) } else { value };
                    value.store(&mut line[column]);
                }
            }
        }
    }

    #[inline(always)]
    fn source_start(&self) -> usize {
        let [channels, height, width] = self.sum.source;
        (self.lanes * channels + self.group * (channels / self.sum.groups)) * height * width
    }

    #[inline(always)]
    fn out(&self, channel: usize, row: usize) -> &'a mut [Line] {
        let [channels, height, width] = self.sum.target;
        let start = ((self.lanes * channels + channel) * height + row) * width;
        // SAFETY: each task has lanes, channels and rows of its own, and each comes once here.
        unsafe { self.y.part(start..start + width) }
    }

    /// The sums of one place.
    #[inline(always)]
    fn place<L: Lane, const R: usize>(
        &self,
        [rows, columns]: [Tap; 2],
        packed: &[f32],
        source: &[Line],
        begin: [L; R],
    ) -> [L; R] {
        match columns.count {
            1 => self.taps::<L, R, 1>(rows, columns, packed, source, begin),
            2 => self.taps::<L, R, 2>(rows, columns, packed, source, begin),
            3 => self.taps::<L, R, 3>(rows, columns, packed, source, begin),
            5 => self.taps::<L, R, 5>(rows, columns, packed, source, begin),
            _ => self.taps::<L, R, 0>(rows, columns, packed, source, begin),
        }
    }

    /// `COUNT` is the number of columns where it is not 0.
    #[inline(always)]
    fn taps<L: Lane, const R: usize, const COUNT: usize>(
        &self,
        rows: Tap,
        columns: Tap,
        packed: &[f32],
        source: &[Line],
        begin: [L; R],
    ) -> [L; R] {
        let [_, height, width] = self.sum.source;
        let [row_taps, column_taps] = self.sum.taps;
        let count = if COUNT == 0 { columns.count } else { COUNT };
        let (number_step, line_step) = (column_taps.kernel_step * R, column_taps.source_step);
        let mut sums = begin;
        for channel in 0..self.sum.source[0] / self.sum.groups {
            for n in 0..rows.count {
                let kernel_row = channel * self.sum.kernel[0] + rows.kernel + n * row_taps.kernel_step;
                let source_row = (rows.source as isize + n as isize * row_taps.source_step) as usize;
                let numbers = (kernel_row * self.sum.kernel[1] + columns.kernel) * R;
                let lines = (channel * height + source_row) * width + columns.source;
                for m in 0..count {
                    // SAFETY: taps name elements of the kernel and places of the map alone.
                    let (line, numbers) = unsafe {
                        let line = source.get_unchecked((lines as isize + m as isize * line_step) as usize);
                        (L::load(line), packed.get_unchecked(numbers + m * number_step..numbers + m * number_step + R))
                    };
                    for (sum, &number) in sums.iter_mut().zip(numbers) {
                        *sum = L::splat(number).mul_add(line, *sum);
                    }
                }
            }
        }
        sums
    }
}
