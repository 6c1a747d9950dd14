//! One value of sixteen images, the unit of every layout.

/// How many images one [`Line`] holds.
pub const LANES: usize = 16;

/// One value of each of sixteen images; a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [f32; LANES]);

impl Line {
    pub const ZERO: Line = Line([0.0; LANES]);
}

impl Default for Line {
    fn default() -> Self {
        Line::ZERO
    }
}

/// How many groups of lanes hold so many images.
pub fn groups_of(images: usize) -> usize {
    images.div_ceil(LANES)
}
