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
    /// From one element of a phase to the next: in the kernel, and in the map that is read.
    pub kernel_step: usize,
    pub source_step: isize,
}

/// Places that meet the same elements, but for those that read beyond the map.
pub struct Phase {
    /// The first element, and how many there are.
    pub kernel: usize,
    pub count: usize,
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

    /// Output place o meets input place o stride + k dilation - pad.
    pub fn taps(&self, axis: usize) -> Taps {
        let (stride, dilation, size) = (self.stride[axis], self.dilation[axis], self.input_size[axis]);
        let source = |o: usize| (o * stride) as isize - self.pad[axis] as isize;
        let (count, step) = (self.kernel[axis], dilation as isize);
        let places = (0..self.output_size[axis]).map(|at| Place::new(at, source(at), step, count, size)).collect();
        Taps { phases: vec![Phase { kernel: 0, count, places }], kernel_step: 1, source_step: step }
    }

    /// Input place i meets output place (i + pad - k dilation) / stride, where that is whole: a phase for each remainder of
    /// i + pad that a place has.
    pub fn reversed_taps(&self, axis: usize) -> Taps {
        let (stride, dilation) = (self.stride[axis], self.dilation[axis]);
        let shared = greatest_common_divisor(stride, dilation);
        let source_step = -((dilation / shared) as isize);
        let remainder = |first: usize| (first + self.pad[axis]) % stride;
        let firsts = 0..stride.min(self.input_size[axis]);
        let phases = firsts.map(|first| self.phase(axis, remainder(first), source_step)).collect();
        Taps { phases, kernel_step: stride / shared, source_step }
    }

    fn phase(&self, axis: usize, remainder: usize, source_step: isize) -> Phase {
        let (stride, dilation, pad) = (self.stride[axis], self.dilation[axis], self.pad[axis]);
        let mut elements = (0..self.kernel[axis]).filter(|k| k * dilation % stride == remainder);
        let kernel = elements.next();
        let count = usize::from(kernel.is_some()) + elements.count();
        let kernel = kernel.unwrap_or(0);
        let source = |i: usize| ((i + pad) as isize - (kernel * dilation) as isize).div_euclid(stride as isize);
        let places = (0..self.input_size[axis])
            .filter(|i| (i + pad) % stride == remainder)
            .map(|i| Place::new(i, source(i), source_step, count, self.output_size[axis]))
            .collect();
        Phase { kernel, count, places }
    }
}

impl Place {
    /// `count` elements, `step` apart on a map of `size`.
    fn new(at: usize, source: isize, step: isize, count: usize, size: usize) -> Self {
        let reads = |n: usize| (0..size as isize).contains(&(source + n as isize * step));
        let start = (0..count).find(|&n| reads(n)).unwrap_or(count);
        let end = (start..count).find(|&n| !reads(n)).unwrap_or(count);
        Self { at, source, inside: start..end }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
