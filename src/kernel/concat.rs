//! Rows of several values joined, one value's row after the other's; and back.
//!
//! A row is all channels of a map, all features of a vector, or one step of a sequence.

use super::gradient::{LINES, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::shared::Shared;

/// Where one value's rows lie in the joined ones.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Lines of one of its rows.
    pub width: usize,
    /// Where it begins in the joined row.
    pub first: usize,
    /// Lines of a joined row.
    pub whole: usize,
}

impl Rows {
    /// Puts the value at its place.
    pub fn forward(&self, machine: &Machine, x: &[Line], y: &mut [Line]) {
        assert_eq!(x.len() / self.width * self.whole, y.len(), "as many rows");
        let y = Shared::new(y);
        machine.team.run(x.len().div_ceil(LINES), |index, _| {
            let mut x = &x[index * LINES..x.len().min((index + 1) * LINES)];
            let mut at = index * LINES;
            while !x.is_empty() {
                let (place, count) = self.stretch(at, x.len());
                let (now, later) = x.split_at(count);
                // SAFETY: each line of x has a place of its own.
                unsafe { y.part(place..place + count) }.copy_from_slice(now);
                (x, at) = (later, at + count);
            }
        });
    }

    /// The value's gradient, or added to what `dx` holds.
    pub fn backward(&self, machine: &Machine, dy: &[Line], dx: &mut [Line], add: bool) {
        machine.team.chunks(dx, LINES, |index, dx, _| {
            machine.isa.run(Backward { rows: self, first: index * LINES, dy, dx, add });
        });
    }

    /// Where line `at` of the value lies in the joined ones, and how many of the next `most` lines follow it there.
    #[inline(always)]
    fn stretch(&self, at: usize, most: usize) -> (usize, usize) {
        let (row, column) = (at / self.width, at % self.width);
        (row * self.whole + self.first + column, most.min(self.width - column))
    }
}

struct Backward<'a> {
    rows: &'a Rows,
    first: usize,
    dy: &'a [Line],
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let mut done = 0;
        while done < self.dx.len() {
            let (place, count) = self.rows.stretch(self.first + done, self.dx.len() - done);
            for (dy, dx) in self.dy[place..][..count].iter().zip(&mut self.dx[done..]) {
                put(L::load(dy), dx, self.add);
            }
            done += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check_gradient, check_output, lines, random};

    /// Values of `steps` rows each, of these widths.
    fn check(steps: usize, widths: &[usize]) {
        const IMAGES: usize = 21;
        let whole = widths.iter().sum::<usize>();
        let joined = random(IMAGES * steps * whole, 5);
        let joined_f64: Vec<f64> = joined.iter().map(|&x| f64::from(x)).collect();
        let (mut values, mut first) = (vec![], 0);
        for &width in widths {
            let rows = joined.chunks_exact(whole).flat_map(|row| &row[first..first + width]);
            values.push((Rows { width, first, whole }, rows.copied().collect::<Vec<f32>>()));
            first += width;
        }
        check_output(&joined_f64, steps * whole, |machine, y| {
            values.iter().for_each(|(rows, x)| rows.forward(machine, &lines(x, steps * rows.width), y));
        });
        let dy = lines(&joined, steps * whole);
        for (rows, dx) in &values {
            let expected: Vec<f64> = dx.iter().map(|&x| f64::from(x)).collect();
            check_gradient(&expected, steps * rows.width, |machine, dx, add| rows.backward(machine, &dy, dx, add));
        }
    }

    #[test]
    fn rows_follow_one_another() {
        check(1, &[3, 5]);
        check(1, &[700, 1, 513]);
        check(5, &[2, 3, 2]);
    }
}
