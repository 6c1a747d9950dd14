//! dW = dy x^T and db, the sums over the images.
//!
//! Of one side sixteen values lie in the lanes, of the other each image's is broadcast. The inputs lie in the lanes unless the
//! outputs leave fewer of them idle.

use std::ops::Range;

use super::Fc;
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers};
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Units whose rows one task makes where the inputs lie in the lanes.
const UNITS: usize = 8;

/// What it costs to turn a square of the result back, in images that it is summed over.
const TURNING_BACK: usize = 8;

/// A layer whose weights' gradient is wanted.
#[derive(Clone, Copy)]
pub struct WeightGradient<'a> {
    pub fc: Fc,
    pub x: &'a [Line],
    pub dy: &'a [Line],
}

/// Lines of scratch for a group: the side that lies in the lanes, turned.
pub fn lines(fc: &Fc) -> usize {
    whole(fc.input).max(whole(fc.output))
}

/// So many values with those of the last line's idle lanes.
fn whole(values: usize) -> usize {
    values.next_multiple_of(LANES)
}

impl WeightGradient<'_> {
    pub fn run(self, machine: &Machine, scratch: &mut [Line], dweight: &mut [f32], dbias: Option<&mut [f32]>) {
        let dbias = dbias.map(Shared::new);
        if self.has_outputs_in_lanes() {
            self.by_outputs(machine, scratch, dweight, dbias);
        } else {
            self.by_inputs(machine, scratch, dweight, dbias);
        }
    }

    fn groups(&self) -> usize {
        self.x.len() / self.fc.input
    }

    pub(super) fn has_outputs_in_lanes(&self) -> bool {
        let (Fc { input, output, .. }, images) = (self.fc, self.groups() * LANES);
        input * whole(output) * (images + TURNING_BACK) < output * whole(input) * images
    }

    fn by_inputs(self, machine: &Machine, scratch: &mut [Line], dweight: &mut [f32], dbias: Option<Shared<f32>>) {
        let Fc { input, output, .. } = self.fc;
        let turned = turn(machine, self.x, input, scratch);
        machine.team.chunks(dweight, input * UNITS, |index, dweight, _| {
            let units = index * UNITS..output.min((index + 1) * UNITS);
            // SAFETY: each task has units of its own.
            let dbias = dbias.as_ref().map(|dbias| unsafe { dbias.part(units.clone()) });
            machine.isa.run(Units { all: self, units, turned, dweight, dbias });
        });
    }

    fn by_outputs(self, machine: &Machine, scratch: &mut [Line], dweight: &mut [f32], dbias: Option<Shared<f32>>) {
        let Fc { input, output, .. } = self.fc;
        let turned = turn(machine, self.dy, output, scratch);
        let parts = tiles(input, LANES);
        let dweight = Shared::new(dweight);
        machine.team.run(output.div_ceil(LANES) * parts, |index, _| {
            let (block, part) = (index / parts, index % parts);
            let (first, count) = tile(input, LANES, part);
            let units = block * LANES..output.min((block + 1) * LANES);
            // SAFETY: the first task of each block has its units.
            let dbias = dbias.as_ref().filter(|_| part == 0).map(|dbias| unsafe { dbias.part(units.clone()) });
            let inputs = first..first + count;
            machine.isa.run(Square { all: self, units, inputs, turned, dweight: &dweight, dbias });
        });
    }

    /// The sums of dy over the images.
    #[inline(always)]
    fn write_bias<L: Lane>(&self, units: Range<usize>, dbias: Option<&mut [f32]>) {
        let Some(dbias) = dbias else { return };
        for (unit, dbias) in units.zip(dbias) {
            let mut sum = L::zero();
            for group in 0..self.groups() {
                sum = sum.add(L::load(&self.dy[group * self.fc.output + unit]));
            }
            *dbias = sum.sum();
        }
    }
}

/// Groups of `count` lines, images in the lanes -> `[value / 16][image]` lines of sixteen values.
fn turn<'s>(machine: &Machine, lines: &[Line], count: usize, scratch: &'s mut [Line]) -> &'s [Line] {
    let images = lines.len() / count * LANES;
    let turned = &mut scratch[..count.div_ceil(LANES) * images];
    machine.team.chunks(turned, images, |block, turned, _| {
        machine.isa.run(Turn { lines, count, first: block * LANES, turned });
    });
    turned
}

/// Sixteen values of all groups to squares.
struct Turn<'a> {
    lines: &'a [Line],
    count: usize,
    first: usize,
    turned: &'a mut [Line],
}

impl Kernel for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (lines, to) in self.lines.chunks_exact(self.count).zip(self.turned.chunks_exact_mut(LANES)) {
            L::transpose_part(&lines[self.first..], to);
        }
    }
}

/// The rows of some units.
struct Units<'a> {
    all: WeightGradient<'a>,
    units: Range<usize>,
    /// Inputs in the lanes.
    turned: &'a [Line],
    dweight: &'a mut [f32],
    dbias: Option<&'a mut [f32]>,
}

impl Kernel for Units<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let WeightGradient { fc: Fc { input, output, .. }, dy, .. } = self.all;
        self.all.write_bias::<L>(self.units.clone(), self.dbias);
        for (block, turned) in self.turned.chunks_exact(self.all.groups() * LANES).enumerate() {
            let columns = block * LANES..input.min((block + 1) * LANES);
            for index in 0..tiles(self.units.len(), L::ROWS) {
                let (unit, height) = tile(self.units.len(), L::ROWS, index);
                with_height!(height, R => {
                    let sums = products::<L, R>(dy, output, self.units.start + unit, turned);
                    for (sum, row) in sums.iter().zip(self.dweight[unit * input..].chunks_exact_mut(input)) {
                        sum.write_part(&mut row[columns.clone()]);
                    }
                });
            }
        }
    }
}

/// Up to sixteen units' rows, and up to sixteen inputs' columns.
struct Square<'a> {
    all: WeightGradient<'a>,
    units: Range<usize>,
    inputs: Range<usize>,
    /// Outputs in the lanes.
    turned: &'a [Line],
    dweight: &'a Shared<'a, f32>,
    dbias: Option<&'a mut [f32]>,
}

impl Kernel for Square<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let WeightGradient { fc: Fc { input, .. }, x, .. } = self.all;
        self.all.write_bias::<L>(self.units.clone(), self.dbias);
        let turned = &self.turned[self.units.start * self.all.groups()..][..self.all.groups() * LANES];
        let mut square = [Line::ZERO; LANES];
        for index in 0..tiles(self.inputs.len(), L::ROWS) {
            let (first, height) = tile(self.inputs.len(), L::ROWS, index);
            with_height!(height, R => {
                let sums = products::<L, R>(x, input, self.inputs.start + first, turned);
                for (sum, line) in sums.iter().zip(&mut square[first..]) {
                    sum.store(line);
                }
            });
        }
        let mut rows = [Line::ZERO; LANES];
        L::transpose(&square, &mut rows);
        for (unit, row) in self.units.zip(&rows) {
            let first = unit * input;
            // SAFETY: each task has units and inputs of its own.
            let columns = unsafe { self.dweight.part(first + self.inputs.start..first + self.inputs.end) };
            L::load(row).write_part(columns);
        }
    }
}

/// The sums over all images of `R` of `count` values, from `first` on, times the sixteen in the lanes.
#[inline(always)]
fn products<L: Lane, const R: usize>(lines: &[Line], count: usize, first: usize, turned: &[Line]) -> [L; R] {
    let mut sums = [L::zero(); R];
    for (group, turned) in turned.chunks_exact(LANES).enumerate() {
        let first = (group * count + first) * LANES;
        let rows = Rows { numbers: numbers(lines), first, row: LANES, depth: 1 };
        sums = multiply::<L, R>(rows, turned, sums);
    }
    sums
}
