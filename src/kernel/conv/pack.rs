//! Weights in PyTorch's order -> in the order of register tiles: `[phases][group][tile][kx][ky][channel read][row]`.

use super::way::{PhasePair, Way};
use crate::machine::Machine;
use crate::product::{tile, tiles};
use crate::shared::Shared;

/// The height of tiles, whatever the instruction set: what a tile's rows are decides no bits.
pub const HEIGHT: usize = 6;

/// Writes the weights `w` as the sums of `way` read them.
pub fn pack(machine: &Machine, way: &Way, w: &[f32], packed: &mut [f32]) {
    let channels = way.made_of_group();
    let tiles = tiles(channels, HEIGHT);
    let packed = Shared::new(packed);
    machine.team.run(way.pairs.len() * way.groups * tiles, |index, _| {
        let (index, tile_index) = (index / tiles, index % tiles);
        let (pair, group) = (&way.pairs[index / way.groups], index % way.groups);
        let (first, rows) = tile(channels, HEIGHT, tile_index);
        let start = pair.start + (group * channels + first) * pair.depth;
        // SAFETY: each task has a tile of its own.
        let numbers = unsafe { packed.part(start..start + rows * pair.depth) };
        Tile { way, pair, group, first, rows }.fill(w, numbers);
    });
}

/// The weights of some channels that are made.
struct Tile<'a> {
    way: &'a Way,
    pair: &'a PhasePair,
    group: usize,
    first: usize,
    rows: usize,
}

impl Tile<'_> {
    fn fill(&self, w: &[f32], numbers: &mut [f32]) {
        let channels = self.way.read_of_group();
        let places = numbers.chunks_exact_mut((channels * self.rows).max(1));
        for (element, to) in self.way.elements(self.pair).zip(places) {
            for (channel, to) in to.chunks_exact_mut(self.rows).enumerate() {
                for (row, to) in to.iter_mut().enumerate() {
                    *to = w[self.way.weight(self.group, self.first + row, channel) + element];
                }
            }
        }
    }
}
