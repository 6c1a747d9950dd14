//! A fully connected layer on one image: rows of the weights, as they lie, times the features.

use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers, numbers_mut};
use crate::machine::Machine;
use crate::product::{tile, tiles, with_height};

/// Rows of one task.
const ROWS: usize = 24;

#[derive(Clone, Copy, Debug)]
pub struct SingleFc {
    pub input: usize,
    pub output: usize,
}

impl SingleFc {
    /// y = W x + b
    pub fn forward(&self, machine: &Machine, x: &[Line], weight: &[f32], bias: &[f32], y: &mut [Line]) {
        machine.team.chunks(&mut numbers_mut(y)[..self.output], ROWS, |index, y, _| {
            let first = index * ROWS;
            let (weight, bias) = (&weight[first * self.input..], &bias[first..]);
            machine.isa.run(Rows { input: self.input, x, weight, bias, y });
        });
    }
}

/// Some rows.
struct Rows<'a> {
    input: usize,
    x: &'a [Line],
    weight: &'a [f32],
    bias: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for index in 0..tiles(self.y.len(), L::ROWS) {
            let (first, height) = tile(self.y.len(), L::ROWS, index);
            with_height!(height, R => {
                let made = self.products::<L, R>(first);
                for (r, made) in made.iter().enumerate() {
                    self.y[first + r] = made + self.bias[first + r];
                }
            });
        }
    }
}

impl Rows<'_> {
    #[inline(always)]
    fn products<L: Lane, const R: usize>(&self, first: usize) -> [f32; R] {
        let whole = self.input / LANES;
        let weight = &self.weight[first * self.input..][..R * self.input];
        let mut sums = [L::zero(); R];
        for (n, x) in self.x[..whole].iter().enumerate() {
            let x = L::load(x);
            for (r, sum) in sums.iter_mut().enumerate() {
                let at = r * self.input + n * LANES;
                // SAFETY: n is below the whole sixteens of a row, and r below the rows of `weight`.
                let numbers = unsafe { &*weight.as_ptr().add(at).cast::<[f32; LANES]>() };
                *sum = L::from_array(numbers).mul_add(x, *sum);
            }
        }
        let mut made = [0.0; R];
        for (r, made) in made.iter_mut().enumerate() {
            *made = sums[r].sum();
            for k in whole * LANES..self.input {
                *made += weight[r * self.input + k] * numbers(self.x)[k];
            }
        }
        made
    }
}
