//! A network without some of its units: the same tensors, smaller.

use crate::graph::{Graph, TensorAxes};
use crate::lower::Store;

/// The tensors of `small`, which is the graph of `store` without the units that `axes` leaves out; and `mask` without
/// them, none where it masks nothing that is left.
pub fn compacted(
    store: &Store<f32>,
    mask: &[f32],
    axes: &[Vec<TensorAxes>],
    small: &Graph,
) -> (Store<f32>, Option<Vec<f32>>) {
    let mut made = Store::init(small, 0);
    let mut made_mask = vec![1.0; made.values().len()];
    for (node, axes) in axes.iter().enumerate() {
        let places = made.of_node(node).to_vec();
        for ((entry, axes), place) in store.of_node(node).iter().zip(axes).zip(&places) {
            let shape = &entry.shape;
            copy_left(store.value(entry), shape, axes, made.value_mut(place));
            if entry.trained {
                copy_left(&mask[entry.range.clone()], shape, axes, &mut made_mask[place.range.clone()]);
            }
        }
    }
    let masks = made_mask.contains(&0.0);
    (made, masks.then_some(made_mask))
}

fn copy_left(from: &[f32], shape: &[usize], axes: &TensorAxes, to: &mut [f32]) {
    let kept = from.iter().zip(left(shape, axes)).filter(|(_, left)| *left);
    debug_assert_eq!(kept.clone().count(), to.len());
    to.iter_mut().zip(kept).for_each(|(to, (from, _))| *to = *from);
}

/// For each number of a tensor of this shape, in memory order, whether it is left.
pub fn left<'a>(shape: &'a [usize], axes: &'a TensorAxes) -> impl Iterator<Item = bool> + Clone + 'a {
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let strides: Vec<usize> = (0..axes.len()).map(stride).collect();
    (0..shape.iter().product()).map(move |index: usize| {
        let mut each = axes.iter().zip(&strides).zip(shape);
        each.all(|((left, stride), size)| left[index / stride % size])
    })
}
