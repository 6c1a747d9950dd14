//! Sixteen numbers in registers, one for each image: the number type that kernels are written in.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod function;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Avx512;
pub(super) use portable::Portable;

use super::line::{LANES, Line};

/// An array of what `make` makes of each index; as `std::array::from_fn`, but always inlined. `make` itself is so only where
/// it is small.
#[inline(always)]
pub fn array<T: Copy, const N: usize>(mut make: impl FnMut(usize) -> T) -> [T; N] {
    let mut made = [make(0); N];
    for (n, made) in made.iter_mut().enumerate().skip(1) {
        *made = make(n);
    }
    made
}

/// Some numbers of a line, or all, computed with alike.
pub trait Numbers: Copy + 'static {
    /// How many of these make a line.
    const PARTS: usize;

    fn splat(value: f32) -> Self;
    /// The line's part number `part`.
    fn load_part(line: &Line, part: usize) -> Self;
    fn store_part(self, line: &mut Line, part: usize);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// self * factor + term, rounded once where the machine does.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// term - self * factor.
    fn neg_mul_add(self, factor: Self, term: Self) -> Self;
    /// The larger; `other` where either is a NaN.
    fn max(self, other: Self) -> Self;
    /// One by one: `then` where self > other, else `otherwise`.
    fn where_greater(self, other: Self, then: Self, otherwise: Self) -> Self;

    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }

    /// self where it is above 0 or a NaN, else 0.
    #[inline(always)]
    fn positive(self) -> Self {
        Self::zero().max(self)
    }

    /// `gradient` where self > 0, else 0.
    #[inline(always)]
    fn pass_positive(self, gradient: Self) -> Self {
        self.where_greater(Self::zero(), gradient, Self::zero())
    }
}

/// Sixteen numbers, a whole line, so that there is one part. A kernel is generic over it and runs under
/// [`Isa::run`](super::Isa::run), which alone names the types that implement it.
pub trait Lane: Numbers {
    /// What one register holds, or all where there are none so wide. Where many values live at a time, a kernel takes lines
    /// part by part.
    type Register: Numbers;

    /// Rows of accumulators that fit in the registers beside what they are made of: the height of a register tile.
    const ROWS: usize;

    /// From numbers that need not be aligned.
    fn from_array(numbers: &[f32; LANES]) -> Self;
    /// To numbers that need not be aligned.
    fn write(self, numbers: &mut [f32; LANES]);
    fn div(self, other: Self) -> Self;
    /// The smaller; `other` where either is a NaN.
    fn min(self, other: Self) -> Self;
    fn sqrt(self) -> Self;
    /// To the nearest integer, ties to even.
    fn round(self) -> Self;
    /// 2^self, for integers from -126 to 127.
    fn power_of_two(self) -> Self;
    /// Row r of `to`, sixteen lines, is column r of `from`.
    fn transpose(from: &[Line; LANES], to: &mut [Line]);
    /// The sum of all lanes, in pairs: always in the same order.
    fn sum(self) -> f32;

    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self::load_part(line, 0)
    }

    #[inline(always)]
    fn store(self, line: &mut Line) {
        self.store_part(line, 0);
    }

    /// The sum of all lanes in `f64`, in order.
    #[inline(always)]
    fn total(self) -> f64 {
        self.to_array().iter().map(|&lane| f64::from(lane)).sum()
    }

    #[inline(always)]
    fn neg(self) -> Self {
        Self::zero().sub(self)
    }

    /// e^self to 2 units in the last place; 0 below -87, finite up to 88; NaN of NaN.
    #[inline(always)]
    fn exp(self) -> Self {
        function::exp(self)
    }

    /// To 2 units in the last place.
    #[inline(always)]
    fn tanh(self) -> Self {
        function::tanh(self)
    }

    /// 1 / (1 + e^-self)
    #[inline(always)]
    fn sigmoid(self) -> Self {
        function::sigmoid(self)
    }

    /// The error function; absolute error below 2e-7.
    #[inline(always)]
    fn erf(self) -> Self {
        function::erf(self)
    }

    /// Up to sixteen numbers, zeros behind them.
    #[inline(always)]
    fn from_part(numbers: &[f32]) -> Self {
        match numbers.first_chunk() {
            Some(whole) => Self::from_array(whole),
            None => {
                let mut padded = [0.0; LANES];
                padded[..numbers.len()].copy_from_slice(numbers);
                Self::from_array(&padded)
            }
        }
    }

    /// The first lanes to up to sixteen numbers.
    #[inline(always)]
    fn write_part(self, numbers: &mut [f32]) {
        match numbers.first_chunk_mut() {
            Some(whole) => self.write(whole),
            None => {
                let values = self.to_array();
                numbers.copy_from_slice(&values[..numbers.len()]);
            }
        }
    }

    /// As [`Lane::transpose`], of the first sixteen lines or of fewer, with zeros for those that lack.
    #[inline(always)]
    fn transpose_part(from: &[Line], to: &mut [Line]) {
        match from.first_chunk() {
            Some(square) => Self::transpose(square, to),
            None => {
                let mut square = [Line::ZERO; LANES];
                square[..from.len()].copy_from_slice(from);
                Self::transpose(&square, to);
            }
        }
    }

    /// The lanes as an array.
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut line = Line::ZERO;
        self.store(&mut line);
        line.0
    }
}

#[cfg(test)]
mod tests;
