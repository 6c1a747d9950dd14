//! Gradients -> new parameters, in one parallel pass over flat slices. Formulas are those of `torch.optim`.

use super::isa::Kernel;
use super::lane::Lane;
use super::line::LANES;
use super::machine::Machine;
use super::shared::Shared;

/// How many parameters one task updates.
const CHUNK: usize = 1 << 13;

/// A rule that moves parameters p by their gradients g, with up to two numbers of state for each.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// p -= lr g
    Sgd { lr: f32 },
    /// b = momentum b + g, p -= lr b; with Nesterov p -= lr (g + momentum b).
    Momentum { lr: f32, momentum: f32, nesterov: bool },
    /// The moments, then p -= step m / (sqrt(v) + eps). With r the square root of 1 - b2^t, `step` is r times the learning
    /// rate over 1 - b1^t, and `eps` r times the recipe's (Kingma and Ba 2015, the end of section 2).
    Adam { step: f32, moments: Moments, eps: f32 },
    /// The first moment, u = max(b2 u, |g| + eps), p -= step m / u; `step` is the learning rate over 1 - b1^t.
    Adamax { step: f32, moments: Moments, eps: f32 },
    /// The moments, then p -= (now g + next m) / (sqrt(v) + eps); `now` and `next` are Adam's r times the learning rate
    /// times the shares of gradient and moment (Dozat 2016), `eps` as Adam's.
    Nadam { now: f32, next: f32, moments: Moments, eps: f32 },
    /// v = alpha v + rest g^2, p -= lr g / (sqrt(v) + eps)
    RmsProp { lr: f32, alpha: f32, rest: f32, eps: f32 },
    /// v as above, b = momentum b + g / (sqrt(v) + eps), p -= lr b
    RmsMomentum { lr: f32, alpha: f32, rest: f32, eps: f32, momentum: f32 },
}

/// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub betas: [f32; 2],
    /// 1 - b1 and 1 - b2, rounded once.
    pub rests: [f32; 2],
}

/// What happens before a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// The gradient is multiplied by this.
    pub scale: f32,
    /// So much of the parameter is then added to the gradient.
    pub added: f32,
    /// The parameter is multiplied by this.
    pub kept: f32,
}

impl Decay {
    pub const NONE: Self = Self { scale: 1.0, added: 0.0, kept: 1.0 };
}

/// One step. `state` has as many slices as the rule has numbers, others are empty.
pub fn step(machine: &Machine, rule: Rule, decay: Decay, [values, gradients]: [&mut [f32]; 2], state: [&mut [f32]; 2]) {
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

/// The sum of squares. Parts are summed in a fixed order, so the bits do not depend on the number of threads.
pub fn sum_of_squares(machine: &Machine, numbers: &[f32]) -> f64 {
    let mut parts = vec![0.0f64; numbers.len().div_ceil(CHUNK)];
    machine.team.chunks(&mut parts, 1, |index, part, _| {
        let numbers = &numbers[index * CHUNK..numbers.len().min((index + 1) * CHUNK)];
        part[0] = machine.isa.run(Squares { numbers });
    });
    parts.iter().sum()
}

/// a = decay a + rest p for each average a of a parameter p.
pub fn average(machine: &Machine, [decay, rest]: [f32; 2], values: &[f32], averages: &mut [f32]) {
    machine.team.chunks(averages, CHUNK, |index, averages, _| {
        let values = &values[index * CHUNK..][..averages.len()];
        machine.isa.run(Average { decay, rest, values, averages });
    });
}

/// Zero where `kept` is zero; other numbers stay.
pub fn mask(machine: &Machine, kept: &[f32], numbers: &mut [f32]) {
    machine.team.chunks(numbers, CHUNK, |index, numbers, _| {
        let kept = &kept[index * CHUNK..][..numbers.len()];
        machine.isa.run(Mask { kept, numbers });
    });
}

impl Rule {
    /// How many numbers of state each parameter has.
    pub fn numbers(self) -> usize {
        match self {
            Rule::Sgd { .. } => 0,
            Rule::Momentum { .. } | Rule::RmsProp { .. } => 1,
            Rule::Adam { .. } | Rule::Adamax { .. } | Rule::Nadam { .. } | Rule::RmsMomentum { .. } => 2,
        }
    }
}

struct Update<'a> {
    rule: Rule,
    decay: Decay,
    values: &'a mut [f32],
    gradients: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl Kernel for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let Decay { scale, added, kept } = self.decay;
        for start in (0..self.values.len()).step_by(LANES) {
            let end = self.values.len().min(start + LANES);
            let p = L::from_part(&self.values[start..end]);
            let g = L::splat(added).mul_add(p, L::splat(scale).mul(L::from_part(&self.gradients[start..end])));
            let moved = self.moved(L::splat(kept).mul(p), g, start, end);
            moved.write_part(&mut self.values[start..end]);
        }
    }
}

impl Update<'_> {
    /// The parameters after the step, whose state lies at `start..end`.
    #[inline(always)]
    fn moved<L: Lane>(&mut self, p: L, g: L, start: usize, end: usize) -> L {
        match self.rule {
            Rule::Sgd { lr } => L::splat(lr).neg_mul_add(g, p),
            Rule::Momentum { lr, momentum, nesterov } => {
                let first = &mut self.first[start..end];
                let b = L::splat(momentum).mul_add(L::from_part(first), g);
                b.write_part(first);
                let moved = if nesterov { L::splat(momentum).mul_add(b, g) } else { b };
                L::splat(lr).neg_mul_add(moved, p)
            }
            Rule::Adam { step, moments, eps } => {
                let m = moments.first(g, &mut self.first[start..end]);
                let v = moments.second(g, &mut self.second[start..end]);
                p.sub(L::splat(step).mul(m).div(v.sqrt().add(L::splat(eps))))
            }
            Rule::Adamax { step, moments, eps } => {
                let m = moments.first(g, &mut self.first[start..end]);
                let second = &mut self.second[start..end];
                let size = g.max(L::zero().sub(g)).add(L::splat(eps));
                let u = L::splat(moments.betas[1]).mul(L::from_part(second)).max(size);
                u.write_part(second);
                // Behind the last parameter u may be 0, and what comes of it is never stored.
                p.sub(L::splat(step).mul(m).div(u))
            }
            Rule::Nadam { now, next, moments, eps } => {
                let m = moments.first(g, &mut self.first[start..end]);
                let v = moments.second(g, &mut self.second[start..end]);
                let moved = L::splat(now).mul_add(g, L::splat(next).mul(m));
                p.sub(moved.div(v.sqrt().add(L::splat(eps))))
            }
            Rule::RmsProp { lr, alpha, rest, eps } => {
                let v = follow([alpha, rest], g.mul(g), &mut self.first[start..end]);
                p.sub(L::splat(lr).mul(g).div(v.sqrt().add(L::splat(eps))))
            }
            Rule::RmsMomentum { lr, alpha, rest, eps, momentum } => {
                let v = follow([alpha, rest], g.mul(g), &mut self.first[start..end]);
                let second = &mut self.second[start..end];
                let b = L::splat(momentum).mul_add(L::from_part(second), g.div(v.sqrt().add(L::splat(eps))));
                b.write_part(second);
                L::splat(lr).neg_mul_add(b, p)
            }
        }
    }
}

impl Moments {
    #[inline(always)]
    fn first<L: Lane>(self, g: L, state: &mut [f32]) -> L {
        follow([self.betas[0], self.rests[0]], g, state)
    }

    #[inline(always)]
    fn second<L: Lane>(self, g: L, state: &mut [f32]) -> L {
        follow([self.betas[1], self.rests[1]], g.mul(g), state)
    }
}

/// state = decay state + rest x, which it answers.
#[inline(always)]
fn follow<L: Lane>([decay, rest]: [f32; 2], x: L, state: &mut [f32]) -> L {
    let followed = L::splat(decay).mul_add(L::from_part(state), L::splat(rest).mul(x));
    followed.write_part(state);
    followed
}

struct Squares<'a> {
    numbers: &'a [f32],
}

impl Kernel for Squares<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let mut sum = L::zero();
        for numbers in self.numbers.chunks(LANES) {
            let x = L::from_part(numbers);
            sum = x.mul_add(x, sum);
        }
        sum.to_array().iter().map(|&part| f64::from(part)).sum()
    }
}

struct Average<'a> {
    decay: f32,
    rest: f32,
    values: &'a [f32],
    averages: &'a mut [f32],
}

impl Kernel for Average<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (values, averages) in self.values.chunks(LANES).zip(self.averages.chunks_mut(LANES)) {
            follow([self.decay, self.rest], L::from_part(values), averages);
        }
    }
}

struct Mask<'a> {
    kept: &'a [f32],
    numbers: &'a mut [f32],
}

impl Kernel for Mask<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (kept, numbers) in self.kept.chunks(LANES).zip(self.numbers.chunks_mut(LANES)) {
            let masked = L::from_part(kept).pass_positive(L::from_part(numbers));
            masked.write_part(numbers);
        }
    }
}
