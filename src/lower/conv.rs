//! `Conv`, `ConvT` and `FC`: products of a weight with gathered patches, or with the values themselves.

use dfdx::shapes::{Axes2, Axes3, Axis, HasShape};
use dfdx::tensor::Tape;
use dfdx::tensor_ops::{BroadcastTo, PermuteTo, ReshapeTo, TryMatMul};

use super::element::{Element, Flat, Flow, Of};
use super::patches::{Patches, Sliding};
use crate::layer::{Conv, ConvT, Fc, Shape};

/// What a convolution gathers.
pub(super) fn patches_of<E: Element>(conv: &Conv, input: [usize; 3], output: [usize; 2]) -> Patches<E> {
    let pad = conv.pad.map(|[before, _]| before);
    let sliding = Sliding { input, output, kernel: conv.kernel, stride: conv.stride, pad, dilation: conv.dilation };
    Patches::new(sliding.positions(), sliding.outside())
}

/// What a transposed convolution gathers.
pub(super) fn transposed_patches_of<E: Element>(conv: &ConvT, input: [usize; 3], output: [usize; 2]) -> Patches<E> {
    let ConvT { kernel, stride, pad, .. } = *conv;
    let sliding = Sliding { input, output, kernel, stride, pad, dilation: [1, 1] };
    Patches::new(sliding.transposed_positions(), sliding.outside())
}

/// out\[o, p\] = sum over k of weight\[o, k\] patches\[k, p\] + bias\[o\], in each group.
pub(super) fn lower_conv<E: Element, T: Tape<E, E::Dev>>(
    patches: Flow<E, T>,
    conv: &Conv,
    params: &[Flat<E>],
    output: Shape,
) -> Flow<E, T> {
    let groups = conv.groups;
    let depth = conv.input / groups * conv.kernel[0] * conv.kernel[1];
    let weight = params[0].retaped::<T>().reshape_like(&(groups, conv.output / groups, depth));
    multiply(weight, patches, params.get(1), output)
}

/// The same with the weight's first two sizes exchanged.
pub(super) fn lower_conv_t<E: Element, T: Tape<E, E::Dev>>(
    patches: Flow<E, T>,
    conv: &ConvT,
    params: &[Flat<E>],
    output: Shape,
) -> Flow<E, T> {
    let area = conv.kernel[0] * conv.kernel[1];
    let weight = params[0].retaped::<T>().reshape_like(&(conv.input, conv.output, area));
    let weight = weight.permute::<_, Axes3<1, 0, 2>>().reshape_like(&(1, conv.output, conv.input * area));
    multiply(weight, patches, params.get(1), output)
}

/// Weight: groups x outputs in the group x depth. Patches: batch x (groups x depth x positions).
fn multiply<E: Element, T: Tape<E, E::Dev>>(
    weight: Of<(usize, usize, usize), E, T>,
    patches: Flow<E, T>,
    bias: Option<&Flat<E>>,
    output: Shape,
) -> Flow<E, T> {
    let (groups, outputs, depth) = *weight.shape();
    let batch = patches.shape().0;
    let patches = patches.reshape_like(&(batch, groups, depth, output.positions()));
    let product = weight.broadcast_like::<_, Axis<0>>(&(batch, groups, outputs, depth)).matmul(patches);
    let Some(bias) = bias else { return product.reshape_like(&(batch, output.count())) };
    let shape = (batch, output.features(), output.positions());
    let bias = bias.clone().broadcast_like::<_, Axes2<0, 2>>(&shape);
    (product.reshape_like(&shape) + bias).reshape_like(&(batch, output.count()))
}

/// x weight^T + bias
pub(super) fn lower_fc<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, fc: &Fc, params: &[Flat<E>]) -> Flow<E, T> {
    let weight = params[0].clone().reshape_like(&(fc.output, fc.input));
    affine(x, weight, params[1].retaped::<T>())
}

/// x weight^T + bias: x is rows x inputs, weight outputs x inputs.
pub(super) fn affine<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    weight: Flow<E>,
    bias: Of<(usize,), E, T>,
) -> Flow<E, T> {
    let shape = (x.shape().0, weight.shape().0);
    x.matmul(weight.permute::<_, Axes2<1, 0>>()) + bias.broadcast_like::<_, Axis<0>>(&shape)
}
