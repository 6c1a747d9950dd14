//! Filters `[output][input][3][3]` <-> planes `[36][output][input]`, sixteen inputs in the lanes.

use super::PLANES;
use super::transform::{filter_gradient_tile, filter_tile};
use crate::kernel::isa::Kernel;
use crate::kernel::lane::Lane;
use crate::kernel::line::{LANES, Line};
use crate::kernel::machine::Machine;
use crate::kernel::shared::Shared;

/// G w G^T; `shape` is outputs, inputs.
pub fn transform(machine: &Machine, shape: [usize; 2], w: &[f32], u: &mut [f32]) {
    let [outputs, inputs] = shape;
    let u = Shared::new(u);
    machine.team.run(outputs, |output, _| {
        let filters = &w[output * inputs * 9..][..inputs * 9];
        machine.isa.run(Filters { filters, u: &u, shape, output });
    });
}

struct Filters<'a> {
    filters: &'a [f32],
    u: &'a Shared<'a, f32>,
    shape: [usize; 2],
    output: usize,
}

impl Kernel for Filters<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let [outputs, inputs] = self.shape;
        for (block, filters) in self.filters.chunks(9 * LANES).enumerate() {
            let count = filters.len() / 9;
            let mut lines = [[Line::ZERO; 3]; 3];
            for (n, filter) in filters.chunks_exact(9).enumerate() {
                for (line, &value) in lines.as_flattened_mut().iter_mut().zip(filter) {
                    line.0[n] = value;
                }
            }
            let square = lines.map(|row| row.map(|line| L::load(&line)));
            for (plane, value) in filter_tile(&square).as_flattened().iter().enumerate() {
                let start = (plane * outputs + self.output) * inputs + block * LANES;
                // SAFETY: each task has an output of its own.
                let to = unsafe { self.u.part(start..start + count) };
                to.copy_from_slice(&value.to_array()[..count]);
            }
        }
    }
}

/// dw = G^T du G, for gradients of planes `[plane][input][output / 16]` lines of sixteen outputs.
pub fn gradient(machine: &Machine, shape: [usize; 2], du: &[Line], dw: &mut [f32]) {
    let [outputs, inputs] = shape;
    let dw = Shared::new(dw);
    let blocks = outputs.div_ceil(LANES);
    machine.team.run(blocks * inputs, |index, _| {
        machine.isa.run(Gradient { du, dw: &dw, shape, block: index / inputs, input: index % inputs });
    });
}

struct Gradient<'a> {
    du: &'a [Line],
    dw: &'a Shared<'a, f32>,
    shape: [usize; 2],
    /// Of sixteen outputs.
    block: usize,
    input: usize,
}

impl Kernel for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let [outputs, inputs] = self.shape;
        let blocks = outputs.div_ceil(LANES);
        debug_assert_eq!(self.du.len(), PLANES * inputs * blocks);
        let square: [[L; 6]; 6] = std::array::from_fn(|y| {
            std::array::from_fn(|x| L::load(&self.du[((y * 6 + x) * inputs + self.input) * blocks + self.block]))
        });
        let made = filter_gradient_tile(&square).map(|row| row.map(L::to_array));
        for n in 0..LANES.min(outputs - self.block * LANES) {
            let start = ((self.block * LANES + n) * inputs + self.input) * 9;
            // SAFETY: each task has outputs and an input of its own.
            let filter = unsafe { self.dw.part(start..start + 9) };
            filter.iter_mut().zip(made.as_flattened()).for_each(|(to, values)| *to = values[n]);
        }
    }
}
