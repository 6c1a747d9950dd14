//! `LSTM`, `GRU` and `RNN` on one image: layers one behind the other.

use super::step::{Run, SingleStep};
use crate::kernel::recurrent::Layer;
use crate::kernel::single::{Form, SingleRecurrent};
use crate::kernel::{LANES, Line, numbers, numbers_mut};
use crate::layer::{Recurrent, Shape};
use crate::lower::region::recurrent::layers_of;

/// All layers and directions.
pub(super) struct RecurrentStep {
    layers: Vec<SingleRecurrent>,
    all_steps: bool,
    to: Form,
}

impl RecurrentStep {
    pub fn new(recurrent: &Recurrent, input: Shape, to: Form) -> Self {
        let directions =
            |layer: Layer| (0..layer.directions).map(move |direction| SingleRecurrent { layer, direction });
        let layers = layers_of(recurrent, input).into_iter().flat_map(directions).collect();
        Self { layers, all_steps: recurrent.all_steps, to }
    }

    /// How each layer's states lie.
    fn states(&self) -> Form {
        let layer = &self.layers[0].layer;
        Form::Sequence { steps: layer.steps, features: layer.width() }
    }

    /// The last state of each direction.
    fn last_states(&self, states: &[Line], y: &mut [Line]) {
        let layer = &self.layers[0].layer;
        let row = layer.width().div_ceil(LANES) * LANES;
        for direction in 0..layer.directions {
            let from = layer.last_step(direction) * row + direction * layer.hidden;
            let to = direction * layer.hidden..(direction + 1) * layer.hidden;
            numbers_mut(y)[to].copy_from_slice(&numbers(states)[from..from + layer.hidden]);
        }
    }
}

impl SingleStep for RecurrentStep {
    fn prepared(&self) -> usize {
        self.layers.iter().map(SingleRecurrent::prepared).sum()
    }

    fn prepare(&self, mut params: &[f32], _running: &[f32], mut prepared: &mut [Line]) {
        for layer in &self.layers {
            let (own, rest) = prepared.split_at_mut(layer.prepared());
            prepared = rest;
            layer.prepare(params, own);
            if layer.direction + 1 == layer.layer.directions {
                params = &params[layer.layer.params()..];
            }
        }
    }

    /// The states of two layers, and what one needs.
    fn scratch(&self, _threads: usize) -> usize {
        2 * self.states().lines() + self.layers.iter().map(SingleRecurrent::scratch).max().unwrap_or(0)
    }

    fn forward(&self, run: &Run) {
        let (input, mut scratch) = (run.input(0), run.scratch());
        let (mut before, rest) = scratch.split_at_mut(self.states().lines());
        let (mut after, scratch) = rest.split_at_mut(self.states().lines());
        let mut prepared = run.prepared;
        for (index, layer) in self.layers.iter().enumerate() {
            let (own, rest) = prepared.split_at(layer.prepared());
            prepared = rest;
            let x: &[Line] = if index < layer.layer.directions { &input } else { before };
            layer.forward(run.machine, x, own, after, scratch);
            if layer.direction + 1 == layer.layer.directions {
                std::mem::swap(&mut before, &mut after);
            }
        }
        let mut y = run.output();
        if self.all_steps {
            y.copy_from_slice(&before[..self.to.lines()]);
        } else {
            self.last_states(before, &mut y);
        }
    }
}
