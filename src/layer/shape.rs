//! Shapes of what flows between layers; the batch is left out.

use std::fmt;

/// The shape of one image's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Channels x height x width.
    Map { channels: usize, height: usize, width: usize },
    /// Steps x features.
    Sequence { steps: usize, features: usize },
    /// Features.
    Vector { features: usize },
}

impl Shape {
    pub fn map(channels: usize, height: usize, width: usize) -> Self {
        Shape::Map { channels, height, width }
    }

    pub fn sequence(steps: usize, features: usize) -> Self {
        Shape::Sequence { steps, features }
    }

    pub fn vector(features: usize) -> Self {
        Shape::Vector { features }
    }

    /// How many values it holds; the largest number where that is beyond counting.
    pub fn count(self) -> usize {
        self.dims().iter().fold(1, |count: usize, &size| count.saturating_mul(size))
    }

    /// The sizes as PyTorch orders them.
    pub fn dims(self) -> Vec<usize> {
        match self {
            Shape::Map { channels, height, width } => vec![channels, height, width],
            Shape::Sequence { steps, features } => vec![steps, features],
            Shape::Vector { features } => vec![features],
        }
    }

    /// The shape of these sizes; none for other than one to three of them.
    pub fn of(dims: &[usize]) -> Option<Self> {
        match *dims {
            [features] => Some(Shape::vector(features)),
            [steps, features] => Some(Shape::sequence(steps, features)),
            [channels, height, width] => Some(Shape::map(channels, height, width)),
            _ => None,
        }
    }

    /// The size that `Concat` joins and `BatchNorm` normalises over: channels, or features.
    pub fn features(self) -> usize {
        match self {
            Shape::Map { channels, .. } => channels,
            Shape::Sequence { features, .. } | Shape::Vector { features } => features,
        }
    }

    /// How many values share one channel or feature: H*W, steps, or 1.
    pub fn positions(self) -> usize {
        self.count() / self.features()
    }

    /// What messages call a value of this shape.
    pub fn noun(self) -> &'static str {
        match self {
            Shape::Map { .. } => "a map",
            Shape::Sequence { .. } => "a sequence",
            Shape::Vector { .. } => "a vector",
        }
    }
}

impl fmt::Display for Shape {
    /// `20x26x26`, `8x20` or `10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.dims().iter().map(usize::to_string).collect();
        f.write_str(&sizes.join("x"))
    }
}
