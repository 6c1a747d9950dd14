//! Max pooling: y = the largest x of each window, whose place in the window is kept; dx = dy there.
//!
//! x: groups x channels x height x width lines; y and the places: groups x channels x windows. Of equal values the first in
//! row order wins; a NaN counts as infinite.

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
        let [height, width] = self.windows.output;
        for (channel, x) in self.x.chunks_exact(input).enumerate() {
            let y = &mut self.y[channel * output..][..output];
            let mut places = self.places.as_mut().map(|places| &mut places[channel * output..][..output]);
            for row in 0..height {
                for column in 0..width {
                    let window = row * width + column;
                    let (value, chosen) = largest::<L>(x, self.windows.input[1], self.windows.place(row, column));
                    value.store(&mut y[window]);
                    if let Some(places) = &mut places {
                        chosen.store(&mut places[window]);
                    }
                }
            }
        }
    }
}

/// The first largest value of a window and its place there, in row order.
#[inline(always)]
fn largest<L: Lane>(plane: &[Line], width: usize, place: Place) -> (L, L) {
    // Constant sizes leave no loops.
    match (place.rows, place.columns) {
        (2, 2) => largest_of(plane, width, Place { rows: 2, columns: 2, ..place }),
        (3, 3) => largest_of(plane, width, Place { rows: 3, columns: 3, ..place }),
        _ => largest_of(plane, width, place),
    }
}

#[inline(always)]
fn largest_of<L: Lane>(plane: &[Line], width: usize, place: Place) -> (L, L) {
    let (mut value, mut best, mut chosen) = (L::splat(f32::NEG_INFINITY), L::splat(f32::NEG_INFINITY), L::zero());
    for row in 0..place.rows {
        for (column, line) in plane[place.first + row * width..][..place.columns].iter().enumerate() {
            let x = L::load(line);
            // Of a NaN and a number, `min` gives the second.
            let rank = x.min(L::splat(f32::INFINITY));
            value = rank.where_greater(best, x, value);
            chosen = rank.where_greater(best, L::splat((row * place.columns + column) as f32), chosen);
            best = rank.max(best);
        }
    }
    (value, chosen)
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
        let [height, width] = self.windows.output;
        let tile = self.windows.tile();
        for (channel, dx) in self.dx.chunks_exact_mut(input).enumerate() {
            if !self.add && !tile {
                dx.fill(Line::ZERO);
            }
            let [places, dy] = [self.places, self.dy].map(|lines| &lines[channel * output..][..output]);
            for row in 0..height {
                for column in 0..width {
                    let window = row * width + column;
                    let (chosen, dy) = (L::load(&places[window]), L::load(&dy[window]));
                    let dy = self.after.apply(dy, self.start + channel * output + window);
                    let place = self.windows.place(row, column);
                    give(dx, self.windows.input[1], place, chosen, dy, self.add || !tile);
                }
            }
        }
    }
}

/// Gives each lane's gradient to the place that was chosen; from the last place on, as the first one takes what is left.
#[inline(always)]
fn give<L: Lane>(plane: &mut [Line], width: usize, place: Place, chosen: L, gradient: L, add: bool) {
    // Constant sizes leave no loops.
    match (place.rows, place.columns, add) {
        (2, 2, false) => give_to(plane, width, Place { rows: 2, columns: 2, ..place }, chosen, gradient, false),
        _ => give_to(plane, width, place, chosen, gradient, add),
    }
}

#[inline(always)]
fn give_to<L: Lane>(plane: &mut [Line], width: usize, place: Place, chosen: L, gradient: L, add: bool) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{check_gradient, check_output, lines, random};

    fn pools() -> Vec<MaxPool> {
        let pool = |channels, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], pad: [usize; 2]| {
            let output = [0, 1].map(|n| (input[n] + 2 * pad[n] - kernel[n]) / stride[n] + 1);
            MaxPool { channels, windows: Windows { input, output, kernel, stride, pad } }
        };
        vec![
            pool(3, [6, 8], [2, 2], [2, 2], [0, 0]),
            pool(2, [7, 5], [2, 2], [2, 2], [0, 0]),
            pool(70, [6, 6], [3, 3], [2, 2], [1, 1]),
            pool(1, [5, 9], [3, 2], [1, 3], [0, 1]),
        ]
    }

    /// For each window of each image its first largest value's place in the image.
    fn chosen(pool: &MaxPool, x: &[f32]) -> Vec<usize> {
        let Windows { input, output, .. } = pool.windows;
        let plane = input[0] * input[1];
        let mut all = vec![];
        for (n, image) in x.chunks_exact(plane).enumerate() {
            for window in 0..output[0] * output[1] {
                let place = pool.windows.place(window / output[1], window % output[1]);
                let at = |k| place.first + k / place.columns * input[1] + k % place.columns;
                let best = |best: usize, at: usize| if image[at] > image[best] { at } else { best };
                all.push(n * plane + (0..place.rows * place.columns).map(at).reduce(best).unwrap());
            }
        }
        all
    }

    #[test]
    fn the_first_largest_value_passes_and_takes_the_gradient() {
        for pool in pools() {
            let [input, output] = pool.windows.planes().map(|plane| plane * pool.channels);
            // Coarse numbers, so that windows hold ties.
            let x: Vec<f32> = random(20 * input, 1).iter().map(|x| (x * 3.0).round()).collect();
            let dy = random(20 * output, 2);
            let chosen = chosen(&pool, &x);
            let expected: Vec<f64> = chosen.iter().map(|&at| f64::from(x[at])).collect();
            let x = lines(&x, input);
            check_output(&expected, output, |machine, y| pool.forward(machine, &x, y, None));
            let mut gradient = vec![0.0; 20 * input];
            chosen.iter().zip(&dy).for_each(|(&at, &dy)| gradient[at] += f64::from(dy));
            let dy = lines(&dy, output);
            check_gradient(&gradient, input, |machine, dx, add| {
                let (mut y, mut places) = (dy.clone(), dy.clone());
                pool.forward(machine, &x, &mut y, Some(&mut places));
                pool.backward(machine, &places, &dy, After::Nothing, dx, add);
            });
        }
    }

    #[test]
    fn a_nan_passes() {
        let pool = pools()[0];
        let mut x = lines(&random(48 * 3, 1), 48 * 3);
        x[9].0[0] = f32::NAN;
        let machine = Machine::new(1);
        let mut y = vec![Line::ZERO; 12 * 3];
        pool.forward(&machine, &x, &mut y, None);
        assert!(y[0].0[0].is_nan() && !y[1].0[0].is_nan() && !y[0].0[1].is_nan());
    }
}
