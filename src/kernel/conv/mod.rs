//! Convolutions of maps, forward and backward, and transposed ones.
//!
//! Forward: y\[o, oy, ox\] = bias\[o\] + the sum over c, ky, kx of w\[o, c, ky, kx\] x\[c, oy stride + ky dilation - pad, ...\].
//! The input's gradient runs the same sum the other way; a transposed convolution exchanges the two, and the roles of x and
//! dy in the weight's gradient. Weights lie in PyTorch's order.

mod correlate;
mod few;
mod geometry;
mod pack;
mod way;
mod weight_gradient;

#[cfg(test)]
mod tests;

pub use geometry::Geometry;
pub use way::{PhasePair, Way};

use super::around::Around;
use super::line::{Line, lines_for, numbers_mut};
use super::machine::Machine;
use correlate::{Correlate, Cut};

/// A convolution with everything that depends on its sizes alone.
pub struct Conv {
    geometry: Geometry,
    forward: Way,
    backward: Way,
    /// Of the two ways.
    cuts: [Cut; 2],
}

impl Conv {
    pub fn new(geometry: Geometry) -> Self {
        let (forward, backward) = (Way::forward(&geometry), Way::backward(&geometry));
        let cuts = [&forward, &backward].map(Cut::new);
        Self { geometry, forward, backward, cuts }
    }

    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Lines of scratch for [`Conv::sum`] and [`Conv::spread`]: the weights as they are read, and what each thread gathers.
    pub fn scratch_lines(&self, threads: usize) -> usize {
        let [forward, backward] = self.cuts.map(|cut| cut.lines);
        self.packed_lines() + threads * forward.max(backward)
    }

    fn packed_lines(&self) -> usize {
        lines_for(self.geometry.weights())
    }

    /// Lines of scratch of [`Conv::weight_gradient`] for one group of lanes.
    pub fn gradient_lines(&self) -> usize {
        if few::suits(&self.geometry) {
            few::lines(&self.geometry)
        } else {
            weight_gradient::turned_lines(&self.geometry)
        }
    }

    /// From the map that is read, `x`, to the one that is made: `y` = w * x, with what is `around` it.
    /// `scratch` has [`Conv::scratch_lines`].
    pub fn sum(&self, machine: &Machine, x: &[Line], w: &[f32], around: Around, y: &mut [Line], scratch: &mut [Line]) {
        let (packed, gathered) = scratch.split_at_mut(self.packed_lines());
        let packed = self.pack(machine, &self.forward, w, packed);
        Correlate { way: &self.forward, cut: self.cuts[0], packed, x, around }.run(machine, y, gathered);
    }

    /// The other way: `x` = the transposed sum over `y`, with what is `around` it.
    pub fn spread(
        &self,
        machine: &Machine,
        y: &[Line],
        w: &[f32],
        around: Around,
        x: &mut [Line],
        scratch: &mut [Line],
    ) {
        let (packed, gathered) = scratch.split_at_mut(self.packed_lines());
        let packed = self.pack(machine, &self.backward, w, packed);
        Correlate { way: &self.backward, cut: self.cuts[1], packed, x: y, around }.run(machine, x, gathered);
    }

    fn pack<'a>(&self, machine: &Machine, way: &Way, w: &[f32], packed: &'a mut [Line]) -> &'a [f32] {
        let packed = &mut numbers_mut(packed)[..self.geometry.weights()];
        pack::pack(machine, way, w, packed);
        packed
    }

    /// dw\[o, c, ky, kx\] = the sum over images and positions of dy\[o\] x\[c\]. `scratch` has [`Conv::gradient_lines`] for
    /// each group of lanes.
    pub fn weight_gradient(&self, machine: &Machine, x: &[Line], dy: &[Line], dw: &mut [f32], scratch: &mut [Line]) {
        let run = if few::suits(&self.geometry) { few::run } else { weight_gradient::run };
        run(machine, &self.geometry, [x, dy], dw, scratch);
    }
}

/// db\[c\] = the sum over images and positions of dy\[c\], for so many channels.
pub fn bias_gradient(machine: &Machine, dy: &[Line], db: &mut [f32], groups: usize) {
    let channels = db.len();
    let positions = dy.len() / (groups * channels).max(1);
    machine.team.chunks(db, 4, |index, db, _| {
        for (n, db) in db.iter_mut().enumerate() {
            let channel = index * 4 + n;
            let planes = (0..groups).map(|group| &dy[(group * channels + channel) * positions..][..positions]);
            *db = machine.isa.run(PlaneSum { planes });
        }
    });
}

struct PlaneSum<I> {
    planes: I,
}

impl<'a, I: Iterator<Item = &'a [Line]>> super::isa::Kernel for PlaneSum<I> {
    type Output = f32;

    #[inline(always)]
    fn run<L: super::lane::Lane>(self) -> f32 {
        let mut sums = [L::zero(); 4];
        for plane in self.planes {
            let (fours, rest) = plane.as_chunks::<4>();
            for four in fours {
                for (sum, line) in sums.iter_mut().zip(four) {
                    *sum = sum.add(L::load(line));
                }
            }
            for line in rest {
                sums[0] = sums[0].add(L::load(line));
            }
        }
        sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum()
    }
}
