//! A layer's states, step by step, from what the input gives to its gates.

use std::ops::Range;

use super::cell::{gru, lstm, rnn};
use super::schedule::{Share, schedule};
use super::{Cell, Layer, Params, Places};
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::Line;
use crate::machine::Machine;
use crate::product::{Rows, add_numbers, load_sums, multiply, tile, tiles, with_height};
use crate::shared::Shared;

impl Layer {
    /// All states, from zero ones. `kept`, of [`Layer::kept`] lines for each group, is written for the backward pass.
    pub fn forward(&self, machine: &Machine, x: &[Line], params: &[f32], states: &mut [Line], kept: &mut [Line]) {
        let groups = states.len() / self.states();
        let places = Places { layer: *self, groups };
        for direction in 0..self.directions {
            let Params { weight_ih, bias_ih, .. } = self.params_of(direction, params);
            self.input_product().forward(machine, x, weight_ih, bias_ih, &mut kept[places.all_gates(direction)]);
        }
        let (states, kept) = (&Shared::new(states), &Shared::new(kept));
        schedule(self, groups, &machine.team, |share| {
            let params = self.params_of(share.direction, params);
            machine.isa.run(Forward { places, share, params, states, kept });
        });
    }
}

/// A share's steps. It writes the states, gates and memory of its own units and times, and reads the states of the time
/// before, which were finished before its job began or are its own: every SAFETY below rests on this.
struct Forward<'a> {
    places: Places,
    share: Share,
    params: Params<'a>,
    states: &'a Shared<'a, Line>,
    kept: &'a Shared<'a, Line>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for time in self.share.times.clone() {
            for gate in 0..self.layer().cell.gates() {
                self.products::<L>(time, gate);
            }
            for group in self.share.groups.clone() {
                self.cells::<L>(time, group);
            }
        }
    }
}

impl Forward<'_> {
    #[inline(always)]
    fn layer(&self) -> &Layer {
        &self.places.layer
    }

    /// Adds b_hh + W_hh h of the step before to what a gate of all units has.
    #[inline(always)]
    fn products<L: Lane>(&self, time: usize, gate: usize) {
        let units = &self.share.units;
        for index in 0..tiles(units.len(), L::ROWS) {
            let (unit, height) = tile(units.len(), L::ROWS, index);
            with_height!(height, R => self.tile::<L, R>(time, gate, units.start + unit));
        }
    }

    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&self, time: usize, gate: usize, unit: usize) {
        let Layer { cell, hidden, .. } = *self.layer();
        let row = gate * hidden + unit;
        let rows = Rows { numbers: self.params.weight_hh, first: row * hidden, row: hidden, depth: 1 };
        let bias: &[f32] = &self.params.bias_hh[row..row + R];
        // A GRU's m stands apart from what the input gives to n.
        let apart = cell == Cell::Gru && gate == 2;
        for group in self.share.groups.clone() {
            let step = self.layer().step_at(self.share.direction, time);
            let out =
                if apart { self.memory(group, step, unit..unit + R) } else { self.gate(group, step, row..row + R) };
            let held = if apart { [L::zero(); R] } else { load_sums::<L, R>(out) };
            let sums = multiply::<L, R>(rows, self.states_before(time, group), add_numbers(held, bias));
            for (sum, out) in sums.iter().zip(out) {
                sum.store(out);
            }
        }
    }

    /// From the gates' sums to the states of one step.
    #[inline(always)]
    fn cells<L: Lane>(&self, time: usize, group: usize) {
        let Share { direction, units, .. } = &self.share;
        let layer = self.layer();
        let step = layer.step_at(*direction, time);
        let first = layer.state_at(*direction, group, step);
        // SAFETY: own units.
        let states = unsafe { self.states.part(first + units.start..first + units.end) };
        let before = time.checked_sub(1).map(|time| layer.step_at(*direction, time));
        let gate =
            |gate: usize| self.gate(group, step, gate * layer.hidden + units.start..gate * layer.hidden + units.end);
        match layer.cell {
            Cell::Lstm => {
                let before = before.map(|before| &*self.memory(group, before, units.clone()));
                lstm::<L>(
                    [gate(0), gate(1), gate(2), gate(3)],
                    before,
                    self.memory(group, step, units.clone()),
                    states,
                );
            }
            Cell::Gru => {
                let before = self.states_before(time, group).get(units.clone());
                gru::<L>([gate(0), gate(1), gate(2)], self.memory(group, step, units.clone()), before, states);
            }
            Cell::Rnn => rnn::<L>(gate(0), states),
        }
    }

    /// The states that a time starts from; none where they are zero.
    #[inline(always)]
    fn states_before(&self, time: usize, group: usize) -> &[Line] {
        let Some(before) = time.checked_sub(1) else { return &[] };
        let layer = self.layer();
        let first = layer.state_at(self.share.direction, group, layer.step_at(self.share.direction, before));
        // SAFETY: nobody writes the states of a time that is over.
        unsafe { self.states.view(first..first + layer.hidden) }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn gate(&self, group: usize, step: usize, rows: Range<usize>) -> &mut [Line] {
        let first = self.places.gates_at(self.share.direction, group, step);
        // SAFETY: own units' rows, each gate or tile borrowed once at a time.
        unsafe { self.kept.part(first + rows.start..first + rows.end) }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn memory(&self, group: usize, step: usize, units: Range<usize>) -> &mut [Line] {
        let first = self.places.memory_at(self.share.direction, group, step);
        // SAFETY: own units, each step borrowed once at a time.
        unsafe { self.kept.part(first + units.start..first + units.end) }
    }
}
