//! A layer against its definition, written plainly for one image in `f64`.

use super::*;
use crate::isa::Isa;
use crate::line::{LANES, Line};
use crate::machine::Machine;

/// Numbers in [-scale, scale), the same for the same seed.
fn numbers(count: usize, seed: u64, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * scale
    };
    (0..count).map(|_| next()).collect()
}

fn lines(count: usize, seed: u64, scale: f32) -> Vec<Line> {
    let numbers = numbers(count * LANES, seed, scale);
    numbers.as_chunks().0.iter().map(|chunk| Line(*chunk)).collect()
}

/// The definition, for one image.
fn states_of(layer: &Layer, x: &[f64], params: &[f64]) -> Vec<f64> {
    let mut states = vec![0.0; layer.states()];
    for direction in 0..layer.directions {
        let params = &params[direction * layer.direction_params()..];
        let (mut h, mut c) = (vec![0.0; layer.hidden], vec![0.0; layer.hidden]);
        for time in 0..layer.steps {
            let step = layer.step_at(direction, time);
            h = step_of(layer, &x[step * layer.input..][..layer.input], params, &h, &mut c);
            states[layer.state_at(direction, 0, step)..][..layer.hidden].copy_from_slice(&h);
        }
    }
    states
}

fn step_of(layer: &Layer, x: &[f64], params: &[f64], h: &[f64], c: &mut [f64]) -> Vec<f64> {
    let (rows, hidden) = (layer.rows(), layer.hidden);
    let dot = |first: usize, values: &[f64]| values.iter().zip(&params[first..]).map(|(a, b)| a * b).sum::<f64>();
    let (second, biases) = (rows * layer.input, rows * (layer.input + hidden));
    let of_input = |row: usize| dot(row * layer.input, x) + params[biases + row];
    let of_hidden = |row: usize| dot(second + row * hidden, h) + params[biases + rows + row];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let unit = |unit: usize| {
        let sum = |gate: usize| of_input(gate * hidden + unit) + of_hidden(gate * hidden + unit);
        match layer.cell {
            Cell::Lstm => {
                c[unit] = sigmoid(sum(1)) * c[unit] + sigmoid(sum(0)) * sum(2).tanh();
                sigmoid(sum(3)) * c[unit].tanh()
            }
            Cell::Gru => {
                let row = 2 * hidden + unit;
                let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)));
                (1.0 - z) * (of_input(row) + r * of_hidden(row)).tanh() + z * h[unit]
            }
            Cell::Rnn => sum(0).tanh(),
        }
    };
    (0..hidden).map(unit).collect()
}

/// One layer with everything that it reads.
struct Problem {
    layer: Layer,
    groups: usize,
    x: Vec<Line>,
    params: Vec<f32>,
    dstates: Vec<Line>,
}

/// What a forward and a backward pass made.
#[derive(PartialEq)]
struct Made {
    states: Vec<Line>,
    dx: Vec<Line>,
    dparams: Vec<f32>,
}

impl Problem {
    fn new(layer: Layer, groups: usize) -> Self {
        let x = lines(groups * layer.steps * layer.input, 1, 1.0);
        let dstates = lines(groups * layer.states(), 3, 1.0);
        Self { layer, groups, x, params: numbers(layer.params(), 2, 0.7), dstates }
    }

    /// The input's gradient is added to `dx`, or written where there is none.
    fn run(&self, machine: &Machine, dx: Option<Vec<Line>>) -> Made {
        let (layer, junk) = (self.layer, Line([7.0; LANES]));
        let mut states = vec![junk; self.groups * layer.states()];
        let mut kept = vec![junk; self.groups * layer.kept()];
        layer.forward(machine, &self.x, &self.params, &mut states, &mut kept);
        let [group, fixed] = layer.scratch();
        let mut scratch = vec![junk; group * self.groups + fixed];
        let add = dx.is_some();
        let mut dx = dx.unwrap_or_else(|| vec![junk; self.x.len()]);
        let mut dparams = vec![7.0; self.params.len()];
        let mut dstates = self.dstates.clone();
        let gradients = Gradients { states: &mut dstates, input: Some((&mut dx, add)), params: &mut dparams };
        layer.backward(machine, [&self.x, &states, &kept], &self.params, gradients, &mut scratch);
        Made { states, dx, dparams }
    }

    /// One image's values.
    fn image(&self, lines: &[Line], image: usize) -> Vec<f64> {
        let count = lines.len() / self.groups;
        lines[image / LANES * count..][..count].iter().map(|line| f64::from(line.0[image % LANES])).collect()
    }

    /// The sum over the images of dstates times states, whose gradients the backward pass makes.
    fn loss(&self, images: impl Iterator<Item = usize>, change: impl Fn(&mut [f64], &mut [f64])) -> f64 {
        let of_image = |image: usize| {
            let mut x = self.image(&self.x, image);
            let mut params: Vec<f64> = self.params.iter().map(|&param| f64::from(param)).collect();
            change(&mut x, &mut params);
            let states = states_of(&self.layer, &x, &params);
            states.iter().zip(self.image(&self.dstates, image)).map(|(a, b)| a * b).sum::<f64>()
        };
        images.map(of_image).sum()
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-4 * b.abs() + 2e-5
}

const CELLS: [Cell; 3] = [Cell::Lstm, Cell::Gru, Cell::Rnn];

#[test]
fn states_are_those_of_the_definition() {
    for (cell, directions) in CELLS.into_iter().flat_map(|cell| [(cell, 1), (cell, 2)]) {
        for (input, hidden, steps, groups) in [(3, 7, 4, 2), (1, 1, 1, 1), (18, 13, 3, 3), (2, 40, 3, 1)] {
            let problem = Problem::new(Layer { cell, input, hidden, steps, directions }, groups);
            let params: Vec<f64> = problem.params.iter().map(|&param| f64::from(param)).collect();
            for isa in Isa::available() {
                let made = problem.run(&Machine::with_isa(isa, 3), None);
                for image in [0, groups * LANES - 1] {
                    let expected = states_of(&problem.layer, &problem.image(&problem.x, image), &params);
                    let states = problem.image(&made.states, image);
                    assert!(states.iter().zip(expected).all(|(a, b)| near(*a, b)), "{cell:?} {hidden} {}", isa.name());
                }
            }
        }
    }
}

#[test]
fn gradients_are_finite_differences_of_the_definition() {
    let layers = CELLS.into_iter().flat_map(|cell| [(cell, 1, 4, 3), (cell, 2, 4, 3), (cell, 1, 19, 61)]);
    for (cell, directions, hidden, every) in layers {
        let problem = Problem::new(Layer { cell, input: 3, hidden, steps: 3, directions }, 2);
        let made = problem.run(&Machine::new(2), None);
        let slope = |f: &dyn Fn(f64) -> f64| (f(1e-5) - f(-1e-5)) / 2e-5;
        for (index, &gradient) in made.dparams.iter().enumerate().step_by(every) {
            let expected = slope(&|by| problem.loss(0..2 * LANES, |_, params| params[index] += by));
            assert!(near(f64::from(gradient), expected), "{cell:?} parameter {index}: {gradient} {expected}");
        }
        for (index, gradient) in problem.image(&made.dx, 21).iter().enumerate() {
            let expected = slope(&|by| problem.loss(21..22, |x, _| x[index] += by));
            assert!(near(*gradient, expected), "{cell:?} input {index}: {gradient} {expected}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for (cell, directions) in CELLS.into_iter().flat_map(|cell| [(cell, 1), (cell, 2)]) {
        for (hidden, groups) in [(70, 1), (9, 5)] {
            let problem = Problem::new(Layer { cell, input: 5, hidden, steps: 4, directions }, groups);
            for isa in Isa::available() {
                let [one, three] = [1, 3].map(|threads| problem.run(&Machine::with_isa(isa, threads), None));
                assert!(one == three, "{cell:?} {hidden} {}", isa.name());
            }
        }
    }
}

#[test]
fn the_inputs_gradient_is_added_where_it_is_asked_for() {
    for cell in CELLS {
        let problem = Problem::new(Layer { cell, input: 5, hidden: 6, steps: 4, directions: 2 }, 2);
        let machine = Machine::new(2);
        let held = lines(problem.x.len(), 9, 1.0);
        let (written, added) = (problem.run(&machine, None), problem.run(&machine, Some(held.clone())));
        for ((written, held), added) in written.dx.iter().zip(&held).zip(&added.dx) {
            assert!((0..LANES).all(|lane| (written.0[lane] + held.0[lane] - added.0[lane]).abs() < 1e-5));
        }
    }
}

#[test]
fn lanes_without_gradient_stay_without() {
    for cell in CELLS {
        let mut problem = Problem::new(Layer { cell, input: 5, hidden: 6, steps: 4, directions: 2 }, 1);
        problem.dstates.iter_mut().for_each(|line| line.0[11..].fill(0.0));
        let made = problem.run(&Machine::new(1), None);
        assert!(made.dx.iter().all(|line| line.0[11..] == [0.0; 5] && line.0[10] != 0.0), "{cell:?}");
    }
}
