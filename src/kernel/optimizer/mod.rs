//! Gradients -> new parameters, in one parallel pass over flat slices.

mod rule;

pub use rule::{Adam, Adamax, Moments, Momentum, Nadam, RmsMomentum, RmsProp, Sgd};

use super::isa::Kernel;
use super::lane::Lane;
use super::line::LANES;
use super::machine::Machine;
use super::shared::Shared;
use rule::{Formula, State};

/// How many parameters one task updates.
const CHUNK: usize = 1 << 13;

/// A rule that moves parameters by their gradients.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    Sgd(Sgd),
    Momentum(Momentum),
    Adam(Adam),
    Adamax(Adamax),
    Nadam(Nadam),
    RmsProp(RmsProp),
    RmsMomentum(RmsMomentum),
}

macro_rules! with_formula {
    ($rule:expr, $formula:ident => $body:expr) => {
        match $rule {
            Rule::Sgd($formula) => $body,
            Rule::Momentum($formula) => $body,
            Rule::Adam($formula) => $body,
            Rule::Adamax($formula) => $body,
            Rule::Nadam($formula) => $body,
            Rule::RmsProp($formula) => $body,
            Rule::RmsMomentum($formula) => $body,
        }
    };
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
        const fn of<F: Formula>(_: F) -> usize {
            F::NUMBERS
        }
        with_formula!(self, formula => of(formula))
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
    fn run<L: Lane>(self) {
        with_formula!(self.rule, formula => self.by::<L, _>(formula));
    }
}

impl Update<'_> {
    #[inline(always)]
    fn by<L: Lane, F: Formula>(self, formula: F) {
        let [(values, rest), (first, first_rest), (second, second_rest)] =
            [self.values, self.first, self.second].map(|numbers| numbers.as_chunks_mut());
        let (gradients, gradients_rest) = self.gradients.as_chunks();
        update::<L, F>(formula, self.decay, values, gradients, [first, second]);
        if !rest.is_empty() {
            let padded = [&*rest, gradients_rest, first_rest, second_rest].map(|rest| [L::from_part(rest).to_array()]);
            let [mut values, gradients, mut first, mut second] = padded;
            update::<L, F>(formula, self.decay, &mut values, &gradients, [&mut first, &mut second]);
            for (rest, moved) in [(rest, values), (first_rest, first), (second_rest, second)] {
                rest.copy_from_slice(&moved[0][..rest.len()]);
            }
        }
    }
}

#[inline(always)]
fn update<L: Lane, F: Formula>(
    formula: F,
    decay: Decay,
    values: &mut [[f32; LANES]],
    gradients: &[[f32; LANES]],
    mut state: State,
) {
    let Decay { scale, added, kept } = decay;
    for (n, (value, gradient)) in values.iter_mut().zip(gradients).enumerate() {
        let (mut p, mut g) = (L::from_array(value), L::from_array(gradient));
        if decay != Decay::NONE {
            g = L::splat(added).mul_add(p, L::splat(scale).mul(g));
            p = L::splat(kept).mul(p);
        }
        formula.moved(p, g, &mut state, n).write(value);
    }
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
        sum.total()
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
            let followed =
                L::splat(self.decay).mul_add(L::from_part(averages), L::splat(self.rest).mul(L::from_part(values)));
            followed.write_part(averages);
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
