//! `Dropout`, `Dropout2d`.

use super::signature::{Default, Kind, Parameter};
use super::{Layer, Op, keep, map_of, with_default};

const PARAMETERS: &[Parameter] = &[with_default("p", Kind::Probability, Default::Number(0.5))];

pub const DROPOUT: Layer = Layer {
    parameters: PARAMETERS,
    elsewhere: &["dropout"],
    ..Layer::new("Dropout", "zeroes values with probability p while training", |args, context| {
        keep(Op::Dropout { p: args.number("p"), channels: false }, context)
    })
};

pub const DROPOUT_2D: Layer = Layer {
    parameters: PARAMETERS,
    elsewhere: &["SpatialDropout2D", "Dropout2D"],
    ..Layer::new("Dropout2d", "zeroes whole channels with probability p while training", |args, context| {
        map_of("Dropout2d", context)?;
        keep(Op::Dropout { p: args.number("p"), channels: true }, context)
    })
};
