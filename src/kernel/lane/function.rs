//! Exponential and its kin, in the operations that every instruction set has: the same formula everywhere.

use super::Lane;

/// Cody and Waite's split of ln 2, and Cephes' polynomial for e^r, |r| <= ln 2 / 2.
#[inline(always)]
pub fn exp<L: Lane>(x: L) -> L {
    let clamped = L::splat(88.3).min(L::splat(-87.3).max(x));
    let n = clamped.mul(L::splat(std::f32::consts::LOG2_E)).round();
    let r = n.neg_mul_add(L::splat(0.693_359_4), clamped);
    let r = n.neg_mul_add(L::splat(-2.121_944_4e-4), r);
    let coefficients = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let tail = polynomial(r, 1.987_569_1e-4, &coefficients);
    let power = tail.mul_add(r.mul(r), r).add(L::splat(1.0)).mul(n.power_of_two());
    L::splat(-87.3).where_greater(x, L::zero(), power)
}

/// first x^n + ... by Horner's rule.
#[inline(always)]
fn polynomial<L: Lane>(x: L, first: f32, rest: &[f32]) -> L {
    let mut sum = L::splat(first);
    for &coefficient in rest {
        sum = sum.mul_add(x, L::splat(coefficient));
    }
    sum
}

/// Cephes' polynomial below 0.625, so that small values keep their digits, and 1 - 2 / (e^2|x| + 1) from there on, so that the
/// slope 1 - y^2 does.
#[inline(always)]
pub fn tanh<L: Lane>(x: L) -> L {
    let size = x.max(x.neg());
    let square = x.mul(x);
    let coefficients = [2.063_909e-2, -5.373_971_4e-2, 1.333_144_2e-1, -3.333_328e-1];
    let small = polynomial(square, -5.704_988_7e-3, &coefficients).mul(square).mul_add(x, x);
    let falling = size.mul(L::splat(-2.0)).exp();
    let large = L::splat(1.0).sub(falling.add(falling).div(L::splat(1.0).add(falling)));
    let signed = x.where_greater(L::zero(), large, large.neg());
    size.where_greater(L::splat(0.625), signed, small)
}

#[inline(always)]
pub fn sigmoid<L: Lane>(x: L) -> L {
    L::splat(1.0).div(L::splat(1.0).add(x.neg().exp()))
}

/// Abramowitz and Stegun 7.1.26.
#[inline(always)]
pub fn erf<L: Lane>(x: L) -> L {
    let size = x.max(x.neg());
    let t = L::splat(1.0).div(size.mul_add(L::splat(0.327_591_1), L::splat(1.0)));
    let sum = polynomial(t, 1.061_405_4, &[-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6]).mul(t);
    let value = sum.neg_mul_add(size.mul(size).neg().exp(), L::splat(1.0));
    x.where_greater(L::zero(), value, value.neg())
}
