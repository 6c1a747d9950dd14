//! A sliding window -> the positions that it covers, and the gather that reads them.
//!
//! dfdx has no convolution on stable Rust; here a window's values are gathered by an index that is made once.

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor, TensorFromVec, ZerosTensor};
use dfdx::tensor_ops::{BroadcastTo, GatherTo, TryConcatAlong};

use super::element::{Element, Flow};

/// For each gathered value its position among an image's values; `outside` stands for a zero.
pub(super) struct Patches<E: Element> {
    index: Tensor<(usize,), usize, E::Dev>,
    padded: bool,
}

impl<E: Element> Patches<E> {
    /// Positions are those of an image of `outside` values.
    pub fn new(index: Vec<usize>, outside: usize) -> Self {
        let padded = index.contains(&outside);
        let length = index.len();
        Self { index: E::Dev::default().tensor_from_vec(index, (length,)), padded }
    }

    /// (batch, values) to (batch, gathered values).
    pub fn gather<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>) -> Flow<E, T> {
        let batch = x.shape().0;
        let x = if self.padded { with_zero(x) } else { x };
        let length = self.index.shape().0;
        x.gather(self.index.clone().broadcast_like::<_, Axis<0>>(&(batch, length)))
    }

    /// The same for values that want no gradient.
    pub fn gather_constant<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>) -> Flow<E, T> {
        let (x, tape) = x.split_tape();
        self.gather(x).put_tape(tape)
    }
}

/// A zero after each image's values, where `outside` points.
fn with_zero<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>) -> Flow<E, T> {
    let zeros: Flow<E> = E::Dev::default().zeros_like(&(x.shape().0, 1));
    (x, zeros).concat_along(Axis::<1>)
}

/// A window that slides over a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sliding {
    /// Channels, height, width.
    pub input: [usize; 3],
    /// Height and width of what it makes.
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// Zeros above and on the left.
    pub pad: [usize; 2],
    pub dilation: [usize; 2],
}

impl Sliding {
    /// The position outside of the map.
    pub fn outside(&self) -> usize {
        self.input.iter().product()
    }

    /// Positions in the order channel, kernel row, kernel column, output row, output column.
    pub fn positions(&self) -> Vec<usize> {
        self.by(|axis, offset, at| (at * self.stride[axis] + offset * self.dilation[axis]).checked_sub(self.pad[axis]))
    }

    /// The same for a transposed convolution: the input that reaches an output through each place of the kernel.
    pub fn transposed_positions(&self) -> Vec<usize> {
        self.by(|axis, offset, at| {
            let reached = (at + self.pad[axis]).checked_sub(offset)?;
            reached.is_multiple_of(self.stride[axis]).then(|| reached / self.stride[axis])
        })
    }

    /// `source(axis, kernel offset, output place)` is the input's row or column, if there is one.
    fn by(&self, source: impl Fn(usize, usize, usize) -> Option<usize>) -> Vec<usize> {
        let [channels, height, width] = self.input;
        let rows = self.along(0, height, &source);
        let columns = self.along(1, width, &source);
        let position = |channel: usize, row: Option<usize>, column: Option<usize>| match (row, column) {
            (Some(row), Some(column)) => (channel * height + row) * width + column,
            _ => self.outside(),
        };
        let mut positions = Vec::with_capacity(channels * rows.len() * columns.len());
        for channel in 0..channels {
            for rows in rows.chunks_exact(self.output[0]) {
                for columns in columns.chunks_exact(self.output[1]) {
                    positions.extend(rows.iter().flat_map(|&r| columns.iter().map(move |&c| position(channel, r, c))));
                }
            }
        }
        positions
    }

    /// The sources along one axis, in the order kernel offset, output place.
    fn along(
        &self,
        axis: usize,
        size: usize,
        source: impl Fn(usize, usize, usize) -> Option<usize>,
    ) -> Vec<Option<usize>> {
        let places = |offset| (0..self.output[axis]).map(move |at| (offset, at));
        (0..self.kernel[axis])
            .flat_map(places)
            .map(|(offset, at)| source(axis, offset, at).filter(|&source| source < size))
            .collect()
    }
}
