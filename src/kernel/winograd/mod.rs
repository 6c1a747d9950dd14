//! Convolutions at stride 1 by Winograd's algorithm, forward and backward: of 3x3 by F(4x4, 3x3), 36 products for 16 outputs
//! instead of 144; of 5x5 by F(3x3, 5x5), 49 products for 9 outputs instead of 225.
//!
//! y = A^T \[(G w G^T) (B^T x B)\] A for each tile, summed over the channels read: a plane of products for each place of the
//! transformed tile, each a matrix product of transformed weights and transformed inputs.

mod five;
mod form;
mod grid;
mod sum;
mod three;
mod weight;
mod weight_gradient;

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use super::around::Around;
use super::conv::Geometry;
use super::line::Line;
use super::machine::Machine;
use five::Five;
use form::Form;
use grid::Grid;
use sum::Sum;
use three::Three;
use weight::Filters;
use weight_gradient::WeightGradient;

/// A convolution of 3x3 or 5x5 at stride 1.
#[derive(Clone, Copy, Debug)]
pub enum Winograd {
    Three(Passes<Three, 6, 4, 3>),
    Five(Passes<Five, 7, 3, 5>),
}

/// The three passes by one form.
#[derive(Clone, Copy, Debug)]
pub struct Passes<F, const P: usize, const T: usize, const K: usize> {
    inputs: usize,
    outputs: usize,
    /// How outputs lie on inputs, and the other way.
    forward: Grid<T>,
    backward: Grid<T>,
    form: PhantomData<F>,
}

macro_rules! either {
    ($winograd:expr, $passes:ident => $body:expr) => {
        match $winograd {
            Winograd::Three($passes) => $body,
            Winograd::Five($passes) => $body,
        }
    };
}

impl Winograd {
    /// None where the geometry is another, or too small to gain by it.
    pub fn new(g: &Geometry) -> Option<Self> {
        let fits = g.stride == [1, 1] && g.dilation == [1, 1] && g.groups == 1;
        let pays = g.input >= 8 && g.output >= 8 && g.output_size.iter().all(|&size| size >= 3);
        let padded = g.pad.iter().zip(g.kernel).all(|(&pad, kernel)| pad < kernel);
        match g.kernel {
            _ if !(fits && pays && padded) => None,
            [3, 3] => Some(Self::Three(Passes::new(g))),
            [5, 5] => Some(Self::Five(Passes::new(g))),
            _ => None,
        }
    }

    /// Whether [`Winograd::spread`] pays as well. Of an unpadded 5x5 on a small map most of its products meet zeros, which the
    /// direct sum leaves out: it is the faster one up to 9/4 of the products.
    pub fn spread_pays(&self) -> bool {
        let Self::Five(Passes { forward, backward, .. }) = self else { return true };
        let area = |[height, width]: [usize; 2]| height * width;
        let direct = 25 * area(forward.target);
        4 * direct > 9 * 49 * area(backward.target.map(|size| size.div_ceil(3)))
    }

    /// Lines of scratch that [`Winograd::sum`] and [`Winograd::spread`] want.
    pub fn scratch_lines(&self, threads: usize) -> usize {
        either!(self, passes => passes.scratch_lines(threads))
    }

    /// Lines of scratch of [`Winograd::weight_gradient`].
    pub fn gradient_lines(&self, threads: usize) -> usize {
        either!(self, passes => passes.gradient_lines(threads))
    }

    /// y = w * x
    pub fn sum(&self, machine: &Machine, x: &[Line], w: &[f32], around: Around, y: &mut [Line], scratch: &mut [Line]) {
        let pass = Pass { from: x, w, around, reversed: false };
        either!(self, passes => passes.sum(machine, pass, y, scratch));
    }

    /// The other way: the sum over the outputs that read each input.
    pub fn spread(
        &self,
        machine: &Machine,
        y: &[Line],
        w: &[f32],
        around: Around,
        x: &mut [Line],
        scratch: &mut [Line],
    ) {
        let pass = Pass { from: y, w, around, reversed: true };
        either!(self, passes => passes.sum(machine, pass, x, scratch));
    }

    /// dw, the sum over images and positions.
    pub fn weight_gradient(&self, machine: &Machine, x: &[Line], dy: &[Line], dw: &mut [f32], scratch: &mut [Line]) {
        either!(self, passes => passes.weight_gradient(machine, [x, dy], dw, scratch));
    }
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Passes<F, P, T, K> {
    fn new(g: &Geometry) -> Self {
        Self {
            inputs: g.input,
            outputs: g.output,
            forward: Grid { target: g.output_size, source: g.input_size, pad: g.pad },
            backward: Grid { target: g.input_size, source: g.output_size, pad: g.pad.map(|pad| K - 1 - pad) },
            form: PhantomData,
        }
    }

    fn filters<'a>(&self, w: &'a [f32], reversed: bool) -> Filters<'a> {
        Filters { w, outputs: self.outputs, inputs: self.inputs, reversed }
    }

    /// Read and made.
    fn channels(&self, reversed: bool) -> [usize; 2] {
        if reversed { [self.outputs, self.inputs] } else { [self.inputs, self.outputs] }
    }

    fn scratch_lines(&self, threads: usize) -> usize {
        let lines = |reversed| {
            let weights = P * P * self.filters(&[], reversed).plane();
            weights + threads * sum::block_lines(P * P, self.channels(reversed))
        };
        lines(false).max(lines(true))
    }

    fn gradient_lines(&self, threads: usize) -> usize {
        weight_gradient::lines([P * P, T * T], [self.inputs, self.outputs], threads)
    }

    fn sum(&self, machine: &Machine, pass: Pass, to: &mut [Line], scratch: &mut [Line]) {
        let filters = self.filters(pass.w, pass.reversed);
        let (u, scratch) = scratch.split_at_mut(P * P * filters.plane());
        filters.transform::<F, P, T, K>(machine, u);
        let grid = if pass.reversed { self.backward } else { self.forward };
        let channels = self.channels(pass.reversed);
        let plane = filters.plane();
        let sum = Sum::<F, P, T, K> { grid, channels, u, plane, x: pass.from, around: pass.around, form: PhantomData };
        sum.run(machine, to, scratch);
    }

    fn weight_gradient(&self, machine: &Machine, [x, dy]: [&[Line]; 2], dw: &mut [f32], scratch: &mut [Line]) {
        let Self { inputs, outputs, forward: grid, form, .. } = *self;
        WeightGradient { grid, inputs, outputs, x, dy, form }.run(machine, dw, scratch);
    }
}

/// One way of the sum.
struct Pass<'a> {
    from: &'a [Line],
    w: &'a [f32],
    around: Around<'a>,
    /// From outputs to inputs.
    reversed: bool,
}
