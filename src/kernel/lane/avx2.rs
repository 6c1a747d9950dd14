//! Sixteen numbers in two AVX2 registers.

use std::arch::x86_64::*;

use super::{LANES, Lane, Line, Numbers, array};

/// Made and used only under `Isa::run`, on a machine that has AVX2 and FMA. Every `unsafe` block below rests on this.
#[derive(Clone, Copy)]
pub struct Avx2([Eight; 2]);

/// Half of them, in one register; made and used only there, too.
#[derive(Clone, Copy)]
pub struct Eight(__m256);

impl Numbers for Eight {
    const PARTS: usize = 2;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: the machine has AVX2.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn load_part(line: &Line, part: usize) -> Self {
        let eights: &[[f32; 8]] = line.0.as_chunks().0;
        // SAFETY: the machine has AVX2; there are eight numbers, and a half of a line is aligned to 32 bytes.
        Self(unsafe { _mm256_load_ps(eights[part].as_ptr()) })
    }

    #[inline(always)]
    fn store_part(self, line: &mut Line, part: usize) {
        let eights: &mut [[f32; 8]] = line.0.as_chunks_mut().0;
        // SAFETY: the machine has AVX2; there are eight numbers, and a half of a line is aligned to 32 bytes.
        unsafe { _mm256_store_ps(eights[part].as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: the machine has FMA.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: the machine has FMA.
        Self(unsafe { _mm256_fnmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn where_greater(self, other: Self, then: Self, otherwise: Self) -> Self {
        // SAFETY: the machine has AVX2.
        unsafe {
            let mask = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0);
            Self(_mm256_blendv_ps(otherwise.0, then.0, mask))
        }
    }
}

impl Avx2 {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(Eight, Eight) -> Eight) -> Self {
        Self([f(self.0[0], other.0[0]), f(self.0[1], other.0[1])])
    }

    #[inline(always)]
    fn zip3(self, b: Self, c: Self, f: impl Fn(Eight, Eight, Eight) -> Eight) -> Self {
        Self([f(self.0[0], b.0[0], c.0[0]), f(self.0[1], b.0[1], c.0[1])])
    }

    /// What `f` makes of each register.
    #[inline(always)]
    fn map(self, f: impl Fn(__m256) -> __m256) -> Self {
        Self([Eight(f(self.0[0].0)), Eight(f(self.0[1].0))])
    }
}

impl Numbers for Avx2 {
    const PARTS: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([Eight::splat(value); 2])
    }

    #[inline(always)]
    fn load_part(line: &Line, _: usize) -> Self {
        Self([Eight::load_part(line, 0), Eight::load_part(line, 1)])
    }

    #[inline(always)]
    fn store_part(self, line: &mut Line, _: usize) {
        self.0[0].store_part(line, 0);
        self.0[1].store_part(line, 1);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, Eight::add)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, Eight::sub)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, Eight::mul)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self.zip3(factor, term, Eight::mul_add)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        self.zip3(factor, term, Eight::neg_mul_add)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, Eight::max)
    }

    #[inline(always)]
    fn where_greater(self, other: Self, then: Self, otherwise: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a.where_greater(c, then.0[0], otherwise.0[0]), b.where_greater(d, then.0[1], otherwise.0[1])])
    }
}

impl Lane for Avx2 {
    type Register = Eight;

    const ROWS: usize = 6;

    #[inline(always)]
    fn from_array(numbers: &[f32; LANES]) -> Self {
        let from = numbers.as_ptr();
        // SAFETY: the machine has AVX2; there are sixteen numbers.
        unsafe { Self([Eight(_mm256_loadu_ps(from)), Eight(_mm256_loadu_ps(from.add(8)))]) }
    }

    #[inline(always)]
    fn write(self, numbers: &mut [f32; LANES]) {
        let to = numbers.as_mut_ptr();
        // SAFETY: the machine has AVX2; there are sixteen numbers.
        unsafe {
            _mm256_storeu_ps(to, self.0[0].0);
            _mm256_storeu_ps(to.add(8), self.0[1].0);
        }
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        self.zip(other, |a, b| Eight(unsafe { _mm256_div_ps(a.0, b.0) }))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: the machine has AVX2.
        self.zip(other, |a, b| Eight(unsafe { _mm256_min_ps(a.0, b.0) }))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: the machine has AVX2.
        self.map(|a| unsafe { _mm256_sqrt_ps(a) })
    }

    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: the machine has AVX2.
        self.map(|a| unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) })
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        // SAFETY: the machine has AVX2.
        self.map(|a| unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
        })
    }

    #[inline(always)]
    fn transpose(from: &[Line; LANES], to: &mut [Line]) {
        transpose_by_eights(from, to);
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: the machine has AVX2.
        unsafe {
            let eight = _mm256_add_ps(self.0[0].0, self.0[1].0);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
}

/// Four squares of eight by eight, the off-diagonal ones exchanged.
#[inline(always)]
pub(super) fn transpose_by_eights(from: &[Line; LANES], to: &mut [Line]) {
    assert!(to.len() >= LANES, "sixteen lines");
    for (row, column) in [(0, 0), (0, 8), (8, 0), (8, 8)] {
        // SAFETY: the machine has AVX2; eight numbers from `column` on lie in each line, aligned to 32 bytes.
        let rows: [__m256; 8] = array(|n| unsafe { _mm256_load_ps(from[row + n].0.as_ptr().add(column)) });
        for (n, turned) in transpose_eight(rows).into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm256_store_ps(to[column + n].0.as_mut_ptr().add(row), turned) };
        }
    }
}

/// Pairs, then fours, then halves.
#[inline(always)]
fn transpose_eight(r: [__m256; 8]) -> [__m256; 8] {
    // SAFETY: the machine has AVX2.
    unsafe {
        let pairs: [[__m256; 2]; 4] =
            array(|n| [_mm256_unpacklo_ps(r[2 * n], r[2 * n + 1]), _mm256_unpackhi_ps(r[2 * n], r[2 * n + 1])]);
        let fours: [[__m256; 4]; 2] = array(|half| {
            let [a, b] = [pairs[2 * half], pairs[2 * half + 1]];
            [
                _mm256_shuffle_ps::<0x44>(a[0], b[0]),
                _mm256_shuffle_ps::<0xee>(a[0], b[0]),
                _mm256_shuffle_ps::<0x44>(a[1], b[1]),
                _mm256_shuffle_ps::<0xee>(a[1], b[1]),
            ]
        });
        let [a, b] = fours;
        [
            _mm256_permute2f128_ps::<0x20>(a[0], b[0]),
            _mm256_permute2f128_ps::<0x20>(a[1], b[1]),
            _mm256_permute2f128_ps::<0x20>(a[2], b[2]),
            _mm256_permute2f128_ps::<0x20>(a[3], b[3]),
            _mm256_permute2f128_ps::<0x31>(a[0], b[0]),
            _mm256_permute2f128_ps::<0x31>(a[1], b[1]),
            _mm256_permute2f128_ps::<0x31>(a[2], b[2]),
            _mm256_permute2f128_ps::<0x31>(a[3], b[3]),
        ]
    }
}
