//! A layer's gradients: those of the gates' sums step by step, from the last; then weights, biases and input, each as one
//! product over all steps.

use std::ops::Range;

use super::cell::{gru_back, lstm_back, rnn_back};
use super::schedule::{Share, schedule};
use super::{Cell, Layer, Places};
use crate::around::Around;
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::layout::turned;
use crate::line::{LANES, Line, lines_for, numbers, numbers_mut};
use crate::machine::Machine;
use crate::product::{Rows, load_sums, multiply, tile, tiles, with_height};
use crate::shared::Shared;

/// What a backward pass starts from and makes.
pub struct Gradients<'a> {
    /// Of the states; the pass writes on it.
    pub states: &'a mut [Line],
    /// Of the input, where it is wanted, and whether it is added to what is there.
    pub input: Option<(&'a mut [Line], bool)>,
    pub params: &'a mut [f32],
}

impl Layer {
    /// Lines of scratch that [`Layer::backward`] wants for so many groups, and lines whatever the batch.
    pub fn scratch(&self) -> [usize; 2] {
        let sides = if self.cell == Cell::Gru { 2 } else { 1 };
        let gates = sides * self.directions * self.steps * self.rows();
        let turned = self.input_product().scratch(self.steps).max(self.hidden_product().scratch(self.steps));
        let group = gates + self.width() + self.steps * self.hidden + turned;
        [group, self.directions * self.turned_weight()]
    }

    /// `x`, and the states and what else was kept of the forward pass.
    pub fn backward(
        &self,
        machine: &Machine,
        [x, states, kept]: [&[Line]; 3],
        params: &[f32],
        gradients: Gradients,
        scratch: &mut [Line],
    ) {
        let groups = states.len() / self.states();
        let (weights, rest) = scratch.split_at_mut(self.directions * self.turned_weight());
        let (carry, rest) = rest.split_at_mut(groups * self.width());
        let gates = self.directions * groups * self.steps * self.rows();
        let (dgates, rest) = rest.split_at_mut(gates);
        let (dhidden, rest) = rest.split_at_mut(if self.cell == Cell::Gru { gates } else { 0 });
        self.turn_weights(machine, params, weights);
        carry.fill(Line::ZERO);
        self.sweep(machine, [states, kept, weights], gradients.states, carry, [dgates, dhidden]);
        let dhidden = if self.cell == Cell::Gru { &*dhidden } else { &*dgates };
        self.weight_gradients(machine, [x, states], [dgates, dhidden], gradients.params, rest);
        if let Some((dx, add)) = gradients.input {
            self.input_gradient(machine, dgates, params, dx, add);
        }
    }

    /// Lines of W_hh turned over.
    fn turned_weight(&self) -> usize {
        lines_for(self.rows() * self.hidden)
    }

    /// W_hh of each direction, hidden x rows.
    fn turn_weights(&self, machine: &Machine, params: &[f32], turned: &mut [Line]) {
        let Self { hidden, .. } = *self;
        for (direction, turned) in turned.chunks_exact_mut(self.turned_weight()).enumerate() {
            let weight = self.params_of(direction, params).weight_hh;
            let turned = &mut numbers_mut(turned)[..weight.len()];
            machine.team.chunks(turned, LANES * self.rows(), |block, turned, _| {
                machine.isa.run(TurnWeight { weight, hidden, first: block * LANES, turned });
            });
        }
    }

    /// The gradients of the gates' sums as the input's product made them, and as the states' did, which differ for a GRU.
    fn sweep(
        &self,
        machine: &Machine,
        [states, kept, weights]: [&[Line]; 3],
        dstates: &mut [Line],
        carry: &mut [Line],
        [dgates, dhidden]: [&mut [Line]; 2],
    ) {
        let groups = states.len() / self.states();
        let places = Places { layer: *self, groups };
        let [dstates, carry, dgates, dhidden] = [dstates, carry, dgates, dhidden].map(Shared::new);
        let dhidden = if self.cell == Cell::Gru { &dhidden } else { &dgates };
        schedule(self, groups, &machine.team, |share| {
            let weight = &numbers(weights)[share.direction * self.turned_weight() * LANES..];
            let (dstates, carry, dgates) = (&dstates, &carry, &dgates);
            machine.isa.run(Backward { places, share, weight, states, kept, dstates, carry, dgates, dhidden });
        });
    }

    fn weight_gradients(
        &self,
        machine: &Machine,
        [x, states]: [&[Line]; 2],
        [dgates, dhidden]: [&[Line]; 2],
        dparams: &mut [f32],
        scratch: &mut [Line],
    ) {
        let of_direction = dgates.len() / self.directions;
        let (before, scratch) = scratch.split_at_mut(of_direction / self.rows() * self.hidden);
        for (direction, dparams) in dparams.chunks_exact_mut(self.direction_params()).enumerate() {
            let range = direction * of_direction..(direction + 1) * of_direction;
            let (dweight_ih, rest) = dparams.split_at_mut(self.rows() * self.input);
            let (dweight_hh, dbiases) = rest.split_at_mut(self.rows() * self.hidden);
            let (dbias_ih, dbias_hh) = dbiases.split_at_mut(self.rows());
            let (input, hidden) = (self.input_product(), self.hidden_product());
            let [of_input, of_hidden] = [&input, &hidden].map(|fc| fc.scratch(of_direction / self.rows()));
            input.weight_gradient(
                machine,
                x,
                &dgates[range.clone()],
                &mut scratch[..of_input],
                dweight_ih,
                Some(dbias_ih),
            );
            self.states_before(machine, direction, states, before);
            // Only a GRU's gates take other gradients from the states than from the input.
            let wanted = if self.cell == Cell::Gru { Some(&mut *dbias_hh) } else { None };
            let scratch = &mut scratch[..of_hidden];
            hidden.weight_gradient(machine, before, &dhidden[range], scratch, dweight_hh, wanted);
            if self.cell != Cell::Gru {
                dbias_hh.copy_from_slice(dbias_ih);
            }
        }
    }

    /// What each step of a direction started from: groups x steps x hidden.
    fn states_before(&self, machine: &Machine, direction: usize, states: &[Line], before: &mut [Line]) {
        machine.team.chunks(before, self.steps * self.hidden, |group, before, _| {
            for time in 0..self.steps {
                let to = &mut before[self.step_at(direction, time) * self.hidden..][..self.hidden];
                match time.checked_sub(1).map(|time| self.step_at(direction, time)) {
                    Some(step) => to.copy_from_slice(&states[self.state_at(direction, group, step)..][..self.hidden]),
                    None => to.fill(Line::ZERO),
                }
            }
        });
    }

    fn input_gradient(&self, machine: &Machine, dgates: &[Line], params: &[f32], dx: &mut [Line], add: bool) {
        for (direction, dgates) in dgates.chunks_exact(dgates.len() / self.directions).enumerate() {
            let weight = self.params_of(direction, params).weight_ih;
            let around = Around::sum(add || direction > 0);
            self.input_product().input_gradient(machine, dgates, weight, around, dx);
        }
    }
}

/// Columns of up to sixteen units to rows.
struct TurnWeight<'a> {
    weight: &'a [f32],
    hidden: usize,
    first: usize,
    turned: &'a mut [f32],
}

impl Kernel for TurnWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let rows = self.weight.len() / self.hidden;
        let units = self.turned.len() / rows;
        for (block, weight) in self.weight.chunks(LANES * self.hidden).enumerate() {
            let lines = turned::<L>(weight, self.hidden, self.first, units);
            let columns = block * LANES..rows.min((block + 1) * LANES);
            for (line, row) in lines.iter().zip(self.turned.chunks_exact_mut(rows)) {
                L::load(line).write_part(&mut row[columns.clone()]);
            }
        }
    }
}

/// A share's steps, the last first: time 0 of the share is the last of the sequence. It writes what belongs to its own units
/// (of a GRU the gradients of the states before, too) and reads gates' gradients of the time behind, which were finished
/// before its job began or are its own: every SAFETY below rests on this.
struct Backward<'a> {
    places: Places,
    share: Share,
    /// W_hh turned over.
    weight: &'a [f32],
    states: &'a [Line],
    kept: &'a [Line],
    dstates: &'a Shared<'a, Line>,
    carry: &'a Shared<'a, Line>,
    dgates: &'a Shared<'a, Line>,
    dhidden: &'a Shared<'a, Line>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let last = self.places.layer.steps - 1;
        for turn in self.share.times.clone() {
            if turn > 0 {
                self.products::<L>(last - turn);
            }
            for group in self.share.groups.clone() {
                self.cells::<L>(last - turn, group);
            }
        }
    }
}

impl Backward<'_> {
    /// Adds what the step behind wants of the states.
    #[inline(always)]
    fn products<L: Lane>(&self, time: usize) {
        let units = &self.share.units;
        for index in 0..tiles(units.len(), L::ROWS) {
            let (unit, height) = tile(units.len(), L::ROWS, index);
            with_height!(height, R => self.tile::<L, R>(time, units.start + unit));
        }
    }

    #[inline(always)]
    fn tile<L: Lane, const R: usize>(&self, time: usize, unit: usize) {
        let layer = &self.places.layer;
        let rows = Rows { numbers: self.weight, first: unit * layer.rows(), row: layer.rows(), depth: 1 };
        let [step, behind] = [time, time + 1].map(|time| layer.step_at(self.share.direction, time));
        for group in self.share.groups.clone() {
            let first = self.gate_at(group, behind);
            // SAFETY: nobody writes the gates' gradients of the time behind.
            let dhidden = unsafe { self.dhidden.view(first..first + layer.rows()) };
            let out = self.dstate(group, step, unit..unit + R);
            let sums = multiply::<L, R>(rows, dhidden, load_sums(out));
            for (sum, out) in sums.iter().zip(out) {
                sum.store(out);
            }
        }
    }

    /// From the gradients of one step's states to those of its gates' sums.
    #[inline(always)]
    fn cells<L: Lane>(&self, time: usize, group: usize) {
        let Share { direction, units, .. } = &self.share;
        let Places { layer, .. } = self.places;
        let step = layer.step_at(*direction, time);
        let before = time.checked_sub(1).map(|time| layer.step_at(*direction, time));
        let gate = |gate: usize| self.own(self.places.gates_at(*direction, group, step) + gate * layer.hidden);
        let memory = |step: usize| self.own(self.places.memory_at(*direction, group, step));
        let state = |step: usize| &self.states[layer.state_at(*direction, group, step)..][units.clone()];
        let dgate = |gate: usize| self.dgate(self.dgates, group, step, gate);
        let dstates = &*self.dstate(group, step, units.clone());
        match layer.cell {
            Cell::Lstm => {
                let gates = [gate(0), gate(1), gate(2), gate(3), memory(step)];
                let dgates = [dgate(0), dgate(1), dgate(2), dgate(3)];
                lstm_back::<L>(gates, before.map(memory), dstates, self.carry(group), dgates);
            }
            Cell::Gru => {
                let gates = [gate(0), gate(1), gate(2), memory(step)];
                let dmemory = self.dgate(self.dhidden, group, step, 2);
                let dgates = [dgate(0), dgate(1), dgate(2), dmemory];
                let dbefore = before.map(|before| self.dstate(group, before, units.clone()));
                gru_back::<L>(gates, before.map(state), dbefore, dstates, dgates);
                for gate in 0..2 {
                    self.dgate(self.dhidden, group, step, gate).copy_from_slice(dgate(gate));
                }
            }
            Cell::Rnn => rnn_back::<L>(state(step), dstates, dgate(0)),
        }
    }

    /// The own units of what was kept from `first` on.
    #[inline(always)]
    fn own(&self, first: usize) -> &[Line] {
        &self.kept[first..][self.share.units.clone()]
    }

    #[inline(always)]
    fn gate_at(&self, group: usize, step: usize) -> usize {
        let Places { layer, groups } = self.places;
        ((self.share.direction * groups + group) * layer.steps + step) * layer.rows()
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn dgate<'s>(&self, gates: &'s Shared<'_, Line>, group: usize, step: usize, gate: usize) -> &'s mut [Line] {
        let first = self.gate_at(group, step) + gate * self.places.layer.hidden;
        // SAFETY: own units, each gate borrowed once at a time.
        unsafe { gates.part(first + self.share.units.start..first + self.share.units.end) }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn dstate(&self, group: usize, step: usize, units: Range<usize>) -> &mut [Line] {
        let first = self.places.layer.state_at(self.share.direction, group, step);
        // SAFETY: own units, each step borrowed once at a time.
        unsafe { self.dstates.part(first + units.start..first + units.end) }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn carry(&self, group: usize) -> &mut [Line] {
        let Places { layer, groups } = self.places;
        let first = (self.share.direction * groups + group) * layer.hidden;
        // SAFETY: own units, borrowed once at a time.
        unsafe { self.carry.part(first + self.share.units.start..first + self.share.units.end) }
    }
}
