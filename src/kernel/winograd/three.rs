//! F(4, 3): four outputs of a filter of three from six inputs by six products.
//!
//! Toom and Cook's algorithm at the points 0, +-a, +-b and infinity with a = 2/3 and b = 1/a (Lavin and Gray 2016 for
//! convolutions; these points have half the error of 0, +-1, +-2).

use super::form::Form;
use crate::lane::Numbers;

const A: f32 = 2.0 / 3.0;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// 1 / the product of a point's distances to the other finite ones.
const AT_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const AT_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

#[derive(Clone, Copy, Debug)]
pub struct FourOfThree;

impl Form<6, 4, 3> for FourOfThree {
    #[inline(always)]
    fn inputs<N: Numbers>(d: [N; 6]) -> [N; 6] {
        let (a, b, a2, b2, sum) = (N::splat(A), N::splat(B), N::splat(A2), N::splat(B2), N::splat(A2 + B2));
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

    #[inline(always)]
    fn input_gradients<N: Numbers>(m: [N; 6]) -> [N; 6] {
        let (even_a, odd_a) = (m[1].add(m[2]), N::splat(A).mul(m[1].sub(m[2])));
        let (even_b, odd_b) = (m[3].add(m[4]), N::splat(B).mul(m[3].sub(m[4])));
        let sum = N::splat(A2 + B2);
        [
            m[0],
            m[5].sub(two(B2, odd_a, A2, odd_b)),
            sum.neg_mul_add(m[0], N::zero().sub(two(B2, even_a, A2, even_b))),
            sum.neg_mul_add(m[5], odd_a.add(odd_b)),
            m[0].add(even_a.add(even_b)),
            m[5],
        ]
    }

    #[inline(always)]
    fn outputs<N: Numbers>(m: [N; 6]) -> [N; 4] {
        let (sum_a, difference_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (sum_b, difference_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(sum_a.add(sum_b)),
            two(A, difference_a, B, difference_b),
            two(A2, sum_a, B2, sum_b),
            m[5].add(two(A * A2, difference_a, B * B2, difference_b)),
        ]
    }

    #[inline(always)]
    fn output_gradients<N: Numbers>(y: [N; 4]) -> [N; 6] {
        let (even_a, even_b) = (N::splat(A2).mul_add(y[2], y[0]), N::splat(B2).mul_add(y[2], y[0]));
        let odd_a = N::splat(A).mul(N::splat(A2).mul_add(y[3], y[1]));
        let odd_b = N::splat(B).mul(N::splat(B2).mul_add(y[3], y[1]));
        [y[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), y[3]]
    }

    #[inline(always)]
    fn filter<N: Numbers>(g: [N; 3]) -> [N; 6] {
        let even_a = N::splat(AT_A).mul(N::splat(A2).mul_add(g[2], g[0]));
        let even_b = N::splat(AT_B).mul(N::splat(B2).mul_add(g[2], g[0]));
        let (odd_a, odd_b) = (N::splat(AT_A * A).mul(g[1]), N::splat(AT_B * B).mul(g[1]));
        [g[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), g[2]]
    }

    #[inline(always)]
    fn filter_gradients<N: Numbers>(u: [N; 6]) -> [N; 3] {
        let (sum_a, difference_a) = (u[1].add(u[2]), u[1].sub(u[2]));
        let (sum_b, difference_b) = (u[3].add(u[4]), u[3].sub(u[4]));
        [
            u[0].add(two(AT_A, sum_a, AT_B, sum_b)),
            two(AT_A * A, difference_a, AT_B * B, difference_b),
            u[5].add(two(AT_A * A2, sum_a, AT_B * B2, sum_b)),
        ]
    }
}

/// x s + y t
#[inline(always)]
fn two<N: Numbers>(x: f32, s: N, y: f32, t: N) -> N {
    N::splat(x).mul_add(s, N::splat(y).mul(t))
}
