//! A recipe's optimizer with its state: which rule moves the flat store at each step.

use std::ops::Range;

use super::recipe::{OptimizerRecipe, OptimizerRule};
use crate::kernel::Machine;
use crate::kernel::optimizer::{self, Adam, Adamax, Decay, Moments, Momentum, Nadam, RmsMomentum, RmsProp, Rule, Sgd};
use crate::lower::Store;

/// How fast Nadam's momentum reaches its first beta, as PyTorch's.
const MOMENTUM_DECAY: f64 = 4e-3;

/// An optimizer with its state: vectors of the store's shape.
#[derive(Clone, Debug)]
pub struct Optimizer {
    recipe: OptimizerRecipe,
    clip: Option<f64>,
    /// The parameters that are moved; the others stay.
    trained: Vec<Range<usize>>,
    steps: u64,
    /// Of Nadam's momenta of all steps.
    product: f64,
    state: Vec<Vec<f32>>,
    /// 1 for each number that is moved, 0 for each that is pruned; none where none is.
    mask: Option<Vec<f32>>,
}

/// The mask's name among the vectors of the state.
pub(super) const MASK: &str = "mask";

impl Optimizer {
    /// For `count` trained parameters.
    pub fn new(recipe: OptimizerRecipe, count: usize) -> Self {
        let state = slots(&recipe).iter().map(|_| vec![0.0; count]).collect();
        let whole = 0..count;
        Self { recipe, clip: None, trained: vec![whole], steps: 0, product: 1.0, state, mask: None }
    }

    /// With gradients scaled down to this norm where theirs, as a whole, is larger (`clip_grad_norm_`).
    pub fn clipped(self, clip: Option<f64>) -> Self {
        Self { clip, ..self }
    }

    /// Moving these parameters alone.
    pub fn only(self, trained: Vec<Range<usize>>) -> Self {
        Self { trained, ..self }
    }

    /// Holds at zero, in every step to come, the parameters where `mask` is 0, which are zero; it is 1 elsewhere.
    pub fn hold(&mut self, mask: Option<Vec<f32>>) {
        self.mask = mask;
    }

    /// Which parameters are pruned, as [`Optimizer::hold`] has it.
    pub fn mask(&self) -> Option<&[f32]> {
        self.mask.as_deref()
    }

    /// Sets the learning rate of the steps to come.
    pub fn set_rate(&mut self, lr: f64) {
        self.recipe.lr = lr;
    }

    /// The learning rate of the last step.
    pub fn rate(&self) -> f64 {
        self.recipe.lr
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Each vector of the state with PyTorch's name for it; the mask, where there is one, is `mask`.
    pub fn state(&self) -> impl Iterator<Item = (&'static str, &[f32])> {
        let mask = self.mask.iter().map(|mask| (MASK, mask.as_slice()));
        slots(&self.recipe).iter().copied().zip(self.state.iter().map(Vec::as_slice)).chain(mask)
    }

    /// The names of the rule's own vectors, without the mask.
    pub fn slots(&self) -> &'static [&'static str] {
        slots(&self.recipe)
    }

    /// Puts back a state; `values` are in the order of [`Optimizer::slots`].
    pub fn restore(&mut self, steps: u64, values: Vec<Vec<f32>>) {
        self.steps = steps;
        self.state = values;
        if let OptimizerRule::Nadam { betas, .. } = self.recipe.rule {
            self.product = (1..=steps).fold(1.0, |product, step| product * momentum(betas[0], step));
        }
    }

    /// One step: moves the store's values by its gradients. What is pruned has neither value nor gradient, so that it
    /// counts in no norm and leaves nothing in the state.
    pub fn step(&mut self, machine: &Machine, store: &mut Store<f32>) {
        self.steps += 1;
        let rule = self.rule();
        let (values, gradients) = store.values_and_gradients_mut();
        self.mask.iter().for_each(|mask| optimizer::mask(machine, mask, gradients));
        let decay = Decay { scale: self.scale(machine, gradients), ..self.decay() };
        for range in self.trained.clone() {
            let mut state = self.state.iter_mut().map(|vector| &mut vector[range.clone()]);
            let state = [0, 1].map(|_| state.next().unwrap_or_default());
            let both = [&mut values[range.clone()], &mut gradients[range]];
            optimizer::step(machine, rule, decay, both, state);
        }
        self.mask.iter().for_each(|mask| optimizer::mask(machine, mask, values));
    }

    /// What gradients are multiplied by, so that their norm is at most `clip`.
    fn scale(&self, machine: &Machine, gradients: &[f32]) -> f32 {
        let Some(clip) = self.clip else { return 1.0 };
        let squares = self.trained.iter().map(|range| optimizer::sum_of_squares(machine, &gradients[range.clone()]));
        let norm = squares.sum::<f64>().sqrt();
        (clip / (norm + 1e-6)).min(1.0) as f32
    }

    fn decay(&self) -> Decay {
        let OptimizerRecipe { rule, lr, weight_decay } = self.recipe;
        match rule {
            OptimizerRule::AdamW { .. } => Decay { kept: (1.0 - lr * weight_decay) as f32, ..Decay::NONE },
            _ => Decay { added: weight_decay as f32, ..Decay::NONE },
        }
    }

    /// What the step at hand does.
    fn rule(&mut self) -> Rule {
        let lr = self.recipe.lr;
        match self.recipe.rule {
            OptimizerRule::Sgd { momentum: 0.0, .. } => Rule::Sgd(Sgd { lr: lr as f32 }),
            OptimizerRule::Sgd { momentum, nesterov } => {
                Rule::Momentum(Momentum { lr: lr as f32, momentum: momentum as f32, nesterov })
            }
            OptimizerRule::Adam { betas, eps } | OptimizerRule::AdamW { betas, eps } => {
                let [bias1, bias2] = self.biases(betas);
                let root = bias2.sqrt();
                Rule::Adam(Adam { step: (root * lr / bias1) as f32, moments: moments(betas), eps: (root * eps) as f32 })
            }
            OptimizerRule::Adamax { betas, eps } => {
                let step = (lr / self.biases(betas)[0]) as f32;
                Rule::Adamax(Adamax { step, moments: moments(betas), eps: eps as f32 })
            }
            OptimizerRule::Nadam { betas, eps } => self.nadam(betas, eps),
            OptimizerRule::RmsProp { alpha, eps, momentum } => {
                let (rest, alpha, eps, lr) = ((1.0 - alpha) as f32, alpha as f32, eps as f32, lr as f32);
                match momentum {
                    0.0 => Rule::RmsProp(RmsProp { lr, alpha, rest, eps }),
                    _ => Rule::RmsMomentum(RmsMomentum { lr, alpha, rest, eps, momentum: momentum as f32 }),
                }
            }
        }
    }

    fn nadam(&mut self, betas: [f64; 2], eps: f64) -> Rule {
        let lr = self.recipe.lr;
        let (mu, mu_next) = (momentum(betas[0], self.steps), momentum(betas[0], self.steps + 1));
        self.product *= mu;
        let root = self.biases(betas)[1].sqrt();
        Rule::Nadam(Nadam {
            now: (root * lr * (1.0 - mu) / (1.0 - self.product)) as f32,
            next: (root * lr * mu_next / (1.0 - self.product * mu_next)) as f32,
            moments: moments(betas),
            eps: (root * eps) as f32,
        })
    }

    fn biases(&self, betas: [f64; 2]) -> [f64; 2] {
        betas.map(|beta| 1.0 - beta.powf(self.steps as f64))
    }
}

fn moments(betas: [f64; 2]) -> Moments {
    Moments { betas: betas.map(|beta| beta as f32), rests: betas.map(|beta| (1.0 - beta) as f32) }
}

/// Nadam's momentum at a step.
fn momentum(beta: f64, step: u64) -> f64 {
    beta * (1.0 - 0.5 * 0.96f64.powf(step as f64 * MOMENTUM_DECAY))
}

/// The names of an optimizer's vectors, as PyTorch has them.
pub(super) fn slots(recipe: &OptimizerRecipe) -> &'static [&'static str] {
    match recipe.rule {
        OptimizerRule::Sgd { momentum: 0.0, .. } => &[],
        OptimizerRule::Sgd { .. } => &["momentum_buffer"],
        OptimizerRule::Adam { .. } | OptimizerRule::AdamW { .. } | OptimizerRule::Nadam { .. } => {
            &["exp_avg", "exp_avg_sq"]
        }
        OptimizerRule::Adamax { .. } => &["exp_avg", "exp_inf"],
        OptimizerRule::RmsProp { momentum: 0.0, .. } => &["square_avg"],
        OptimizerRule::RmsProp { .. } => &["square_avg", "momentum_buffer"],
    }
}
