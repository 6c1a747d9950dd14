//! Average pooling: y = the sum of x over each window / the window's area, padded zeros counted; over a whole channel, the
//! channel's mean.
//!
//! x: groups x channels x height x width lines; y: groups x channels x windows.

use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::window::{Place, Windows};

#[derive(Clone, Copy, Debug)]
pub struct AveragePool {
    pub channels: usize,
    pub windows: Windows,
}

impl AveragePool {
    /// One window over each channel.
    pub fn global(channels: usize, positions: usize) -> Self {
        let whole = [1, positions];
        let windows = Windows { input: whole, output: [1, 1], kernel: whole, stride: whole, pad: [0, 0] };
        Self { channels, windows }
    }

    pub fn forward(&self, machine: &Machine, x: &[Line], y: &mut [Line]) {
        let [input, output] = self.windows.planes();
        let groups = y.len() / (self.channels * output);
        machine.team.group_chunks(y, groups, parts_of_task(input) * output, |group, first, y| {
            let start = (group * self.channels + first / output) * input;
            let x = &x[start..][..y.len() / output * input];
            machine.isa.run(Forward { windows: self.windows, x, y });
        });
    }

    /// dx, or added to what `dx` holds.
    pub fn backward(&self, machine: &Machine, dy: &[Line], dx: &mut [Line], add: bool) {
        let [input, output] = self.windows.planes();
        let groups = dx.len() / (self.channels * input);
        machine.team.group_chunks(dx, groups, parts_of_task(input) * input, |group, first, dx| {
            let start = (group * self.channels + first / input) * output;
            let dy = &dy[start..][..dx.len() / input * output];
            machine.isa.run(Backward { windows: self.windows, dy, dx, add });
        });
    }
}

/// 1 / the area of a window.
#[inline(always)]
fn share<L: Lane>(windows: &Windows) -> L {
    L::splat(1.0 / (windows.kernel[0] * windows.kernel[1]) as f32)
}

struct Forward<'a> {
    windows: Windows,
    x: &'a [Line],
    y: &'a mut [Line],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let [input, output] = self.windows.planes();
        let [height, width] = self.windows.output;
        let share = share::<L>(&self.windows);
        for (x, y) in self.x.chunks_exact(input).zip(self.y.chunks_exact_mut(output)) {
            for row in 0..height {
                for column in 0..width {
                    let sum = sum::<L>(x, self.windows.input[1], self.windows.place(row, column));
                    sum.mul(share).store(&mut y[row * width + column]);
                }
            }
        }
    }
}

#[inline(always)]
fn sum<L: Lane>(plane: &[Line], width: usize, place: Place) -> L {
    let mut sum = L::zero();
    for row in 0..place.rows {
        for line in &plane[place.first + row * width..][..place.columns] {
            sum = sum.add(L::load(line));
        }
    }
    sum
}

struct Backward<'a> {
    windows: Windows,
    dy: &'a [Line],
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let [input, output] = self.windows.planes();
        let [height, width] = self.windows.output;
        let (share, tile) = (share::<L>(&self.windows), self.windows.tile());
        for (dy, dx) in self.dy.chunks_exact(output).zip(self.dx.chunks_exact_mut(input)) {
            if !self.add && !tile {
                dx.fill(Line::ZERO);
            }
            for row in 0..height {
                for column in 0..width {
                    let gradient = L::load(&dy[row * width + column]).mul(share);
                    let place = self.windows.place(row, column);
                    spread(dx, self.windows.input[1], place, gradient, self.add || !tile);
                }
            }
        }
    }
}

#[inline(always)]
fn spread<L: Lane>(plane: &mut [Line], width: usize, place: Place, gradient: L, add: bool) {
    for row in 0..place.rows {
        for line in &mut plane[place.first + row * width..][..place.columns] {
            put(gradient, line, add);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::check::{check_gradient, check_output, differences, lines, random, to_f64};

    fn pools() -> Vec<AveragePool> {
        let pool = |channels, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], pad: [usize; 2]| {
            let output = [0, 1].map(|n| (input[n] + 2 * pad[n] - kernel[n]) / stride[n] + 1);
            AveragePool { channels, windows: Windows { input, output, kernel, stride, pad } }
        };
        vec![
            pool(3, [4, 6], [2, 2], [2, 2], [0, 0]),
            pool(2, [5, 6], [3, 3], [2, 2], [1, 1]),
            pool(1, [5, 7], [3, 2], [1, 3], [0, 1]),
            AveragePool::global(3, 6),
        ]
    }

    fn plain(pool: &AveragePool, x: &[f64]) -> Vec<f64> {
        let Windows { input, output, kernel, stride, pad } = pool.windows;
        let mut y = vec![];
        for plane in x.chunks_exact(input[0] * input[1]) {
            for at in 0..output[0] * output[1] {
                let place = |k: usize| {
                    let row = (at / output[1] * stride[0] + k / kernel[1]).checked_sub(pad[0])?;
                    let column = (at % output[1] * stride[1] + k % kernel[1]).checked_sub(pad[1])?;
                    (row < input[0] && column < input[1]).then(|| plane[row * input[1] + column])
                };
                let area = kernel[0] * kernel[1];
                y.push((0..area).filter_map(place).sum::<f64>() / area as f64);
            }
        }
        y
    }

    #[test]
    fn windows_give_their_mean_and_share_the_gradient() {
        for pool in pools() {
            let [input, output] = pool.windows.planes().map(|plane| plane * pool.channels);
            let (x, dy) = (random(18 * input, 1), random(18 * output, 2));
            let (in_lanes, dy_in_lanes) = (lines(&x, input), lines(&dy, output));
            check_output(&plain(&pool, &to_f64(&x)), output, |machine, y| pool.forward(machine, &in_lanes, y));
            let gradient = differences(|x| plain(&pool, x), &x, &dy);
            check_gradient(&gradient, input, |machine, dx, add| pool.backward(machine, &dy_in_lanes, dx, add));
        }
    }
}
