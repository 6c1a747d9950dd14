//! A convolution's sizes -> which kernel elements meet at each row and column.

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

/// Along one axis, for each place of the map that is made: the kernel's elements that have a partner, in steps.
pub struct Taps {
    pub at: Vec<Tap>,
    /// From one of a place's elements to the next: in the kernel, and in the map that is read.
    pub kernel_step: usize,
    pub source_step: isize,
}

/// The first of a place's elements, with its partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    pub kernel: usize,
    pub source: usize,
    pub count: usize,
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
        let (stride, pad, dilation) = (self.stride[axis], self.pad[axis], self.dilation[axis]);
        let source =
            |o: usize, k: usize| (o * stride + k * dilation).checked_sub(pad).filter(|&i| i < self.input_size[axis]);
        let at = (0..self.output_size[axis]).map(|o| self.tap(axis, |k| source(o, k))).collect();
        Taps { at, kernel_step: 1, source_step: dilation as isize }
    }

    /// Input place i meets output place (i + pad - k dilation) / stride, where that is whole.
    pub fn reversed_taps(&self, axis: usize) -> Taps {
        let (stride, pad, dilation) = (self.stride[axis], self.pad[axis], self.dilation[axis]);
        let source = |i: usize, k: usize| {
            let at = (i + pad).checked_sub(k * dilation)?;
            (at.is_multiple_of(stride) && at / stride < self.output_size[axis]).then_some(at / stride)
        };
        let at = (0..self.input_size[axis]).map(|i| self.tap(axis, |k| source(i, k))).collect();
        let shared = greatest_common_divisor(stride, dilation);
        Taps { at, kernel_step: stride / shared, source_step: -((dilation / shared) as isize) }
    }

    /// The elements of the kernel that have a partner are evenly spaced.
    fn tap(&self, axis: usize, source: impl Fn(usize) -> Option<usize>) -> Tap {
        let mut met = (0..self.kernel[axis]).filter_map(|kernel| Some((kernel, source(kernel)?)));
        match met.next() {
            Some((kernel, source)) => Tap { kernel, source, count: 1 + met.count() },
            None => Tap { kernel: 0, source: 0, count: 0 },
        }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
