//! F(3, 5): three outputs of a filter of five from seven inputs by seven products.
//!
//! Toom and Cook's algorithm at the points +-1/2, +-1, +-2 and infinity. Three pairs of opposite points keep every sum in an
//! even and an odd part.

use super::form::Form;
use crate::lane::Lane;

/// The positive points.
const POINTS: [f32; 3] = [0.5, 1.0, 2.0];

/// The squares of each point's two other points: their sum and their product.
const OTHERS: [[f32; 2]; 3] = [[5.0, 4.0], [4.25, 1.0], [1.25, 0.25]];

/// The product of z - p^2 over the points, without z^3: of z^2, z and 1.
const ALL: [f32; 3] = [-5.25, 5.25, -1.0];

/// 1 / the product of a positive point's distances to the other finite ones.
const AT: [f32; 3] = [at(0), at(1), at(2)];

const fn at(n: usize) -> f32 {
    let (p, [sum, product]) = (POINTS[n], OTHERS[n]);
    let p2 = p * p;
    1.0 / (2.0 * p * (p2 * p2 - sum * p2 + product))
}

#[derive(Clone, Copy, Debug)]
pub struct Five;

impl Form<7, 3, 5> for Five {
    #[inline(always)]
    fn inputs<L: Lane>(d: [L; 7]) -> [L; 7] {
        let mut made = [L::zero(); 7];
        for n in 0..3 {
            let [sum, product] = OTHERS[n];
            let even = L::splat(product).mul_add(d[0], L::splat(sum).neg_mul_add(d[2], d[4]));
            let odd = L::splat(product).mul_add(d[1], L::splat(sum).neg_mul_add(d[3], d[5]));
            made[2 * n] = L::splat(POINTS[n]).mul_add(even, odd);
            made[2 * n + 1] = L::splat(POINTS[n]).neg_mul_add(even, odd);
        }
        let [two, one, zero] = ALL;
        made[6] = L::splat(zero).mul_add(d[0], L::splat(one).mul_add(d[2], L::splat(two).mul_add(d[4], d[6])));
        made
    }

    #[inline(always)]
    fn outputs<L: Lane>(m: [L; 7]) -> [L; 3] {
        let mut made = [L::zero(), L::zero(), m[6]];
        for n in 0..3 {
            let (p, sum, difference) = (POINTS[n], m[2 * n].add(m[2 * n + 1]), m[2 * n].sub(m[2 * n + 1]));
            made[0] = made[0].add(sum);
            made[1] = L::splat(p).mul_add(difference, made[1]);
            made[2] = L::splat(p * p).mul_add(sum, made[2]);
        }
        made
    }

    #[inline(always)]
    fn output_gradients<L: Lane>(y: [L; 3]) -> [L; 7] {
        let mut made = [y[2]; 7];
        for n in 0..3 {
            let p = POINTS[n];
            let (even, odd) = (L::splat(p * p).mul_add(y[2], y[0]), L::splat(p).mul(y[1]));
            made[2 * n] = even.add(odd);
            made[2 * n + 1] = even.sub(odd);
        }
        made
    }

    #[inline(always)]
    fn filter<L: Lane>(g: [L; 5]) -> [L; 7] {
        let mut made = [g[4]; 7];
        for n in 0..3 {
            let (p, p2) = (POINTS[n], L::splat(POINTS[n] * POINTS[n]));
            let even = L::splat(AT[n]).mul(p2.mul_add(p2.mul_add(g[4], g[2]), g[0]));
            let odd = L::splat(AT[n] * p).mul(p2.mul_add(g[3], g[1]));
            made[2 * n] = odd.add(even);
            made[2 * n + 1] = odd.sub(even);
        }
        made
    }

    #[inline(always)]
    fn filter_gradients<L: Lane>(u: [L; 7]) -> [L; 5] {
        let mut made = [L::zero(), L::zero(), L::zero(), L::zero(), u[6]];
        for n in 0..3 {
            let (p, at) = (POINTS[n], AT[n]);
            let (even, odd) = (u[2 * n].sub(u[2 * n + 1]), u[2 * n].add(u[2 * n + 1]));
            made[0] = L::splat(at).mul_add(even, made[0]);
            made[1] = L::splat(at * p).mul_add(odd, made[1]);
            made[2] = L::splat(at * p * p).mul_add(even, made[2]);
            made[3] = L::splat(at * p * p * p).mul_add(odd, made[3]);
            made[4] = L::splat(at * p * p * p * p).mul_add(even, made[4]);
        }
        made
    }
}
