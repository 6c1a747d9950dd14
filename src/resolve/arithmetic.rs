//! Sums, products and signs of values -> a value, exact where it can be.

use super::value::{Scope, Value, evaluate};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Operator};

/// The value with the other sign.
pub fn negate(value: Value, span: Span, scope: &mut dyn Scope) -> Value {
    match value {
        Value::Integer(value) if value != i64::MIN => Value::Integer(-value),
        Value::Float(value) => Value::Float(-value),
        Value::Error => Value::Error,
        other => {
            let message = format!("{} has no negative", other.noun());
            let expected = match other {
                Value::Flag(_) => "expected `true` or `false`",
                _ => "expected a number",
            };
            scope.report(Diagnostic::error(Code::WRONG_KIND, message).at(span, expected));
            Value::Error
        }
    }
}

/// A sum of products, each from left to right.
pub fn evaluate_terms(terms: &[(Operator, Expr)], span: Span, scope: &mut dyn Scope) -> Value {
    let mut sum: Option<Value> = None;
    let mut product = (Operator::Plus, Value::Integer(0));
    for (index, (operator, term)) in terms.iter().enumerate() {
        let value = number(evaluate(term, &[], scope), term.span, scope);
        let multiplies = matches!(operator, Operator::Times | Operator::Divide);
        if index > 0 && multiplies {
            product.1 = combine(*operator, product.1, value, span, scope);
            continue;
        }
        if index > 0 {
            sum = Some(joined(sum, product, span, scope));
        }
        product = (*operator, value);
    }
    joined(sum, product, span, scope)
}

fn joined(sum: Option<Value>, (sign, product): (Operator, Value), span: Span, scope: &mut dyn Scope) -> Value {
    match sum {
        None => product,
        Some(sum) => combine(sign, sum, product, span, scope),
    }
}

/// The value, if it can be computed with.
fn number(value: Value, span: Span, scope: &mut dyn Scope) -> Value {
    match value {
        Value::Integer(_) | Value::Float(_) | Value::Error => value,
        other => {
            let message = format!("there is no arithmetic with {}", other.noun());
            scope.report(Diagnostic::error(Code::WRONG_KIND, message).at(span, "expected a number"));
            Value::Error
        }
    }
}

fn combine(operator: Operator, left: Value, right: Value, span: Span, scope: &mut dyn Scope) -> Value {
    let result = match (&left, &right) {
        (Value::Integer(a), Value::Integer(b)) => integers(operator, *a, *b),
        (Value::Error, _) | (_, Value::Error) => return Value::Error,
        _ => floats(operator, float(&left), float(&right)),
    };
    result.unwrap_or_else(|reason| {
        let message = format!("{} {} {} has no result: {reason}", left.noun(), operator.symbol(), right.noun());
        scope.report(Diagnostic::error(Code::ARITHMETIC, message).at(span, "computed here"));
        Value::Error
    })
}

fn integers(operator: Operator, a: i64, b: i64) -> Result<Value, &'static str> {
    let exact = match operator {
        Operator::Plus => a.checked_add(b),
        Operator::Minus => a.checked_sub(b),
        Operator::Times => a.checked_mul(b),
        Operator::Divide if b == 0 => return Err("it divides by zero"),
        Operator::Divide if a.checked_rem(b).is_none_or(|rest| rest == 0) => a.checked_div(b),
        Operator::Divide => return floats(operator, a as f64, b as f64),
    };
    exact.map(Value::Integer).ok_or("it does not fit into 64 bits")
}

fn floats(operator: Operator, a: f64, b: f64) -> Result<Value, &'static str> {
    let result = match operator {
        Operator::Plus => a + b,
        Operator::Minus => a - b,
        Operator::Times => a * b,
        Operator::Divide if b == 0.0 => return Err("it divides by zero"),
        Operator::Divide => a / b,
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err("it is beyond what a float holds") }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Integer(value) => *value as f64,
        Value::Float(value) => *value,
        _ => f64::NAN,
    }
}
