//! The expressions given for an argument -> a value of the kind that its parameter takes.

use super::value::{Scope, Value, evaluate};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{Argument, Kind, Layer, Parameter};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Expr, ExprKind};

/// The largest count that an argument may be; larger ones would pass the limit on parameters at once.
const MAX_COUNT: i64 = 1 << 24;

/// What is `given` for a parameter: at least one expression, all in `span`. What is refused is reported.
pub fn value_of(layer: &Layer, parameter: &Parameter, given: &[&Expr], span: Span, scope: &mut dyn Scope) -> Argument {
    match parameter.kind {
        Kind::Labels => Argument::Absent,
        Kind::Dims => dims_of(layer, given, span, scope),
        Kind::CountOrInfer if is_none(given[0], scope) => {
            scope.report(none_for_infer(given[0].span));
            Argument::Error
        }
        kind => {
            let value = evaluate(given[0], kind.words(), scope);
            convert(layer, parameter, Spanned::new(value, given[0].span), scope)
        }
    }
}

/// Whether this is Python's word for what is left open, and no value is called so.
fn is_none(expr: &Expr, scope: &mut dyn Scope) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name == "None" && scope.value(name, expr.span).is_none())
}

fn none_for_infer(span: Span) -> Diagnostic {
    Diagnostic::error(Code::UNKNOWN_VALUE, "what comes in is inferred by `_`, not by `None`")
        .at(span, "unknown value")
        .fix(Fix { title: "write `_`".into(), safe: true, edits: vec![Edit { span, text: "_".into() }] })
}

fn dims_of(layer: &Layer, given: &[&Expr], span: Span, scope: &mut dyn Scope) -> Argument {
    let parameter = &layer.parameters[0];
    if let Some(word) = given.iter().find_map(|expr| flattening(expr, scope)) {
        let message = format!("`{}` takes sizes, not `{word}`", layer.name);
        let diagnostic =
            Diagnostic::error(Code::WRONG_KIND, message).at(span, "expected sizes, as in `Reshape(4x7x7)`");
        scope.report(diagnostic.remark("the layer that makes a vector of everything is `Flatten`"));
        return Argument::Error;
    }
    let values: Vec<Value> = given.iter().map(|expr| evaluate(expr, &[], scope)).collect();
    let mut dims = vec![];
    for value in &values {
        match value {
            Value::Error => return Argument::Error,
            Value::Integer(size) => dims.push(*size),
            Value::Size(sizes) => dims.extend(sizes.iter().map(|&size| size as i64)),
            other => return refuse(layer, parameter, other, span, scope),
        }
    }
    if dims.len() > 3 {
        let message = format!("`{}` takes one to three sizes, found {}", layer.name, dims.len());
        scope.report(Diagnostic::error(Code::OUT_OF_RANGE, message).at(span, "too many"));
        return Argument::Error;
    }
    if let Some(size) = dims.iter().find(|&&size| !(1..=MAX_COUNT).contains(&size)) {
        return out_of_range(layer, parameter, size.to_string(), span, scope);
    }
    Argument::Dims(dims.into_iter().map(|size| size as usize).collect())
}

/// A name without a value that asks for a vector of everything.
fn flattening<'e>(expr: &'e Expr, scope: &mut dyn Scope) -> Option<&'e str> {
    let ExprKind::Name(name) = &expr.kind else { return None };
    let asks = matches!(name.as_str(), "flat" | "flatten" | "vector");
    (asks && scope.value(name, expr.span).is_none()).then_some(name)
}

/// The value as the parameter's kind has it.
fn convert(layer: &Layer, parameter: &Parameter, value: Spanned<Value>, scope: &mut dyn Scope) -> Argument {
    let span = value.span;
    let value = value.value;
    if value == Value::Error {
        return Argument::Error;
    }
    match of_kind(parameter.kind, &value) {
        Fit::Is(argument) => argument,
        Fit::OutOfRange => out_of_range(layer, parameter, value.noun(), span, scope),
        Fit::WrongKind => refuse(layer, parameter, &value, span, scope),
    }
}

enum Fit {
    Is(Argument),
    OutOfRange,
    WrongKind,
}

fn of_kind(kind: Kind, value: &Value) -> Fit {
    match (kind, value) {
        (Kind::Count | Kind::CountOrInfer, Value::Integer(count)) => {
            within(*count, 1).map_or(Fit::OutOfRange, |n| Fit::Is(Argument::Count(n)))
        }
        (Kind::CountOrInfer, Value::Infer) => Fit::Is(Argument::Infer),
        (Kind::Size(least), value) => size_of(value, least),
        (Kind::Padding, Value::Word("same")) => Fit::Is(Argument::Word("same")),
        (Kind::Padding, value) => size_of(value, 0),
        (Kind::Probability, value) => match number_of(value) {
            Some(p) if (0.0..1.0).contains(&p) => Fit::Is(Argument::Number(p)),
            Some(_) => Fit::OutOfRange,
            None => Fit::WrongKind,
        },
        (Kind::Number, value) => number_of(value).map_or(Fit::WrongKind, |number| Fit::Is(Argument::Number(number))),
        (Kind::Flag, Value::Flag(flag)) => Fit::Is(Argument::Flag(*flag)),
        (Kind::Word(words), Value::Word(word)) if words.contains(word) => Fit::Is(Argument::Word(word)),
        (Kind::Constraint, Value::Constraint(constraint)) => Fit::Is(Argument::Constraint(*constraint)),
        _ => Fit::WrongKind,
    }
}

fn within(value: i64, least: i64) -> Option<usize> {
    (least..=MAX_COUNT).contains(&value).then_some(value as usize)
}

fn size_of(value: &Value, least: usize) -> Fit {
    let sides = match value {
        Value::Integer(side) => [*side, *side],
        Value::Size(sizes) => match sizes.as_slice() {
            [height, width] => [*height as i64, *width as i64],
            _ => return Fit::WrongKind,
        },
        _ => return Fit::WrongKind,
    };
    match sides.map(|side| within(side, least as i64)) {
        [Some(height), Some(width)] => Fit::Is(Argument::Size([height, width])),
        _ => Fit::OutOfRange,
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn refuse(layer: &Layer, parameter: &Parameter, value: &Value, span: Span, scope: &mut dyn Scope) -> Argument {
    let message = format!("`{}` of `{}` cannot be {}", parameter.name, layer.name, value.noun());
    let expected = format!("expected {}", parameter.kind.expected());
    let diagnostic = Diagnostic::error(Code::WRONG_KIND, message).at(span, expected);
    scope.report(match value {
        Value::Size(sizes) if matches!(parameter.kind, Kind::Count | Kind::CountOrInfer) => {
            one_number(diagnostic, sizes)
        }
        _ => diagnostic,
    });
    Argument::Error
}

/// Adds how one number is written in place of a size.
fn one_number(diagnostic: Diagnostic, sizes: &[usize]) -> Diagnostic {
    let sides: Vec<String> = sizes.iter().map(usize::to_string).collect();
    diagnostic.remark(match sizes.iter().all(|size| *size == sizes[0]) {
        true => format!("one number is wanted: `{}`", sides[0]),
        false => format!("one number is wanted: {}, or the product `{}`", quoted(&sides), sides.join(" * ")),
    })
}

/// `` `8`, `16` ``
fn quoted(sides: &[String]) -> String {
    sides.iter().map(|side| format!("`{side}`")).collect::<Vec<_>>().join(", ")
}

fn out_of_range(layer: &Layer, parameter: &Parameter, value: String, span: Span, scope: &mut dyn Scope) -> Argument {
    let message = format!("`{}` of `{}` cannot be {value}", parameter.name, layer.name);
    let expected = match value.parse::<f64>() {
        Ok(number) if number > MAX_COUNT as f64 => format!("at most {MAX_COUNT}"),
        _ => format!("expected {}", parameter.kind.expected()),
    };
    scope.report(Diagnostic::error(Code::OUT_OF_RANGE, message).at(span, expected));
    Argument::Error
}
