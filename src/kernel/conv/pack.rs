//! Weights in PyTorch's order -> in the order of register tiles: `[tile][channel read][ky][kx][row of the tile]`.

use crate::kernel::machine::Machine;
use crate::kernel::product::{tile, tiles};

use super::Geometry;

/// The height of tiles, whatever the instruction set: what a tile's rows are decides no bits.
pub const HEIGHT: usize = 6;

/// Rows are outputs: for [`Conv::sum`](super::Conv::sum).
pub fn by_output(machine: &Machine, g: &Geometry, w: &[f32], packed: &mut [f32]) {
    let depth = g.depth();
    let area = g.kernel[0] * g.kernel[1];
    each_tile(machine, g.output / g.groups, depth, packed, |first, rows, packed| {
        debug_assert_eq!(depth % area, 0);
        for (k, row) in packed.chunks_exact_mut(rows).enumerate() {
            row.iter_mut().enumerate().for_each(|(r, to)| *to = w[(first + r) * depth + k]);
        }
    });
}

/// Rows are inputs: for [`Conv::spread`](super::Conv::spread).
pub fn by_input(machine: &Machine, g: &Geometry, w: &[f32], packed: &mut [f32]) {
    let (inputs, outputs) = (g.input / g.groups, g.output / g.groups);
    let area = g.kernel[0] * g.kernel[1];
    each_tile(machine, inputs, outputs * area, packed, |first, rows, packed| {
        let (group, first) = (first / inputs, first % inputs);
        for (k, row) in packed.chunks_exact_mut(rows).enumerate() {
            let (output, element) = (group * outputs + k / area, k % area);
            row.iter_mut().enumerate().for_each(|(r, to)| *to = w[(output * inputs + first + r) * area + element]);
        }
    });
}

/// Calls `fill(first row, rows, numbers)` for each tile; each of `channels` rows, group after group, has `depth` numbers.
fn each_tile(
    machine: &Machine,
    channels: usize,
    depth: usize,
    packed: &mut [f32],
    fill: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    machine.team.chunks(packed, channels * depth, |group, packed, _| {
        let mut rest = packed;
        for index in 0..tiles(channels, HEIGHT) {
            let (first, rows) = tile(channels, HEIGHT, index);
            let (numbers, after) = rest.split_at_mut(rows * depth);
            fill(group * channels + first, rows, numbers);
            rest = after;
        }
    });
}
