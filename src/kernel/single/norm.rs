//! Batch normalisation in evaluation on one image: a factor and a term for each feature.

use crate::batch_norm::EPSILON;
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers_mut};
use crate::machine::Machine;

use super::Form;

#[derive(Clone, Copy, Debug)]
pub struct SingleNorm {
    pub form: Form,
}

impl SingleNorm {
    fn features(&self) -> usize {
        match self.form {
            Form::Map { channels, .. } => channels,
            Form::Sequence { features, .. } => features,
        }
    }

    /// Lines of factors and terms.
    pub fn prepared(&self) -> usize {
        2 * self.features().div_ceil(LANES)
    }

    /// Factors w / sqrt(variance + epsilon) and terms b - mean factor.
    pub fn prepare(&self, [weight, bias]: [&[f32]; 2], [means, variances]: [&[f32]; 2], prepared: &mut [Line]) {
        let blocks = self.features().div_ceil(LANES);
        let (factors, terms) = numbers_mut(prepared).split_at_mut(blocks * LANES);
        for n in 0..self.features() {
            factors[n] = weight[n] / (variances[n] + EPSILON).sqrt();
            terms[n] = bias[n] - means[n] * factors[n];
        }
    }

    pub fn forward(&self, machine: &Machine, x: &[Line], prepared: &[Line], y: &mut [Line]) {
        let (factors, terms) = prepared.split_at(prepared.len() / 2);
        machine.isa.run(Scale { form: self.form, x, factors, terms, y });
    }
}

struct Scale<'a> {
    form: Form,
    x: &'a [Line],
    factors: &'a [Line],
    terms: &'a [Line],
    y: &'a mut [Line],
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (n, (x, y)) in self.x.iter().zip(self.y).enumerate() {
            let block = match self.form {
                Form::Map { places, .. } => n / places,
                Form::Sequence { .. } => n % self.factors.len(),
            };
            L::load(x).mul_add(L::load(&self.factors[block]), L::load(&self.terms[block])).store(y);
        }
    }
}
