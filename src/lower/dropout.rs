//! Dropout by masks that depend on the image and its place in the epoch, not on the batch.

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{Tape, TensorFromVec};
use dfdx::tensor_ops::BroadcastTo;

use super::batch::Draw;
use super::element::{Element, Flow, Of};
use super::shape::{by_feature, from_features};
use crate::layer::Shape;

/// The masks of one node in training.
#[derive(Clone, Copy)]
pub(super) struct Masks {
    pub draw: Draw,
    pub node: usize,
    pub p: f64,
}

impl Masks {
    /// 0, or 1/(1-p) for what stays.
    fn factor<E: Element>(&self, row: usize, feature: usize) -> E {
        let dropped = f64::from(self.draw.uniform(row, self.node, feature)) < self.p;
        E::of(if dropped { 0.0 } else { 1.0 / (1.0 - self.p) })
    }

    /// A mask for each value of each image: (batch, features).
    fn by_image<E: Element>(&self, batch: usize, features: usize) -> Flow<E> {
        let rows = (0..batch).flat_map(|row| (0..features).map(move |feature| self.factor(row, feature)));
        E::Dev::default().tensor_from_vec(rows.collect(), (batch, features))
    }

    /// A mask for a sequence behind recurrent layer `layer`: (steps, batch, features).
    pub fn by_step<E: Element>(&self, layer: usize, shape: (usize, usize, usize)) -> Of<(usize, usize, usize), E> {
        let (steps, batch, features) = shape;
        let at =
            |step: usize, row: usize, feature: usize| self.factor(row, (layer * steps + step) * features + feature);
        let rows = (0..steps).flat_map(|step| (0..batch).map(move |row| (step, row)));
        let values = rows.flat_map(|(step, row)| (0..features).map(move |feature| at(step, row, feature)));
        E::Dev::default().tensor_from_vec(values.collect(), shape)
    }
}

/// Drops single values, or whole channels.
pub(super) fn lower_dropout<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    masks: Masks,
    channels: bool,
    shape: Shape,
) -> Flow<E, T> {
    let (batch, count) = *x.shape();
    if !channels {
        return x * masks.by_image(batch, count);
    }
    let x = by_feature(x, shape);
    let mask = masks.by_image::<E>(batch, shape.features()).broadcast_like::<_, Axis<2>>(x.shape());
    from_features(x * mask, shape)
}
