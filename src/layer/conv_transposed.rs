//! `ConvT`: transposed convolution, the way back up.

use super::conv::wrong_channels;
use super::signature::{Args, Default, Kind};
use super::{Context, ConvT, Fault, Layer, Op, Shape, Typed, map_of, required, with_default};
use crate::diagnostic::Code;

pub const CONV_T: Layer = Layer {
    parameters: &[
        required("in", Kind::CountOrInfer),
        required("out", Kind::Count),
        required("kernel", Kind::Size(1)),
        with_default("stride", Kind::Size(1), Default::Size(1)),
        with_default("pad", Kind::Size(0), Default::Size(0)),
        with_default("output_pad", Kind::Size(0), Default::Size(0)),
        with_default("bias", Kind::Flag, Default::Flag(true)),
    ],
    elsewhere: &["ConvTranspose2d", "Conv2DTranspose", "ConvTranspose", "Deconv", "Deconvolution"],
    check: Some(|args, _| check(args)),
    ..Layer::new("ConvT", "transposed convolution: CxHxW -> out x H' x W'", infer)
};

/// PyTorch's rule: the output padding is smaller than the stride.
fn check(args: &Args) -> Result<(), Fault> {
    let (stride, output_pad) = (args.size("stride"), args.size("output_pad"));
    if output_pad[0] < stride[0] && output_pad[1] < stride[1] {
        return Ok(());
    }
    let message = "`ConvT` adds at most stride - 1 rows by `output_pad`";
    Err(Fault::new(Code::OUT_OF_RANGE, message).at("output_pad", "not less than the stride"))
}

fn infer(args: &Args, context: &Context) -> Result<Typed, Fault> {
    let (channels, height, width) = map_of("ConvT", context)?;
    let op = ConvT {
        input: args.count("in").unwrap_or(channels),
        output: args.count("out").unwrap_or_default(),
        kernel: args.size("kernel"),
        stride: args.size("stride"),
        pad: args.size("pad"),
        output_pad: args.size("output_pad"),
        bias: args.flag("bias"),
    };
    let sides = (side(&op, 0, height), side(&op, 1, width));
    let (Some(rows), Some(columns)) = sides else { return Err(nothing_left(&op, [height, width])) };
    let output = Shape::map(op.output, rows, columns);
    if op.input == channels {
        return Ok(Typed { op: Op::ConvT(op), output });
    }
    Err(wrong_channels("ConvT", [op.input, op.output], channels).makes(output))
}

/// (size - 1) stride - 2 pad + kernel + output_pad, if that is at least 1.
fn side(op: &ConvT, axis: usize, size: usize) -> Option<usize> {
    let grown = (size - 1) * op.stride[axis] + op.kernel[axis] + op.output_pad[axis];
    grown.checked_sub(2 * op.pad[axis]).filter(|&side| side > 0)
}

fn nothing_left(op: &ConvT, size: [usize; 2]) -> Fault {
    let message = format!("`ConvT` leaves nothing of a {}x{} map: its padding takes all away", size[0], size[1]);
    let fault = Fault::new(Code::EMPTY, message).at("pad", "too large");
    let axes = [("height", 0), ("width", 1)];
    axes.iter().filter(|(_, axis)| side(op, *axis, size[*axis]).is_none()).fold(fault, |fault, &(name, axis)| {
        let (n, s, k, p, o) = (size[axis], op.stride[axis], op.kernel[axis], op.pad[axis], op.output_pad[axis]);
        let value = ((n - 1) * s + k + o) as i128 - 2 * p as i128;
        fault.note(format!("the {name}: ({n} - 1)*{s} - 2*{p} + {k} + {o} = {value}"))
    })
}
