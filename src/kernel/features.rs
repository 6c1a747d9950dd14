//! Where the values of one feature lie: the channel of a map, or a feature of a sequence or vector.

use super::lane::Lane;
use super::line::{LANES, Line};

#[derive(Clone, Copy, Debug)]
pub struct Features {
    pub count: usize,
    /// How many values of an image each feature has.
    pub positions: usize,
    /// Whether the features of one position lie side by side, as in a sequence, or the positions of one feature.
    pub by_position: bool,
}

/// Lines that lie in a few stretches.
#[derive(Clone, Copy)]
pub struct Stretches {
    pub first: usize,
    pub count: usize,
    /// Lines of one.
    pub length: usize,
    /// Lines from one to the next.
    pub stride: usize,
}

impl Features {
    /// Lines of sixteen images.
    pub fn lines(&self) -> usize {
        self.count * self.positions
    }

    /// The lines of one feature in a group.
    #[inline(always)]
    pub fn of(&self, group: usize, feature: usize) -> Stretches {
        let start = group * self.lines();
        if self.by_position {
            return Stretches { first: start + feature, count: self.positions, length: 1, stride: self.count };
        }
        Stretches { first: start + feature * self.positions, count: 1, length: self.positions, stride: 0 }
    }

    /// The line of the first feature at a position, and how many lines further the next feature's is.
    #[inline(always)]
    pub fn at(&self, group: usize, position: usize) -> [usize; 2] {
        let start = group * self.lines();
        if self.by_position { [start + position * self.count, 1] } else { [start + position, self.positions] }
    }
}

/// 1 in the lanes of a group that hold images, 0 in the others.
#[inline(always)]
pub fn present<L: Lane>(images: usize, group: usize) -> L {
    let lanes = images.saturating_sub(group * LANES);
    L::load(&Line(std::array::from_fn(|lane| if lane < lanes { 1.0 } else { 0.0 })))
}
