//! The direct sum. The rows that a row of places reads are gathered, channel beside channel and row beside row, so that what a
//! place meets lies together; then it is a product of weights and lines, as in a fully connected layer. At the map's upper and
//! lower border, and between places that lie apart, it is a product for each column.

use std::ops::Range;

use super::geometry::Place;
use super::pack::HEIGHT;
use super::way::Way;
use crate::around::{Around, Start};
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::Line;
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Lines that are gathered at a time, where one place has not more; the second cache holds them.
const GATHERED: usize = 3072;

/// The most places of a block, of each phase of columns.
const PLACES: usize = 16;

/// Columns that are gathered of one channel before the next one's.
const RUN: usize = 8;

/// The most tasks that a sum is cut into.
const TASKS: usize = 4096;

/// The sums of one way over the map `x`.
#[derive(Clone, Copy)]
pub struct Correlate<'a> {
    pub way: &'a Way,
    pub cut: Cut,
    pub packed: &'a [f32],
    pub x: &'a [Line],
    pub around: Around<'a>,
}

/// How the places of a way are cut into blocks.
#[derive(Clone, Copy)]
pub struct Cut {
    /// Of each phase of columns, in a block.
    places: usize,
    /// Lines that one thread gathers.
    pub lines: usize,
}

impl Cut {
    pub fn new(way: &Way) -> Self {
        let fits = |&places: &usize| lines_of(way, places) <= GATHERED;
        let places = (1..=PLACES.min(way.places_across())).rev().find(fits).unwrap_or(1);
        Self { places, lines: lines_of(way, places) }
    }
}

/// The most lines that a block of so many places gathers.
fn lines_of(way: &Way, places: usize) -> usize {
    let rows = way.taps[0].phases.iter().map(|phase| phase.elements.len()).max().unwrap_or(0);
    let starts = (0..way.places_across()).step_by(places);
    let columns = starts.map(|start| way.columns_read(&(start..start + places)).len()).max().unwrap_or(0);
    rows * columns * way.read_of_group()
}

impl Correlate<'_> {
    /// `scratch` has the cut's lines for each thread.
    pub fn run(self, machine: &Machine, y: &mut [Line], scratch: &mut [Line]) {
        let Self { way, cut, .. } = self;
        let batch = self.x.len() / way.source.iter().product::<usize>().max(1);
        assert_eq!(y.len(), batch * way.target.iter().product::<usize>(), "a line for each place and group of lanes");
        let chunks = way.places_across().div_ceil(cut.places);
        let blocks = way.target[1] * chunks;
        let all = batch * way.groups * blocks;
        let tasks = all.min(TASKS);
        let (y, scratch) = (Shared::new(y), Shared::new(scratch));
        machine.team.run(tasks, |task, thread| {
            // SAFETY: each thread has scratch of its own.
            let gathered = unsafe { scratch.part(thread * cut.lines..(thread + 1) * cut.lines) };
            for index in task * all / tasks..(task + 1) * all / tasks {
                let (lanes, group) = (index / blocks / way.groups, index / blocks % way.groups);
                let (row, chunk) = (index % blocks / chunks, index % chunks);
                let (phase, row) = way.taps[0].at(row);
                let places = chunk * cut.places..(chunk + 1) * cut.places;
                let span = way.columns_read(&places);
                machine.isa.run(Block { sum: self, lanes, group, phase, row, places, span, gathered, y: &y });
            }
        });
    }
}

/// Some places of a row of the map that is made, for one group of channels and one of lanes.
struct Block<'a> {
    sum: Correlate<'a>,
    lanes: usize,
    group: usize,
    /// Of rows.
    phase: usize,
    row: &'a Place,
    /// Of each phase of columns, perhaps beyond its last one.
    places: Range<usize>,
    /// The columns that they read.
    span: Range<usize>,
    /// `[column][ky][channel read]`, of those ky whose row is on the map.
    gathered: &'a mut [Line],
    y: &'a Shared<'a, Line>,
}

/// Some channels of a block, for the places of one phase of columns.
struct Tile {
    channel: usize,
    /// Where the first channel's row of places begins.
    start: usize,
    /// Lines from channel to channel.
    area: usize,
    /// Where the weights of the kernel's first column begin.
    weights: usize,
    /// Numbers from one of its columns to the next.
    of_element: usize,
    /// Lines that are gathered of a column.
    of_column: usize,
    /// What neighbouring columns give lies together, where no row of the kernel is missing.
    together: bool,
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        self.gather::<L>();
        let channels = self.sum.way.made_of_group();
        for index in 0..tiles(channels, HEIGHT) {
            let (first, height) = tile(channels, HEIGHT, index);
            with_height!(height, R => self.places::<L, R>(first));
        }
    }
}

impl Block<'_> {
    /// Copies what the row reads of the span.
    #[inline(always)]
    fn gather<L: Lane>(&mut self) {
        let (way, row, span) = (self.sum.way, self.row, &self.span);
        let ([_, height, width], channels) = (way.source, way.read_of_group());
        let first = (self.lanes * way.source[0] + self.group * channels) * height * width;
        let source = &self.sum.x[first..][..channels * height * width];
        let of_column = row.inside.len() * channels;
        for (n, y) in row.inside.clone().enumerate() {
            let start = row.reads(y, way.taps[0].step) * width;
            for run in (span.start..span.end).step_by(RUN) {
                let run = run..span.end.min(run + RUN);
                for (channel, plane) in source.chunks_exact(height * width).enumerate() {
                    let lines = &plane[start + run.start..start + run.end];
                    let to = &mut self.gathered[(run.start - span.start) * of_column + n * channels + channel..];
                    for (line, to) in lines.iter().zip(to.iter_mut().step_by(of_column)) {
                        L::load(line).store(to);
                    }
                }
            }
        }
    }

    /// The sums of `R` channels at all places.
    #[inline(always)]
    fn places<L: Lane, const R: usize>(&self, first: usize) {
        let way = self.sum.way;
        let (read, area) = (way.read_of_group(), way.target[1] * way.target[2]);
        let channel = self.group * way.made_of_group() + first;
        let start = (self.lanes * way.target[0] + channel) * area + self.row.at * way.target[2];
        for (x, phase) in way.taps[1].phases.iter().enumerate() {
            let pair = way.pair([self.phase, x]);
            let height = way.phases(pair)[0].elements.len();
            let weights = pair.start + channel * pair.depth + self.row.inside.start * read * R;
            let tile = Tile {
                channel,
                start,
                area,
                weights,
                of_element: height * read * R,
                of_column: self.row.inside.len() * read,
                together: way.taps[1].step == 1 && self.row.inside.len() == height,
            };
            for column in phase.part(&self.places) {
                self.sums::<L, R>(&tile, column);
            }
        }
    }

    /// The sums of `R` channels at one place.
    #[inline(always)]
    fn sums<L: Lane, const R: usize>(&self, tile: &Tile, column: &Place) {
        let Correlate { way, packed, around, .. } = self.sum;
        let &Tile { channel, start, area, weights, of_element, of_column, together } = tile;
        let place = start + column.at;
        let mut sums = self.start_sums::<L, R>(channel, place, area);
        let columns = if together { column.inside.len().max(1) } else { 1 };
        // Not `step_by`, which divides.
        let mut element = column.inside.start;
        while element < column.inside.end {
            let rows = Rows { numbers: packed, first: weights + element * of_element, row: 1, depth: R };
            let from = (column.reads(element, way.taps[1].step) - self.span.start) * of_column;
            sums = multiply::<L, R>(rows, &self.gathered[from..from + columns * of_column], sums);
            element += columns;
        }
        for (r, sum) in sums.iter().enumerate() {
            around.after.apply(*sum, place + r * area).store(self.out(place + r * area));
        }
    }

    /// What the sums of `R` channels begin with at one place, whose lines lie `area` apart.
    #[inline(always)]
    fn start_sums<L: Lane, const R: usize>(&self, channel: usize, place: usize, area: usize) -> [L; R] {
        let mut sums = [L::zero(); R];
        match self.sum.around.start {
            Start::Zero => {}
            Start::Held => {
                for (r, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load(self.out(place + r * area));
                }
            }
            Start::Bias(bias) => {
                for (sum, &bias) in sums.iter_mut().zip(&bias[channel..][..R]) {
                    *sum = L::splat(bias);
                }
            }
        }
        sums
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn out(&self, at: usize) -> &mut Line {
        // SAFETY: each task has lanes, channels and places of its own, and uses one line at a time.
        unsafe { self.y.one(at) }
    }
}
