//! `Conv`: convolution over a map.

use super::signature::{Args, Argument, Default, Kind};
use super::window::{Window1, spatial_output};
use super::{Context, Conv, Fault, Layer, Op, Shape, Typed, map_of, required, with_default};
use crate::diagnostic::Code;

pub const CONV: Layer = Layer {
    parameters: &[
        required("in", Kind::CountOrInfer),
        required("out", Kind::Count),
        required("kernel", Kind::Size(1)),
        with_default("stride", Kind::Size(1), Default::Size(1)),
        with_default("pad", Kind::Padding, Default::Size(0)),
        with_default("dilation", Kind::Size(1), Default::Size(1)),
        with_default("groups", Kind::Count, Default::Count(1)),
        with_default("bias", Kind::Flag, Default::Flag(true)),
        with_default("constraint", Kind::Constraint, Default::Absent),
    ],
    elsewhere: &["Conv2d", "Convolution2D", "Convolution"],
    check: Some(check),
    ..Layer::new("Conv", "convolution: CxHxW -> out x H' x W'", infer)
};

fn check(args: &Args, input: Option<Shape>) -> Result<(), Fault> {
    check_same_padding(args)?;
    let Some(groups) = args.count("groups") else { return Ok(()) };
    let received = match input {
        Some(Shape::Map { channels, .. }) => Some(channels),
        _ => None,
    };
    for name in ["in", "out"] {
        if let Some(channels) = args.count(name).filter(|channels| !channels.is_multiple_of(groups)) {
            return Err(undivided(groups, channels).note(groups_rule(args.count("in").or(received), args.count("out"))));
        }
    }
    Ok(())
}

fn check_same_padding(args: &Args) -> Result<(), Fault> {
    if args.word("pad").is_none() || args.size("stride") == [1, 1] {
        return Ok(());
    }
    let message = "`Conv` cannot keep the size with a stride: `pad=same` needs stride 1";
    Err(Fault::new(Code::OUT_OF_RANGE, message).at("stride", "not 1").note("give the padding as a number"))
}

fn undivided(groups: usize, channels: usize) -> Fault {
    Fault::new(
        Code::DIVISION,
        format!("`Conv` cannot split {} into {}", plural(channels, "channel"), plural(groups, "group")),
    )
    .at("groups", format!("{groups} does not divide {channels}"))
}

fn infer(args: &Args, context: &Context) -> Result<Typed, Fault> {
    let (channels, height, width) = map_of("Conv", context)?;
    let op = conv(args, channels)?;
    let output = spatial_output("Conv", [height, width], [0, 1].map(|axis| axis_window(&op, axis)))
        .map(|[height, width]| Shape::map(op.output, height, width));
    if op.input != channels {
        let fault = wrong_channels("Conv", [op.input, op.output], channels);
        return Err(output.map(|output| fault.clone().makes(output)).unwrap_or(fault));
    }
    Ok(Typed { output: output?, op: Op::Conv(op) })
}

fn axis_window(op: &Conv, axis: usize) -> Window1 {
    Window1 { kernel: op.kernel[axis], stride: op.stride[axis], pad: op.pad[axis], dilation: op.dilation[axis] }
}

fn conv(args: &Args, channels: usize) -> Result<Conv, Fault> {
    let (kernel, dilation) = (args.size("kernel"), args.size("dilation"));
    let pad = match args.get("pad") {
        Argument::Word(_) => [0, 1].map(|axis| same_padding(kernel[axis], dilation[axis])),
        _ => args.size("pad").map(|pad| [pad, pad]),
    };
    let conv = Conv {
        input: args.count("in").unwrap_or(channels),
        output: args.count("out").unwrap_or_default(),
        kernel,
        stride: args.size("stride"),
        pad,
        dilation,
        groups: args.count("groups").unwrap_or(1),
        bias: args.flag("bias"),
        constraint: args.constraint("constraint"),
    };
    if conv.input.is_multiple_of(conv.groups) { Ok(conv) } else { Err(refused(&conv)) }
}

fn refused(conv: &Conv) -> Fault {
    undivided(conv.groups, conv.input).note(groups_rule(Some(conv.input), Some(conv.output)))
}

/// What the groups must divide, and which numbers do.
fn groups_rule(input: Option<usize>, output: Option<usize>) -> String {
    match (input, output) {
        (Some(input), Some(output)) => {
            let both: Vec<usize> = divisors(output).into_iter().filter(|&n| input.is_multiple_of(n)).collect();
            format!("`groups` must divide `in` ({input}) and `out` ({output}): {}", which(&both))
        }
        (None, Some(count)) | (Some(count), None) => {
            format!("`groups` must divide `in` and `out`; {count} is divided by {}", listed(&divisors(count)))
        }
        (None, None) => "`groups` must divide `in` and `out`".into(),
    }
}

/// `1, 2, 5 and 10 do`.
fn which(numbers: &[usize]) -> String {
    match numbers {
        [one] => format!("only {one} does"),
        _ => format!("{} do", listed(numbers)),
    }
}

/// The divisors of a count, from 1.
pub fn divisors(count: usize) -> Vec<usize> {
    let small: Vec<usize> = (1..).take_while(|n| n * n <= count).filter(|n| count.is_multiple_of(*n)).collect();
    let large = small.iter().rev().map(|n| count / n).filter(|n| !small.contains(n));
    small.iter().copied().chain(large).collect()
}

/// `1, 2, 5 and 10`; of many, the first ones.
pub fn listed(numbers: &[usize]) -> String {
    const SHOWN: usize = 8;
    let texts: Vec<String> = numbers.iter().take(SHOWN).map(usize::to_string).collect();
    match texts.split_last() {
        _ if numbers.len() > SHOWN => format!("{} and others", texts.join(", ")),
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}

/// The zeros before and after that keep the size; PyTorch puts an odd one after.
fn same_padding(kernel: usize, dilation: usize) -> [usize; 2] {
    let total = dilation * (kernel - 1);
    [total / 2, total - total / 2]
}

/// The refusal of a layer that is written for other channels than it receives; those that it reads and makes, as
/// written. Where it makes what it receives, the two may be swapped, and nothing is certain.
pub fn wrong_channels(layer: &str, [written, made]: [usize; 2], received: usize) -> Fault {
    let message = format!("`{layer}` is written for {} but receives {received}", plural(written, "channel"));
    let fault = Fault::new(Code::CHANNELS, message).at("in", format!("{written} here"));
    let reads = format!("reads {}", plural(received, "channel"));
    let fault = match made == received {
        true => fault.swap(["in", "out"], [received, written], format!("{reads} and makes {written}")).rewrite(
            "in",
            received.to_string(),
            reads,
        ),
        false => fault.safe_rewrite("in", received.to_string(), reads),
    };
    fault.rewrite("in", "_", format!("infers {received}"))
}

/// `1 channel`, `3 channels`.
pub fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
