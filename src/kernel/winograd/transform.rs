//! The one-dimensional transforms of F(4, 3): four outputs of a filter of three from six inputs by six products.
//!
//! Toom and Cook's algorithm at the points 0, +-a, +-b and infinity with a = 2/3 and b = 1/a (Lavin and Gray 2016 for
//! convolutions; these points have half the error of 0, +-1, +-2). As ab = 1, the flipped filter's transform is a
//! permutation of the filter's own, up to factors that [`outputs`] takes in.

use crate::kernel::lane::Lane;

const A: f32 = 2.0 / 3.0;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// 1 / the product of a point's distances to the other finite ones.
const AT_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const AT_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// Of the flipped filter's six values, which of the filter's they are.
pub const FLIPPED: [usize; 6] = [5, 3, 4, 1, 2, 0];

/// Six inputs.
#[inline(always)]
pub fn inputs<L: Lane>(d: [L; 6]) -> [L; 6] {
    let (a, b, a2, b2, sum) = (L::splat(A), L::splat(B), L::splat(A2), L::splat(B2), L::splat(A2 + B2));
    let even_a = b2.neg_mul_add(d[2], d[4]);
    let odd_a = b2.neg_mul_add(d[1], d[3]);
    let even_b = a2.neg_mul_add(d[2], d[4]);
    let odd_b = a2.neg_mul_add(d[1], d[3]);
    [
        sum.neg_mul_add(d[2], d[0].add(d[4])),
        a.mul_add(odd_a, even_a),
        a.neg_mul_add(odd_a, even_a),
        b.mul_add(odd_b, even_b),
        b.neg_mul_add(odd_b, even_b),
        sum.neg_mul_add(d[3], d[1].add(d[5])),
    ]
}

/// Six products to four outputs; `flipped` where the filter was read through [`FLIPPED`].
#[inline(always)]
pub fn outputs<L: Lane>(m: [L; 6], flipped: bool) -> [L; 4] {
    let (sum_a, difference_a) = (m[1].add(m[2]), m[1].sub(m[2]));
    let (sum_b, difference_b) = (m[3].add(m[4]), m[3].sub(m[4]));
    let two = |x: f32, s: L, y: f32, t: L| L::splat(x).mul_add(s, L::splat(y).mul(t));
    if flipped {
        [
            m[0].add(two(-B2, sum_a, -A2, sum_b)),
            two(-B, difference_a, -A, difference_b),
            sum_a.add(sum_b).neg(),
            m[5].add(two(-A, difference_a, -B, difference_b)),
        ]
    } else {
        [
            m[0].add(sum_a.add(sum_b)),
            two(A, difference_a, B, difference_b),
            two(A2, sum_a, B2, sum_b),
            m[5].add(two(A * A2, difference_a, B * B2, difference_b)),
        ]
    }
}

/// Gradients of four outputs to those of six products: the transpose of [`outputs`].
#[inline(always)]
pub fn output_gradients<L: Lane>(y: [L; 4]) -> [L; 6] {
    let even = |square: f32| L::splat(square).mul_add(y[2], y[0]);
    let odd = |point: f32, square: f32| L::splat(point).mul(L::splat(square).mul_add(y[3], y[1]));
    let (even_a, odd_a, even_b, odd_b) = (even(A2), odd(A, A2), even(B2), odd(B, B2));
    [y[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), y[3]]
}

/// A filter of three to six values.
#[inline(always)]
pub fn filter<L: Lane>(g: [L; 3]) -> [L; 6] {
    let even = |scale: f32, square: f32| L::splat(scale).mul(L::splat(square).mul_add(g[2], g[0]));
    let odd = |factor: f32| L::splat(factor).mul(g[1]);
    let (even_a, odd_a, even_b, odd_b) = (even(AT_A, A2), odd(AT_A * A), even(AT_B, B2), odd(AT_B * B));
    [g[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), g[2]]
}

/// Gradients of six values to those of the filter: the transpose of [`filter`].
#[inline(always)]
pub fn filter_gradients<L: Lane>(u: [L; 6]) -> [L; 3] {
    let (sum_a, difference_a) = (u[1].add(u[2]), u[1].sub(u[2]));
    let (sum_b, difference_b) = (u[3].add(u[4]), u[3].sub(u[4]));
    let two = |x: f32, s: L, y: f32, t: L| L::splat(x).mul_add(s, L::splat(y).mul(t));
    [
        u[0].add(two(AT_A, sum_a, AT_B, sum_b)),
        two(AT_A * A, difference_a, AT_B * B, difference_b),
        u[5].add(two(AT_A * A2, sum_a, AT_B * B2, sum_b)),
    ]
}

/// A transform of columns, then of rows.
macro_rules! both_ways {
    ($name:ident, $one:ident, $from:literal, $to:literal $(, $flag:ident)?) => {
        #[inline(always)]
        pub fn $name<L: Lane>(square: &[[L; $from]; $from] $(, $flag: bool)?) -> [[L; $to]; $to] {
            let columns: [[L; $to]; $from] =
                std::array::from_fn(|x| $one::<L>(std::array::from_fn(|y| square[y][x]) $(, $flag)?));
            std::array::from_fn(|y| $one::<L>(std::array::from_fn(|x| columns[x][y]) $(, $flag)?))
        }
    };
}

both_ways!(input_tile, inputs, 6, 6);
both_ways!(output_tile, outputs, 6, 4, flipped);
both_ways!(output_gradient_tile, output_gradients, 4, 6);
both_ways!(filter_tile, filter, 3, 6);
both_ways!(filter_gradient_tile, filter_gradients, 6, 3);
