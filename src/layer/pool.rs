//! `Pool`, `AvgPool`, `GlobalAvgPool`: what a map shows in windows, or as a whole.

use super::signature::{Args, Default, Kind, Parameter};
use super::window::{Window1, spatial_output};
use super::{Context, Fault, Layer, Op, Shape, Typed, Window, map_of, required, with_default};
use crate::diagnostic::Code;

const PARAMETERS: &[Parameter] = &[
    required("kernel", Kind::Size(1)),
    with_default("stride", Kind::Size(1), Default::Absent),
    with_default("pad", Kind::Size(0), Default::Size(0)),
];

pub const POOL: Layer = Layer {
    parameters: PARAMETERS,
    elsewhere: &["MaxPool", "MaxPool2d", "MaxPooling2D", "MaxPooling"],
    check: Some(|args, _| check("Pool", args)),
    ..Layer::new("Pool", "max pooling over windows; stride = kernel where it is not given", |args, context| {
        infer("Pool", args, context, Op::MaxPool)
    })
};

pub const AVG_POOL: Layer = Layer {
    parameters: PARAMETERS,
    elsewhere: &["AvgPool2d", "AveragePooling2D", "AveragePooling", "AveragePool", "MeanPool"],
    check: Some(|args, _| check("AvgPool", args)),
    ..Layer::new("AvgPool", "average pooling over windows; padding counts", |args, context| {
        infer("AvgPool", args, context, Op::AvgPool)
    })
};

pub const GLOBAL_AVG_POOL: Layer = Layer {
    elsewhere: &[
        "GlobalAveragePooling2D",
        "AdaptiveAvgPool2d",
        "GlobalAvgPool2d",
        "GlobalAveragePooling",
        "GlobalAveragePool",
        "GAP",
    ],
    ..Layer::new("GlobalAvgPool", "the mean of each channel: CxHxW -> C", |_, context| {
        let (channels, ..) = map_of("GlobalAvgPool", context)?;
        Ok(Typed { op: Op::GlobalAvgPool, output: Shape::vector(channels) })
    })
};

fn check(layer: &str, args: &Args) -> Result<(), Fault> {
    let (kernel, pad) = (args.size("kernel"), args.size("pad"));
    if [0, 1].iter().all(|&axis| pad[axis] <= kernel[axis] / 2) {
        return Ok(());
    }
    let most = kernel.map(|side| side / 2);
    let message = format!("`{layer}` pads by more than half its kernel");
    Err(Fault::new(Code::OUT_OF_RANGE, message).at("pad", format!("at most {}x{}", most[0], most[1])))
}

fn infer(layer: &str, args: &Args, context: &Context, op: fn(Window) -> Op) -> Result<Typed, Fault> {
    let (channels, height, width) = map_of(layer, context)?;
    let kernel = args.size("kernel");
    let window = Window { kernel, stride: args.optional_size("stride").unwrap_or(kernel), pad: args.size("pad") };
    let windows = [0, 1].map(|axis| Window1 {
        kernel: window.kernel[axis],
        stride: window.stride[axis],
        pad: [window.pad[axis]; 2],
        dilation: 1,
    });
    let [height, width] = spatial_output(layer, [height, width], windows)?;
    Ok(Typed { op: op(window), output: Shape::map(channels, height, width) })
}
