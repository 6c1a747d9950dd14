//! The numbers that a program computes in, and its tensors over them.

use std::ops::DerefMut;

use dfdx::dtypes::Dtype;
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, NoneTape, Storage, Tensor};
use dfdx::tensor_ops::Device;

/// `f32` or `f64`, with the dfdx device that holds it.
pub trait Element: Dtype {
    type Dev: Device<Self> + Storage<Self, Vec: DerefMut<Target = Vec<Self>>>;

    /// The element next to `value`.
    fn of(value: f64) -> Self;

    fn f64(self) -> f64;
}

impl Element for f32 {
    type Dev = Cpu;

    fn of(value: f64) -> Self {
        value as f32
    }

    fn f64(self) -> f64 {
        self.into()
    }
}

impl Element for f64 {
    type Dev = Cpu;

    fn of(value: f64) -> Self {
        value
    }

    fn f64(self) -> f64 {
        self
    }
}

/// A tensor of shape `S`, on tape `T`.
pub(super) type Of<S, E, T = NoneTape> = Tensor<S, E, <E as Element>::Dev, T>;

/// What flows between layers: (batch, values).
pub(super) type Flow<E, T = NoneTape> = Of<(usize, usize), E, T>;

/// A parameter or buffer, flat.
pub(super) type Flat<E> = Of<(usize,), E>;

/// The values in memory order. The tensor is contiguous.
pub(super) fn to_vec<S: Shape, E: Element, T>(tensor: &Of<S, E, T>) -> Vec<E> {
    let mut values = vec![E::default(); tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}
