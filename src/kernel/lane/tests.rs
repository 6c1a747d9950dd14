//! Every instruction set's lanes against the standard library's numbers.

use super::*;
use crate::{Isa, Kernel};

/// One function of two lanes on every instruction set that the machine has.
fn check(name: &str, tolerance: f32, inputs: &[(f32, f32)], expected: impl Fn(f32, f32) -> f32, function: Function) {
    for isa in Isa::available() {
        for pairs in inputs.chunks(LANES) {
            let (mut a, mut b) = (Line::ZERO, Line::ZERO);
            pairs.iter().enumerate().for_each(|(n, pair)| (a.0[n], b.0[n]) = *pair);
            let got = isa.run(Apply { function, a, b });
            for (&(a, b), &got) in pairs.iter().zip(&got) {
                let wanted = expected(a, b);
                let close = (got - wanted).abs() <= tolerance * wanted.abs().max(1e-6) || got == wanted;
                assert!(close, "{name}({a}, {b}) on {}: {got}, not {wanted}", isa.name());
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Function {
    Add,
    Sub,
    Mul,
    Div,
    MulAdd,
    NegMulAdd,
    Max,
    Min,
    Greater,
    Sqrt,
    Round,
    PowerOfTwo,
    Exp,
    Tanh,
    Sigmoid,
    Erf,
    Sum,
}

struct Apply {
    function: Function,
    a: Line,
    b: Line,
}

impl Kernel for Apply {
    type Output = [f32; LANES];

    #[inline(always)]
    fn run<L: Lane>(self) -> [f32; LANES] {
        let (a, b) = (L::load(&self.a), L::load(&self.b));
        let made = match self.function {
            Function::Add => a.add(b),
            Function::Sub => a.sub(b),
            Function::Mul => a.mul(b),
            Function::Div => a.div(b),
            Function::MulAdd => a.mul_add(b, L::splat(3.0)),
            Function::NegMulAdd => a.neg_mul_add(b, L::splat(3.0)),
            Function::Max => a.max(b),
            Function::Min => a.min(b),
            Function::Greater => a.where_greater(b, L::splat(1.0), L::splat(2.0)),
            Function::Sqrt => a.sqrt(),
            Function::Round => a.round(),
            Function::PowerOfTwo => a.power_of_two(),
            Function::Exp => a.exp(),
            Function::Tanh => a.tanh(),
            Function::Sigmoid => a.sigmoid(),
            Function::Erf => a.erf(),
            Function::Sum => L::splat(a.sum()),
        };
        made.to_array()
    }
}

fn pairs() -> Vec<(f32, f32)> {
    (0..4000).map(|n| ((n as f32 - 2000.0) * 0.0451, ((n * 7919) % 4001) as f32 * 0.011 - 21.0)).collect()
}

#[test]
fn arithmetic_is_the_machine_s_own() {
    let pairs = pairs();
    check("add", 0.0, &pairs, |a, b| a + b, Function::Add);
    check("sub", 0.0, &pairs, |a, b| a - b, Function::Sub);
    check("mul", 0.0, &pairs, |a, b| a * b, Function::Mul);
    check("div", 0.0, &pairs, |a, b| a / b, Function::Div);
    check("mul_add", 2e-4, &pairs, |a, b| a.mul_add(b, 3.0), Function::MulAdd);
    check("neg_mul_add", 2e-4, &pairs, |a, b| (-a).mul_add(b, 3.0), Function::NegMulAdd);
    check("max", 0.0, &pairs, f32::max, Function::Max);
    check("min", 0.0, &pairs, f32::min, Function::Min);
    check("where_greater", 0.0, &pairs, |a, b| if a > b { 1.0 } else { 2.0 }, Function::Greater);
    check("round", 0.0, &pairs, |a, _| a.round_ties_even(), Function::Round);
    let positive: Vec<_> = pairs.iter().map(|&(a, b)| (a.abs(), b)).collect();
    check("sqrt", 0.0, &positive, |a, _| a.sqrt(), Function::Sqrt);
    let integers: Vec<_> = (-126..=127).map(|n| (n as f32, 0.0)).collect();
    check("power_of_two", 0.0, &integers, |a, _| 2f32.powi(a as i32), Function::PowerOfTwo);
}

#[test]
fn functions_are_close_to_the_standard_library_s() {
    let pairs = pairs();
    check("exp", 3e-7, &pairs, |a, _| if a < -87.3 { 0.0 } else { f64::from(a.min(88.3)).exp() as f32 }, Function::Exp);
    let small: Vec<_> = pairs.iter().map(|&(a, b)| (a * 0.1, b)).collect();
    check("tanh", 2.4e-7, &small, |a, _| f64::from(a).tanh() as f32, Function::Tanh);
    let tiny: Vec<_> = pairs.iter().map(|&(a, b)| (a * 1e-4, b)).collect();
    check("tanh", 2.4e-7, &tiny, |a, _| f64::from(a).tanh() as f32, Function::Tanh);
    check("sigmoid", 1e-6, &small, |a, _| (1.0 / (1.0 + (-f64::from(a)).exp())) as f32, Function::Sigmoid);
}

#[test]
fn the_error_function_is_that_of_the_tables() {
    let table = [(0.0, 0.0), (0.1, 0.112_463), (0.5, 0.520_5), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (4.0, 1.0)];
    let expected =
        |x: f32| table.iter().find(|(at, _)| *at == x.abs()).map_or(f32::NAN, |(_, value)| value * x.signum());
    let inputs: Vec<_> = table.iter().flat_map(|&(x, _)| [(x, 0.0), (-x, 0.0)]).collect();
    for isa in Isa::available() {
        for &(x, _) in &inputs {
            let got = isa.run(Apply { function: Function::Erf, a: Line([x; LANES]), b: Line::ZERO })[0];
            assert!((got - expected(x)).abs() < 3e-7, "erf({x}) on {}: {got}", isa.name());
        }
    }
}

#[test]
fn a_sum_takes_pairs() {
    for isa in Isa::available() {
        let line = Line(std::array::from_fn(|n| 1.0 + n as f32 * 1e-3));
        let sum = isa.run(Apply { function: Function::Sum, a: line, b: Line::ZERO })[0];
        assert_eq!(
            sum,
            Isa::PORTABLE.run(Apply { function: Function::Sum, a: line, b: Line::ZERO })[0],
            "{}",
            isa.name()
        );
    }
}

struct Turn([Line; LANES]);

impl Kernel for Turn {
    type Output = [Line; LANES];

    #[inline(always)]
    fn run<L: Lane>(self) -> [Line; LANES] {
        let mut to = [Line::ZERO; LANES];
        L::transpose(&self.0, &mut to);
        to
    }
}

#[test]
fn a_square_is_turned() {
    let from: [Line; LANES] = std::array::from_fn(|r| Line(std::array::from_fn(|c| (r * 100 + c) as f32)));
    for isa in Isa::available() {
        let turned = isa.run(Turn(from));
        for (r, line) in turned.iter().enumerate() {
            assert!((0..LANES).all(|c| line.0[c] == (c * 100 + r) as f32), "row {r} on {}", isa.name());
        }
    }
}
