//! The arguments of a call -> [`Args`]: names to parameters, values to kinds, defaults for the rest.

use super::names;
use super::value::{Scope, Value, evaluate};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{self, Args, Argument, Bound, Constraint, Default, Kind, Layer, Parameter};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Call, Expr, ExprKind, Name};

/// The largest count that an argument may be; larger ones would pass the limit on parameters at once.
const MAX_COUNT: i64 = 1 << 24;

/// Binds a call of `layer`. What is refused is reported, and stands as [`Argument::Error`].
pub fn bind(layer: &'static Layer, call: &Call, scope: &mut dyn Scope) -> Args {
    let (slots, complete) = assign(layer, call, scope);
    let mut missing = vec![];
    let bound = layer.parameters.iter().zip(&slots).map(|(parameter, given)| match given.as_slice() {
        [] => default_of(parameter, complete, &mut missing),
        given => Bound { value: value_of(layer, parameter, given, scope), span: span_of(given) },
    });
    let bound = bound.collect();
    if !missing.is_empty() {
        report_missing(layer, call, &missing, scope);
    }
    Args::new(layer.parameters, bound)
}

fn span_of(given: &[&Expr]) -> Option<Span> {
    Some(given.first()?.span.to(given.last()?.span))
}

fn default_of(parameter: &Parameter, complete: bool, missing: &mut Vec<&'static str>) -> Bound {
    let value = parameter.default.argument().unwrap_or_else(|| {
        if complete {
            missing.push(parameter.name);
        }
        Argument::Error
    });
    Bound { value, span: None }
}

fn report_missing(layer: &Layer, call: &Call, missing: &[&str], scope: &mut dyn Scope) {
    let message = format!("`{}` needs {}", layer.name, names::listed(missing));
    let diagnostic = Diagnostic::error(Code::MISSING_ARGUMENT, message)
        .at(call.span, "not given here")
        .remark(format!("it is written `{}`", layer.signature()));
    scope.report(match unsaid_input(layer, call, missing) {
        Some(fix) => diagnostic.fix(fix),
        None => diagnostic,
    });
}

/// Where the last argument alone is missing, what comes in may have been left to be inferred.
fn unsaid_input(layer: &Layer, call: &Call, missing: &[&str]) -> Option<Fix> {
    let first = call.arguments.first().filter(|argument| argument.name.is_none())?;
    let infers = layer.parameters.first()?.kind == Kind::CountOrInfer && !matches!(first.value.kind, ExprKind::Infer);
    let edits = vec![Edit { span: first.span.before(), text: "_, ".into() }];
    let fix = Fix { title: format!("infer `{}` by `_`", layer.parameters[0].name), safe: false, edits };
    (infers && missing.len() == 1).then_some(fix)
}

/// The error of a positional argument behind a named one.
pub fn late_position(named: Span, late: Span) -> Diagnostic {
    Diagnostic::error(Code::ORDER, "a positional argument follows a named one")
        .at(late, "give it by name, or first")
        .with(named, "named")
}

/// Which expressions each parameter is given, and whether all arguments were understood.
fn assign<'c>(layer: &'static Layer, call: &'c Call, scope: &mut dyn Scope) -> (Vec<Vec<&'c Expr>>, bool) {
    let mut binder = Binder { layer, call, slots: vec![vec![]; layer.parameters.len()], complete: call.complete };
    let named = call.arguments.iter().position(|argument| argument.name.is_some()).unwrap_or(call.arguments.len());
    let (positional, rest) = call.arguments.split_at(named);
    binder.assign_positional(&positional.iter().collect::<Vec<_>>(), scope);
    for argument in rest {
        match &argument.name {
            Some(name) => binder.assign_named(name, &argument.value, scope),
            None => {
                binder.complete = false;
                scope.report(late_position(rest[0].span, argument.span));
            }
        }
    }
    (binder.slots, binder.complete)
}

struct Binder<'c> {
    layer: &'static Layer,
    call: &'c Call,
    slots: Vec<Vec<&'c Expr>>,
    complete: bool,
}

impl<'c> Binder<'c> {
    fn assign_positional(&mut self, positional: &[&'c ast::Argument], scope: &mut dyn Scope) {
        let parameters = self.layer.parameters;
        if let Some(Kind::Dims | Kind::Labels) = parameters.first().map(|parameter| parameter.kind) {
            self.slots[0] = positional.iter().map(|argument| &argument.value).collect();
            return;
        }
        let start = match (positional.len(), self.layer.lone) {
            (1, Some(lone)) => parameters.iter().position(|parameter| parameter.name == lone).unwrap_or(0),
            _ => 0,
        };
        let room = parameters.len() - start;
        for (slot, argument) in self.slots[start..].iter_mut().zip(positional) {
            slot.push(&argument.value);
        }
        if positional.len() > room {
            self.report_extra(&positional[room..], scope);
        }
    }

    fn report_extra(&mut self, extra: &[&ast::Argument], scope: &mut dyn Scope) {
        let layer = self.layer;
        let span = extra[0].span.to(extra[extra.len() - 1].span);
        let message = match layer.parameters.len() {
            0 => format!("`{}` takes no arguments", layer.name),
            count => format!("`{}` takes at most {count} argument{}", layer.name, if count == 1 { "" } else { "s" }),
        };
        let diagnostic = Diagnostic::error(Code::EXTRA_ARGUMENT, message)
            .at(span, if extra.len() == 1 { "one too many" } else { "too many" })
            .remark(format!("it is written `{}`", layer.signature()));
        scope.report(self.bare(diagnostic));
    }

    /// Adds the call without its arguments, where the layer takes none.
    fn bare(&self, diagnostic: Diagnostic) -> Diagnostic {
        let named = layer::find(&self.call.name.value).is_some();
        if !named || !self.layer.parameters.is_empty() {
            return diagnostic;
        }
        let edits = vec![Edit { span: self.call.span, text: self.layer.name.into() }];
        diagnostic.fix(Fix { title: format!("write `{}`", self.layer.name), safe: false, edits })
    }

    fn assign_named(&mut self, name: &Name, value: &'c Expr, scope: &mut dyn Scope) {
        let parameters = self.layer.parameters;
        let index = parameters.iter().position(|p| p.name == name.value && p.kind != Kind::Labels);
        let Some(index) = index else {
            self.complete = false;
            let diagnostic = unknown_argument(self.layer, name, scope);
            return scope.report(self.bare(diagnostic));
        };
        if let Some(first) = self.slots[index].first() {
            let diagnostic = Diagnostic::error(Code::REPEATED, format!("`{}` is given twice", name.value))
                .at(name.span, "the second time")
                .with(first.span, "the first time");
            return scope.report(diagnostic);
        }
        self.slots[index].push(value);
    }
}

fn unknown_argument(layer: &Layer, name: &Name, scope: &dyn Scope) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::UNKNOWN_ARGUMENT, format!("`{}` has no argument `{}`", layer.name, name.value))
            .at(name.span, "unknown argument")
            .remark(format!("it is written `{}`", layer.signature()));
    let known: Vec<&'static str> = layer.parameters.iter().map(|parameter| parameter.name).collect();
    let meant = names::argument_elsewhere(&name.value).into_iter().flatten();
    let diagnostic = match name.value.as_str() {
        "activation" => diagnostic.remark("an activation is a layer of its own: write `-> ReLU` after this one"),
        "return_sequences" => diagnostic.remark("write `return=all` for every step, `return=last` for the last one"),
        _ => diagnostic,
    };
    match meant.copied().find(|meant| known.contains(meant)) {
        Some(meant) => diagnostic.fix(Fix {
            title: format!("it is called `{meant}` here"),
            safe: true,
            edits: vec![Edit { span: name.span, text: meant.to_string() }],
        }),
        None if !scope.suggests() => diagnostic,
        None => names::suggest(diagnostic, &name.value, name.span, known.into_iter()),
    }
}

fn value_of(layer: &Layer, parameter: &Parameter, given: &[&Expr], scope: &mut dyn Scope) -> Argument {
    match parameter.kind {
        Kind::Labels => Argument::Absent,
        Kind::Dims => dims_of(layer, given, scope),
        kind => {
            let value = evaluate(given[0], kind.words(), scope);
            convert(layer, parameter, Spanned::new(value, given[0].span), scope)
        }
    }
}

fn dims_of(layer: &Layer, given: &[&Expr], scope: &mut dyn Scope) -> Argument {
    let parameter = &layer.parameters[0];
    let values: Vec<Value> = given.iter().map(|expr| evaluate(expr, &[], scope)).collect();
    let mut dims = vec![];
    for value in &values {
        match value {
            Value::Error => return Argument::Error,
            Value::Integer(size) => dims.push(*size),
            Value::Size(sizes) => dims.extend(sizes.iter().map(|&size| size as i64)),
            other => return refuse(layer, parameter, other, given_span(given), scope),
        }
    }
    let span = given_span(given);
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

fn given_span(given: &[&Expr]) -> Span {
    given[0].span.to(given[given.len() - 1].span)
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
    scope.report(Diagnostic::error(Code::WRONG_KIND, message).at(span, expected));
    Argument::Error
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
