//! What a form of Winograd's algorithm is, along one axis, and its transforms of squares: columns, then rows.
//!
//! The loops are plain ones: closures are not always inlined, and so not compiled for the instruction set.

use std::mem::MaybeUninit;
use std::ops::Deref;

use crate::lane::Numbers;
use crate::line::Line;

/// F(T, K): T outputs of a filter of K from P = T + K - 1 inputs by P products.
pub trait Form<const P: usize, const T: usize, const K: usize>: Copy + Send + Sync + 'static {
    /// B^T d
    fn inputs<N: Numbers>(d: [N; P]) -> [N; P];

    /// B m, the transpose of [`Form::inputs`].
    fn input_gradients<N: Numbers>(m: [N; P]) -> [N; P];

    /// A^T m
    fn outputs<N: Numbers>(m: [N; P]) -> [N; T];

    /// A y, the transpose of [`Form::outputs`].
    fn output_gradients<N: Numbers>(y: [N; T]) -> [N; P];

    /// G g
    fn filter<N: Numbers>(g: [N; K]) -> [N; P];

    /// G^T u, the transpose of [`Form::filter`].
    fn filter_gradients<N: Numbers>(u: [N; P]) -> [N; K];
}

/// A square of S by S lines that is read column by column, part by part.
pub trait Square<const S: usize> {
    fn column<N: Numbers>(&self, x: usize, part: usize) -> [N; S];
}

/// Takes a square of S by S lines row by row, part by part.
pub trait Sink<const S: usize> {
    fn row<N: Numbers>(&mut self, y: usize, part: usize, values: [N; S]);
}

/// A square of S by S in lines that lie `stride` apart, row by row.
pub struct Strided<T, const S: usize> {
    lines: T,
    stride: usize,
}

impl<T: Deref<Target = [Line]>, const S: usize> Strided<T, S> {
    #[inline(always)]
    pub fn new(lines: T, stride: usize) -> Self {
        assert!((S * S - 1) * stride < lines.len(), "a square beyond its lines");
        Self { lines, stride }
    }
}

impl<const S: usize> Square<S> for Strided<&[Line], S> {
    #[inline(always)]
    fn column<N: Numbers>(&self, x: usize, part: usize) -> [N; S] {
        assert!(x < S, "a column beyond its square");
        let mut column = [N::zero(); S];
        for (y, value) in column.iter_mut().enumerate() {
            // SAFETY: x and y are below S, and so the place is at most the one that `new` looked for.
            *value = N::load_part(unsafe { self.lines.get_unchecked((y * S + x) * self.stride) }, part);
        }
        column
    }
}

impl<const S: usize> Sink<S> for Strided<&mut [Line], S> {
    #[inline(always)]
    fn row<N: Numbers>(&mut self, y: usize, part: usize, values: [N; S]) {
        assert!(y < S, "a row beyond its square");
        for (x, value) in values.iter().enumerate() {
            // SAFETY: x and y are below S, and so the place is at most the one that `new` looked for.
            value.store_part(unsafe { self.lines.get_unchecked_mut((y * S + x) * self.stride) }, part);
        }
    }
}

/// The most registers that make a line.
const MOST_PARTS: usize = 2;

macro_rules! both_ways {
    ($(#[$doc:meta])* $name:ident, $one:ident, $from:ident, $to:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<F: Form<P, T, K>, N: Numbers, const P: usize, const T: usize, const K: usize>(
            square: &impl Square<$from>,
            sink: &mut impl Sink<$to>,
        ) {
            // Zeros here would be written for each square.
            let mut half = [[[MaybeUninit::<N>::uninit(); MOST_PARTS]; $from]; $to];
            const { assert!(N::PARTS <= MOST_PARTS) };
            for x in 0..$from {
                for part in 0..N::PARTS {
                    let made = F::$one::<N>(square.column(x, part));
                    for y in 0..$to {
                        half[y][x][part].write(made[y]);
                    }
                }
            }
            for y in 0..$to {
                for part in 0..N::PARTS {
                    let mut row = [N::zero(); $from];
                    for x in 0..$from {
                        // SAFETY: the loop above wrote every value.
                        row[x] = unsafe { half[y][x][part].assume_init() };
                    }
                    sink.row(y, part, F::$one::<N>(row));
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
    /// B m B^T
    input_gradient_tile, input_gradients, P, P
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
