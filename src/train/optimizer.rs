//! Gradients -> new parameters, in one parallel pass over the flat store. Formulas are those of `torch.optim`.

use rayon::prelude::*;

use super::recipe::{OptimizerKind, OptimizerRecipe};
use crate::lower::Store;

/// How many parameters one task updates.
const CHUNK: usize = 1 << 14;

/// An optimizer with its state: vectors of the store's shape.
#[derive(Clone, Debug)]
pub struct Optimizer {
    recipe: OptimizerRecipe,
    steps: u64,
    state: Vec<Vec<f32>>,
}

impl Optimizer {
    /// For `count` trained parameters.
    pub fn new(recipe: OptimizerRecipe, count: usize) -> Self {
        let state = slots(&recipe).iter().map(|_| vec![0.0; count]).collect();
        Self { recipe, steps: 0, state }
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Each vector of the state with PyTorch's name for it.
    pub fn state(&self) -> impl Iterator<Item = (&'static str, &[f32])> {
        slots(&self.recipe).iter().copied().zip(self.state.iter().map(Vec::as_slice))
    }

    /// Puts back a state; `values` are in the order of [`Optimizer::state`].
    pub fn restore(&mut self, steps: u64, values: Vec<Vec<f32>>) {
        self.steps = steps;
        self.state = values;
    }

    /// One step: moves the store's values by its gradients.
    pub fn step(&mut self, store: &mut Store<f32>) {
        self.steps += 1;
        let (values, gradients) = store.values_and_gradients_mut();
        match self.recipe.name {
            OptimizerKind::Adam => self.adam(values, gradients),
            OptimizerKind::Sgd if self.recipe.momentum == 0.0 => self.plain_sgd(values, gradients),
            OptimizerKind::Sgd => self.momentum_sgd(values, gradients),
        }
    }

    /// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= lr m' / (sqrt v' + eps), with m' and v' freed of their
    /// bias towards zero (Kingma and Ba 2015).
    fn adam(&mut self, values: &mut [f32], gradients: &[f32]) {
        let OptimizerRecipe { lr, betas, eps, weight_decay, .. } = self.recipe;
        let [bias1, bias2] = betas.map(|beta| 1.0 - beta.powf(self.steps as f64));
        let (step, root) = ((lr / bias1) as f32, bias2.sqrt() as f32);
        let ([b1, b2], eps, decay) = (betas.map(|beta| beta as f32), eps as f32, weight_decay as f32);
        let [m1, m2] = betas.map(|beta| (1.0 - beta) as f32);
        let [m, v] = self.state.as_mut_slice() else { return };
        let chunks = values.par_chunks_mut(CHUNK).zip(gradients.par_chunks(CHUNK));
        chunks.zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK))).for_each(|((values, gradients), (m, v))| {
            for (((p, &g), m), v) in values.iter_mut().zip(gradients).zip(m).zip(v) {
                let g = g + decay * *p;
                *m = b1 * *m + m1 * g;
                *v = b2 * *v + m2 * g * g;
                *p -= step * *m / (v.sqrt() / root + eps);
            }
        });
    }

    /// p -= lr g
    fn plain_sgd(&self, values: &mut [f32], gradients: &[f32]) {
        let (lr, decay) = (self.recipe.lr as f32, self.recipe.weight_decay as f32);
        values.par_chunks_mut(CHUNK).zip(gradients.par_chunks(CHUNK)).for_each(|(values, gradients)| {
            for (p, &g) in values.iter_mut().zip(gradients) {
                *p -= lr * (g + decay * *p);
            }
        });
    }

    /// b = momentum b + g, p -= lr b; with Nesterov p -= lr (g + momentum b).
    fn momentum_sgd(&mut self, values: &mut [f32], gradients: &[f32]) {
        let OptimizerRecipe { lr, momentum, nesterov, weight_decay, .. } = self.recipe;
        let (lr, momentum, decay) = (lr as f32, momentum as f32, weight_decay as f32);
        let [buffer] = self.state.as_mut_slice() else { return };
        let chunks = values.par_chunks_mut(CHUNK).zip(gradients.par_chunks(CHUNK));
        chunks.zip(buffer.par_chunks_mut(CHUNK)).for_each(|((values, gradients), buffer)| {
            for ((p, &g), b) in values.iter_mut().zip(gradients).zip(buffer) {
                let g = g + decay * *p;
                *b = momentum * *b + g;
                *p -= lr * if nesterov { g + momentum * *b } else { *b };
            }
        });
    }
}

/// The names of an optimizer's vectors, as PyTorch has them.
fn slots(recipe: &OptimizerRecipe) -> &'static [&'static str] {
    match recipe.name {
        OptimizerKind::Adam => &["exp_avg", "exp_avg_sq"],
        OptimizerKind::Sgd if recipe.momentum == 0.0 => &[],
        OptimizerKind::Sgd => &["momentum_buffer"],
    }
}
