//! Layers that move values: `Seq`, `Upsample`, `Pad`; and the view by channel or feature that norms and merges share.

use dfdx::shapes::{Axes3, Axes4, HasShape};
use dfdx::tensor::Tape;
use dfdx::tensor_ops::{PermuteTo, ReshapeTo};

use super::element::{Element, Flow, Of};
use super::patches::Patches;
use crate::layer::{Seq, Shape};

/// (batch, channels or features, positions).
pub(super) fn by_feature<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    shape: Shape,
) -> Of<(usize, usize, usize), E, T> {
    let (batch, features, positions) = (x.shape().0, shape.features(), shape.positions());
    match shape {
        Shape::Sequence { .. } => x.reshape_like(&(batch, positions, features)).permute::<_, Axes3<0, 2, 1>>(),
        _ => x.reshape_like(&(batch, features, positions)),
    }
}

/// The inverse of [`by_feature`].
pub(super) fn from_features<E: Element, T: Tape<E, E::Dev>>(
    x: Of<(usize, usize, usize), E, T>,
    shape: Shape,
) -> Flow<E, T> {
    let flat = (x.shape().0, shape.count());
    match shape {
        Shape::Sequence { .. } => x.permute::<_, Axes3<0, 2, 1>>().reshape_like(&flat),
        _ => x.reshape_like(&flat),
    }
}

/// `Seq(k)` and channels are views of the memory; the others permute it.
pub(super) fn lower_seq<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, seq: Seq, input: Shape) -> Flow<E, T> {
    let (batch, count) = *x.shape();
    match (seq, input) {
        (Seq::Positions, Shape::Map { channels, .. }) => x
            .reshape_like(&(batch, channels, input.positions()))
            .permute::<_, Axes3<0, 2, 1>>()
            .reshape_like(&(batch, count)),
        (Seq::Rows, Shape::Map { channels, height, width }) => x
            .reshape_like(&(batch, channels, height, width))
            .permute::<_, Axes4<0, 2, 1, 3>>()
            .reshape_like(&(batch, count)),
        _ => x,
    }
}

/// Each pixel `factor` times in both directions.
pub(super) fn upsampling<E: Element>([channels, height, width]: [usize; 3], factor: [usize; 2]) -> Patches<E> {
    let rows = channels * height * factor[0];
    let columns = width * factor[1];
    let source = |row: usize, column: usize| row / factor[0] * width + column / factor[1];
    let index = (0..rows).flat_map(|row| (0..columns).map(move |column| source(row, column))).collect();
    Patches::new(index, channels * height * width)
}

/// A map with zeros around it.
pub(super) fn padding<E: Element>([channels, height, width]: [usize; 3], pad: [usize; 2]) -> Patches<E> {
    let outside = channels * height * width;
    let source = |channel: usize, row: usize, column: usize| {
        let row = row.checked_sub(pad[0]).filter(|&row| row < height)?;
        let column = column.checked_sub(pad[1]).filter(|&column| column < width)?;
        Some((channel * height + row) * width + column)
    };
    let rows = (0..channels).flat_map(|channel| (0..height + 2 * pad[0]).map(move |row| (channel, row)));
    let places = rows.flat_map(|(channel, row)| (0..width + 2 * pad[1]).map(move |column| (channel, row, column)));
    Patches::new(places.map(|(c, row, column)| source(c, row, column).unwrap_or(outside)).collect(), outside)
}
