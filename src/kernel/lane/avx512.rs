//! Sixteen numbers in one AVX-512 register.

use std::arch::x86_64::*;

use super::avx2::transpose_by_eights;
use super::{LANES, Lane, Line, Numbers};

/// Made and used only under `Isa::run`, on a machine that has AVX-512. Every `unsafe` block below rests on this.
#[derive(Clone, Copy)]
pub struct Avx512(__m512);

impl Numbers for Avx512 {
    const PARTS: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load_part(line: &Line, _: usize) -> Self {
        // SAFETY: the machine has AVX-512; a line is 16 numbers, aligned to 64 bytes.
        Self(unsafe { _mm512_load_ps(line.0.as_ptr()) })
    }

    #[inline(always)]
    fn store_part(self, line: &mut Line, _: usize) {
        // SAFETY: the machine has AVX-512; a line is 16 numbers, aligned to 64 bytes.
        unsafe { _mm512_store_ps(line.0.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_fnmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn where_greater(self, other: Self, then: Self, otherwise: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        unsafe {
            let mask = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0);
            Self(_mm512_mask_blend_ps(mask, otherwise.0, then.0))
        }
    }
}

impl Lane for Avx512 {
    type Register = Self;

    const ROWS: usize = 8;

    #[inline(always)]
    fn from_array(numbers: &[f32; LANES]) -> Self {
        // SAFETY: the machine has AVX-512; there are sixteen numbers.
        Self(unsafe { _mm512_loadu_ps(numbers.as_ptr()) })
    }

    #[inline(always)]
    fn write(self, numbers: &mut [f32; LANES]) {
        // SAFETY: the machine has AVX-512; there are sixteen numbers.
        unsafe { _mm512_storeu_ps(numbers.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: the machine has AVX-512.
        Self(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        // SAFETY: the machine has AVX-512.
        unsafe {
            let exponent = _mm512_add_epi32(_mm512_cvtps_epi32(self.0), _mm512_set1_epi32(127));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent)))
        }
    }

    #[inline(always)]
    fn transpose(from: &[Line; LANES], to: &mut [Line]) {
        transpose_by_eights(from, to);
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: the machine has AVX-512.
        unsafe {
            let eight = _mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
}
