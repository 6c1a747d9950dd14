//! `LSTM`, `GRU`, `RNN`: recurrent layers over a sequence; a map or a vector is cut into one before.

use super::conv::plural;
use super::signature::{Args, Default, Kind, Parameter};
use super::{Cell, Context, Fault, Layer, Op, Recurrent, Seq, Shape, Typed, required, with_default};
use crate::diagnostic::Code;

const PARAMETERS: &[Parameter] = &[
    required("in", Kind::CountOrInfer),
    required("hidden", Kind::Count),
    with_default("layers", Kind::Count, Default::Count(1)),
    with_default("bidirectional", Kind::Flag, Default::Flag(false)),
    with_default("return", Kind::Word(&["last", "all"]), Default::Word("last")),
    with_default("dropout", Kind::Probability, Default::Number(0.0)),
];

pub const LSTM: Layer = Layer {
    elsewhere: &["lstm", "CuDNNLSTM"],
    ..recurrent("LSTM", "long short-term memory", |args, context| infer("LSTM", Cell::Lstm, args, context))
};

pub const GRU: Layer = Layer {
    elsewhere: &["gru", "CuDNNGRU"],
    ..recurrent("GRU", "gated recurrent unit", |args, context| infer("GRU", Cell::Gru, args, context))
};

pub const RNN: Layer = Layer {
    elsewhere: &["SimpleRNN", "rnn", "Elman"],
    ..recurrent("RNN", "plain recurrent network with tanh", |args, context| infer("RNN", Cell::Rnn, args, context))
};

type Infer = fn(&Args, &Context) -> Result<Typed, Fault>;

const fn recurrent(name: &'static str, summary: &'static str, infer: Infer) -> Layer {
    let mut layer = Layer::new(name, summary, infer);
    layer.parameters = PARAMETERS;
    layer.adapt = Some(adapt);
    layer.makes = Some(makes);
    layer
}

/// The adapter that makes a sequence of a map or vector.
fn adapt(args: &Args, input: Shape) -> Result<Option<Op>, Fault> {
    let seq = match (input, args.count("in")) {
        (Shape::Sequence { .. }, _) => return Ok(None),
        (Shape::Map { .. }, None) => Seq::Positions,
        (Shape::Vector { features }, None) => Seq::Features(features),
        (Shape::Map { channels, .. }, Some(k)) if k == channels && input.positions() > 1 => Seq::Positions,
        (_, Some(k)) if input.count().is_multiple_of(k) => Seq::Features(k),
        (_, Some(k)) => return Err(impossible(args, input, k)),
    };
    Ok(Some(Op::Seq(seq)))
}

fn impossible(args: &Args, input: Shape, k: usize) -> Fault {
    let count = input.count();
    let message = format!("{} cannot be cut into steps of {k} values", plural(count, "value"));
    let nearest = nearest_divisors(count, k);
    let sizes: Vec<String> = nearest.iter().map(usize::to_string).collect();
    let fault = Fault::new(Code::SEQUENCE, message)
        .at("in", format!("{k} does not divide {count}"))
        .note(format!("the nearest sizes that divide {count}: {}", sizes.join(", ")));
    let fault = nearest.iter().take(1).fold(fault, |fault, &size| {
        fault.rewrite("in", size.to_string(), format!("reads {}", plural(count / size, "step")))
    });
    Fault { output: makes(args, 0), ..fault }
}

/// The divisors of `count` around `k`: the next smaller and the next larger, nearest first.
pub fn nearest_divisors(count: usize, k: usize) -> Vec<usize> {
    let roots = (1..).take_while(|d| d * d <= count).filter(|d| count.is_multiple_of(*d));
    let mut divisors: Vec<usize> = roots.flat_map(|d| [d, count / d]).collect();
    divisors.sort_by_key(|&divisor| (divisor.abs_diff(k), divisor));
    divisors.dedup();
    let below = divisors.iter().copied().find(|&divisor| divisor < k);
    let above = divisors.iter().copied().find(|&divisor| divisor > k);
    let mut nearest: Vec<usize> = below.into_iter().chain(above).collect();
    nearest.sort_by_key(|&divisor| (divisor.abs_diff(k), divisor));
    nearest
}

fn makes(args: &Args, _classes: usize) -> Option<Shape> {
    let directions = 1 + usize::from(args.flag("bidirectional"));
    let hidden = args.count("hidden").filter(|_| args.word("return") == Some("last"))?;
    Some(Shape::vector(hidden.saturating_mul(directions)))
}

fn infer(name: &str, cell: Cell, args: &Args, context: &Context) -> Result<Typed, Fault> {
    let Shape::Sequence { steps, features } = context.input() else { return Err(not_a_sequence(name, context)) };
    let input = args.count("in").unwrap_or(features);
    let op = Recurrent {
        cell,
        input,
        hidden: args.count("hidden").unwrap_or(1),
        layers: args.count("layers").unwrap_or(1),
        bidirectional: args.flag("bidirectional"),
        all_steps: args.word("return") == Some("all"),
        dropout: args.number("dropout"),
    };
    let width = op.hidden.saturating_mul(op.directions());
    let output = if op.all_steps { Shape::sequence(steps, width) } else { Shape::vector(width) };
    if input == features {
        return Ok(Typed { op: Op::Recurrent(op), output });
    }
    let message =
        format!("`{name}` is written for steps of {} but receives steps of {features}", plural(input, "value"));
    let fault = Fault::new(Code::SEQUENCE, message).at("in", format!("{input} here"));
    Err(fault
        .safe_rewrite("in", features.to_string(), "reads the sequence")
        .rewrite("in", "_", format!("infers {features}"))
        .makes(output))
}

fn not_a_sequence(name: &str, context: &Context) -> Fault {
    let input = context.input();
    Fault::new(Code::INPUT_KIND, format!("`{name}` reads a sequence but receives {} of {input}", input.noun()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_divisors_stand_on_both_sides() {
        assert_eq!(nearest_divisors(10, 20), [10]);
        assert_eq!(nearest_divisors(160, 30), [32, 20]);
        assert_eq!(nearest_divisors(7, 3), [1, 7]);
    }
}
