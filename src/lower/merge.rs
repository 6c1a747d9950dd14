//! Merges of several values into one.

use std::cmp::Ordering;

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{Tape, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, ReshapeTo, TryConcatAlong};

use super::element::{Element, Flow, to_vec};
use crate::layer::{Merge, Shape};

/// `inputs` are the shapes of `values`, at least one; `output` is the shape of the result.
pub(super) fn lower_merge<E: Element, T: Tape<E, E::Dev>>(
    merge: Merge,
    values: Vec<Flow<E, T>>,
    inputs: &[Shape],
    output: Shape,
) -> Flow<E, T> {
    let count = values.len() as f64;
    let values = distinct(values).into_iter();
    let spread = |(value, &shape)| spread(value, shape, output);
    match merge {
        Merge::Add => fold(values.zip(inputs).map(spread), |a, b| a + b),
        Merge::Mul => fold(values.zip(inputs).map(spread), |a, b| a * b),
        Merge::Max => fold(values, |a, b| a.maximum(b)),
        Merge::Mean => fold(values, |a, b| a + b) * E::of(1.0 / count),
        Merge::Concat => concat(values, inputs, output),
    }
}

/// The largest of the values, as `deciders` have it; where those are equal, both share.
pub(super) fn lower_decided_max<E: Element, T: Tape<E, E::Dev>>(
    values: Vec<Flow<E, T>>,
    deciders: Vec<Flow<E>>,
) -> Flow<E, T> {
    let larger = |(a, by_a): (Flow<E, T>, Flow<E>), (b, by_b): (Flow<E, T>, Flow<E>)| {
        let share = share_of_first(&by_a, &by_b);
        let rest = share.clone().negate() + E::of(1.0);
        (a * share + b * rest, by_a.maximum(by_b * E::of(1.0)))
    };
    fold(distinct(values).into_iter().zip(deciders), larger).0
}

/// 1 where `a` is larger, 0 where `b` is, a half where they are equal.
fn share_of_first<E: Element>(a: &Flow<E>, b: &Flow<E>) -> Flow<E> {
    let share = |(a, b): (&E, &E)| match a.partial_cmp(b) {
        Some(Ordering::Greater) => E::of(1.0),
        Some(Ordering::Less) => E::of(0.0),
        _ => E::of(0.5),
    };
    let shares = to_vec(a).iter().zip(&to_vec(b)).map(share).collect();
    E::Dev::default().tensor_from_vec(shares, *a.shape())
}

/// Tensors of different identities, which dfdx's operations on two tensors ask for; the same value may be merged with
/// itself.
fn distinct<E: Element, T: Tape<E, E::Dev>>(values: Vec<Flow<E, T>>) -> Vec<Flow<E, T>> {
    let copy = |(n, value)| if n == 0 { value } else { value * E::of(1.0) };
    values.into_iter().enumerate().map(copy).collect()
}

fn fold<V>(mut values: impl Iterator<Item = V>, merge: impl FnMut(V, V) -> V) -> V {
    let first = values.next().expect("a merge reads at least one value");
    values.fold(first, merge)
}

/// A vector of C beside maps of CxHxW: each value at every position.
fn spread<E: Element, T: Tape<E, E::Dev>>(value: Flow<E, T>, shape: Shape, output: Shape) -> Flow<E, T> {
    if shape.count() == output.count() {
        return value;
    }
    let batch = value.shape().0;
    let spread = value.broadcast_like::<_, Axis<2>>(&(batch, output.features(), output.positions()));
    spread.reshape_like(&(batch, output.count()))
}

/// Channels of maps lie one after the other in memory; features of sequences join in each step.
fn concat<E: Element, T: Tape<E, E::Dev>>(
    values: impl Iterator<Item = Flow<E, T>>,
    inputs: &[Shape],
    output: Shape,
) -> Flow<E, T> {
    let steps = if let Shape::Sequence { steps, .. } = output { steps } else { 1 };
    let by_step = |(value, shape): (Flow<E, T>, &Shape)| {
        let batch = value.shape().0;
        value.reshape_like(&(batch, steps, shape.count() / steps))
    };
    let joined = fold(values.zip(inputs).map(by_step), |a, b| (a, b).concat_along(Axis::<2>));
    let batch = joined.shape().0;
    joined.reshape_like(&(batch, output.count()))
}
