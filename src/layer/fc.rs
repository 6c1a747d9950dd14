//! `FC`: fully connected over a vector; what is no vector is flattened before.

use super::conv::plural;
use super::signature::{Args, Default, Kind};
use super::{Context, Fault, Fc, Layer, Op, Shape, Typed, with_default};
use crate::diagnostic::Code;

pub const FC: Layer = Layer {
    parameters: &[
        with_default("in", Kind::CountOrInfer, Default::Infer),
        with_default("out", Kind::Count, Default::Absent),
        with_default("constraint", Kind::Constraint, Default::Absent),
    ],
    lone: Some("out"),
    elsewhere: &["Linear", "Dense", "FullyConnected", "Fc", "InnerProduct"],
    adapt: Some(|_, input| Ok((!matches!(input, Shape::Vector { .. })).then_some(Op::Flatten))),
    makes: Some(|args, classes| Some(Shape::vector(args.count("out").unwrap_or(classes)))),
    ..Layer::new("FC", "fully connected; without arguments one score for each class", infer)
};

fn infer(args: &Args, context: &Context) -> Result<Typed, Fault> {
    let received = context.input().count();
    let input = args.count("in").unwrap_or(received);
    let output = args.count("out").unwrap_or(context.classes);
    let typed = Typed {
        op: Op::Fc(Fc { input, output, constraint: args.constraint("constraint") }),
        output: Shape::vector(output),
    };
    if input == received { Ok(typed) } else { Err(wrong_features(input, received)) }
}

fn wrong_features(written: usize, received: usize) -> Fault {
    let message = format!("`FC` is written for {} but receives {received}", plural(written, "value"));
    Fault::new(Code::FEATURES, message).at("in", format!("{written} here")).rewrite(
        "in",
        "_",
        format!("infers {received}"),
    )
}
