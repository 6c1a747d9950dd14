//! Recurrent layers: one layer of an LSTM, a GRU or an RNN over all steps, one or both directions. Formulas and the order of
//! gates are PyTorch's.
//!
//! A step: a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh, then
//! - LSTM: i, f, o = sigmoid, g = tanh; c_t = f c_{t-1} + i g; h_t = o tanh(c_t)
//! - GRU: r, z = sigmoid; n = tanh(W_in x + b_in + r m), m = W_hn h + b_hn; h_t = (1 - z) n + z h_{t-1}
//! - RNN: h_t = tanh(a)
//!
//! x: groups x steps x input lines; states: groups x steps x (directions x hidden). Parameters of a direction: W_ih (gates
//! hidden x input), W_hh (gates hidden x hidden), b_ih, b_hh, one direction after the other.
//!
//! What the input gives to the gates is one product for all steps, as are the gradients of weights and inputs; only
//! W_hh h and its transpose go step by step.

mod backward;
mod between;
mod cell;
mod forward;
mod schedule;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use backward::Gradients;
pub use between::{scale, scale_back};

use super::fc::Fc;

/// The kinds of recurrent units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Lstm,
    Gru,
    /// tanh
    Rnn,
}

impl Cell {
    /// Gates of a unit.
    pub fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru => 3,
            Cell::Rnn => 1,
        }
    }

    /// Whether a unit keeps a number beside its gates: an LSTM's c, a GRU's m.
    fn has_memory(self) -> bool {
        self != Cell::Rnn
    }
}

/// One layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    pub cell: Cell,
    pub input: usize,
    pub hidden: usize,
    pub steps: usize,
    /// 1, or 2 with one that starts at the end.
    pub directions: usize,
}

impl Layer {
    /// Numbers of all its parameters.
    pub fn params(&self) -> usize {
        self.directions * self.direction_params()
    }

    /// Lines of its states, for a group.
    pub fn states(&self) -> usize {
        self.steps * self.width()
    }

    /// Lines that [`Layer::forward`] leaves for [`Layer::backward`] beside the states, for a group.
    pub fn kept(&self) -> usize {
        let memory = if self.cell.has_memory() { self.hidden } else { 0 };
        self.directions * self.steps * (self.rows() + memory)
    }

    /// Lines of one step's states.
    pub fn width(&self) -> usize {
        self.directions * self.hidden
    }

    /// Rows of a direction's weights.
    fn rows(&self) -> usize {
        self.cell.gates() * self.hidden
    }

    fn direction_params(&self) -> usize {
        self.rows() * (self.input + self.hidden + 2)
    }

    pub(super) fn params_of<'a>(&self, direction: usize, params: &'a [f32]) -> Params<'a> {
        let params = &params[direction * self.direction_params()..][..self.direction_params()];
        let (weight_ih, params) = params.split_at(self.rows() * self.input);
        let (weight_hh, biases) = params.split_at(self.rows() * self.hidden);
        let (bias_ih, bias_hh) = biases.split_at(self.rows());
        Params { weight_ih, weight_hh, bias_ih, bias_hh }
    }

    /// What the gates read from the input.
    fn input_product(&self) -> Fc {
        Fc { input: self.input, output: self.rows(), relu: false }
    }

    /// What the gates read from the states.
    fn hidden_product(&self) -> Fc {
        Fc { input: self.hidden, output: self.rows(), relu: false }
    }

    /// The step of the sequence that a direction takes as its `time`-th.
    #[inline(always)]
    pub(super) fn step_at(&self, direction: usize, time: usize) -> usize {
        if direction == 0 { time } else { self.steps - 1 - time }
    }

    /// The step of the sequence that a direction takes last.
    pub fn last_step(&self, direction: usize) -> usize {
        self.step_at(direction, self.steps - 1)
    }

    /// Where a direction's states of one step begin.
    #[inline(always)]
    pub fn state_at(&self, direction: usize, group: usize, step: usize) -> usize {
        (group * self.steps + step) * self.width() + direction * self.hidden
    }
}

/// One direction's parameters.
#[derive(Clone, Copy)]
pub(super) struct Params<'a> {
    pub weight_ih: &'a [f32],
    pub weight_hh: &'a [f32],
    pub bias_ih: &'a [f32],
    pub bias_hh: &'a [f32],
}

/// Where lines that each direction has lie: for each direction first all groups' gates (groups x steps x rows), then
/// all groups' memory (groups x steps x hidden).
#[derive(Clone, Copy)]
struct Places {
    layer: Layer,
    groups: usize,
}

impl Places {
    #[inline(always)]
    fn direction(&self) -> usize {
        self.groups * self.layer.kept() / self.layer.directions
    }

    /// All gates of a direction.
    #[inline(always)]
    fn all_gates(&self, direction: usize) -> Range<usize> {
        let first = direction * self.direction();
        first..first + self.groups * self.layer.steps * self.layer.rows()
    }

    /// Where the gates of one step begin.
    #[inline(always)]
    fn gates_at(&self, direction: usize, group: usize, step: usize) -> usize {
        self.all_gates(direction).start + (group * self.layer.steps + step) * self.layer.rows()
    }

    /// Where the memory of one step begins.
    #[inline(always)]
    fn memory_at(&self, direction: usize, group: usize, step: usize) -> usize {
        self.all_gates(direction).end + (group * self.layer.steps + step) * self.layer.hidden
    }
}
