//! F(4, 3): four outputs of a filter of three from six inputs by six products.
//!
//! Toom and Cook's algorithm at the points 0, +-a, +-b and infinity with a = 2/3 and b = 1/a (Lavin and Gray 2016 for
//! convolutions; these points have half the error of 0, +-1, +-2).

use super::form::{Form, two};
use crate::lane::Lane;

const A: f32 = 2.0 / 3.0;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// 1 / the product of a point's distances to the other finite ones.
const AT_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const AT_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

#[derive(Clone, Copy, Debug)]
pub struct Three;

impl Form<6, 4, 3> for Three {
    #[inline(always)]
    fn inputs<L: Lane>(d: [L; 6]) -> [L; 6] {
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

    #[inline(always)]
    fn outputs<L: Lane>(m: [L; 6]) -> [L; 4] {
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
    fn output_gradients<L: Lane>(y: [L; 4]) -> [L; 6] {
        let (even_a, even_b) = (L::splat(A2).mul_add(y[2], y[0]), L::splat(B2).mul_add(y[2], y[0]));
        let odd_a = L::splat(A).mul(L::splat(A2).mul_add(y[3], y[1]));
        let odd_b = L::splat(B).mul(L::splat(B2).mul_add(y[3], y[1]));
        [y[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), y[3]]
    }

    #[inline(always)]
    fn filter<L: Lane>(g: [L; 3]) -> [L; 6] {
        let even_a = L::splat(AT_A).mul(L::splat(A2).mul_add(g[2], g[0]));
        let even_b = L::splat(AT_B).mul(L::splat(B2).mul_add(g[2], g[0]));
        let (odd_a, odd_b) = (L::splat(AT_A * A).mul(g[1]), L::splat(AT_B * B).mul(g[1]));
        [g[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), g[2]]
    }

    #[inline(always)]
    fn filter_gradients<L: Lane>(u: [L; 6]) -> [L; 3] {
        let (sum_a, difference_a) = (u[1].add(u[2]), u[1].sub(u[2]));
        let (sum_b, difference_b) = (u[3].add(u[4]), u[3].sub(u[4]));
        [
            u[0].add(two(AT_A, sum_a, AT_B, sum_b)),
            two(AT_A * A, difference_a, AT_B * B, difference_b),
            u[5].add(two(AT_A * A2, sum_a, AT_B * B2, sum_b)),
        ]
    }
}
