//! The direct sum. What a place reads is gathered into lines that lie together; then the place is a product of weights and
//! lines, as in a fully connected layer.

use std::ops::Range;

use super::pack::HEIGHT;
use super::way::{PhasePair, Way};
use crate::around::{Around, Start};
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{Line, prefetch};
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Lines that are gathered at a time, where one place has not more; the second cache holds them.
const GATHERED: usize = 1024;

/// The most places of a block.
const PLACES: usize = 16;

/// While a line is gathered, the one so many places further on is asked for: what the next places of its row read.
const AHEAD: usize = 2;

/// The most tasks that a sum is cut into.
const TASKS: usize = 4096;

/// The sums of one way over the map `x`.
#[derive(Clone, Copy)]
pub struct Correlate<'a> {
    pub way: &'a Way,
    pub packed: &'a [f32],
    pub x: &'a [Line],
    pub around: Around<'a>,
}

/// Places of a block, each of which reads `depth` lines.
fn block_places(depth: usize) -> usize {
    (GATHERED / depth.max(1)).clamp(1, PLACES)
}

/// Lines that one thread gathers.
pub fn gathered_lines(way: &Way) -> usize {
    way.pairs.iter().map(|pair| block_places(pair.depth) * pair.depth).max().unwrap_or(0)
}

impl Correlate<'_> {
    /// `scratch` has [`gathered_lines`] for each thread.
    pub fn run(self, machine: &Machine, y: &mut [Line], scratch: &mut [Line]) {
        let way = self.way;
        let batch = self.x.len() / way.source.iter().product::<usize>().max(1);
        assert_eq!(y.len(), batch * way.target.iter().product::<usize>(), "a line for each place and group of lanes");
        let blocks: usize = way.pairs.iter().map(|pair| pair.places.div_ceil(block_places(pair.depth))).sum();
        let all = batch * way.groups * blocks;
        let (tasks, lines) = (all.min(TASKS), gathered_lines(way));
        let (y, scratch) = (Shared::new(y), Shared::new(scratch));
        machine.team.run(tasks, |task, thread| {
            // SAFETY: each thread has scratch of its own.
            let gathered = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
            for index in task * all / tasks..(task + 1) * all / tasks {
                let (lanes, group) = (index / blocks / way.groups, index / blocks % way.groups);
                let (pair, places) = self.block(index % blocks);
                machine.isa.run(Block { sum: self, pair, lanes, group, places, gathered, y: &y });
            }
        });
    }

    /// The places of block `index`.
    fn block(&self, mut index: usize) -> (&PhasePair, Range<usize>) {
        for pair in &self.way.pairs {
            let size = block_places(pair.depth);
            let blocks = pair.places.div_ceil(size);
            if index < blocks {
                return (pair, index * size..pair.places.min((index + 1) * size));
            }
            index -= blocks;
        }
        unreachable!("a block beyond the last")
    }
}

/// Some places of one group of channels, for one group of lanes.
struct Block<'a> {
    sum: Correlate<'a>,
    pair: &'a PhasePair,
    lanes: usize,
    group: usize,
    /// Of the pair's, row by row.
    places: Range<usize>,
    /// `[place][ky][kx][channel read]`; what lies beyond the map is left out.
    gathered: &'a mut [Line],
    y: &'a Shared<'a, Line>,
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let mut reaches = [Reach::default(); PLACES];
        for (n, place) in self.places.clone().enumerate() {
            reaches[n] = self.gather::<L>(n, place);
        }
        let channels = self.sum.way.made_of_group();
        for index in 0..tiles(channels, HEIGHT) {
            let (first, height) = tile(channels, HEIGHT, index);
            for (n, &reach) in reaches.iter().enumerate().take(self.places.len()) {
                with_height!(height, R => self.tile::<L, R>(first, n, reach));
            }
        }
    }
}

/// A place of a block: where it lies, and what of its depth lies on the map: in so many rows from the first one on, one
/// range of each.
#[derive(Clone, Copy, Default)]
struct Reach {
    target: usize,
    first: usize,
    rows: usize,
    row: usize,
    len: usize,
}

impl Block<'_> {
    /// Copies what place `place` reads as the n-th of the block.
    #[inline(always)]
    fn gather<L: Lane>(&mut self, n: usize, place: usize) -> Reach {
        let way = self.sum.way;
        let ([_, xs], [row, column]) = (way.phases(self.pair), way.place(self.pair, place));
        let [_, height, width] = way.source;
        let (steps, channels) = ([0, 1].map(|axis| way.taps[axis].source_step), way.read_of_group());
        let source = &self.sum.x[(self.lanes * way.source[0] + self.group * channels) * height * width..];
        let to = &mut self.gathered[n * self.pair.depth..][..self.pair.depth];
        for y in row.inside.clone() {
            let start = (row.source + y as isize * steps[0]) * width as isize + column.source;
            for x in column.inside.clone() {
                let from = (start + x as isize * steps[1]) as usize;
                let to = &mut to[(y * xs.count + x) * channels..][..channels];
                for (to, plane) in to.iter_mut().zip(source.chunks_exact(height * width)) {
                    prefetch(plane.as_ptr().wrapping_add(from + AHEAD));
                    L::load(&plane[from]).store(to);
                }
            }
        }
        Reach::new(row.at * way.target[2] + column.at, &row.inside, &column.inside, [xs.count, channels])
    }

    /// The sums of `R` channels at one place.
    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&self, first: usize, n: usize, reach: Reach) {
        let Correlate { way, packed, around, .. } = self.sum;
        let PhasePair { depth, start, .. } = *self.pair;
        let channel = self.group * way.made_of_group() + first;
        let area = way.target[1] * way.target[2];
        let place = (self.lanes * way.target[0] + channel) * area + reach.target;
        let mut sums = [L::zero(); R];
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = match around.start {
                Start::Zero => L::zero(),
                Start::Held => L::load(self.out(place + r * area)),
                Start::Bias(bias) => L::splat(bias[channel + r]),
            };
        }
        let lines = &self.gathered[n * depth..][..depth];
        for row in 0..reach.rows {
            let from = reach.first + row * reach.row;
            let rows = Rows { numbers: packed, first: start + channel * depth + from * R, row: 1, depth: R };
            sums = multiply::<L, R>(rows, &lines[from..from + reach.len], sums);
        }
        for (r, sum) in sums.iter().enumerate() {
            around.after.apply(*sum, place + r * area).store(self.out(place + r * area));
        }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn out(&self, at: usize) -> &mut Line {
        // SAFETY: each task has lanes, channels and places of its own, and uses one line at a time.
        unsafe { self.y.one(at) }
    }
}

impl Reach {
    /// Where all columns are on the map, its rows lie together.
    fn new(target: usize, rows: &Range<usize>, columns: &Range<usize>, [width, channels]: [usize; 2]) -> Self {
        let row = width * channels;
        if columns.len() == width {
            return Self { target, first: rows.start * row, rows: 1, row, len: rows.len() * row };
        }
        let first = (rows.start * width + columns.start) * channels;
        Self { target, first, rows: rows.len(), row, len: columns.len() * channels }
    }
}
