//! Recurrent layers on one image: sixteen units in the lanes. Formulas as in [`recurrent`](crate::recurrent).

use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::{LANES, Line, numbers, numbers_mut};
use crate::machine::Machine;
use crate::product::{Rows, multiply, tile, tiles, with_height};
use crate::recurrent::{Cell, Layer, Params};
use crate::shared::Shared;

/// The most gates of a unit.
const GATES: usize = 4;

/// One layer in one direction.
#[derive(Clone, Copy, Debug)]
pub struct SingleRecurrent {
    pub layer: Layer,
    pub direction: usize,
}

/// Laid-out parameters: of the input `[gate][unit / 16][input]`, of the state `[unit / 16][state][gate]`, and both biases
/// `[gate][unit / 16]`.
struct Prepared<T> {
    input: T,
    hidden: T,
    biases: [T; 2],
}

impl SingleRecurrent {
    fn blocks(&self) -> usize {
        self.layer.hidden.div_ceil(LANES)
    }

    /// Lines of one step's gates.
    fn gates(&self) -> usize {
        self.layer.cell.gates() * self.blocks()
    }

    pub fn prepared(&self) -> usize {
        self.gates() * (self.layer.input + self.layer.hidden + 2)
    }

    /// Lines of scratch: all gates, and the states c and h, old and new.
    pub fn scratch(&self) -> usize {
        self.layer.steps * self.gates() + 3 * self.blocks()
    }

    fn split<'a>(&self, prepared: &'a [Line]) -> Prepared<&'a [Line]> {
        let (input, rest) = prepared.split_at(self.gates() * self.layer.input);
        let (hidden, biases) = rest.split_at(self.gates() * self.layer.hidden);
        let (bias_ih, bias_hh) = biases.split_at(self.gates());
        Prepared { input, hidden, biases: [bias_ih, &bias_hh[..self.gates()]] }
    }

    /// `params` are the layer's, both directions.
    pub fn prepare(&self, params: &[f32], prepared: &mut [Line]) {
        let Layer { input, hidden, cell, .. } = self.layer;
        let blocks = self.blocks();
        let Params { weight_ih, weight_hh, bias_ih, bias_hh } = self.layer.params_of(self.direction, params);
        prepared.fill(Line::ZERO);
        for (gate, unit) in (0..cell.gates()).flat_map(|gate| (0..hidden).map(move |unit| (gate, unit))) {
            let (row, block, lane) = (gate * hidden + unit, unit / LANES, unit % LANES);
            for k in 0..input {
                prepared[(gate * blocks + block) * input + k].0[lane] = weight_ih[row * input + k];
            }
            let (_, rest) = prepared.split_at_mut(self.gates() * input);
            for k in 0..hidden {
                rest[(block * hidden + k) * cell.gates() + gate].0[lane] = weight_hh[row * hidden + k];
            }
            let (_, biases) = rest.split_at_mut(self.gates() * hidden);
            for (biases, bias) in biases.chunks_exact_mut(self.gates()).zip([bias_ih, bias_hh]) {
                biases[gate * blocks + block].0[lane] = bias[row];
            }
        }
    }

    /// All states of the direction, to their places in `y`, the sequence of both directions' states.
    pub fn forward(&self, machine: &Machine, x: &[Line], prepared: &[Line], y: &mut [Line], scratch: &mut [Line]) {
        let (gates, states) = scratch.split_at_mut(self.layer.steps * self.gates());
        let prepared = self.split(prepared);
        {
            let gates = Shared::new(gates);
            machine.team.run(self.gates(), |block, _| {
                machine.isa.run(Inputs { of: self, x, prepared: &prepared, block, gates: &gates });
            });
        }
        machine.isa.run(Sweep { of: self, prepared: &prepared, gates, states: &mut states[..3 * self.blocks()], y });
    }
}

/// What the input gives to sixteen units of one gate, in all steps.
struct Inputs<'a> {
    of: &'a SingleRecurrent,
    x: &'a [Line],
    prepared: &'a Prepared<&'a [Line]>,
    block: usize,
    gates: &'a Shared<'a, Line>,
}

impl Kernel for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Layer { steps, input, .. } = self.of.layer;
        let weights = &self.prepared.input[self.block * input..][..input];
        let bias = L::load(&self.prepared.biases[0][self.block]);
        for index in 0..tiles(steps, L::ROWS) {
            let (first, height) = tile(steps, L::ROWS, index);
            with_height!(height, R => {
                let row = input.div_ceil(LANES) * LANES;
                let rows = Rows { numbers: numbers(self.x), first: first * row, row, depth: 1 };
                let sums = multiply::<L, R>(rows, weights, [bias; R]);
                for (r, sum) in sums.iter().enumerate() {
                    let at = (first + r) * self.of.gates() + self.block;
                    // SAFETY: each task has a line of each step.
                    sum.store(unsafe { self.gates.one(at) });
                }
            });
        }
    }
}

/// Step by step.
struct Sweep<'a> {
    of: &'a SingleRecurrent,
    prepared: &'a Prepared<&'a [Line]>,
    gates: &'a [Line],
    states: &'a mut [Line],
    y: &'a mut [Line],
}

impl Kernel for Sweep<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Layer { cell, steps, hidden, directions, .. } = self.of.layer;
        let (direction, blocks) = (self.of.direction, self.of.blocks());
        self.states.fill(Line::ZERO);
        let (memory, states) = self.states.split_at_mut(blocks);
        let (mut before, mut after) = states.split_at_mut(blocks);
        let row = (directions * hidden).div_ceil(LANES) * LANES;
        for time in 0..steps {
            let step = self.of.layer.step_at(direction, time);
            let gates = &self.gates[step * self.of.gates()..][..self.of.gates()];
            for block in 0..blocks {
                let sums = match cell {
                    Cell::Lstm => self.of.hidden::<L, 4>(self.prepared, before, block),
                    Cell::Gru => self.of.hidden::<L, 3>(self.prepared, before, block),
                    Cell::Rnn => self.of.hidden::<L, 1>(self.prepared, before, block),
                };
                let mut input = [L::zero(); GATES];
                for (gate, input) in input.iter_mut().enumerate().take(cell.gates()) {
                    *input = L::load(&gates[gate * blocks + block]);
                }
                unit(cell, input, sums, &mut memory[block], &before[block]).store(&mut after[block]);
            }
            std::mem::swap(&mut before, &mut after);
            let to = &mut numbers_mut(self.y)[step * row + direction * hidden..][..hidden];
            to.copy_from_slice(&numbers(before)[..hidden]);
        }
    }
}

impl SingleRecurrent {
    /// W_hh h + b_hh of each gate of sixteen units.
    #[inline(always)]
    fn hidden<L: Lane, const G: usize>(
        &self,
        prepared: &Prepared<&[Line]>,
        state: &[Line],
        block: usize,
    ) -> [L; GATES] {
        let hidden = self.layer.hidden;
        let weights = &prepared.hidden[block * hidden * G..][..hidden * G];
        let mut sums = [L::zero(); G];
        for (gate, sum) in sums.iter_mut().enumerate() {
            *sum = L::load(&prepared.biases[1][gate * self.blocks() + block]);
        }
        for (&h, weights) in numbers(state).iter().zip(weights.chunks_exact(G)) {
            let h = L::splat(h);
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = h.mul_add(L::load(weight), *sum);
            }
        }
        let mut all = [L::zero(); GATES];
        all[..G].copy_from_slice(&sums);
        all
    }
}

/// The new state of sixteen units, from what input and state give to the gates.
#[inline(always)]
fn unit<L: Lane>(cell: Cell, x: [L; GATES], h: [L; GATES], memory: &mut Line, before: &Line) -> L {
    match cell {
        Cell::Lstm => {
            let (i, f) = (x[0].add(h[0]).sigmoid(), x[1].add(h[1]).sigmoid());
            let (g, o) = (x[2].add(h[2]).tanh(), x[3].add(h[3]).sigmoid());
            let c = f.mul_add(L::load(memory), i.mul(g));
            c.store(memory);
            o.mul(c.tanh())
        }
        Cell::Gru => {
            let (r, z) = (x[0].add(h[0]).sigmoid(), x[1].add(h[1]).sigmoid());
            let n = r.mul_add(h[2], x[2]).tanh();
            z.mul_add(L::load(before).sub(n), n)
        }
        Cell::Rnn => x[0].add(h[0]).tanh(),
    }
}
