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

/// Asks for a square of N by N lines in rows of `width`, as far as they are there.
#[inline(always)]
pub fn prefetch_square<const N: usize>(first: *const Line, width: usize) {
    for y in 0..N {
        for x in 0..N {
            prefetch(first.wrapping_add(y * width + x));
        }
    }
}

/// Asks for the line behind a pointer, if there is one.
#[inline(always)]
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables))]
fn prefetch(line: *const Line) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it only hints: it faults for no address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(line.cast());
    }
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

/// The numbers of lines, one after the other.
pub fn numbers(lines: &[Line]) -> &[f32] {
    // SAFETY: a line is sixteen numbers without padding.
    unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), lines.len() * LANES) }
}

/// The numbers of lines, one after the other.
pub fn numbers_mut(lines: &mut [Line]) -> &mut [f32] {
    // SAFETY: a line is sixteen numbers without padding.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * LANES) }
}

/// How many lines hold so many numbers.
pub fn lines_for(numbers: usize) -> usize {
    numbers.div_ceil(LANES)
}
