//! Max pooling: y = the largest x of each window, whose place in the window is kept; dx = dy there.
//!
//! x: groups x channels x height x width lines; y and the places: groups x channels x windows. Of equal values the first in
//! row order wins; a NaN counts as infinite.

mod halve;

#[cfg(test)]
mod tests;

use super::around::After;
use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::shared::Shared;
use super::window::{Place, Windows};

#[derive(Clone, Copy, Debug)]
pub struct MaxPool {
    pub channels: usize,
    pub windows: Windows,
}

impl MaxPool {
    /// `places` are for [`MaxPool::backward`].
    pub fn forward(&self, machine: &Machine, x: &[Line], y: &mut [Line], places: Option<&mut [Line]>) {
        let [input, output] = self.windows.planes();
        let groups = y.len() / (self.channels * output);
        let places = places.map(Shared::new);
        let size = parts_of_task(input) * output;
        machine.team.group_chunks(y, groups, size, |group, first, y| {
            let start = group * self.channels + first / output;
            let x = &x[start * input..][..y.len() / output * input];
            let range = start * output..start * output + y.len();
            // SAFETY: each task has channels of its own.
            let places = places.as_ref().map(|places| unsafe { places.part(range) });
            machine.isa.run(Forward { windows: self.windows, x, y, places });
        });
    }

    /// dx, or added to what `dx` holds; `after` is of dy.
    pub fn backward(&self, machine: &Machine, places: &[Line], dy: &[Line], after: After, dx: &mut [Line], add: bool) {
        let [input, output] = self.windows.planes();
        let groups = dx.len() / (self.channels * input);
        machine.team.group_chunks(dx, groups, parts_of_task(input) * input, |group, first, dx| {
            let start = (group * self.channels + first / input) * output;
            let [places, dy] = [places, dy].map(|lines| &lines[start..][..dx.len() / input * output]);
            machine.isa.run(Backward { windows: self.windows, places, dy, start, after, dx, add });
        });
    }
}

struct Forward<'a> {
    windows: Windows,
    x: &'a [Line],
    y: &'a mut [Line],
    places: Option<&'a mut [Line]>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(mut self) {
        let [input, output] = self.windows.planes();
        for (channel, x) in self.x.chunks_exact(input).enumerate() {
            let channel = channel * output..(channel + 1) * output;
            let y = &mut self.y[channel.clone()];
            let places = self.places.as_mut().map(|places| &mut places[channel]);
            match self.windows.halve() {
                true => halve::forward::<L>(&self.windows, x, y, places),
                false => forward::<L>(&self.windows, x, y, places),
            }
        }
    }
}

#[inline(always)]
fn forward<L: Lane>(windows: &Windows, x: &[Line], y: &mut [Line], mut places: Option<&mut [Line]>) {
    let [height, width] = windows.output;
    for row in 0..height {
        for column in 0..width {
            let best = largest::<L>(x, windows.input[1], windows.place(row, column));
            best.store(row * width + column, y, places.as_deref_mut());
        }
    }
}

/// The best value of a window.
#[inline(always)]
fn largest<L: Lane>(plane: &[Line], width: usize, place: Place) -> Best<L> {
    // Constant sizes leave no loops.
    match (place.rows, place.columns) {
        (3, 3) => largest_of(plane, width, Place { rows: 3, columns: 3, ..place }),
        _ => largest_of(plane, width, place),
    }
}

#[inline(always)]
fn largest_of<L: Lane>(plane: &[Line], width: usize, place: Place) -> Best<L> {
    let least = L::splat(f32::NEG_INFINITY);
    let mut best = Best { value: least, rank: least, place: L::zero() };
    for row in 0..place.rows {
        for (column, line) in plane[place.first + row * width..][..place.columns].iter().enumerate() {
            best = Best::at(line, row * place.columns + column).or(best);
        }
    }
    best
}

/// The first largest of some values of a window, in row order, and its place there.
struct Best<L> {
    value: L,
    /// The value; infinite for a NaN.
    rank: L,
    place: L,
}

impl<L: Lane> Best<L> {
    #[inline(always)]
    fn at(line: &Line, place: usize) -> Self {
        let value = L::load(line);
        // Of a NaN and a number, `min` gives the second.
        Self { value, rank: value.min(L::splat(f32::INFINITY)), place: L::splat(place as f32) }
    }

    /// The better one; `first` where they are equal.
    #[inline(always)]
    fn or(self, first: Self) -> Self {
        Self {
            value: self.rank.where_greater(first.rank, self.value, first.value),
            place: self.rank.where_greater(first.rank, self.place, first.place),
            rank: self.rank.max(first.rank),
        }
    }

    #[inline(always)]
    fn store(self, window: usize, y: &mut [Line], places: Option<&mut [Line]>) {
        self.value.store(&mut y[window]);
        if let Some(places) = places {
            self.place.store(&mut places[window]);
        }
    }
}

struct Backward<'a> {
    windows: Windows,
    places: &'a [Line],
    dy: &'a [Line],
    /// Where `dy` starts in the whole.
    start: usize,
    after: After<'a>,
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let [input, output] = self.windows.planes();
        for (channel, dx) in self.dx.chunks_exact_mut(input).enumerate() {
            if !self.add && !self.windows.tile() {
                dx.fill(Line::ZERO);
            }
            let first = channel * output;
            let [places, dy] = [self.places, self.dy].map(|lines| &lines[first..][..output]);
            let gradients = Gradients { places, dy, start: self.start + first, after: self.after };
            match self.windows.halve() {
                true => halve::backward::<L>(&self.windows, gradients, dx, self.add),
                false => backward::<L>(&self.windows, gradients, dx, self.add || !self.windows.tile()),
            }
        }
    }
}

/// The gradients of one plane of windows, and the places they go to.
struct Gradients<'a> {
    places: &'a [Line],
    dy: &'a [Line],
    /// Where `dy` starts in the whole.
    start: usize,
    after: After<'a>,
}

impl Gradients<'_> {
    /// The place that a window chose, and its gradient.
    #[inline(always)]
    fn of<L: Lane>(&self, window: usize) -> (L, L) {
        (L::load(&self.places[window]), self.after.apply(L::load(&self.dy[window]), self.start + window))
    }
}

#[inline(always)]
fn backward<L: Lane>(windows: &Windows, gradients: Gradients, dx: &mut [Line], add: bool) {
    let [height, width] = windows.output;
    for row in 0..height {
        for column in 0..width {
            let (chosen, dy) = gradients.of::<L>(row * width + column);
            give(dx, windows.input[1], windows.place(row, column), chosen, dy, add);
        }
    }
}

/// Gives each lane's gradient to the place that was chosen; from the last place on, as the first one takes what is left.
#[inline(always)]
fn give<L: Lane>(plane: &mut [Line], width: usize, place: Place, chosen: L, gradient: L, add: bool) {
    let mut left = gradient;
    for row in (0..place.rows).rev() {
        let lines = &mut plane[place.first + row * width..][..place.columns];
        for (column, line) in lines.iter_mut().enumerate().rev() {
            let before = L::splat((row * place.columns + column) as f32 - 0.5);
            put(chosen.where_greater(before, left, L::zero()), line, add);
            left = chosen.where_greater(before, L::zero(), left);
        }
    }
}
