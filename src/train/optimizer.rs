//! A recipe's optimizer with its state: which rule moves the flat store at each step.

use super::recipe::{OptimizerKind, OptimizerRecipe};
use crate::kernel::Machine;
use crate::kernel::optimizer::{self, Rule};
use crate::lower::Store;

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
    pub fn step(&mut self, machine: &Machine, store: &mut Store<f32>) {
        self.steps += 1;
        let (rule, decay) = (self.rule(), self.recipe.weight_decay as f32);
        let (values, gradients) = store.values_and_gradients_mut();
        let mut state = self.state.iter_mut().map(Vec::as_mut_slice);
        let state = [0, 1].map(|_| state.next().unwrap_or_default());
        optimizer::step(machine, rule, decay, [values, gradients], state);
    }

    /// What the step at hand does.
    fn rule(&self) -> Rule {
        let OptimizerRecipe { name, lr, betas, eps, momentum, nesterov, .. } = self.recipe;
        match name {
            OptimizerKind::Adam => {
                let [bias1, bias2] = betas.map(|beta| 1.0 - beta.powf(self.steps as f64));
                Rule::Adam {
                    step: (lr / bias1) as f32,
                    root: bias2.sqrt() as f32,
                    betas: betas.map(|beta| beta as f32),
                    rests: betas.map(|beta| (1.0 - beta) as f32),
                    eps: eps as f32,
                }
            }
            OptimizerKind::Sgd if momentum == 0.0 => Rule::Sgd { lr: lr as f32 },
            OptimizerKind::Sgd => Rule::Momentum { lr: lr as f32, momentum: momentum as f32, nesterov },
        }
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
