//! `Add`, `Mul`, `Max`, `Mean`, `Concat`: several values as one.

use super::signature::{Default, Kind, Parameter};
use super::{Context, Fault, Layer, Merge, Op, Role, Shape, Typed, with_default};
use crate::diagnostic::Code;

const PARAMETERS: &[Parameter] = &[with_default("labels", Kind::Labels, Default::Absent)];

pub const ADD: Layer = Layer {
    elsewhere: &["Sum", "Plus", "add"],
    ..merge("Add", "the sum, value by value", |_, context| elementwise(Merge::Add, "Add", context))
};

pub const MUL: Layer = Layer {
    elsewhere: &["Multiply", "Prod", "mul"],
    ..merge("Mul", "the product, value by value", |_, context| elementwise(Merge::Mul, "Mul", context))
};

pub const MAX: Layer = Layer {
    elsewhere: &["Maximum"],
    ..merge("Max", "the largest, value by value", |_, context| elementwise(Merge::Max, "Max", context))
};

pub const MEAN: Layer = Layer {
    elsewhere: &["Average", "Avg"],
    ..merge("Mean", "the mean, value by value", |_, context| elementwise(Merge::Mean, "Mean", context))
};

pub const CONCAT: Layer = Layer {
    elsewhere: &["Concatenate", "cat", "concat"],
    ..merge("Concat", "one after the other, along channels or features", |_, context| concat(context))
};

type Infer = fn(&super::Args, &Context) -> Result<Typed, Fault>;

const fn merge(name: &'static str, summary: &'static str, infer: Infer) -> Layer {
    let mut layer = Layer::new(name, summary, infer);
    layer.parameters = PARAMETERS;
    layer.role = Role::Merge;
    layer
}

fn elementwise(merge: Merge, name: &str, context: &Context) -> Result<Typed, Fault> {
    let broadcasts = matches!(merge, Merge::Add | Merge::Mul);
    let output = largest(context.inputs);
    let fits = |&shape: &Shape| shape == output || broadcasts && is_channel_vector(shape, output);
    if context.inputs.iter().all(fits) {
        return Ok(Typed { op: Op::Merge(merge), output });
    }
    let message = format!("`{name}` cannot merge {}", listed(context.inputs));
    let rule = if broadcasts { "equal shapes, or C values with CxHxW" } else { "equal shapes" };
    let fault = Fault::new(Code::MERGE, message).labelled(format!("merges {rule}"));
    let beside = !broadcasts && context.inputs.iter().all(|&shape| shape == output || is_channel_vector(shape, output));
    let fault = if broadcasts { weighed(fault, context) } else { fault };
    Err(if beside { fault.note("only `Add` and `Mul` take C values beside a map") } else { advised(fault, context) })
}

/// Adds how many values stand beside a map, where one vector is beside one map.
fn weighed(fault: Fault, context: &Context) -> Fault {
    match *context.inputs {
        [Shape::Map { channels, .. }, Shape::Vector { .. }] | [Shape::Vector { .. }, Shape::Map { channels, .. }] => {
            fault.note(format!("beside this map stands one value for each of its {channels} channels, or another map"))
        }
        _ => fault,
    }
}

/// Adds how maps of other sizes, or a map and a vector, become alike.
fn advised(fault: Fault, context: &Context) -> Fault {
    let sizes = context.inputs.iter().map(|shape| match *shape {
        Shape::Map { height, width, .. } => Some((height, width)),
        _ => None,
    });
    let sizes = sizes.collect::<Vec<_>>();
    let vector = context.inputs.iter().any(|shape| matches!(shape, Shape::Vector { .. }));
    match sizes.iter().all(Option::is_some) {
        true if sizes.iter().any(|size| *size != sizes[0]) => {
            fault.note("branches keep equal heights and widths by the same strides, and by padding")
        }
        false if vector && fault.notes.is_empty() && sizes.iter().any(Option::is_some) => {
            fault.note("`Flatten` makes the map a vector")
        }
        _ => fault,
    }
}

/// The shape with the most values; the first of equals.
fn largest(shapes: &[Shape]) -> Shape {
    let best = shapes.iter().copied().reduce(|best, shape| if shape.count() > best.count() { shape } else { best });
    best.unwrap_or(Shape::vector(1))
}

/// Whether it is one value for each channel of a map.
fn is_channel_vector(shape: Shape, map: Shape) -> bool {
    match (shape, map) {
        (Shape::Vector { features }, Shape::Map { channels, .. }) => features == channels,
        _ => false,
    }
}

fn concat(context: &Context) -> Result<Typed, Fault> {
    match joined(context.inputs) {
        Some(output) => Ok(Typed { op: Op::Merge(Merge::Concat), output }),
        None => {
            let message = format!("`Concat` cannot join {}", listed(context.inputs));
            let label = "joins maps of equal height and width, sequences of equal length, or vectors";
            Err(advised(Fault::new(Code::MERGE, message).labelled(label), context))
        }
    }
}

fn joined(shapes: &[Shape]) -> Option<Shape> {
    let (first, rest) = shapes.split_first()?;
    rest.iter().try_fold(*first, |whole, &shape| match (whole, shape) {
        (Shape::Map { channels, height, width }, Shape::Map { channels: more, height: h, width: w }) => {
            (height == h && width == w).then(|| Shape::map(channels + more, height, width))
        }
        (Shape::Sequence { steps, features }, Shape::Sequence { steps: t, features: more }) => {
            (steps == t).then(|| Shape::sequence(steps, features + more))
        }
        (Shape::Vector { features }, Shape::Vector { features: more }) => Some(Shape::vector(features + more)),
        _ => None,
    })
}

/// `32x16x16 and 64x16x16`
fn listed(shapes: &[Shape]) -> String {
    let names: Vec<String> = shapes.iter().map(Shape::to_string).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
