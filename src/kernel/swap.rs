//! `[outer][inner][run]` -> `[inner][outer][run]`: the lines of a map as the steps of a sequence, and back.

use super::gradient::LINES;
use super::line::Line;
use super::machine::Machine;

/// Swaps two dimensions of each group's lines.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    pub outer: usize,
    pub inner: usize,
    /// Lines that stay together.
    pub run: usize,
}

impl Swap {
    pub fn forward(&self, machine: &Machine, x: &[Line], y: &mut [Line]) {
        self.each(machine, x, y, |from, to| to.copy_from_slice(from));
    }

    /// dx is dy swapped back, or that added to what `dx` holds.
    pub fn backward(&self, machine: &Machine, dy: &[Line], dx: &mut [Line], add: bool) {
        let back = Swap { outer: self.inner, inner: self.outer, run: self.run };
        if add {
            back.each(machine, dy, dx, |from, to| {
                let numbers = from.iter().zip(to).flat_map(|(from, to)| from.0.iter().zip(&mut to.0));
                numbers.for_each(|(from, to)| *to += from);
            });
        } else {
            back.forward(machine, dy, dx);
        }
    }

    fn each(&self, machine: &Machine, from: &[Line], to: &mut [Line], put: impl Fn(&[Line], &mut [Line]) + Sync) {
        let Swap { outer, inner, run } = *self;
        let count = outer * inner * run;
        let rows = (LINES / (outer * run)).max(1);
        machine.team.group_chunks(to, from.len() / count, rows * outer * run, |group, first, to| {
            let from = &from[group * count..][..count];
            for (index, to) in to.chunks_exact_mut(run).enumerate() {
                let place = first / run + index;
                let (row, column) = (place / outer, place % outer);
                put(&from[(column * inner + row) * run..][..run], to);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LANES;

    #[test]
    fn swapping_moves_runs_and_swapping_back_restores_them() {
        for (swap, groups) in [((3, 4, 1), 2), ((5, 300, 1), 1), ((2, 3, 7), 3), ((1, 1, 1), 1), ((40, 2, 30), 2)] {
            let ((outer, inner, run), machine) = (swap, Machine::new(3));
            let swap = Swap { outer, inner, run };
            let count = outer * inner * run;
            let x: Vec<Line> = (0..groups * count).map(|n| Line([n as f32; LANES])).collect();
            let mut y = vec![Line::ZERO; x.len()];
            swap.forward(&machine, &x, &mut y);
            let place = |group, o, i, r| group * count + (o * inner + i) * run + r;
            let (group, o, i, r) = (groups - 1, outer - 1, inner / 2, run / 2);
            assert_eq!(y[group * count + (i * outer + o) * run + r], x[place(group, o, i, r)]);
            let mut back = x.clone();
            swap.backward(&machine, &y, &mut back, true);
            assert!(back.iter().zip(&x).all(|(twice, once)| twice.0[3] == 2.0 * once.0[3]));
            swap.backward(&machine, &y, &mut back, false);
            assert_eq!(back, x);
        }
    }
}
