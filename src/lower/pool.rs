//! Max and average pooling by gathering.

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{Tape, TensorFromVec};
use dfdx::tensor_ops::{GatherTo, MeanTo, ReshapeTo};

use super::element::{Element, Flow, to_vec};
use super::patches::Sliding;
use crate::layer::{Shape, Window};

/// How a pool's window slides over so many channels.
pub(super) fn sliding_of(window: &Window, input: [usize; 3], output: [usize; 2]) -> Sliding {
    let Window { kernel, stride, pad } = *window;
    Sliding { input, output, kernel, stride, pad, dilation: [1, 1] }
}

/// The positions of each output's window in one channel's plane.
pub(super) struct Windows {
    /// One list for each output, in row order.
    windows: Vec<Vec<usize>>,
    plane: usize,
}

impl Windows {
    pub fn new(window: &Window, [_, height, width]: [usize; 3], output: [usize; 2]) -> Self {
        let sliding = sliding_of(window, [1, height, width], output);
        let positions = sliding.positions();
        let outputs = output[0] * output[1];
        let of_output = |at| positions.iter().skip(at).step_by(outputs).copied();
        let inside = |at| of_output(at).filter(|&position| position < sliding.outside()).collect();
        Self { windows: (0..outputs).map(inside).collect(), plane: height * width }
    }

    /// For each output of each channel of an image, where its first largest value lies.
    fn largest<'a, E: Element>(&'a self, image: &'a [E]) -> impl Iterator<Item = usize> + 'a {
        let of_plane = move |(channel, plane): (usize, &'a [E])| {
            self.windows.iter().map(move |window| channel * self.plane + first_largest(plane, window))
        };
        image.chunks_exact(self.plane).enumerate().flat_map(of_plane)
    }
}

/// Of equal values the first; a NaN counts as larger than everything, as in PyTorch.
fn first_largest<E: Element>(plane: &[E], window: &[usize]) -> usize {
    let mut best = window[0];
    for &position in &window[1..] {
        if plane[position] > plane[best] || plane[position].f64().is_nan() {
            best = position;
        }
    }
    best
}

/// The whole gradient goes to the first largest value; dfdx's own `max` gives it to every one. Which one is the largest is
/// seen in `decider`, if there is one.
pub(super) fn lower_max_pool<E: Element, T: Tape<E, E::Dev>>(
    x: Flow<E, T>,
    decider: Option<Flow<E>>,
    windows: &Windows,
) -> Flow<E, T> {
    let (batch, count) = *x.shape();
    let values = decider.map_or_else(|| to_vec(&x), |decider| to_vec(&decider));
    let chosen: Vec<usize> = values.chunks_exact(count).flat_map(|image| windows.largest(image)).collect();
    let shape = (batch, chosen.len() / batch);
    x.gather(E::Dev::default().tensor_from_vec(chosen, shape))
}

/// The mean of the patches, padded zeros counted.
pub(super) fn lower_avg_pool<E: Element, T: Tape<E, E::Dev>>(
    patches: Flow<E, T>,
    window: &Window,
    output: Shape,
) -> Flow<E, T> {
    let batch = patches.shape().0;
    let area = window.kernel[0] * window.kernel[1];
    let patches = patches.reshape_like(&(batch, output.features(), area, output.positions()));
    patches.mean::<_, Axis<2>>().reshape_like(&(batch, output.count()))
}

/// The mean of each channel.
pub(super) fn lower_global_avg_pool<E: Element, T: Tape<E, E::Dev>>(x: Flow<E, T>, input: Shape) -> Flow<E, T> {
    let batch = x.shape().0;
    x.reshape_like(&(batch, input.features(), input.positions())).mean::<_, Axis<2>>()
}

#[cfg(test)]
mod tests {
    use super::first_largest;

    #[test]
    fn the_first_of_equal_values_wins_and_nan_wins_over_all() {
        let plane = [1.0, 3.0, 2.0, 3.0, f32::NAN];
        for (window, expected) in [(&[0, 1, 2, 3][..], 1), (&[3, 1], 3), (&[2], 2), (&[0, 4, 1], 4), (&[4, 1], 4)] {
            assert_eq!(first_largest(&plane, window), expected, "{window:?}");
        }
    }
}
