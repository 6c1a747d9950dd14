//! Weights in PyTorch's order -> in the order of register tiles: `[phases][group][tile][ky][kx][channel read][row]`.

use super::Geometry;
use super::way::{PhasePair, Way};
use crate::kernel::machine::Machine;
use crate::kernel::product::{tile, tiles};
use crate::kernel::shared::Shared;

/// The height of tiles, whatever the instruction set: what a tile's rows are decides no bits.
pub const HEIGHT: usize = 6;

/// Writes the weights `w` as the sums of `way` read them.
pub fn pack(machine: &Machine, g: &Geometry, way: &Way, w: &[f32], packed: &mut [f32]) {
    let channels = way.made_of_group();
    let tiles = tiles(channels, HEIGHT);
    let packed = Shared::new(packed);
    machine.team.run(way.pairs.len() * g.groups * tiles, |index, _| {
        let (index, tile_index) = (index / tiles, index % tiles);
        let (pair, group) = (&way.pairs[index / g.groups], index % g.groups);
        let (first, rows) = tile(channels, HEIGHT, tile_index);
        let start = pair.start + (group * channels + first) * pair.depth;
        // SAFETY: each task has a tile of its own.
        let numbers = unsafe { packed.part(start..start + rows * pair.depth) };
        Tile { g, way, pair, group, first, rows }.fill(w, numbers);
    });
}

/// The weights of some channels that are made.
struct Tile<'a> {
    g: &'a Geometry,
    way: &'a Way,
    pair: &'a PhasePair,
    group: usize,
    first: usize,
    rows: usize,
}

impl Tile<'_> {
    fn fill(&self, w: &[f32], numbers: &mut [f32]) {
        let [ys, xs] = self.way.phases(self.pair);
        let steps = self.way.kernel_steps();
        let channels = self.way.read_of_group();
        let mut places = numbers.chunks_exact_mut((channels * self.rows).max(1));
        for ky in (0..ys.count).map(|n| ys.kernel + n * steps[0]) {
            for (kx, to) in (0..xs.count).map(|n| xs.kernel + n * steps[1]).zip(&mut places) {
                for (channel, to) in to.chunks_exact_mut(self.rows).enumerate() {
                    for (row, to) in to.iter_mut().enumerate() {
                        *to = w[self.weight(self.first + row, channel) + ky * self.g.kernel[1] + kx];
                    }
                }
            }
        }
    }

    /// The first weight between a channel that is made and one that is read, both of the group.
    fn weight(&self, made: usize, read: usize) -> usize {
        let (inputs, outputs) = (self.g.input / self.g.groups, self.g.output / self.g.groups);
        let [output, input] = if self.way.reversed { [read, made] } else { [made, read] };
        ((self.group * outputs + output) * inputs + input) * self.g.kernel[0] * self.g.kernel[1]
    }
}
