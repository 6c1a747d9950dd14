//! Exponential and its kin, in the operations that every instruction set has: the same formula everywhere.

use super::Lane;

/// The least and the largest x that e^x is computed of.
const LEAST: f32 = -87.3;
const LARGEST: f32 = 88.3;

#[inline(always)]
pub fn exp<L: Lane>(x: L) -> L {
    L::splat(LEAST).where_greater(x, L::zero(), clamped_exp(x))
}

/// e^x of x, or of the nearer end beyond LEAST to LARGEST.
#[inline(always)]
fn clamped_exp<L: Lane>(x: L) -> L {
    let [power, rest] = exp_parts(L::splat(LARGEST).min(L::splat(LEAST).max(x)));
    rest.add(L::splat(1.0)).mul(power)
}

/// Of x = n ln 2 + r, |r| <= ln 2 / 2: 2^n and e^r - 1. Cody and Waite's split of ln 2, and Cephes' polynomial.
#[inline(always)]
fn exp_parts<L: Lane>(x: L) -> [L; 2] {
    let n = x.mul(L::splat(std::f32::consts::LOG2_E)).round();
    let r = n.neg_mul_add(L::splat(0.693_359_4), x);
    let r = n.neg_mul_add(L::splat(-2.121_944_4e-4), r);
    let coefficients = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let tail = polynomial(r, 1.987_569_1e-4, &coefficients);
    [n.power_of_two(), tail.mul_add(r.mul(r), r)]
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

/// m / (m + 2), m = e^2x - 1 = 2^n (e^r - 1) + 2^n - 1, so that small values keep their digits. From 10 on it is 1.
#[inline(always)]
pub fn tanh<L: Lane>(x: L) -> L {
    let [power, rest] = exp_parts(L::splat(20.0).min(L::splat(-20.0).max(x.add(x))));
    let m = power.mul_add(rest, power.sub(L::splat(1.0)));
    m.div(m.add(L::splat(2.0)))
}

#[inline(always)]
pub fn sigmoid<L: Lane>(x: L) -> L {
    L::splat(1.0).div(L::splat(1.0).add(clamped_exp(x.neg())))
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
