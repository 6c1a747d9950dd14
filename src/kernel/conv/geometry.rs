//! A convolution's sizes -> which kernel elements meet at each row and column.

use std::ops::Range;

/// Sizes are `[height, width]`; `input` and `output` are channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    pub input: usize,
    pub output: usize,
    pub input_size: [usize; 2],
    pub output_size: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// Zeros above and to the left.
    pub pad: [usize; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
}

/// Along one axis, which elements of the kernel meet at each place of the map that is made.
pub struct Taps {
    pub phases: Vec<Phase>,
    /// From what one element of a phase reads to what the next one does.
    pub step: usize,
}

/// Places that meet the same elements, but for those that read beyond the map.
pub struct Phase {
    /// Of the kernel, in the order of what they read.
    pub elements: Vec<usize>,
    pub places: Vec<Place>,
}

/// A place of the map that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: usize,
    /// What the phase's first element reads, perhaps beyond the map.
    pub source: isize,
    /// The elements that read the map, counted within the phase.
    pub inside: Range<usize>,
}

impl Geometry {
    /// How many weights there are.
    pub fn weights(&self) -> usize {
        self.output * self.depth()
    }

    /// Weights of one output.
    pub fn depth(&self) -> usize {
        self.input / self.groups * self.kernel[0] * self.kernel[1]
    }

    /// Along an axis, the input place that an output place meets through an element of the kernel.
    #[inline(always)]
    pub fn partner(&self, axis: usize, output: usize, element: usize) -> Option<usize> {
        let at = output * self.stride[axis] + element * self.dilation[axis];
        at.checked_sub(self.pad[axis]).filter(|&at| at < self.input_size[axis])
    }

    /// Along an axis, the output places that meet the input through an element of the kernel.
    #[inline(always)]
    pub fn outputs_of(&self, axis: usize, element: usize) -> Range<usize> {
        let (before, stride, pad) = (element * self.dilation[axis], self.stride[axis], self.pad[axis]);
        let end = (self.input_size[axis] + pad).saturating_sub(before).div_ceil(stride).min(self.output_size[axis]);
        pad.saturating_sub(before).div_ceil(stride).min(end)..end
    }

    /// Output place o meets input place o stride + k dilation - pad.
    pub fn taps(&self, axis: usize) -> Taps {
        let (stride, dilation, size) = (self.stride[axis], self.dilation[axis], self.input_size[axis]);
        let source = |o: usize| (o * stride) as isize - self.pad[axis] as isize;
        let elements: Vec<usize> = (0..self.kernel[axis]).collect();
        let place = |at| Place::new(at, source(at), dilation, elements.len(), size);
        let places = (0..self.output_size[axis]).map(place).collect();
        Taps { phases: vec![Phase { elements, places }], step: dilation }
    }

    /// Input place i meets output place (i + pad - k dilation) / stride, where that is whole: a phase for each remainder of
    /// i + pad that a place has.
    pub fn reversed_taps(&self, axis: usize) -> Taps {
        let (stride, dilation) = (self.stride[axis], self.dilation[axis]);
        let step = dilation / greatest_common_divisor(stride, dilation);
        let remainder = |first: usize| (first + self.pad[axis]) % stride;
        let firsts = 0..stride.min(self.input_size[axis]);
        Taps { phases: firsts.map(|first| self.phase(axis, remainder(first), step)).collect(), step }
    }

    /// A later element reads an earlier place.
    fn phase(&self, axis: usize, remainder: usize, step: usize) -> Phase {
        let (stride, dilation, pad) = (self.stride[axis], self.dilation[axis], self.pad[axis]);
        let meets = |k: &usize| k * dilation % stride == remainder;
        let elements: Vec<usize> = (0..self.kernel[axis]).rev().filter(meets).collect();
        let last = elements.first().map_or(0, |last| last * dilation) as isize;
        let source = |i: usize| ((i + pad) as isize - last).div_euclid(stride as isize);
        let places = (0..self.input_size[axis])
            .filter(|i| (i + pad) % stride == remainder)
            .map(|i| Place::new(i, source(i), step, elements.len(), self.output_size[axis]))
            .collect();
        Phase { elements, places }
    }
}

impl Place {
    /// `count` elements, `step` apart on a map of `size`.
    fn new(at: usize, source: isize, step: usize, count: usize, size: usize) -> Self {
        let reads = |n: usize| (0..size as isize).contains(&(source + (n * step) as isize));
        let start = (0..count).find(|&n| reads(n)).unwrap_or(count);
        let end = (start..count).find(|&n| !reads(n)).unwrap_or(count);
        Self { at, source, inside: start..end }
    }

    /// What its element n, one of those inside, reads.
    #[inline(always)]
    pub fn reads(&self, n: usize, step: usize) -> usize {
        (self.source + (n * step) as isize) as usize
    }
}

impl Phase {
    /// The places of this range that there are.
    #[inline(always)]
    pub fn part(&self, places: &Range<usize>) -> &[Place] {
        let end = self.places.len().min(places.end);
        &self.places[places.start.min(end)..end]
    }
}

impl Taps {
    /// The phase and the place of the map's row or column `at`: the phases take turns.
    #[inline(always)]
    pub fn at(&self, at: usize) -> (usize, &Place) {
        let phase = at % self.phases.len();
        (phase, &self.phases[phase].places[at / self.phases.len()])
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
