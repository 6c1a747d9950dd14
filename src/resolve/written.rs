//! A layer and its arguments -> the text of a call.

use crate::layer::{Args, Argument, Constraint, Default, Layer, Parameter};

/// A call of `layer` as one would write it: leading arguments by position, later ones by name, defaults left out.
pub fn written(layer: &Layer, args: &Args) -> String {
    let given: Vec<(usize, &Parameter, String)> = args
        .iter()
        .enumerate()
        .filter_map(|(index, (parameter, bound))| {
            Some((index, parameter, written_value(parameter, &bound.value, args)?))
        })
        .collect();
    let mut parts = vec![];
    let lone = given.len() == 1 && layer.lone == Some(given[0].1.name);
    for (place, (index, parameter, text)) in given.into_iter().enumerate() {
        let positional =
            lone || place == index && matches!(parameter.default, Default::Required) || place == index && index < 2;
        parts.push(if positional { text } else { format!("{}={text}", parameter.name) });
    }
    if parts.is_empty() { layer.name.to_string() } else { format!("{}({})", layer.name, parts.join(", ")) }
}

/// The text of a value; none where the default says the same.
fn written_value(parameter: &Parameter, value: &Argument, args: &Args) -> Option<String> {
    let leads = args.iter().any(|(other, bound)| other.name == "out" && bound.value != Argument::Absent);
    let keeps_place = parameter.name == "in" && leads && args.span("in").is_some();
    if parameter.default.argument().as_ref() == Some(value) && !keeps_place {
        return None;
    }
    Some(match value {
        Argument::Absent | Argument::Error => return None,
        Argument::Infer => "_".into(),
        Argument::Count(count) => count.to_string(),
        Argument::Size(size)
            if parameter.name == "stride"
                && args.optional_size("kernel") == Some(*size)
                && parameter.default == Default::Absent =>
        {
            return None;
        }
        Argument::Size([height, width]) if height == width => height.to_string(),
        Argument::Size([height, width]) => format!("{height}x{width}"),
        Argument::Number(number) => number.to_string(),
        Argument::Flag(flag) => flag.to_string(),
        Argument::Word(word) => word.to_string(),
        Argument::Constraint(Constraint::UnitNorm) => "unit_norm".into(),
        Argument::Constraint(Constraint::MaxNorm(limit)) => format!("max_norm({limit})"),
        Argument::Dims(dims) => dims.iter().map(usize::to_string).collect::<Vec<_>>().join("x"),
    })
}
