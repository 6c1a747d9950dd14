//! Gradients -> new parameters, in one parallel pass over flat slices. Formulas are those of `torch.optim`.

use super::isa::Kernel;
use super::lane::Lane;
use super::line::LANES;
use super::machine::Machine;
use super::shared::Shared;

/// How many parameters one task updates.
const CHUNK: usize = 1 << 13;

/// A rule that moves parameters by their gradients, with up to two numbers of state for each.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= step m / (sqrt(v) / root + eps); `step` is the learning rate
    /// over 1 - b1^t, `root` the square root of 1 - b2^t (Kingma and Ba 2015).
    Adam { step: f32, root: f32, betas: [f32; 2], rests: [f32; 2], eps: f32 },
    /// p -= lr g
    Sgd { lr: f32 },
    /// b = momentum b + g, p -= lr b; with Nesterov p -= lr (g + momentum b).
    Momentum { lr: f32, momentum: f32, nesterov: bool },
}

/// One step. `decay` times the parameter is added to its gradient; `state` has as many slices as the rule has numbers,
/// others are empty.
pub fn step(machine: &Machine, rule: Rule, decay: f32, [values, gradients]: [&mut [f32]; 2], state: [&mut [f32]; 2]) {
    let count = values.len();
    let gradients = &*gradients;
    let (values, state) = (Shared::new(values), state.map(Shared::new));
    machine.team.run(count.div_ceil(CHUNK), |index, _| {
        let range = index * CHUNK..count.min((index + 1) * CHUNK);
        let of_state = |n: usize| if n < rule.numbers() { range.clone() } else { 0..0 };
        // SAFETY: each task has a range of its own.
        let [first, second] = [0, 1].map(|n| unsafe { state[n].part(of_state(n)) });
        // SAFETY: as above.
        let values = unsafe { values.part(range.clone()) };
        machine.isa.run(Update { rule, decay, values, gradients: &gradients[range], first, second });
    });
}

impl Rule {
    /// How many numbers of state each parameter has.
    pub fn numbers(self) -> usize {
        match self {
            Rule::Adam { .. } => 2,
            Rule::Sgd { .. } => 0,
            Rule::Momentum { .. } => 1,
        }
    }
}

struct Update<'a> {
    rule: Rule,
    decay: f32,
    values: &'a mut [f32],
    gradients: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl Kernel for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for start in (0..self.values.len()).step_by(LANES) {
            let end = self.values.len().min(start + LANES);
            let mut p = load::<L>(&self.values[start..end]);
            let g = L::splat(self.decay).mul_add(p, load(&self.gradients[start..end]));
            match self.rule {
                Rule::Adam { step, root, betas, rests, eps } => {
                    let (first, second) = (&mut self.first[start..end], &mut self.second[start..end]);
                    let m = L::splat(betas[0]).mul_add(load(first), L::splat(rests[0]).mul(g));
                    let v = L::splat(betas[1]).mul_add(load(second), L::splat(rests[1]).mul(g.mul(g)));
                    let size = v.sqrt().div(L::splat(root)).add(L::splat(eps));
                    p = p.sub(L::splat(step).mul(m).div(size));
                    store(m, first);
                    store(v, second);
                }
                Rule::Sgd { lr } => p = L::splat(lr).neg_mul_add(g, p),
                Rule::Momentum { lr, momentum, nesterov } => {
                    let first = &mut self.first[start..end];
                    let b = L::splat(momentum).mul_add(load(first), g);
                    let moved = if nesterov { L::splat(momentum).mul_add(b, g) } else { b };
                    p = L::splat(lr).neg_mul_add(moved, p);
                    store(b, first);
                }
            }
            store(p, &mut self.values[start..end]);
        }
    }
}

/// Up to sixteen numbers, zeros behind them.
#[inline(always)]
fn load<L: Lane>(numbers: &[f32]) -> L {
    match numbers.first_chunk::<LANES>() {
        Some(whole) => L::from_array(whole),
        None => {
            let mut padded = [0.0; LANES];
            padded[..numbers.len()].copy_from_slice(numbers);
            L::from_array(&padded)
        }
    }
}

#[inline(always)]
fn store<L: Lane>(lane: L, numbers: &mut [f32]) {
    match numbers.first_chunk_mut::<LANES>() {
        Some(whole) => lane.write(whole),
        None => {
            let values = lane.to_array();
            numbers.copy_from_slice(&values[..numbers.len()]);
        }
    }
}
