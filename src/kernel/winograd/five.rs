//! F(3, 5): three outputs of a filter of five from seven inputs by seven products.
//!
//! Toom and Cook's algorithm at the points +-1/2, +-1, +-2 and infinity. Three pairs of opposite points keep every sum in an
//! even and an odd part.

use super::form::Form;
use crate::lane::Numbers;

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
    fn inputs<N: Numbers>(d: [N; 7]) -> [N; 7] {
        let mut made = [N::zero(); 7];
        for n in 0..3 {
            let [sum, product] = OTHERS[n];
            let even = N::splat(product).mul_add(d[0], N::splat(sum).neg_mul_add(d[2], d[4]));
            let odd = N::splat(product).mul_add(d[1], N::splat(sum).neg_mul_add(d[3], d[5]));
            made[2 * n] = N::splat(POINTS[n]).mul_add(even, odd);
            made[2 * n + 1] = N::splat(POINTS[n]).neg_mul_add(even, odd);
        }
        let [two, one, zero] = ALL;
        made[6] = N::splat(zero).mul_add(d[0], N::splat(one).mul_add(d[2], N::splat(two).mul_add(d[4], d[6])));
        made
    }

    #[inline(always)]
    fn input_gradients<N: Numbers>(m: [N; 7]) -> [N; 7] {
        let [two, one, zero] = ALL;
        let mut made = [N::zero(); 7];
        made[0] = N::splat(zero).mul(m[6]);
        made[2] = N::splat(one).mul(m[6]);
        made[4] = N::splat(two).mul(m[6]);
        made[6] = m[6];
        for n in 0..3 {
            let [sum, product] = OTHERS[n];
            let even = N::splat(POINTS[n]).mul(m[2 * n].sub(m[2 * n + 1]));
            let odd = m[2 * n].add(m[2 * n + 1]);
            let parts = [even, odd];
            for at in 0..2 {
                made[at] = N::splat(product).mul_add(parts[at], made[at]);
                made[at + 2] = N::splat(sum).neg_mul_add(parts[at], made[at + 2]);
                made[at + 4] = made[at + 4].add(parts[at]);
            }
        }
        made
    }

    #[inline(always)]
    fn outputs<N: Numbers>(m: [N; 7]) -> [N; 3] {
        let mut made = [N::zero(), N::zero(), m[6]];
        for n in 0..3 {
            let (p, sum, difference) = (POINTS[n], m[2 * n].add(m[2 * n + 1]), m[2 * n].sub(m[2 * n + 1]));
            made[0] = made[0].add(sum);
            made[1] = N::splat(p).mul_add(difference, made[1]);
            made[2] = N::splat(p * p).mul_add(sum, made[2]);
        }
        made
    }

    #[inline(always)]
    fn output_gradients<N: Numbers>(y: [N; 3]) -> [N; 7] {
        let mut made = [y[2]; 7];
        for n in 0..3 {
            let p = POINTS[n];
            let (even, odd) = (N::splat(p * p).mul_add(y[2], y[0]), N::splat(p).mul(y[1]));
            made[2 * n] = even.add(odd);
            made[2 * n + 1] = even.sub(odd);
        }
        made
    }

    #[inline(always)]
    fn filter<N: Numbers>(g: [N; 5]) -> [N; 7] {
        let mut made = [g[4]; 7];
        for n in 0..3 {
            let (p, p2) = (POINTS[n], N::splat(POINTS[n] * POINTS[n]));
            let even = N::splat(AT[n]).mul(p2.mul_add(p2.mul_add(g[4], g[2]), g[0]));
            let odd = N::splat(AT[n] * p).mul(p2.mul_add(g[3], g[1]));
            made[2 * n] = odd.add(even);
            made[2 * n + 1] = odd.sub(even);
        }
        made
    }

    #[inline(always)]
    fn filter_gradients<N: Numbers>(u: [N; 7]) -> [N; 5] {
        let mut made = [N::zero(), N::zero(), N::zero(), N::zero(), u[6]];
        for n in 0..3 {
            let (p, at) = (POINTS[n], AT[n]);
            let (even, odd) = (u[2 * n].sub(u[2 * n + 1]), u[2 * n].add(u[2 * n + 1]));
            made[0] = N::splat(at).mul_add(even, made[0]);
            made[1] = N::splat(at * p).mul_add(odd, made[1]);
            made[2] = N::splat(at * p * p).mul_add(even, made[2]);
            made[3] = N::splat(at * p * p * p).mul_add(odd, made[3]);
            made[4] = N::splat(at * p * p * p * p).mul_add(even, made[4]);
        }
        made
    }
}
