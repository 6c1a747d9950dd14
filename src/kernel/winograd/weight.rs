//! Filters `[output][input][K][K]` -> planes of products' weights, and gradients of planes -> gradients of filters.

use std::marker::PhantomData;

use super::form::{Form, Sink, Strided, filter_gradient_tile, filter_tile};
use crate::isa::Kernel;
use crate::lane::{Lane, Numbers};
use crate::line::{LANES, Line};
use crate::machine::Machine;
use crate::shared::Shared;

/// Filters that one task transforms, times sixteen.
const CHUNK: usize = 8;

/// The filters of a convolution as one way reads them.
#[derive(Clone, Copy)]
pub struct Filters<'a> {
    pub w: &'a [f32],
    pub outputs: usize,
    pub inputs: usize,
    /// From outputs to inputs.
    pub transposed: bool,
    pub flipped: bool,
}

impl Filters<'_> {
    fn read(&self) -> usize {
        if self.transposed { self.outputs } else { self.inputs }
    }

    fn made(&self) -> usize {
        if self.transposed { self.inputs } else { self.outputs }
    }

    /// Lines from plane to plane of `[made / 16][read]`, sixteen channels that are made in the lanes: one more than they need,
    /// so that planes share no cache set.
    pub fn plane(&self) -> usize {
        self.made().div_ceil(LANES) * self.read() + 1
    }

    /// Writes G g G^T of each filter, plane after plane.
    pub fn transform<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize>(
        self,
        machine: &Machine,
        u: &mut [Line],
    ) {
        let (read, blocks) = (self.read(), self.made().div_ceil(LANES));
        assert!(u.len() >= P * P * self.plane(), "a line for each filter of sixteen and plane");
        let (chunks, u) = (read.div_ceil(CHUNK), Shared::new(u));
        machine.team.run(blocks * chunks, |index, _| {
            let (block, first) = (index / chunks, index % chunks * CHUNK);
            for read in first..read.min(first + CHUNK) {
                let lines = self.lines::<K>(block, read);
                let first = block * self.read() + read;
                let task =
                    Transform::<F, P, T, K> { lines: &lines, u: &u, first, plane: self.plane(), form: PhantomData };
                machine.isa.run(task);
            }
        });
    }

    /// The filters between sixteen channels that are made, in the lanes, and one that is read.
    fn lines<const K: usize>(&self, block: usize, read: usize) -> [[Line; K]; K] {
        let mut lines = [[Line::ZERO; K]; K];
        for lane in 0..LANES.min(self.made() - block * LANES) {
            let made = block * LANES + lane;
            let [output, input] = if self.transposed { [read, made] } else { [made, read] };
            let filter = &self.w[(output * self.inputs + input) * K * K..][..K * K];
            for (n, line) in lines.as_flattened_mut().iter_mut().enumerate() {
                line.0[lane] = filter[if self.flipped { K * K - 1 - n } else { n }];
            }
        }
        lines
    }
}

struct Transform<'a, F, const P: usize, const T: usize, const K: usize> {
    lines: &'a [[Line; K]; K],
    u: &'a Shared<'a, Line>,
    /// Of the lines that are written, and from plane to plane.
    first: usize,
    plane: usize,
    form: PhantomData<F>,
}

/// Lines of planes that other tasks write too.
struct Planes<'a> {
    u: &'a Shared<'a, Line>,
    first: usize,
    plane: usize,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Transform<'_, F, P, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let filter = Strided::new(self.lines.as_flattened(), 1);
        let mut planes = Planes { u: self.u, first: self.first, plane: self.plane };
        filter_tile::<F, L::Register, P, T, K>(&filter, &mut planes);
    }
}

impl<const P: usize> Sink<P> for Planes<'_> {
    #[inline(always)]
    fn row<N: Numbers>(&mut self, y: usize, part: usize, values: [N; P]) {
        for (x, value) in values.iter().enumerate() {
            let at = self.first + (y * P + x) * self.plane;
            // SAFETY: each task has filters of its own.
            value.store_part(unsafe { self.u.one(at) }, part);
        }
    }
}

/// Lines from plane to plane of gradients for so many inputs: one more than they need, so that planes share no cache set.
pub fn plane_lines(inputs: usize) -> usize {
    inputs + 1
}

/// dw = G^T du G, for gradients of planes `[output / 16][plane][input]`, sixteen outputs in the lanes.
pub fn gradient<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize>(
    machine: &Machine,
    [outputs, inputs]: [usize; 2],
    du: &[Line],
    dw: &mut [f32],
) {
    let dw = Shared::new(dw);
    let blocks = outputs.div_ceil(LANES);
    machine.team.run(blocks * inputs, |index, _| {
        let (block, input) = (index / inputs, index % inputs);
        let plane = plane_lines(inputs);
        let from = Strided::new(&du[block * P * P * plane + input..], plane);
        let made = machine.isa.run(Gradient::<F, P, T, K> { from, form: PhantomData });
        for n in 0..LANES.min(outputs - block * LANES) {
            let start = ((block * LANES + n) * inputs + input) * K * K;
            // SAFETY: each task has outputs and an input of its own.
            let filter = unsafe { dw.part(start..start + K * K) };
            filter.iter_mut().zip(made.as_flattened()).for_each(|(to, line)| *to = line.0[n]);
        }
    });
}

struct Gradient<'a, F, const P: usize, const T: usize, const K: usize> {
    from: Strided<&'a [Line], P>,
    form: PhantomData<F>,
}

impl<F: Form<P, T, K>, const P: usize, const T: usize, const K: usize> Kernel for Gradient<'_, F, P, T, K> {
    type Output = [[Line; K]; K];

    #[inline(always)]
    fn run<L: Lane>(self) -> [[Line; K]; K] {
        let mut made = [[Line::ZERO; K]; K];
        let mut sink = Strided::new(made.as_flattened_mut(), 1);
        filter_gradient_tile::<F, L::Register, P, T, K>(&self.from, &mut sink);
        made
    }
}
