//! Where windows lie on a map.

use std::ops::Range;

/// Sizes are \[height, width\].
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: [usize; 2],
}

/// The part of one window that lies on the map.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its first value, from the plane's.
    pub first: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Windows {
    /// How many values a channel has, and how many windows.
    pub fn planes(&self) -> [usize; 2] {
        [self.input, self.output].map(|[height, width]| height * width)
    }

    /// Whether every value lies in one window exactly.
    pub fn tile(&self) -> bool {
        let tiles = |axis: usize| {
            let tight = self.stride[axis] == self.kernel[axis] && self.pad[axis] == 0;
            tight && self.output[axis] * self.stride[axis] == self.input[axis]
        };
        tiles(0) && tiles(1)
    }

    /// Whether the windows are squares of 2x2 side by side; a last row or column may lie in none.
    pub fn halve(&self) -> bool {
        (self.kernel, self.stride, self.pad) == ([2, 2], [2, 2], [0, 0])
    }

    /// The window of this row and column of the output.
    #[inline(always)]
    pub fn place(&self, row: usize, column: usize) -> Place {
        let (rows, columns) = (self.span(0, row), self.span(1, column));
        let first = rows.start * self.input[1] + columns.start;
        Place { first, rows: rows.len(), columns: columns.len() }
    }

    /// The input's rows, or columns, of one window.
    #[inline(always)]
    fn span(&self, axis: usize, at: usize) -> Range<usize> {
        let (start, pad) = (at * self.stride[axis], self.pad[axis]);
        let size = self.input[axis];
        let end = (start + self.kernel[axis]).saturating_sub(pad).min(size);
        start.saturating_sub(pad).min(end)..end
    }
}
