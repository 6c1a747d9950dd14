//! Convolutions of one image, and transposed ones: sixteen channels that are made in the lanes, a register tile over places.

use crate::conv::{PhasePair, Way};
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers, numbers_mut};
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// Places of one task.
const PLACES: usize = 12;

/// Tasks for each thread, where there are so many.
const TASKS: usize = 4;

pub struct SingleConv {
    way: Way,
}

impl SingleConv {
    /// None for several groups of channels.
    pub fn new(way: Way) -> Option<Self> {
        (way.groups == 1).then_some(Self { way })
    }

    fn blocks(&self) -> usize {
        self.way.target[0].div_ceil(LANES)
    }

    /// Lines of the weights as they are read: `[phases][channel made / 16][kx][ky][channel read]`.
    pub fn prepared(&self) -> usize {
        self.way.pairs.iter().map(|pair| self.blocks() * pair.depth).sum()
    }

    pub fn prepare(&self, weight: &[f32], prepared: &mut [Line]) {
        let [read, made] = [self.way.source[0], self.way.target[0]];
        let mut lines = prepared.iter_mut();
        for pair in &self.way.pairs {
            for block in 0..self.blocks() {
                for (element, channel) in self.way.elements(pair).flat_map(|e| (0..read).map(move |c| (e, c))) {
                    let Some(line) = lines.next() else { return };
                    *line = Line::ZERO;
                    for (lane, number) in line.0.iter_mut().enumerate().take(made - block * LANES) {
                        *number = weight[self.way.weight(0, block * LANES + lane, channel) + element];
                    }
                }
            }
        }
    }

    /// Lines that each thread gathers.
    fn gathered(&self) -> usize {
        let depth = self.way.pairs.iter().map(|pair| pair.depth).max().unwrap_or(0);
        (PLACES * depth).div_ceil(LANES) + 1 + self.way.source[0].div_ceil(LANES)
    }

    pub fn scratch(&self, threads: usize) -> usize {
        threads * self.gathered()
    }

    /// `bias` is empty where there is none.
    pub fn forward(
        &self,
        machine: &Machine,
        x: &[Line],
        prepared: &[Line],
        bias: &[f32],
        y: &mut [Line],
        scratch: &mut [Line],
    ) {
        let (y, scratch, lines) = (Shared::new(y), Shared::new(scratch), self.gathered());
        let mut first = 0;
        for pair in &self.way.pairs {
            let size = self.blocks() * pair.depth;
            let weights = &prepared[first..first + size];
            first += size;
            let spans = pair.places.div_ceil(PLACES);
            let parts = (TASKS * machine.team.threads()).div_ceil(spans.max(1)).min(self.blocks());
            machine.team.run(spans * parts, |index, thread| {
                let (span, part) = (index / parts, index % parts);
                // SAFETY: each thread has scratch of its own.
                let gathered = unsafe { scratch.part(thread * lines..(thread + 1) * lines) };
                let places = span * PLACES..pair.places.min((span + 1) * PLACES);
                let blocks = part * self.blocks() / parts..(part + 1) * self.blocks() / parts;
                machine.isa.run(Span { conv: self, pair, x, weights, bias, places, blocks, gathered, y: &y });
            });
        }
    }
}

/// Some places of some sixteens of channels.
struct Span<'a> {
    conv: &'a SingleConv,
    pair: &'a PhasePair,
    x: &'a [Line],
    weights: &'a [Line],
    bias: &'a [f32],
    places: std::ops::Range<usize>,
    blocks: std::ops::Range<usize>,
    /// `[place][kx][ky][channel read]` numbers; zeros beyond the map.
    gathered: &'a mut [Line],
    y: &'a Shared<'a, Line>,
}

impl Kernel for Span<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let mut targets = [0; PLACES];
        for (n, place) in self.places.clone().enumerate() {
            targets[n] = self.gather::<L>(n, place);
        }
        for block in self.blocks.clone() {
            let weights = &self.weights[block * self.pair.depth..][..self.pair.depth];
            let bias = L::load(&self.bias_of(block));
            let count = self.places.len();
            for index in 0..tiles(count, L::ROWS) {
                let (first, height) = tile(count, L::ROWS, index);
                with_height!(height, R => self.tile::<L, R>(block, weights, bias, first, &targets[first..]));
            }
        }
    }
}

impl Span<'_> {
    /// Copies what a place reads as the n-th; answers where the place lies.
    #[inline(always)]
    fn gather<L: Lane>(&mut self, n: usize, place: usize) -> usize {
        let way = &self.conv.way;
        let ([ys, xs], [row, column]) = (way.phases(self.pair), way.place(self.pair, place));
        let [channels, height, width] = way.source;
        let [down, across] = [0, 1].map(|axis| way.taps[axis].step as isize);
        let (rows, columns) = (ys.elements.len(), xs.elements.len());
        let to = &mut numbers_mut(self.gathered)[n * self.pair.depth..];
        for x in 0..columns {
            let start = row.source * width as isize + column.source + x as isize * across;
            for y in 0..rows {
                let from = (start + y as isize * down * width as isize) as usize;
                let inside = row.inside.contains(&y) && column.inside.contains(&x);
                let first = (x * rows + y) * channels;
                for block in 0..channels.div_ceil(LANES) {
                    let value = if inside { L::load(&self.x[block * height * width + from]) } else { L::zero() };
                    // What is written beyond the last channel is overwritten by what comes next.
                    let Some(to) = to[first + block * LANES..].first_chunk_mut() else { continue };
                    value.write(to);
                }
            }
        }
        row.at * way.target[2] + column.at
    }

    #[inline(always)]
    fn bias_of(&self, block: usize) -> Line {
        let mut line = Line::ZERO;
        for (to, &bias) in line.0.iter_mut().zip(self.bias.iter().skip(block * LANES)) {
            *to = bias;
        }
        line
    }

    /// `R` places from the n-th on.
    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&self, block: usize, weights: &[Line], bias: L, n: usize, targets: &[usize]) {
        let depth = self.pair.depth;
        let rows = Rows { numbers: numbers(self.gathered), first: n * depth, row: depth, depth: 1 };
        let sums = multiply::<L, R>(rows, weights, [bias; R]);
        let area = self.conv.way.target[1] * self.conv.way.target[2];
        for (sum, target) in sums.iter().zip(targets) {
            let at = block * area + target;
            // SAFETY: each task has places and channels of its own.
            sum.store(unsafe { self.y.one(at) });
        }
    }
}
