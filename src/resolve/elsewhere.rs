//! Arguments as they are written in other languages -> what is meant here.

use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{Kind, Layer};
use crate::source::Span;
use crate::syntax::ast::{Argument, Call, ExprKind};

/// How many decimals a number has that is written with a comma.
const MAX_DIGITS: usize = 18;

/// Whether a call's only argument asks for all values in one row, as `view(-1)` does.
pub fn is_flat(call: &Call) -> bool {
    let [Argument { value, .. }] = call.arguments.as_slice() else { return false };
    match &value.kind {
        ExprKind::Integer(size) => *size == -1,
        ExprKind::Negative(size) => matches!(size.kind, ExprKind::Integer(1)),
        _ => false,
    }
}

/// The report of that.
pub fn flat(call: &Call) -> Diagnostic {
    let edits = vec![Edit { span: call.span, text: "Flatten".into() }];
    Diagnostic::error(Code::OUT_OF_RANGE, "`shape` of `Reshape` cannot be -1")
        .at(call.arguments[0].span, "expected a size like `4x7x7`, or one to three integers")
        .remark("the layer that makes a vector of everything is `Flatten`")
        .fix(Fix { title: "write `Flatten`".into(), safe: true, edits })
}

/// `0,5` for a number that may have decimals; `place` is that of the argument behind the comma.
pub fn decimal_comma(layer: &Layer, call: &Call, place: usize) -> Option<Diagnostic> {
    let (whole, part) = (call.arguments.get(place.checked_sub(1)?)?, call.arguments.get(place)?);
    let (ExprKind::Integer(before), ExprKind::Integer(behind)) = (&whole.value.kind, &part.value.kind) else {
        return None;
    };
    let parameters = layer.parameters;
    let parameter = match &whole.name {
        Some(name) => parameters.iter().find(|parameter| parameter.name == name.value),
        None => parameters.get(place - 1),
    };
    let decimal = parameter.is_some_and(|parameter| matches!(parameter.kind, Kind::Probability | Kind::Number));
    let comma = Span { start: whole.value.span.end, end: part.span.start, ..part.span };
    let digits = part.span.end.saturating_sub(part.span.start);
    let near = comma.end == comma.start + 1 && digits <= MAX_DIGITS;
    if !decimal || part.name.is_some() || !near {
        return None;
    }
    let title = format!("write `{before}.{behind:0digits$}`");
    let edits = vec![Edit { span: comma, text: ".".into() }];
    // Only digits are as long as their numbers.
    let safe =
        digits == behind.to_string().len() && whole.value.span.end - whole.value.span.start == before.to_string().len();
    let diagnostic = Diagnostic::error(Code::WRONG_KIND, "a comma parts arguments, not a number from its decimals");
    Some(diagnostic.at(comma, "expected `.`").fix(Fix { title, safe, edits }))
}

/// Whether a size stands where channels or features are counted: which arguments the others are for is not known then.
pub fn has_sized_count(layer: &Layer, call: &Call) -> bool {
    let sized = |argument: &Argument| argument.name.is_none() && matches!(argument.value.kind, ExprKind::Size(_));
    let counted = layer.parameters.iter().zip(&call.arguments);
    counted
        .take_while(|(parameter, _)| matches!(parameter.kind, Kind::Count | Kind::CountOrInfer))
        .any(|(_, a)| sized(a))
}
