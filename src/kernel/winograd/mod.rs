//! Convolutions at stride 1 by Winograd's algorithm, forward and backward: of 3x3 by F(4x4, 3x3), 36 products for 16 outputs
//! instead of 144; of 5x5 by F(4x4, 5x5), 64 for 16 instead of 400, or by F(3x3, 5x5), 49 for 9, where that leaves fewer.
//!
//! y = A^T \[(G w G^T) (B^T x B)\] A for each tile, summed over the channels read: a plane of products for each place of the
//! transformed tile, each a matrix product of transformed weights and transformed inputs. The input's gradient is such a sum of
//! flipped filters, or the transpose of the sum.

mod five;
mod form;
mod grid;
mod planes;
mod spread;
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
use five::{FourOfFive, ThreeOfFive};
use form::Form;
use grid::Grid;
use planes::Weights;
use spread::Spread;
use sum::Sum;
use three::FourOfThree;
use weight::Filters;
use weight_gradient::WeightGradient;

/// A convolution of 3x3 or 5x5 at stride 1.
#[derive(Clone, Copy, Debug)]
pub enum Winograd {
    FourOfThree(Passes<FourOfThree, 6, 4, 3>),
    ThreeOfFive(Passes<ThreeOfFive, 7, 3, 5>),
    FourOfFive(Passes<FourOfFive, 8, 4, 5>),
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
            Winograd::FourOfThree($passes) => $body,
            Winograd::ThreeOfFive($passes) => $body,
            Winograd::FourOfFive($passes) => $body,
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
            [3, 3] => Some(Self::FourOfThree(Passes::new(g))),
            [5, 5] => Some(Self::of_five(g)),
            _ => None,
        }
    }

    /// By the form that has fewer products.
    fn of_five(g: &Geometry) -> Self {
        let (three, four) = (Passes::new(g), Passes::new(g));
        if three.products() < four.products() { Self::ThreeOfFive(three) } else { Self::FourOfFive(four) }
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
        let pass = Pass { from: x, w, around };
        either!(self, passes => passes.run(machine, Way::Forward, pass, y, scratch));
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
        let pass = Pass { from: y, w, around };
        either!(self, passes => passes.run(machine, passes.back(), pass, x, scratch));
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

    /// For each pair of channels.
    fn products(&self) -> usize {
        P * P * self.forward.tiles()
    }

    fn filters<'a>(&self, w: &'a [f32], way: Way) -> Filters<'a> {
        let (transposed, flipped) = (way != Way::Forward, way == Way::Flipped);
        Filters { w, outputs: self.outputs, inputs: self.inputs, transposed, flipped }
    }

    /// The way from outputs to inputs. The products are those of the tiles that are read, or of those that are made; patches
    /// have to be added, which pays where they are clearly fewer.
    fn back(&self) -> Way {
        if 4 * self.forward.tiles() <= 3 * self.backward.tiles() { Way::Transposed } else { Way::Flipped }
    }

    /// Read and made.
    fn channels(&self, way: Way) -> [usize; 2] {
        if way == Way::Forward { [self.inputs, self.outputs] } else { [self.outputs, self.inputs] }
    }

    fn scratch_lines(&self, threads: usize) -> usize {
        let lines = |way| {
            let weights = P * P * self.filters(&[], way).plane();
            weights + threads * planes::block_lines(P * P, self.channels(way))
        };
        lines(Way::Forward).max(lines(self.back()))
    }

    fn gradient_lines(&self, threads: usize) -> usize {
        weight_gradient::lines([P * P, T * T], [self.inputs, self.outputs], threads)
    }

    fn run(&self, machine: &Machine, way: Way, pass: Pass, to: &mut [Line], scratch: &mut [Line]) {
        let Pass { from, w, around } = pass;
        let (filters, form) = (self.filters(w, way), self.form);
        let (u, scratch) = scratch.split_at_mut(P * P * filters.plane());
        filters.transform::<F, P, T, K>(machine, u);
        let weights = Weights { u, plane: filters.plane(), channels: self.channels(way) };
        let sum = |grid| Sum::<F, P, T, K> { grid, weights, x: from, around, form };
        match way {
            Way::Forward => sum(self.forward).run(machine, to, scratch),
            Way::Flipped => sum(self.backward).run(machine, to, scratch),
            Way::Transposed => {
                let spread = Spread::<F, P, T, K> { grid: self.forward, weights, y: from, around, form };
                spread.run(machine, to, scratch);
            }
        }
    }

    fn weight_gradient(&self, machine: &Machine, [x, dy]: [&[Line]; 2], dw: &mut [f32], scratch: &mut [Line]) {
        let Self { inputs, outputs, forward: grid, form, .. } = *self;
        WeightGradient { grid, inputs, outputs, x, dy, form }.run(machine, dw, scratch);
    }
}

/// How a pass goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    /// From outputs to inputs, as a sum of flipped filters.
    Flipped,
    /// From outputs to inputs, as the transpose of the sum.
    Transposed,
}

/// What a pass reads.
struct Pass<'a> {
    from: &'a [Line],
    w: &'a [f32],
    around: Around<'a>,
}
