//! The arguments of a call -> [`Args`]: names to parameters, defaults for the rest.

use super::elsewhere::{decimal_comma, flat, has_sized_count, is_flat};
use super::kind::value_of;
use super::names;
use super::value::Scope;
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{self, Args, Argument, Bound, Kind, Layer, Parameter};
use crate::source::Span;
use crate::syntax::ast::{self, Call, Expr, ExprKind, Name};

/// Binds a call of `layer`. What is refused is reported, and stands as [`Argument::Error`].
pub fn bind(layer: &'static Layer, call: &Call, scope: &mut dyn Scope) -> Args {
    if layer.name == "Reshape" && is_flat(call) {
        scope.report(flat(call));
        return unknown(layer);
    }
    if let Some(at) = activation_at(layer, call, scope) {
        scope.report(given_activation(layer, call, at));
        let mut rest = call.clone();
        rest.arguments.remove(at);
        return bind(layer, &rest, scope);
    }
    let Assigned { slots, complete, excess } = assign(layer, call, scope);
    if excess {
        return unknown(layer);
    }
    let mut missing = vec![];
    let bound = layer.parameters.iter().zip(&slots).map(|(parameter, given)| match given.as_slice() {
        [] => default_of(parameter, complete, &mut missing),
        given => {
            let span = given[0].span.to(given[given.len() - 1].span);
            Bound { value: value_of(layer, parameter, given, span, scope), span: Some(span) }
        }
    });
    let bound = bound.collect();
    if !missing.is_empty() && !has_sized_count(layer, call) {
        report_missing(layer, call, &missing, scope);
    }
    Args::new(layer.parameters, bound)
}

/// The last positional argument, where it is the name of an activation behind all that must be given.
fn activation_at(layer: &Layer, call: &Call, scope: &mut dyn Scope) -> Option<usize> {
    layer.parameters.first().filter(|parameter| parameter.kind != Kind::Labels)?;
    let mut given = call.arguments.iter().enumerate().filter(|(_, argument)| argument.name.is_none());
    let (at, _) = given.next_back().filter(|(_, argument)| activation(argument).is_some())?;
    let required = layer.parameters.iter().filter(|p| p.default == layer::Default::Required).count();
    if at < required {
        return None;
    }
    match &call.arguments[at].value.kind {
        ExprKind::Name(name) if scope.value(name, call.arguments[at].span).is_some() => None,
        _ => Some(at),
    }
}

/// The activation that an argument names.
fn activation(argument: &ast::Argument) -> Option<&'static Layer> {
    let name = match &argument.value.kind {
        ExprKind::Name(name) | ExprKind::Text(name) => name,
        ExprKind::Call(name, values) if values.is_empty() => &name.value,
        _ => return None,
    };
    layer::find(name).or_else(|| layer::find_elsewhere(name)).filter(|layer| layer.is_activation())
}

fn given_activation(layer: &Layer, call: &Call, at: usize) -> Diagnostic {
    let argument = &call.arguments[at];
    let name = activation(argument).map_or("ReLU", |layer| layer.name);
    let message = format!("`{}` takes no activation: `{name}` is a layer of its own", layer.name);
    let mut edits = left_out_at(call, at);
    edits.push(Edit { span: call.span.after(), text: format!(" -> {name}") });
    Diagnostic::error(Code::WRONG_KIND, message).at(argument.span, "expected a value").fix(Fix {
        title: format!("write `-> {name}` after it"),
        safe: false,
        edits,
    })
}

/// Arguments of which none is known.
fn unknown(layer: &Layer) -> Args {
    Args::new(layer.parameters, vec![Bound { value: Argument::Error, span: None }; layer.parameters.len()])
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

fn usage(layer: &Layer) -> String {
    let further = layer.further();
    let named =
        if further.is_empty() { String::new() } else { format!("; {} is given by name", names::listed(&further)) };
    format!("it is written {}{named}", layer.usage())
}

fn report_missing(layer: &Layer, call: &Call, missing: &[&str], scope: &mut dyn Scope) {
    let message = format!("`{}` needs {}", layer.name, names::listed(missing));
    let diagnostic =
        Diagnostic::error(Code::MISSING_ARGUMENT, message).at(call.span, "not given here").remark(usage(layer));
    scope.report(match unsaid_kernel(call, missing).or_else(|| unsaid_input(layer, call, missing)) {
        Some(fix) => diagnostic.fix(fix),
        None => diagnostic,
    });
}

/// Where a kernel alone is missing, and the last number is no kernel for the first one's channels: a kernel to begin
/// with.
fn unsaid_kernel(call: &Call, missing: &[&str]) -> Option<Fix> {
    let [first, last] = call.arguments.as_slice() else { return None };
    let (ExprKind::Integer(read), ExprKind::Integer(made)) = (&first.value.kind, &last.value.kind) else { return None };
    if missing != ["kernel"] || made < read || first.name.is_some() || last.name.is_some() {
        return None;
    }
    let edits = vec![Edit { span: last.span.after(), text: ", 3".into() }];
    Some(Fix { title: format!("give the kernel: `{}({read}, {made}, 3)`", call.name.value), safe: false, edits })
}

/// Where the last argument alone is missing, what comes in may have been left to be inferred.
fn unsaid_input(layer: &Layer, call: &Call, missing: &[&str]) -> Option<Fix> {
    let first = call.arguments.first().filter(|argument| argument.name.is_none())?;
    let infers = layer.parameters.first()?.kind == Kind::CountOrInfer && !matches!(first.value.kind, ExprKind::Infer);
    let edits = vec![Edit { span: first.span.before(), text: "_, ".into() }];
    let fix = Fix { title: format!("infer `{}` by `_`", layer.parameters[0].name), safe: false, edits };
    (infers && missing.len() == 1).then_some(fix)
}

/// The error of a positional argument behind a named one; `name` is the parameter that has its place.
pub fn late_position(named: Span, late: &ast::Argument, name: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::ORDER, "a positional argument follows a named one")
        .at(late.span, "give it by name, or first")
        .with(named, "named");
    let Some(name) = name else { return diagnostic };
    let title = match &late.value.kind {
        ExprKind::Integer(value) => format!("write `{name}={value}`"),
        _ => format!("write `{name}=` before it"),
    };
    let edits = vec![Edit { span: late.span.before(), text: format!("{name}=") }];
    diagnostic.fix(Fix { title, safe: false, edits })
}

/// Which expressions each parameter is given.
struct Assigned<'c> {
    slots: Vec<Vec<&'c Expr>>,
    /// Whether all arguments were understood.
    complete: bool,
    /// Whether there were more than parameters, so that which is for which is not known.
    excess: bool,
}

fn assign<'c>(layer: &'static Layer, call: &'c Call, scope: &mut dyn Scope) -> Assigned<'c> {
    let assigned = Assigned { slots: vec![vec![]; layer.parameters.len()], complete: call.complete, excess: false };
    let mut binder = Binder { layer, call, assigned };
    let named = call.arguments.iter().position(|argument| argument.name.is_some()).unwrap_or(call.arguments.len());
    let positional = &call.arguments[..named];
    binder.assign_positional(&positional.iter().collect::<Vec<_>>(), scope);
    for (place, argument) in call.arguments.iter().enumerate().skip(named) {
        match &argument.name {
            Some(name) => binder.assign_named(name, &argument.value, scope),
            None => {
                binder.assigned.complete = false;
                if let Some(diagnostic) = decimal_comma(layer, call, place) {
                    scope.report(diagnostic);
                    continue;
                }
                let free =
                    |p: &&Parameter| !call.arguments.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == p.name));
                let parameter = layer.parameters.get(place).filter(free).map(|parameter| parameter.name);
                scope.report(late_position(call.arguments[named].span, argument, parameter));
            }
        }
    }
    binder.assigned
}

struct Binder<'c> {
    layer: &'static Layer,
    call: &'c Call,
    assigned: Assigned<'c>,
}

impl<'c> Binder<'c> {
    fn assign_positional(&mut self, positional: &[&'c ast::Argument], scope: &mut dyn Scope) {
        let parameters = self.layer.parameters;
        if let Some(Kind::Dims | Kind::Labels) = parameters.first().map(|parameter| parameter.kind) {
            self.assigned.slots[0] = positional.iter().map(|argument| &argument.value).collect();
            return;
        }
        let start = match (positional.len(), self.layer.lone) {
            (1, Some(lone)) => parameters.iter().position(|parameter| parameter.name == lone).unwrap_or(0),
            _ => 0,
        };
        let room = parameters.len() - start;
        for (slot, argument) in self.assigned.slots[start..].iter_mut().zip(positional) {
            slot.push(&argument.value);
        }
        if positional.len() > room {
            self.assigned.excess = !parameters.is_empty();
            match decimal_comma(self.layer, self.call, room).filter(|_| positional.len() == room + 1) {
                Some(diagnostic) => scope.report(diagnostic),
                None => self.report_extra(&positional[room..], scope),
            }
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
            .remark(usage(layer));
        scope.report(self.bare(diagnostic));
    }

    /// Adds the call without its arguments, where the layer takes none.
    fn bare(&self, diagnostic: Diagnostic) -> Diagnostic {
        let named = layer::find(&self.call.name.value).is_some();
        if !named || !self.layer.parameters.is_empty() || !diagnostic.fixes.is_empty() {
            return diagnostic;
        }
        let edits = vec![Edit { span: self.call.span, text: self.layer.name.into() }];
        diagnostic.fix(Fix { title: format!("write `{}`", self.layer.name), safe: false, edits })
    }

    fn assign_named(&mut self, name: &Name, value: &'c Expr, scope: &mut dyn Scope) {
        let parameters = self.layer.parameters;
        let index = parameters.iter().position(|p| p.name == name.value && p.kind != Kind::Labels);
        let Some(index) = index else {
            self.assigned.complete = false;
            let diagnostic = unknown_argument(self.layer, self.call, name, scope);
            return scope.report(self.bare(diagnostic));
        };
        if let Some(first) = self.assigned.slots[index].first() {
            let diagnostic = Diagnostic::error(Code::REPEATED, format!("`{}` is given twice", name.value))
                .at(name.span, "the second time")
                .with(first.span, "the first time");
            return scope.report(diagnostic);
        }
        self.assigned.slots[index].push(value);
    }
}

fn unknown_argument(layer: &Layer, call: &Call, name: &Name, scope: &dyn Scope) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::UNKNOWN_ARGUMENT, format!("`{}` has no argument `{}`", layer.name, name.value))
            .at(name.span, "unknown argument")
            .remark(usage(layer));
    if layer.parameters.first().is_some_and(|parameter| parameter.kind == Kind::Labels) {
        let given = call.arguments.iter().find(|a| a.name.as_ref().is_some_and(|other| other.span == name.span));
        let label = match given.map(|argument| &argument.value.kind) {
            Some(ExprKind::Name(label)) => label,
            _ => "x",
        };
        return diagnostic.remark(format!("a merge takes labels alone: write `{}({label})`", layer.name));
    }
    let known: Vec<&'static str> = layer.parameters.iter().map(|parameter| parameter.name).collect();
    let meant = names::argument_elsewhere(&name.value).into_iter().flatten();
    let diagnostic = match name.value.as_str() {
        "activation" => return with_activation(diagnostic, call, name),
        "inplace" | "batch_first" => return diagnostic.fix(left_out(call, name, true)),
        "input_shape" | "input_dim" => {
            let diagnostic = diagnostic.remark("a line before the network gives the image's size: `input 3x32x32`");
            return diagnostic.fix(left_out(call, name, false));
        }
        "return_sequences" => diagnostic.remark("write `return=all` for every step, `return=last` for the last one"),
        _ => diagnostic,
    };
    let meant = meant.copied().find(|meant| known.contains(meant));
    let given = |meant: &str| call.arguments.iter().find(|a| a.name.as_ref().is_some_and(|name| name.value == meant));
    if let Some(other) = meant.and_then(given) {
        return diagnostic.with(other.span, "given here already").fix(left_out(call, name, false));
    }
    match meant {
        Some(meant) => diagnostic.fix(Fix {
            title: format!("it is called `{meant}` here"),
            safe: true,
            edits: vec![Edit { span: name.span, text: meant.to_string() }],
        }),
        None if !scope.suggests() => diagnostic,
        None => {
            let suggested = names::suggest(diagnostic, &name.value, name.span, known.iter().copied());
            match names::argument_near(&name.value).into_iter().flatten().find(|meant| known.contains(meant)) {
                Some(meant) if suggested.fixes.is_empty() => suggested.fix(Fix {
                    title: format!("did you mean `{meant}`?"),
                    safe: false,
                    edits: vec![Edit { span: name.span, text: meant.to_string() }],
                }),
                _ => suggested,
            }
        }
    }
}

/// The call without this argument.
fn left_out(call: &Call, name: &Name, safe: bool) -> Fix {
    let at = call.arguments.iter().position(|argument| argument.name.as_ref().is_some_and(|n| n.span == name.span));
    Fix { title: format!("leave `{}` out", name.value), safe, edits: left_out_at(call, at.unwrap_or(0)) }
}

fn left_out_at(call: &Call, at: usize) -> Vec<Edit> {
    let gone = match call.arguments.as_slice() {
        [_] => Span { start: call.name.span.end, ..call.span },
        arguments => arguments[at].span,
    };
    let span = match (at.checked_sub(1), call.arguments.get(at + 1)) {
        (Some(before), _) => Span { start: call.arguments[before].span.end, ..gone },
        (None, Some(next)) => Span { end: next.span.start, ..gone },
        (None, None) => gone,
    };
    vec![Edit { span, text: String::new() }]
}

/// Adds the layer that an `activation` names, after the call.
fn with_activation(diagnostic: Diagnostic, call: &Call, name: &Name) -> Diagnostic {
    let value = call.arguments.iter().find(|argument| argument.name.as_ref().is_some_and(|n| n.span == name.span));
    let word = match value.map(|argument| &argument.value.kind) {
        Some(ExprKind::Text(word) | ExprKind::Name(word)) => word.rsplit('.').next().unwrap_or_default(),
        _ => "ReLU",
    };
    if matches!(word, "None" | "none" | "linear") {
        let diagnostic = diagnostic.remark("an activation is a layer of its own; where none follows, there is none");
        return diagnostic.fix(left_out(call, name, false));
    }
    let same = |layer: &&Layer| layer.name.eq_ignore_ascii_case(word);
    let meant = layer::LAYERS.iter().copied().find(same).or_else(|| layer::find_elsewhere(word));
    let Some(meant) = meant else {
        return diagnostic.remark("an activation is a layer of its own, after this one");
    };
    let note = format!("an activation is a layer of its own: write `-> {}` after this one", meant.name);
    let mut fix = left_out(call, name, false);
    fix.title = format!("write `-> {}` after it", meant.name);
    fix.edits.push(Edit { span: call.span.after(), text: format!(" -> {}", meant.name) });
    diagnostic.remark(note).fix(fix)
}
