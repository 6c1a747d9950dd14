//! F(3, 5) and F(4, 5): three outputs of a filter of five from seven inputs by seven products, four from eight by eight.
//!
//! Toom and Cook's algorithm at the points +-1/2, +-1, +-2 and infinity, and 0 for the fourth output. Three pairs of opposite
//! points keep every sum in an even and an odd part.

use super::form::Form;
use crate::lane::Numbers;

/// The positive points.
const POINTS: [f32; 3] = [0.5, 1.0, 2.0];

/// The squares of each point's two other points: their sum and their product.
const OTHERS: [[f32; 2]; 3] = [[5.0, 4.0], [4.25, 1.0], [1.25, 0.25]];

/// The product of z - p^2 over the points, without z^3: of z^2, z and 1.
const ALL: [f32; 3] = [-5.25, 5.25, -1.0];

/// 1 / the product of a positive point's distances to the other finite ones, 0 left out.
const AT: [f32; 3] = [at(0), at(1), at(2)];

const fn at(n: usize) -> f32 {
    let (p, [sum, product]) = (POINTS[n], OTHERS[n]);
    let p2 = p * p;
    1.0 / (2.0 * p * (p2 * p2 - sum * p2 + product))
}

#[derive(Clone, Copy, Debug)]
pub struct ThreeOfFive;

impl Form<7, 3, 5> for ThreeOfFive {
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
        made[6] = over_pairs([d[0], d[2], d[4], d[6]]);
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
    fn outputs<N: Numbers>([pairs @ .., infinite]: [N; 7]) -> [N; 3] {
        let [zeroth, first, second] = powers(pairs);
        [zeroth, first, second.add(infinite)]
    }

    #[inline(always)]
    fn output_gradients<N: Numbers>(y: [N; 3]) -> [N; 7] {
        let [a, b, c, d, e, f] = at_pairs(y);
        [a, b, c, d, e, f, y[2]]
    }

    #[inline(always)]
    fn filter<N: Numbers>(g: [N; 5]) -> [N; 7] {
        let mut made = [g[4]; 7];
        for n in 0..3 {
            let [even, odd] = weighed(g, n, AT[n]);
            made[2 * n] = odd.add(even);
            made[2 * n + 1] = odd.sub(even);
        }
        made
    }

    #[inline(always)]
    fn filter_gradients<N: Numbers>(u: [N; 7]) -> [N; 5] {
        let mut made = [N::zero(), N::zero(), N::zero(), N::zero(), u[6]];
        for n in 0..3 {
            let (even, odd) = (u[2 * n].sub(u[2 * n + 1]), u[2 * n].add(u[2 * n + 1]));
            add_weighed([even, odd], n, AT[n], &mut made);
        }
        made
    }
}

/// Its products are those of [`ThreeOfFive`], one place further, behind that of 0.
#[derive(Clone, Copy, Debug)]
pub struct FourOfFive;

impl Form<8, 4, 5> for FourOfFive {
    #[inline(always)]
    fn inputs<N: Numbers>([first, rest @ ..]: [N; 8]) -> [N; 8] {
        let at_zero = N::zero().sub(over_pairs([first, rest[1], rest[3], rest[5]]));
        let [a, b, c, d, e, f, infinite] = ThreeOfFive::inputs(rest);
        [at_zero, a, b, c, d, e, f, infinite]
    }

    #[inline(always)]
    fn input_gradients<N: Numbers>([at_zero, rest @ ..]: [N; 8]) -> [N; 8] {
        let [two, one, zero] = ALL;
        let [a, b, c, d, e, f, g] = ThreeOfFive::input_gradients(rest);
        let at_zero = |factor: f32, term| N::splat(factor).neg_mul_add(at_zero, term);
        [at_zero(zero, N::zero()), a, at_zero(one, b), c, at_zero(two, d), e, at_zero(1.0, f), g]
    }

    #[inline(always)]
    fn outputs<N: Numbers>([at_zero, pairs @ .., infinite]: [N; 8]) -> [N; 4] {
        let [zeroth, first, second, third] = powers(pairs);
        [zeroth.add(at_zero), first, second, third.add(infinite)]
    }

    #[inline(always)]
    fn output_gradients<N: Numbers>(y: [N; 4]) -> [N; 8] {
        let [a, b, c, d, e, f] = at_pairs(y);
        [y[0], a, b, c, d, e, f, y[3]]
    }

    #[inline(always)]
    fn filter<N: Numbers>(g: [N; 5]) -> [N; 8] {
        let mut made = [g[4]; 8];
        made[0] = g[0];
        for n in 0..3 {
            let [even, odd] = weighed(g, n, AT[n] / POINTS[n]);
            made[2 * n + 1] = even.add(odd);
            made[2 * n + 2] = even.sub(odd);
        }
        made
    }

    #[inline(always)]
    fn filter_gradients<N: Numbers>(u: [N; 8]) -> [N; 5] {
        let mut made = [u[0], N::zero(), N::zero(), N::zero(), u[7]];
        for n in 0..3 {
            let (even, odd) = (u[2 * n + 1].add(u[2 * n + 2]), u[2 * n + 1].sub(u[2 * n + 2]));
            add_weighed([even, odd], n, AT[n] / POINTS[n], &mut made);
        }
        made
    }
}

/// The sum of four values with the coefficients of [`ALL`], 1 the last one's.
#[inline(always)]
fn over_pairs<N: Numbers>(d: [N; 4]) -> N {
    let [two, one, zero] = ALL;
    N::splat(zero).mul_add(d[0], N::splat(one).mul_add(d[1], N::splat(two).mul_add(d[2], d[3])))
}

/// The sums over the pairs of p^t m, for each t below `T`.
#[inline(always)]
fn powers<N: Numbers, const T: usize>(m: [N; 6]) -> [N; T] {
    let mut made = [N::zero(); T];
    for n in 0..3 {
        let parts = [m[2 * n].add(m[2 * n + 1]), m[2 * n].sub(m[2 * n + 1])];
        let mut power = 1.0;
        for t in 0..T {
            made[t] = N::splat(power).mul_add(parts[t % 2], made[t]);
            power *= POINTS[n];
        }
    }
    made
}

/// The transpose of [`powers`]: the sum of p^t y at each point of the pairs.
#[inline(always)]
fn at_pairs<N: Numbers, const T: usize>(y: [N; T]) -> [N; 6] {
    let mut made = [N::zero(); 6];
    for n in 0..3 {
        let mut parts = [N::zero(); 2];
        let mut power = 1.0;
        for t in 0..T {
            parts[t % 2] = N::splat(power).mul_add(y[t], parts[t % 2]);
            power *= POINTS[n];
        }
        made[2 * n] = parts[0].add(parts[1]);
        made[2 * n + 1] = parts[0].sub(parts[1]);
    }
    made
}

/// `at` times the even and the odd powers of a filter at a point.
#[inline(always)]
fn weighed<N: Numbers>(g: [N; 5], n: usize, at: f32) -> [N; 2] {
    let (p, p2) = (POINTS[n], N::splat(POINTS[n] * POINTS[n]));
    let even = N::splat(at).mul(p2.mul_add(p2.mul_add(g[4], g[2]), g[0]));
    let odd = N::splat(at * p).mul(p2.mul_add(g[3], g[1]));
    [even, odd]
}

/// Its transpose, added to what `made` holds.
#[inline(always)]
fn add_weighed<N: Numbers>(parts: [N; 2], n: usize, at: f32, made: &mut [N; 5]) {
    let mut weight = at;
    for (t, made) in made.iter_mut().enumerate() {
        *made = N::splat(weight).mul_add(parts[t % 2], *made);
        weight *= POINTS[n];
    }
}
