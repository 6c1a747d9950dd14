//! Activations and softmax.

use dfdx::shapes::Axis;
use dfdx::tensor::{NoneTape, Tape, ZerosTensor};
use dfdx::tensor_ops::{ChooseFrom, ReshapeTo, TryLe};

use super::element::{Element, Flow};
use super::shape::{by_feature, from_features};
use crate::layer::{Activation, Shape};

/// Where the derivative jumps at zero, the sign of `decider` counts in place of the value's own, if there is one.
pub(super) fn lower_activation<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    activation: Activation,
    decider: Option<Flow<E>>,
) -> Flow<E, T> {
    match activation {
        Activation::Relu => {
            let below = x.device().zeros_like(&x).retaped();
            where_positive(decider.unwrap_or_else(|| x.retaped()), x, below)
        }
        Activation::LeakyRelu { slope } => {
            let below = x.retaped::<T>() * E::of(slope);
            where_positive(decider.unwrap_or_else(|| x.retaped()), x, below)
        }
        Activation::Elu => {
            let own = x.retaped();
            let below = x.retaped::<T>().clamp(f64::NEG_INFINITY, 0.0).exp() - E::of(1.0);
            where_positive(own, x, below)
        }
        Activation::Gelu => gelu(x),
        Activation::Silu => x.retaped::<T>() * x.sigmoid(),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => x.sigmoid(),
    }
}

/// `above` where `sign` is above 0 or a NaN, else `below`: a NaN stays one.
fn where_positive<E: Element, T: Tape<E, E::Dev>>(sign: Flow<E>, above: Flow<E, T>, below: Flow<E, T>) -> Flow<E, T> {
    sign.le(E::default()).choose(below, above)
}

/// x Phi(x). Its derivative is Phi(x) + x phi(x), phi(x) = exp(-x^2/2) / sqrt(2 pi); dfdx's has 1/sqrt(pi) in place of
/// 1/sqrt(2 pi). A term whose value is zero and whose derivative is the difference corrects it.
fn gelu<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>) -> Flow<E, T> {
    let factor = std::f64::consts::FRAC_2_SQRT_PI / 2.0 * (1.0 - std::f64::consts::FRAC_1_SQRT_2);
    let bell = (x.retaped::<T>().square() * E::of(-0.5)).exp() * E::of(factor);
    let negated = bell.retaped::<NoneTape>().negate();
    (bell + negated) + x.accurate_gelu()
}

/// Over the features, or over the channels of a map.
pub(super) fn lower_softmax<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, shape: Shape) -> Flow<E, T> {
    from_features(by_feature(x, shape).contiguous().softmax::<Axis<1>>(), shape)
}

pub(super) fn lower_log_softmax<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, shape: Shape) -> Flow<E, T> {
    from_features(by_feature(x, shape).contiguous().log_softmax::<Axis<1>>(), shape)
}
