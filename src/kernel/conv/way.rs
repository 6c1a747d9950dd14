//! One of the two ways of a convolution: from inputs to outputs, or from outputs to the inputs that they read.

use std::ops::Range;

use super::Geometry;
use super::geometry::{Phase, Place, Taps};

/// What the sums of one way read and make.
pub struct Way {
    /// Channels, height and width.
    pub source: [usize; 3],
    pub target: [usize; 3],
    pub groups: usize,
    /// Height and width.
    kernel: [usize; 2],
    pub taps: [Taps; 2],
    pub pairs: Vec<PhasePair>,
    /// From outputs to inputs.
    pub reversed: bool,
}

/// The places of one phase of rows and one of columns, which meet the same elements of the kernel.
pub struct PhasePair {
    /// Of rows and of columns.
    pub phases: [usize; 2],
    /// Numbers that one place's sum is over, for one channel that is made.
    pub depth: usize,
    /// Where its packed weights begin.
    pub start: usize,
    /// How many places there are.
    pub places: usize,
}

impl Way {
    pub fn forward(g: &Geometry) -> Self {
        Self::new(g, [0, 1].map(|axis| g.taps(axis)), false)
    }

    pub fn backward(g: &Geometry) -> Self {
        Self::new(g, [0, 1].map(|axis| g.reversed_taps(axis)), true)
    }

    fn new(g: &Geometry, taps: [Taps; 2], reversed: bool) -> Self {
        let input = [g.input, g.input_size[0], g.input_size[1]];
        let output = [g.output, g.output_size[0], g.output_size[1]];
        let [source, target] = if reversed { [output, input] } else { [input, output] };
        let read = source[0] / g.groups;
        let mut pairs = vec![];
        let mut start = 0;
        for (y, rows) in taps[0].phases.iter().enumerate() {
            for (x, columns) in taps[1].phases.iter().enumerate() {
                let depth = read * rows.elements.len() * columns.elements.len();
                let places = rows.places.len() * columns.places.len();
                pairs.push(PhasePair { phases: [y, x], depth, start, places });
                start += target[0] * depth;
            }
        }
        Self { source, target, groups: g.groups, kernel: g.kernel, taps, pairs, reversed }
    }

    pub fn phases(&self, pair: &PhasePair) -> [&Phase; 2] {
        [0, 1].map(|axis| &self.taps[axis].phases[pair.phases[axis]])
    }

    /// The kernel's elements that the places of a pair meet, column by column.
    pub fn elements(&self, pair: &PhasePair) -> impl Iterator<Item = usize> {
        let ([ys, xs], width) = (self.phases(pair), self.kernel[1]);
        xs.elements.iter().flat_map(move |x| ys.elements.iter().map(move |y| y * width + x))
    }

    /// The most places of a phase of columns.
    pub fn places_across(&self) -> usize {
        self.taps[1].phases.iter().map(|phase| phase.places.len()).max().unwrap_or(0)
    }

    /// The columns of the map that is read that these places of every phase of columns read.
    #[inline(always)]
    pub fn columns_read(&self, places: &Range<usize>) -> Range<usize> {
        let step = self.taps[1].step;
        let (mut start, mut end) = (self.source[2], 0);
        for phase in &self.taps[1].phases {
            for place in phase.part(places) {
                if !place.inside.is_empty() {
                    start = start.min(place.reads(place.inside.start, step));
                    end = end.max(place.reads(place.inside.end - 1, step) + 1);
                }
            }
        }
        start.min(end)..end
    }

    #[inline(always)]
    pub fn pair(&self, [y, x]: [usize; 2]) -> &PhasePair {
        &self.pairs[y * self.taps[1].phases.len() + x]
    }

    /// Row and column of a pair's n-th place.
    #[inline(always)]
    pub fn place(&self, pair: &PhasePair, n: usize) -> [&Place; 2] {
        let [ys, xs] = self.phases(pair);
        [&ys.places[n / xs.places.len()], &xs.places[n % xs.places.len()]]
    }

    /// The first weight, in PyTorch's order, between a channel that is made and one that is read, both of a group.
    pub fn weight(&self, group: usize, made: usize, read: usize) -> usize {
        let (own, others) = (self.made_of_group(), self.read_of_group());
        let [output, input, outputs, inputs] =
            if self.reversed { [read, made, others, own] } else { [made, read, own, others] };
        ((group * outputs + output) * inputs + input) * self.kernel[0] * self.kernel[1]
    }

    /// Channels that a group reads.
    pub fn read_of_group(&self) -> usize {
        self.source[0] / self.groups
    }

    /// Channels that a group makes.
    pub fn made_of_group(&self) -> usize {
        self.target[0] / self.groups
    }
}
