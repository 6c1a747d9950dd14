//! Convolutions of 3x3 at stride 1 by Winograd's F(4x4, 3x3): 36 products for 16 outputs instead of 144, forward and backward.
//!
//! y = A^T \[(G w G^T) (B^T x B)\] A for each tile, summed over the channels read; 36 planes of products, each a matrix
//! product of transformed weights `[plane][output][input]` with transformed inputs.

mod grid;
mod sum;
mod transform;
mod weight;
mod weight_gradient;

#[cfg(test)]
mod tests;

use super::conv::{Around, Geometry};
use super::line::{Line, lines_for};
use super::machine::Machine;
use grid::Grid;
use sum::Sum;

/// Planes of products.
const PLANES: usize = 36;

/// Lines of transformed inputs that one task works on; the second cache holds them.
const BLOCK: usize = 4096;

/// A convolution of 3x3 at stride 1.
#[derive(Clone, Debug)]
pub struct Winograd {
    input: usize,
    output: usize,
    /// How outputs lie on inputs, and the other way.
    forward: Grid,
    backward: Grid,
}

impl Winograd {
    /// None where the geometry is another, or too small to gain by it.
    pub fn new(g: &Geometry) -> Option<Self> {
        let fits = g.kernel == [3, 3] && g.stride == [1, 1] && g.dilation == [1, 1] && g.groups == 1;
        let pays = g.input >= 8 && g.output >= 8 && g.output_size.iter().all(|&size| size >= 3);
        let padded = g.pad.iter().all(|&pad| pad <= 2);
        (fits && pays && padded).then(|| Self {
            input: g.input,
            output: g.output,
            forward: Grid { target: g.output_size, source: g.input_size, pad: g.pad },
            backward: Grid { target: g.input_size, source: g.output_size, pad: g.pad.map(|pad| 2 - pad) },
        })
    }

    /// Lines of the transformed weights.
    pub fn weight_lines(&self) -> usize {
        lines_for(PLANES * self.input * self.output)
    }

    /// Lines of scratch that [`Winograd::sum`] and [`Winograd::spread`] want for each thread.
    pub fn block_lines(&self) -> usize {
        Sum::block_lines(self.input).max(Sum::block_lines(self.output))
    }

    /// Lines of scratch of [`Winograd::weight_gradient`].
    pub fn gradient_lines(&self) -> usize {
        weight_gradient::lines(self)
    }

    /// G w G^T for each filter.
    pub fn transform_weights(&self, machine: &Machine, w: &[f32], u: &mut [f32]) {
        weight::transform(machine, [self.output, self.input], w, &mut u[..PLANES * self.input * self.output]);
    }

    /// y = w * x
    pub fn sum(&self, machine: &Machine, x: &[Line], u: &[f32], around: Around, y: &mut [Line], scratch: &mut [Line]) {
        let channels = [self.input, self.output];
        Sum { grid: self.forward, channels, transposed: false, u, x, around }.run(machine, y, scratch);
    }

    /// The other way: the sum over the outputs that read each input.
    pub fn spread(
        &self,
        machine: &Machine,
        y: &[Line],
        u: &[f32],
        around: Around,
        x: &mut [Line],
        scratch: &mut [Line],
    ) {
        let channels = [self.output, self.input];
        Sum { grid: self.backward, channels, transposed: true, u, x: y, around }.run(machine, x, scratch);
    }

    /// dw, the sum over images and positions.
    pub fn weight_gradient(&self, machine: &Machine, x: &[Line], dy: &[Line], dw: &mut [f32], scratch: &mut [Line]) {
        weight_gradient::run(machine, self, [x, dy], dw, scratch);
    }
}
