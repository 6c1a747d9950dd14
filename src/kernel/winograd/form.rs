//! What a form of Winograd's algorithm is, along one axis, and its transforms of squares: columns, then rows.
//!
//! The loops are plain ones: closures are not always inlined, and so not compiled for the instruction set.

use std::mem::MaybeUninit;

use crate::lane::Lane;
use crate::line::Line;

/// F(T, K): T outputs of a filter of K from P = T + K - 1 inputs by P products.
pub trait Form<const P: usize, const T: usize, const K: usize>: Copy + Send + Sync + 'static {
    /// B^T d
    fn inputs<L: Lane>(d: [L; P]) -> [L; P];

    /// A^T m
    fn outputs<L: Lane>(m: [L; P]) -> [L; T];

    /// A y, the transpose of [`Form::outputs`].
    fn output_gradients<L: Lane>(y: [L; T]) -> [L; P];

    /// G g
    fn filter<L: Lane>(g: [L; K]) -> [L; P];

    /// G^T u, the transpose of [`Form::filter`].
    fn filter_gradients<L: Lane>(u: [L; P]) -> [L; K];
}

/// Values of a square that come one by one.
pub trait Square<L> {
    fn at(&self, y: usize, x: usize) -> L;
}

/// Takes the values of a square one by one.
pub trait Sink<L> {
    fn put(&mut self, y: usize, x: usize, value: L);
}

/// A square of `width` in lines that lie `stride` apart, row by row.
pub struct Strided<S> {
    pub lines: S,
    pub width: usize,
    pub stride: usize,
}

impl<L: Lane> Square<L> for Strided<&[Line]> {
    #[inline(always)]
    fn at(&self, y: usize, x: usize) -> L {
        L::load(&self.lines[(y * self.width + x) * self.stride])
    }
}

impl<L: Lane> Sink<L> for Strided<&mut [Line]> {
    #[inline(always)]
    fn put(&mut self, y: usize, x: usize, value: L) {
        value.store(&mut self.lines[(y * self.width + x) * self.stride]);
    }
}

/// x s + y t
#[inline(always)]
pub fn two<L: Lane>(x: f32, s: L, y: f32, t: L) -> L {
    L::splat(x).mul_add(s, L::splat(y).mul(t))
}

macro_rules! both_ways {
    ($(#[$doc:meta])* $name:ident, $one:ident, $from:ident, $to:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<F: Form<P, T, K>, L: Lane, const P: usize, const T: usize, const K: usize>(
            square: &impl Square<L>,
            sink: &mut impl Sink<L>,
        ) {
            // Zeros here would be written for each square.
            let mut half = [[MaybeUninit::<L>::uninit(); $from]; $to];
            for x in 0..$from {
                let mut column = [L::zero(); $from];
                for y in 0..$from {
                    column[y] = square.at(y, x);
                }
                let made = F::$one::<L>(column);
                for y in 0..$to {
                    half[y][x].write(made[y]);
                }
            }
            for y in 0..$to {
                let mut row = [L::zero(); $from];
                for x in 0..$from {
                    // SAFETY: the loop above wrote every value.
                    row[x] = unsafe { half[y][x].assume_init() };
                }
                let made = F::$one::<L>(row);
                for x in 0..$to {
                    sink.put(y, x, made[x]);
                }
            }
        }
    };
}

both_ways!(
    /// B^T d B
    input_tile, inputs, P, P
);
both_ways!(
    /// A^T m A
    output_tile, outputs, P, T
);
both_ways!(
    /// A y A^T
    output_gradient_tile, output_gradients, T, P
);
both_ways!(
    /// G g G^T
    filter_tile, filter, K, P
);
both_ways!(
    /// G^T u G
    filter_gradient_tile, filter_gradients, P, K
);
