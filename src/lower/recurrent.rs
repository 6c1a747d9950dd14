//! `LSTM`, `GRU` and `RNN`: PyTorch's gates, unrolled step by step.
//!
//! Sequences are (steps, batch, features) here. The input's products of all steps are one matrix product.

use dfdx::shapes::{Axes2, Axes3, Axis, HasShape, Shape};
use dfdx::tensor::{PutTape, SplitTape, Tape, ZerosTensor};
use dfdx::tensor_ops::{PermuteTo, ReshapeTo, TryConcatAlong, TryMatMul, TryStack};

use super::conv::affine;
use super::dropout::Masks;
use super::element::{Element, Flat, Flow, Of};
use crate::layer::{Cell, Recurrent};

type Sequence<E, T> = Of<(usize, usize, usize), E, T>;

/// (batch, steps x features) to the joined final states, or to all of them: (batch, steps x directions x hidden).
pub(super) fn lower_recurrent<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    recurrent: &Recurrent,
    params: &[Flat<E>],
    dropout: Option<Masks>,
) -> Flow<E, T> {
    let (batch, count) = *x.shape();
    let shape = (batch, count / recurrent.input, recurrent.input);
    let mut sequence = time_major(x.reshape_like(&shape));
    let layers: Vec<_> = params.chunks_exact(4 * recurrent.directions()).collect();
    let (last, before) = layers.split_last().expect("a recurrent layer has parameters");
    for (layer, params) in before.iter().enumerate() {
        sequence = all_states(run_layer(sequence, recurrent, params));
        if let Some(masks) = dropout {
            let mask = masks.by_step(layer, *sequence.shape());
            sequence = sequence * mask;
        }
    }
    let runs = run_layer(sequence, recurrent, last);
    if recurrent.all_steps { batch_major(all_states(runs)) } else { final_states(runs) }
}

/// (batch, steps, features) to (steps, batch, features).
fn time_major<E: Element, T: Tape<E, E::Dev>>(x: Sequence<E, T>) -> Sequence<E, T> {
    let (batch, steps, features) = *x.shape();
    x.permute::<_, Axes3<1, 0, 2>>().reshape_like(&(steps, batch, features))
}

fn batch_major<E: Element, T: Tape<E, E::Dev>>(x: Sequence<E, T>) -> Flow<E, T> {
    let (steps, batch, features) = *x.shape();
    x.permute::<_, Axes3<1, 0, 2>>().reshape_like(&(batch, steps * features))
}

/// One direction's states, in the order of the sequence, and the tape that made them.
struct Run<E: Element, T> {
    states: Vec<Flow<E>>,
    reverse: bool,
    tape: T,
}

/// One run for each direction.
fn run_layer<E: Element, T: Tape<E, E::Dev>>(
    sequence: Sequence<E, T>,
    recurrent: &Recurrent,
    params: &[Flat<E>],
) -> Vec<Run<E, T>> {
    let empty = sequence.retaped::<T>();
    let run = |sequence, params, reverse| Direction::new(recurrent, params).run(sequence, reverse);
    let (forward, backward) = params.split_at(4);
    let forward = run(sequence, forward, false);
    let backward = recurrent.bidirectional.then(|| run(empty, backward, true));
    std::iter::once(forward).chain(backward).collect()
}

/// All states, the directions' features joined.
fn all_states<E: Element, T: Tape<E, E::Dev>>(runs: Vec<Run<E, T>>) -> Sequence<E, T> {
    let stack = |run: Run<E, T>| {
        let mut states: Vec<_> = run.states.iter().map(|state| state.retaped::<T>()).collect();
        states[0] = run.states[0].clone().put_tape(run.tape);
        states.stack()
    };
    join(runs.into_iter().map(stack), |a, b| (a, b).concat_along(Axis::<2>))
}

/// Each direction's final state, joined.
fn final_states<E: Element, T: Tape<E, E::Dev>>(runs: Vec<Run<E, T>>) -> Flow<E, T> {
    let last = |run: Run<E, T>| {
        let at = if run.reverse { 0 } else { run.states.len() - 1 };
        run.states[at].clone().put_tape(run.tape)
    };
    join(runs.into_iter().map(last), |a, b| (a, b).concat_along(Axis::<1>))
}

fn join<V>(parts: impl Iterator<Item = V>, join: impl FnMut(V, V) -> V) -> V {
    parts.reduce(join).expect("a recurrent layer has a direction")
}

/// The parameters of one direction of one layer.
struct Direction<E: Element> {
    cell: Cell,
    hidden: usize,
    weight_ih: Flow<E>,
    weight_hh: Flow<E>,
    bias_ih: Flat<E>,
    bias_hh: Flat<E>,
}

impl<E: Element> Direction<E> {
    fn new(recurrent: &Recurrent, params: &[Flat<E>]) -> Self {
        let (cell, hidden) = (recurrent.cell, recurrent.hidden);
        let matrix = |param: &Flat<E>| {
            let rows = cell.gates() * hidden;
            param.clone().reshape_like(&(rows, param.shape().0 / rows))
        };
        Self {
            cell,
            hidden,
            weight_ih: matrix(&params[0]),
            weight_hh: matrix(&params[1]),
            bias_ih: params[2].clone(),
            bias_hh: params[3].clone(),
        }
    }

    fn run<T: Tape<E, E::Dev>>(&self, sequence: Sequence<E, T>, reverse: bool) -> Run<E, T> {
        let (steps, batch, _) = *sequence.shape();
        let (inputs, mut tape) = self.input_products(sequence).split_tape();
        let mut hidden: Flow<E> = E::Dev::default().zeros_like(&(batch, self.hidden));
        let mut memory: Flow<E> = E::Dev::default().zeros_like(&(batch, self.hidden));
        let mut states = Vec::with_capacity(steps);
        for n in 0..steps {
            let at = if reverse { steps - 1 - n } else { n };
            let rows = self.cell.gates() * self.hidden;
            let input = inputs.retaped::<T>().slice((at..at + 1, .., ..)).reshape_like(&(batch, rows));
            (hidden, tape) = self.step(input, hidden.put_tape(tape), &mut memory).split_tape();
            states.push(hidden.clone());
        }
        if reverse {
            states.reverse();
        }
        Run { states, reverse, tape }
    }

    /// What each step's gates receive from the input, with the biases that need no gate between them.
    fn input_products<T: Tape<E, E::Dev>>(&self, sequence: Sequence<E, T>) -> Sequence<E, T> {
        let (steps, batch, features) = *sequence.shape();
        let bias = match self.cell {
            Cell::Gru => self.bias_ih.retaped::<T>(),
            Cell::Lstm | Cell::Rnn => self.bias_ih.retaped::<T>() + self.bias_hh.clone(),
        };
        let rows = sequence.reshape_like(&(steps * batch, features));
        affine(rows, self.weight_ih.clone(), bias).reshape_like(&(steps, batch, self.weight_ih.shape().0))
    }

    /// The next hidden state. `memory` is the cell state of an LSTM.
    fn step<T: Tape<E, E::Dev>>(&self, input: Flow<E, T>, hidden: Flow<E, T>, memory: &mut Flow<E>) -> Flow<E, T> {
        match self.cell {
            Cell::Lstm => self.lstm_step(self.recur(hidden) + input, memory),
            Cell::Gru => self.gru_step(input, hidden),
            Cell::Rnn => (self.recur(hidden) + input).tanh(),
        }
    }

    /// hidden weight_hh^T
    fn recur<T: Tape<E, E::Dev>>(&self, hidden: Flow<E, T>) -> Flow<E, T> {
        hidden.matmul(self.weight_hh.clone().permute::<_, Axes2<1, 0>>())
    }

    /// c' = f c + i g; h' = o tanh(c')
    fn lstm_step<T: Tape<E, E::Dev>>(&self, gates: Flow<E, T>, memory: &mut Flow<E>) -> Flow<E, T> {
        let (gates, tape) = gates.split_tape();
        let gate = |n| self.gate::<T>(&gates, n);
        let kept = gate(1).put_first(tape).sigmoid() * memory.clone();
        let next = kept + gate(0).sigmoid() * gate(2).tanh();
        let (next, tape) = next.split_tape();
        *memory = next.clone();
        next.put_tape(tape).tanh() * gate(3).sigmoid()
    }

    /// n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = (1 - z) n + z h
    fn gru_step<T: Tape<E, E::Dev>>(&self, input: Flow<E, T>, hidden: Flow<E, T>) -> Flow<E, T> {
        let before = hidden.retaped::<T>();
        let (recurrent, tape) = affine(hidden, self.weight_hh.clone(), self.bias_hh.retaped::<T>()).split_tape();
        let (input, input_tape) = input.split_tape();
        let tape = tape.merge(input_tape);
        let both = |n| self.gate::<T>(&input, n) + self.gate::<T>(&recurrent, n);
        let reset = both(0).sigmoid();
        let new = (self.gate::<T>(&recurrent, 2) * reset + self.gate::<T>(&input, 2)).tanh();
        let update = both(1).sigmoid() * (before - new.retaped::<T>());
        new.put_first(tape) + update
    }

    /// Gate `n` of (batch, gates x hidden).
    fn gate<T: Tape<E, E::Dev>>(&self, gates: &Flow<E>, n: usize) -> Flow<E, T> {
        gates.retaped::<T>().slice((.., n * self.hidden..(n + 1) * self.hidden))
    }
}

/// Tapes that grow: the long one comes first, so that the short one is appended to it.
trait PutFirst<T> {
    /// The tensor with `tape` before its own.
    fn put_first(self, tape: T) -> Self;
}

impl<S: Shape, E: Element, T: Tape<E, E::Dev>> PutFirst<T> for Of<S, E, T> {
    fn put_first(self, tape: T) -> Self {
        let (tensor, own) = self.split_tape();
        tensor.put_tape(tape.merge(own))
    }
}
