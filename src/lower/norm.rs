//! `BatchNorm`, `LayerNorm` and `GroupNorm`, with PyTorch's epsilon.

use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::Tape;
use dfdx::tensor_ops::{BroadcastTo, MeanTo, ReshapeTo};

use super::element::{Element, Flat, Flow, Of, to_vec};
use super::shape::{by_feature, from_features};
use crate::layer::Shape;

const EPSILON: f64 = 1e-5;

/// How far running statistics move towards a batch's.
pub(super) const MOMENTUM: f64 = 0.1;

type ByFeature<E, T> = Of<(usize, usize, usize), E, T>;

/// A batch's statistics of each feature, which the running ones follow.
pub(super) struct Moments<E> {
    pub mean: Vec<E>,
    /// Unbiased.
    pub variance: Vec<E>,
}

impl<E: Element> Moments<E> {
    /// running += momentum (batch - running)
    pub fn follow(running: &mut [E], batch: &[E]) {
        for (running, &batch) in running.iter_mut().zip(batch) {
            *running += E::of(MOMENTUM) * (batch - *running);
        }
    }
}

/// (x - mean) weight / sqrt(variance + epsilon) + bias by the batch's own biased statistics.
pub(super) fn train_batch_norm<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    params: &[Flat<E>],
    shape: Shape,
) -> (Flow<E, T>, Moments<E>) {
    let x = by_feature(x, shape);
    let dims = *x.shape();
    let mean = mean_of_features(x.retaped::<T>());
    let mean_values = to_vec(&mean);
    let centred = x - mean.broadcast_like::<_, Axes2<0, 2>>(&dims);
    let variance = mean_of_features(centred.retaped::<T>().square());
    let moments = Moments { mean: mean_values, variance: unbiased(to_vec(&variance), dims.0 * dims.2) };
    (from_features(scale_and_shift(centred, variance, params), shape), moments)
}

/// Image by image, and then over the images: rounding grows with the longer of the two and not with their product.
fn mean_of_features<E: Element, T: Tape<E, E::Dev>>(x: ByFeature<E, T>) -> Of<(usize,), E, T> {
    x.mean::<_, Axis<2>>().mean::<_, Axis<0>>()
}

/// The same by the running statistics.
pub(super) fn eval_batch_norm<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    params: &[Flat<E>],
    shape: Shape,
) -> Flow<E, T> {
    let x = by_feature(x, shape);
    let dims = *x.shape();
    let centred = x - params[2].clone().broadcast_like::<_, Axes2<0, 2>>(&dims);
    from_features(scale_and_shift(centred, params[3].retaped::<T>(), params), shape)
}

fn scale_and_shift<E: Element, T: Tape<E, E::Dev>>(
    centred: ByFeature<E, T>,
    variance: Of<(usize,), E, T>,
    params: &[Flat<E>],
) -> ByFeature<E, T> {
    let dims = *centred.shape();
    let scale = (variance + E::of(EPSILON)).sqrt().recip() * params[0].clone();
    let scaled = centred * scale.broadcast_like::<_, Axes2<0, 2>>(&dims);
    scaled + params[1].clone().broadcast_like::<_, Axes2<0, 2>>(&dims)
}

fn unbiased<E: Element>(mut variance: Vec<E>, count: usize) -> Vec<E> {
    let factor = E::of(count as f64 / count.saturating_sub(1).max(1) as f64);
    variance.iter_mut().for_each(|variance| *variance *= factor);
    variance
}

/// Over all values of an image; weight and bias for each value.
pub(super) fn lower_layer_norm<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, params: &[Flat<E>]) -> Flow<E, T> {
    let dims = *x.shape();
    let each = |param: &Flat<E>| param.clone().broadcast_like::<_, Axis<0>>(&dims);
    x.normalize::<Axis<1>>(EPSILON) * each(&params[0]) + each(&params[1])
}

/// Over each group of channels; weight and bias for each channel.
pub(super) fn lower_group_norm<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    groups: usize,
    params: &[Flat<E>],
    shape: Shape,
) -> Flow<E, T> {
    let x = by_feature(x, shape);
    let dims = *x.shape();
    let grouped = x.reshape_like(&(dims.0, groups, shape.count() / groups)).normalize::<Axis<2>>(EPSILON);
    let each = |param: &Flat<E>| param.clone().broadcast_like::<_, Axes2<0, 2>>(&dims);
    from_features(grouped.reshape_like(&dims) * each(&params[0]) + each(&params[1]), shape)
}
