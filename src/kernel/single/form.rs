//! How one image's values lie, and other ways to lay them.

use crate::line::{LANES, Line, numbers, numbers_mut};

/// How a value's features and places lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `[channel / 16][place]`; a vector has one place.
    Map { channels: usize, places: usize },
    /// `[step][feature / 16]`
    Sequence { steps: usize, features: usize },
}

impl Form {
    pub fn lines(self) -> usize {
        match self {
            Form::Map { channels, places } => channels.div_ceil(LANES) * places,
            Form::Sequence { steps, features } => steps * features.div_ceil(LANES),
        }
    }

    /// How many values there are.
    pub fn count(self) -> usize {
        match self {
            Form::Map { channels, places } => channels * places,
            Form::Sequence { steps, features } => steps * features,
        }
    }

    /// Copies the values in PyTorch's order.
    pub fn to_natural(self, lines: &[Line], values: &mut [f32]) {
        match self {
            Form::Map { channels, places: 1 } => values[..channels].copy_from_slice(&numbers(lines)[..channels]),
            Form::Map { channels, places } => {
                for (channel, values) in values.chunks_exact_mut(places).enumerate().take(channels) {
                    let plane = &lines[channel / LANES * places..][..places];
                    values.iter_mut().zip(plane).for_each(|(value, line)| *value = line.0[channel % LANES]);
                }
            }
            Form::Sequence { features, .. } => {
                let steps = lines.chunks_exact(features.div_ceil(LANES));
                for (values, lines) in values.chunks_exact_mut(features).zip(steps) {
                    values.copy_from_slice(&numbers(lines)[..features]);
                }
            }
        }
    }

    /// From values in PyTorch's order.
    pub fn from_natural(self, values: &[f32], lines: &mut [Line]) {
        match self {
            Form::Map { channels, places: 1 } => numbers_mut(lines)[..channels].copy_from_slice(&values[..channels]),
            Form::Map { channels, places } => {
                for (channel, values) in values.chunks_exact(places).enumerate().take(channels) {
                    let plane = &mut lines[channel / LANES * places..][..places];
                    plane.iter_mut().zip(values).for_each(|(line, &value)| line.0[channel % LANES] = value);
                }
            }
            Form::Sequence { features, .. } => {
                let steps = lines.chunks_exact_mut(features.div_ceil(LANES));
                for (values, lines) in values.chunks_exact(features).zip(steps) {
                    numbers_mut(lines)[..features].copy_from_slice(values);
                }
            }
        }
    }

    /// The same values, laid out as `to`; `scratch` holds them all.
    pub fn lay_as(self, to: Form, x: &[Line], y: &mut [Line], scratch: &mut [Line]) {
        let natural = &mut numbers_mut(scratch)[..self.count()];
        self.to_natural(x, natural);
        to.from_natural(natural, y);
    }
}

/// A map to the sequence of its places, one feature for each channel.
pub fn positions(channels: usize, places: usize, x: &[Line], y: &mut [Line]) {
    let blocks = channels.div_ceil(LANES);
    for (place, step) in y.chunks_exact_mut(blocks).enumerate() {
        step.iter_mut().enumerate().for_each(|(block, line)| *line = x[block * places + place]);
    }
}

/// Softmax, or its logarithm, over `count` features.
pub fn softmax(count: usize, log: bool, x: &[Line], y: &mut [Line]) {
    let (x, y) = (&numbers(x)[..count], &mut numbers_mut(y)[..count]);
    let most = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = x.iter().map(|x| (x - most).exp()).sum();
    let shift = most + sum.ln();
    y.iter_mut().zip(x).for_each(|(y, x)| *y = if log { x - shift } else { (x - shift).exp() });
}
