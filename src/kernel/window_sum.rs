//! Sums over windows: y = share x (the sum of x over each window), and the way back, which gives each value its share of
//! every window over it.
//!
//! x: groups x channels x height x width lines; y: groups x channels x windows. Average pooling is the way there with
//! share = 1 / area; upsampling is the way back with share 1; padding is the way there by windows of one value.

use super::gradient::{parts_of_task, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;
use super::window::{Place, Windows};

#[derive(Clone, Copy, Debug)]
pub struct WindowSum {
    pub channels: usize,
    pub windows: Windows,
    pub share: f32,
}

impl WindowSum {
    /// Each window's mean, padded zeros counted.
    pub fn mean(channels: usize, windows: Windows) -> Self {
        Self { channels, windows, share: 1.0 / (windows.kernel[0] * windows.kernel[1]) as f32 }
    }

    /// y, or added to what `y` holds.
    pub fn gather(&self, machine: &Machine, x: &[Line], y: &mut [Line], add: bool) {
        let [input, output] = self.windows.planes();
        let groups = y.len() / (self.channels * output);
        machine.team.group_chunks(y, groups, parts_of_task(input) * output, |group, first, y| {
            let start = (group * self.channels + first / output) * input;
            let x = &x[start..][..y.len() / output * input];
            machine.isa.run(Gather { sum: self, x, y, add });
        });
    }

    /// dx, or added to what `dx` holds.
    pub fn scatter(&self, machine: &Machine, dy: &[Line], dx: &mut [Line], add: bool) {
        let [input, output] = self.windows.planes();
        let groups = dx.len() / (self.channels * input);
        machine.team.group_chunks(dx, groups, parts_of_task(input) * input, |group, first, dx| {
            let start = (group * self.channels + first / input) * output;
            let dy = &dy[start..][..dx.len() / input * output];
            machine.isa.run(Scatter { sum: self, dy, dx, add });
        });
    }
}

struct Gather<'a> {
    sum: &'a WindowSum,
    x: &'a [Line],
    y: &'a mut [Line],
    add: bool,
}

impl Kernel for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let WindowSum { windows, share, .. } = *self.sum;
        let [input, output] = windows.planes();
        let [height, width] = windows.output;
        for (x, y) in self.x.chunks_exact(input).zip(self.y.chunks_exact_mut(output)) {
            for row in 0..height {
                for column in 0..width {
                    let sum = sum::<L>(x, windows.input[1], windows.place(row, column));
                    put(sum.mul(L::splat(share)), &mut y[row * width + column], self.add);
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

struct Scatter<'a> {
    sum: &'a WindowSum,
    dy: &'a [Line],
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let WindowSum { windows, share, .. } = *self.sum;
        let [input, output] = windows.planes();
        let [height, width] = windows.output;
        let tile = windows.tile();
        for (dy, dx) in self.dy.chunks_exact(output).zip(self.dx.chunks_exact_mut(input)) {
            if !self.add && !tile {
                dx.fill(Line::ZERO);
            }
            for row in 0..height {
                for column in 0..width {
                    let gradient = L::load(&dy[row * width + column]).mul(L::splat(share));
                    let place = windows.place(row, column);
                    spread(dx, windows.input[1], place, gradient, self.add || !tile);
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
    use crate::check::{check_gradient, differences, lines, random, to_f64};

    fn sums() -> Vec<WindowSum> {
        let sum = |channels, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], pad: [usize; 2]| {
            let output = [0, 1].map(|n| (input[n] + 2 * pad[n] - kernel[n]) / stride[n] + 1);
            WindowSum::mean(channels, Windows { input, output, kernel, stride, pad })
        };
        vec![
            sum(3, [4, 6], [2, 2], [2, 2], [0, 0]),
            sum(2, [5, 6], [3, 3], [2, 2], [1, 1]),
            sum(1, [5, 7], [3, 2], [1, 3], [0, 1]),
            sum(3, [2, 3], [2, 3], [1, 1], [0, 0]),
            sum(2, [3, 2], [1, 1], [1, 1], [2, 3]),
        ]
    }

    fn plain(sum: &WindowSum, x: &[f64]) -> Vec<f64> {
        let Windows { input, output, kernel, stride, pad } = sum.windows;
        let mut y = vec![];
        for plane in x.chunks_exact(input[0] * input[1]) {
            for at in 0..output[0] * output[1] {
                let place = |k: usize| {
                    let row = (at / output[1] * stride[0] + k / kernel[1]).checked_sub(pad[0])?;
                    let column = (at % output[1] * stride[1] + k % kernel[1]).checked_sub(pad[1])?;
                    (row < input[0] && column < input[1]).then(|| plane[row * input[1] + column])
                };
                y.push((0..kernel[0] * kernel[1]).filter_map(place).sum::<f64>() * f64::from(sum.share));
            }
        }
        y
    }

    #[test]
    fn windows_sum_and_give_shares_back() {
        for sum in sums() {
            let [input, output] = sum.windows.planes().map(|plane| plane * sum.channels);
            let (x, dy) = (random(18 * input, 1), random(18 * output, 2));
            let (x_laid, dy_laid) = (lines(&x, input), lines(&dy, output));
            let expected = plain(&sum, &to_f64(&x));
            check_gradient(&expected, output, |machine, y, add| sum.gather(machine, &x_laid, y, add));
            let gradient = differences(|x| plain(&sum, x), &x, &dy);
            check_gradient(&gradient, input, |machine, dx, add| sum.scatter(machine, &dy_laid, dx, add));
        }
    }
}
