//! `Flatten`, `Reshape`, `Upsample`, `Pad`, `Identity`: the same values in another arrangement.

use super::conv::plural;
use super::signature::{Args, Argument, Kind};
use super::{Context, Fault, Layer, Op, Shape, Typed, keep, map_of, required};
use crate::diagnostic::Code;

pub const FLATTEN: Layer = Layer {
    elsewhere: &["flatten"],
    ..Layer::new("Flatten", "all values as one vector, in memory order", |_, context| {
        Ok(Typed { op: Op::Flatten, output: Shape::vector(context.input().count()) })
    })
};

pub const RESHAPE: Layer = Layer {
    parameters: &[required("shape", Kind::Dims)],
    elsewhere: &["view", "Unflatten", "reshape"],
    makes: Some(|args, _| dims(args).and_then(|dims| Shape::of(&dims))),
    ..Layer::new("Reshape", "the same values in another shape, in memory order", reshape)
};

pub const UPSAMPLE: Layer = Layer {
    parameters: &[required("factor", Kind::Size(1))],
    elsewhere: &["UpSampling2D", "UpsamplingNearest2d", "Upsampling", "interpolate"],
    ..Layer::new("Upsample", "each pixel so many times in both directions (nearest)", |args, context| {
        let (channels, height, width) = map_of("Upsample", context)?;
        let factor = args.size("factor");
        Ok(Typed { op: Op::Upsample { factor }, output: Shape::map(channels, height * factor[0], width * factor[1]) })
    })
};

pub const PAD: Layer = Layer {
    parameters: &[required("pad", Kind::Size(0))],
    elsewhere: &["ZeroPad2d", "ZeroPadding2D", "ZeroPad", "ZeroPadding"],
    ..Layer::new("Pad", "zeros around a map", |args, context| {
        let (channels, height, width) = map_of("Pad", context)?;
        let pad = args.size("pad");
        Ok(Typed { op: Op::Pad { pad }, output: Shape::map(channels, height + 2 * pad[0], width + 2 * pad[1]) })
    })
};

pub const IDENTITY: Layer = Layer {
    elsewhere: &["identity", "NoOp"],
    ..Layer::new("Identity", "its input, unchanged", |_, context| keep(Op::Identity, context))
};

fn dims(args: &Args) -> Option<Vec<usize>> {
    match args.get("shape") {
        Argument::Dims(dims) => Some(dims.clone()),
        _ => None,
    }
}

fn reshape(args: &Args, context: &Context) -> Result<Typed, Fault> {
    let input = context.input();
    let Some(output) = dims(args).and_then(|dims| Shape::of(&dims)) else {
        return Err(Fault::new(Code::WRONG_KIND, "`Reshape` takes one to three sizes").at("shape", "not a shape"));
    };
    if output.count() == input.count() {
        return Ok(Typed { op: Op::Reshape, output });
    }
    let message =
        format!("`Reshape` makes {output} of {input}: {} of {}", plural(output.count(), "value"), input.count());
    let fault = Fault::new(Code::FEATURES, message).at("shape", format!("{} here", plural(output.count(), "value")));
    Err(fault.note(format!("{input} holds {}", plural(input.count(), "value"))).makes(output))
}
