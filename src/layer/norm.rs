//! `BatchNorm`, `LayerNorm`, `GroupNorm`.

use super::conv::{divisors, listed, plural};
use super::signature::Kind;
use super::{Context, Fault, Layer, Op, Typed, keep, map_of, required};
use crate::diagnostic::Code;

pub const BATCH_NORM: Layer = Layer {
    elsewhere: &["BatchNorm2d", "BatchNorm1d", "BatchNormalization", "BatchNormalisation", "BN"],
    ..Layer::new("BatchNorm", "normalises each channel, or feature, over the batch", |_, context| {
        keep(Op::BatchNorm, context)
    })
};

pub const LAYER_NORM: Layer = Layer {
    elsewhere: &["LayerNormalization", "LayerNormalisation"],
    ..Layer::new("LayerNorm", "normalises all values of an image", |_, context| keep(Op::LayerNorm, context))
};

pub const GROUP_NORM: Layer = Layer {
    parameters: &[required("groups", Kind::Count)],
    elsewhere: &["GroupNormalization", "GroupNormalisation"],
    ..Layer::new("GroupNorm", "normalises each group of channels of an image", |args, context| {
        group_norm(args.count("groups").unwrap_or(1), context)
    })
};

fn group_norm(groups: usize, context: &Context) -> Result<Typed, Fault> {
    let (channels, ..) = map_of("GroupNorm", context)?;
    if channels.is_multiple_of(groups) {
        return keep(Op::GroupNorm { groups }, context);
    }
    let message = format!("`GroupNorm` cannot split {} into {}", plural(channels, "channel"), plural(groups, "group"));
    let fault = Fault::new(Code::DIVISION, message).at("groups", format!("{groups} does not divide {channels}"));
    let divisors = divisors(channels);
    let verb = if divisors.len() == 1 { "divides" } else { "divide" };
    Err(fault.note(format!("{} {verb} {channels}", listed(&divisors))).makes(context.input()))
}
