//! `LSTM`, `GRU` and `RNN` in a region: layers one behind the other, with dropout between them.

use super::pass::Pass;
use super::step::{Needs, Size, Step};
use crate::kernel::Line;
use crate::kernel::dropout::Dropout;
use crate::kernel::features::Features;
use crate::kernel::recurrent::{self, Gradients, Layer, scale, scale_back};
use crate::layer::{Cell, Recurrent, Shape};
use crate::lower::batch::Draw;

pub(super) struct RecurrentStep {
    layers: Vec<Layer>,
    all_steps: bool,
    /// The share that is dropped between layers.
    dropout: f64,
}

/// One layer's lines that forward leaves for backward. Factors and what they leave are empty without dropout.
struct Kept<T> {
    states: T,
    other: T,
    factors: T,
    dropped: T,
}

/// One behind the other.
pub(super) fn layers_of(recurrent: &Recurrent, input: Shape) -> Vec<Layer> {
    let cell = match recurrent.cell {
        Cell::Lstm => recurrent::Cell::Lstm,
        Cell::Gru => recurrent::Cell::Gru,
        Cell::Rnn => recurrent::Cell::Rnn,
    };
    let layer = |layer| Layer {
        cell,
        input: recurrent.input_of(layer),
        hidden: recurrent.hidden,
        steps: input.count() / recurrent.input,
        directions: recurrent.directions(),
    };
    (0..recurrent.layers).map(layer).collect()
}

impl RecurrentStep {
    pub fn new(recurrent: &Recurrent, input: Shape) -> Self {
        let dropout = if recurrent.layers > 1 { recurrent.dropout } else { 0.0 };
        Self { layers: layers_of(recurrent, input), all_steps: recurrent.all_steps, dropout }
    }

    /// Lines of a layer's states for a group, the same for all layers.
    fn states(&self) -> usize {
        self.layers[0].states()
    }

    /// Lines of a layer's [`Kept`] for a group.
    fn kept(&self) -> usize {
        let masks = if self.dropout > 0.0 { 2 * self.states() } else { 0 };
        self.states() + self.layers[0].kept() + masks
    }

    fn split<'a>(&self, groups: usize, lines: &'a [Line]) -> Kept<&'a [Line]> {
        let (states, rest) = lines.split_at(groups * self.states());
        let (other, masks) = rest.split_at(groups * self.layers[0].kept());
        let (factors, dropped) = masks.split_at(masks.len() / 2);
        Kept { states, other, factors, dropped }
    }

    fn split_mut<'a>(&self, groups: usize, lines: &'a mut [Line]) -> Kept<&'a mut [Line]> {
        let (states, rest) = lines.split_at_mut(groups * self.states());
        let (other, masks) = rest.split_at_mut(groups * self.layers[0].kept());
        let (factors, dropped) = masks.split_at_mut(masks.len() / 2);
        Kept { states, other, factors, dropped }
    }

    /// What the layer behind read of a layer in training.
    fn handed_on<'a>(&self, kept: &Kept<&'a [Line]>) -> &'a [Line] {
        if self.dropout > 0.0 { kept.dropped } else { kept.states }
    }

    /// Each value's factor behind layer `layer`.
    fn draw(&self, pass: &Pass, draw: Draw, layer: usize, factors: &mut [Line]) {
        let features = Features { count: self.states(), positions: 1, by_position: false };
        let first = Draw::first_of(pass.node()) + (layer * self.states()) as u64;
        Dropout { p: self.dropout, features }.draw(pass.machine, &draw.streams(pass.images), first, factors);
    }

    /// Copies what the whole step answers with between the last layer's states and its output: all, or each direction's last.
    fn each_answer(&self, groups: usize, mut copy: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>)) {
        let layer = self.layers[0];
        if self.all_steps {
            return copy(0..groups * layer.states(), 0..groups * layer.states());
        }
        for group in 0..groups {
            for direction in 0..layer.directions {
                let from = layer.state_at(direction, group, layer.last_step(direction));
                let to = group * layer.width() + direction * layer.hidden;
                copy(from..from + layer.hidden, to..to + layer.hidden);
            }
        }
    }
}

impl Step for RecurrentStep {
    fn needs(&self, _threads: usize) -> Needs {
        let kept = Size::per_group(self.layers.len() * self.kept());
        let most = |n: usize| self.layers.iter().map(|layer| layer.scratch()[n]).max().unwrap_or(0);
        let backward_scratch = Size { group: 2 * self.states() + most(0), fixed: most(1) };
        Needs { inputs: true, saved: kept, forward_scratch: kept, backward_scratch, ..Needs::default() }
    }

    fn forward(&self, pass: &Pass) {
        let groups = pass.groups();
        let mut memory = if pass.training() { pass.saved_mut() } else { pass.forward_scratch() };
        let input = pass.input(0);
        let mut x: &[Line] = &input;
        let mut params = pass.params();
        let last = self.layers.len() - 1;
        for (index, (layer, lines)) in self.layers.iter().zip(memory.chunks_exact_mut(groups * self.kept())).enumerate()
        {
            let (own, rest) = params.split_at(layer.params());
            let kept = self.split_mut(groups, lines);
            layer.forward(pass.machine, x, own, kept.states, kept.other);
            x = kept.states;
            if let Some(draw) = pass.draw.filter(|_| self.dropout > 0.0 && index < last) {
                self.draw(pass, draw, index, kept.factors);
                scale(pass.machine, kept.factors, x, kept.dropped);
                x = kept.dropped;
            }
            params = rest;
        }
        let mut output = pass.output_mut();
        self.each_answer(groups, |from, to| output[to].copy_from_slice(&x[from]));
    }

    fn backward(&self, pass: &Pass) {
        let groups = pass.groups();
        let (saved, mut memory, input) = (pass.saved(), pass.backward_scratch(), pass.input(0));
        let kept = |layer: usize| self.split(groups, &saved[layer * groups * self.kept()..][..groups * self.kept()]);
        let (mut dstates, rest) = memory.split_at_mut(groups * self.states());
        let (mut below, scratch) = rest.split_at_mut(groups * self.states());
        dstates.fill(Line::ZERO);
        let dy = pass.output_gradient();
        self.each_answer(groups, |to, from| dstates[to].copy_from_slice(&dy[from]));
        let mut gradients = pass.gradients();
        let mut end = pass.params().len();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let params = end - layer.params()..end;
            end = params.start;
            let before = index.checked_sub(1).map(kept);
            let x = before.as_ref().map_or(&input[..], |kept| self.handed_on(kept));
            let mut outside = if index == 0 { pass.input_gradient(0) } else { None };
            let dx = match &mut outside {
                Some((dx, add)) => Some((&mut dx[..], *add)),
                None => (index > 0).then_some((&mut *below, false)),
            };
            let of = Gradients { states: dstates, input: dx, params: &mut gradients[params.clone()] };
            let Kept { states, other, .. } = kept(index);
            layer.backward(pass.machine, [x, states, other], &pass.params()[params], of, scratch);
            if let Some(before) = before.filter(|_| self.dropout > 0.0) {
                scale_back(pass.machine, before.factors, below);
            }
            std::mem::swap(&mut dstates, &mut below);
        }
    }
}
