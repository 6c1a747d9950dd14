//! `Seq`: a map or vector as a sequence.

use super::conv::plural;
use super::recurrent::nearest_divisors;
use super::signature::{Args, Default, Kind};
use super::{Context, Fault, Layer, Op, Seq, Shape, Typed, with_default};
use crate::diagnostic::Code;

/// The width of the smallest images.
const USUAL_WIDTH: usize = 28;

pub const SEQ: Layer = Layer {
    parameters: &[
        with_default("k", Kind::Count, Default::Absent),
        with_default("by", Kind::Word(&["positions", "rows", "channels"]), Default::Absent),
    ],
    elsewhere: &["Sequence", "ToSequence"],
    check: Some(check),
    ..Layer::new("Seq", "Seq(k): rows of k values in memory order; Seq(by=positions|rows|channels) of a map", infer)
};

fn check(args: &Args, input: Option<Shape>) -> Result<(), Fault> {
    match (args.count("k"), args.word("by")) {
        (Some(_), Some(_)) => {
            let message = "`Seq` takes a number of values or `by`, not both";
            Err(Fault::new(Code::EXTRA_ARGUMENT, message).at("by", "beside a number"))
        }
        (None, None) => {
            let message = "`Seq` needs to know how to cut";
            Err(Fault::new(Code::MISSING_ARGUMENT, message).labelled("no argument").note(advice(input)))
        }
        _ => Ok(()),
    }
}

/// How this input may be cut: a map by its width, anything else into steps about as long.
fn advice(input: Option<Shape>) -> String {
    let k = match input {
        Some(Shape::Map { width, .. }) => width,
        Some(other) if !other.count().is_multiple_of(USUAL_WIDTH) => {
            nearest_divisors(other.count(), USUAL_WIDTH).first().copied().unwrap_or(1)
        }
        _ => USUAL_WIDTH,
    };
    match input {
        None | Some(Shape::Map { .. }) => {
            format!("write `Seq({k})` for rows of {k} values, or `Seq(by=positions)`, `rows` or `channels`")
        }
        Some(_) => format!("write `Seq({k})` for steps of {}", plural(k, "value")),
    }
}

fn infer(args: &Args, context: &Context) -> Result<Typed, Fault> {
    let input = context.input();
    let seq = match (args.count("k"), args.word("by")) {
        (Some(k), _) => Seq::Features(k),
        (None, Some("rows")) => Seq::Rows,
        (None, Some("channels")) => Seq::Channels,
        (None, _) => Seq::Positions,
    };
    check_input(seq, input)?;
    Ok(Typed { op: Op::Seq(seq), output: seq.output(input) })
}

fn check_input(seq: Seq, input: Shape) -> Result<(), Fault> {
    match seq {
        Seq::Features(k) => check_rows(k, input),
        _ if matches!(input, Shape::Map { .. }) => Ok(()),
        _ => {
            let message = format!("`Seq(by=...)` reads a map but receives {} of {input}", input.noun());
            let advice = "`Seq(k)` cuts anything else into steps of k values, as in `Seq(10)`";
            Err(Fault::new(Code::INPUT_KIND, message).at("by", "this cuts a map").note(advice))
        }
    }
}

fn check_rows(k: usize, input: Shape) -> Result<(), Fault> {
    let count = input.count();
    if count.is_multiple_of(k) {
        return Ok(());
    }
    let message = format!("{} cannot be cut into steps of {k} values", plural(count, "value"));
    let nearest = nearest_divisors(count, k);
    let fault = Fault::new(Code::SEQUENCE, message).at("k", format!("{k} does not divide {count}"));
    Err(nearest.iter().fold(fault, |fault, &size| {
        fault.rewrite("k", size.to_string(), format!("makes {}", plural(count / size, "step")))
    }))
}
