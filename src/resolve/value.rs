//! Expressions -> values: names, words, choices.

use std::collections::HashMap;

use super::arithmetic::{evaluate_terms, negate};
use super::names;
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{Constraint, LAYERS};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Expr, ExprKind, Name};

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Integer(i64),
    Float(f64),
    Flag(bool),
    Size(Vec<usize>),
    /// `_`
    Infer,
    /// A word of some argument's own, `same`.
    Word(&'static str),
    Constraint(Constraint),
    /// Reported already.
    Error,
}

impl Value {
    /// What a message calls it.
    pub fn noun(&self) -> String {
        match self {
            Value::Integer(value) => value.to_string(),
            // `7.0`, so that it is no integer to the eye either.
            Value::Float(value) => format!("{value:?}"),
            Value::Flag(value) => format!("`{value}`"),
            Value::Size(sizes) => {
                format!("the size {}", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x"))
            }
            Value::Infer => "`_`".into(),
            Value::Word(word) => format!("the word `{word}`"),
            Value::Constraint(_) => "a constraint".into(),
            Value::Error => "an error".into(),
        }
    }
}

/// Where names of values are looked up.
pub trait Scope {
    /// The value of that name, if there is one.
    fn value(&mut self, name: &str, place: Span) -> Option<Value>;
    /// All names of values, for suggestions.
    fn value_names(&self) -> Vec<String>;
    /// Whether names are still compared for suggestions.
    fn suggests(&self) -> bool;

    /// Whether an import of this file failed, so that names may be missing that nobody misspelled.
    fn in_doubt(&self) -> bool;
    /// Whether the name is a value's that an import of an import has, so that a `use` is missing; that is reported.
    fn lacks_import(&mut self, name: &str, place: Span) -> bool;
    /// What is said of a name that is a block's parameter, but not known here.
    fn parameter_elsewhere(&self, name: &str) -> Option<String>;
    /// Whether the name is a layer's or block's.
    fn layer_or_block(&self, name: &str) -> bool;
    fn choices(&mut self) -> &mut Choices;
    fn report(&mut self, diagnostic: Diagnostic);
}

/// The choices met so far, by their place in the text, and which value each has in this combination.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// In the order in which they were met.
    pub met: Vec<Met>,
    /// Where each stands in `met`.
    places: HashMap<Span, usize>,
    selected: HashMap<Span, usize>,
}

/// A choice and the value that it has in a combination.
#[derive(Clone, Debug)]
pub struct Met {
    pub span: Span,
    pub count: usize,
    pub index: usize,
    /// What the value of that index came to.
    pub value: Option<Value>,
}

impl Choices {
    /// A combination: these indices for the choices that are met first, the first value for others.
    pub fn with(selected: HashMap<Span, usize>) -> Self {
        Self { met: vec![], places: HashMap::new(), selected }
    }

    fn select(&mut self, span: Span, count: usize) -> usize {
        if let Some(&place) = self.places.get(&span) {
            return self.met[place].index;
        }
        let index = self.selected.get(&span).copied().unwrap_or(0).min(count - 1);
        self.places.insert(span, self.met.len());
        self.met.push(Met { span, count, index, value: None });
        index
    }

    fn note(&mut self, span: Span, value: &Value) {
        if let Some(&place) = self.places.get(&span) {
            self.met[place].value = Some(value.clone());
        }
    }
}

/// The value of an expression; `words` win over names.
pub fn evaluate(expr: &Expr, words: &[&'static str], scope: &mut dyn Scope) -> Value {
    match &expr.kind {
        ExprKind::Integer(value) => Value::Integer(*value),
        ExprKind::Float(value) => Value::Float(*value),
        ExprKind::Boolean(value) => Value::Flag(*value),
        ExprKind::Size(sizes) => Value::Size(sizes.clone()),
        ExprKind::Infer => Value::Infer,
        ExprKind::Error => Value::Error,
        ExprKind::Text(text) => refuse_text(text, expr.span, words, scope),
        ExprKind::Name(name) => evaluate_name(name, expr.span, words, scope),
        ExprKind::Call(name, values) => evaluate_call(name, values, scope),
        ExprKind::Choice(values) => evaluate_choice(values, expr.span, words, scope),
        ExprKind::Negative(value) => {
            let value = evaluate(value, &[], scope);
            negate(value, expr.span, scope)
        }
        ExprKind::Terms(terms) => evaluate_terms(terms, expr.span, scope),
    }
}

fn evaluate_name(name: &str, span: Span, words: &[&'static str], scope: &mut dyn Scope) -> Value {
    if let Some(word) = words.iter().copied().find(|word| *word == name) {
        return named_word(word);
    }
    if let Some(value) = scope.value(name, span) {
        return value;
    }
    if let Some(word) = any_word(name) {
        return named_word(word);
    }
    if !scope.in_doubt() && !scope.lacks_import(name, span) {
        let diagnostic = unknown_value(name, span, words, scope);
        scope.report(diagnostic);
    }
    Value::Error
}

/// A text in quotes; one that holds a value without its quotes is mended.
fn refuse_text(text: &str, span: Span, words: &[&str], scope: &mut dyn Scope) -> Value {
    let diagnostic = Diagnostic::error(Code::MALFORMED_VALUE, "a text in quotes stands only after `use`");
    let diagnostic = diagnostic.at(span, "expected a value");
    let edits = vec![Edit { span, text: text.into() }];
    let fix = Fix { title: format!("write `{text}` without quotes"), safe: true, edits };
    let plain = words.contains(&text) || text.parse::<u32>().is_ok();
    scope.report(match plain {
        _ if is_no_padding(text, words) => diagnostic.fix(no_padding(span)),
        true => diagnostic.fix(fix),
        false => diagnostic,
    });
    Value::Error
}

/// Whether it is Keras' word for no padding, where padding is given.
fn is_no_padding(word: &str, words: &[&str]) -> bool {
    word.eq_ignore_ascii_case("valid") && words.contains(&"same")
}

fn no_padding(span: Span) -> Fix {
    Fix { title: "write `0`: no padding".into(), safe: true, edits: vec![Edit { span, text: "0".into() }] }
}

fn named_word(word: &'static str) -> Value {
    if word == "unit_norm" { Value::Constraint(Constraint::UnitNorm) } else { Value::Word(word) }
}

/// A word of any layer's argument; blocks hand words on by their parameters.
fn any_word(name: &str) -> Option<&'static str> {
    let words = LAYERS.iter().flat_map(|layer| layer.parameters).flat_map(|parameter| parameter.kind.words());
    words.copied().find(|word| *word == name && *word != "max_norm")
}

fn unknown_value(name: &str, span: Span, words: &[&str], scope: &dyn Scope) -> Diagnostic {
    if scope.layer_or_block(name) {
        return Diagnostic::error(Code::UNKNOWN_VALUE, format!("`{name}` is a layer, not a value"))
            .at(span, "expected a value")
            .remark("values are numbers, sizes, `true`, `false` and names of `let`");
    }
    let diagnostic =
        Diagnostic::error(Code::UNKNOWN_VALUE, format!("no value is called `{name}`")).at(span, "unknown value");
    if let Some(remark) = scope.parameter_elsewhere(name) {
        return diagnostic.remark(remark);
    }
    let diagnostic = match words {
        [] => diagnostic,
        words => {
            let written: Vec<&str> =
                words.iter().map(|word| if *word == "max_norm" { "max_norm(3)" } else { word }).collect();
            diagnostic.remark(format!("this argument takes {}", names::listed(&written)))
        }
    };
    if is_no_padding(name, words) {
        return diagnostic.fix(no_padding(span));
    }
    let defined = scope.value_names();
    let known = defined.iter().map(String::as_str).chain(words.iter().copied()).chain(["true", "false"]);
    let mut diagnostic = names::suggest(diagnostic, name, span, known);
    for fix in diagnostic.fixes.iter_mut().filter(|fix| fix.edits[0].text == "max_norm") {
        let (title, text) = ("did you mean `max_norm(3)`?".into(), "max_norm(3)".into());
        *fix = Fix { title, safe: false, edits: vec![Edit { span, text }] };
    }
    if !diagnostic.fixes.is_empty() {
        return diagnostic;
    }
    if matches!(name, "None" | "null" | "nil") {
        return diagnostic.remark("what is not given takes its default; what comes in is inferred by `_`");
    }
    if !name.is_ascii() {
        return diagnostic.remark("the letters A to Z and a to z, digits and `_` make a name");
    }
    if words.is_empty() {
        return diagnostic.remark(format!("name it before the network: `let {name} = 8`"));
    }
    diagnostic
}

fn evaluate_call(name: &Name, values: &[Expr], scope: &mut dyn Scope) -> Value {
    if name.value != "max_norm" {
        let diagnostic = no_function(name, scope);
        scope.report(diagnostic);
        return Value::Error;
    }
    let evaluated: Vec<Value> = values.iter().map(|value| evaluate(value, &[], scope)).collect();
    let limit = match evaluated.as_slice() {
        [Value::Integer(limit)] => *limit as f64,
        [Value::Float(limit)] => *limit,
        [Value::Error] => return Value::Error,
        _ => f64::NAN,
    };
    if limit > 0.0 {
        return Value::Constraint(Constraint::MaxNorm(limit));
    }
    let message = "`max_norm` takes one number above 0, as in `max_norm(3)`";
    scope.report(Diagnostic::error(Code::WRONG_KIND, message).at(name.span, "expected one number above 0"));
    Value::Error
}

fn no_function(name: &Name, scope: &dyn Scope) -> Diagnostic {
    let what = match scope.layer_or_block(&name.value) {
        true => "a layer cannot be a value",
        false => "no value takes arguments but `max_norm(3)`",
    };
    let diagnostic = Diagnostic::error(Code::WRONG_KIND, format!("`{}(...)` is not a value", name.value));
    names::suggest(diagnostic.at(name.span, what), &name.value, name.span, ["max_norm"].into_iter())
}

fn evaluate_choice(values: &[Expr], span: Span, words: &[&'static str], scope: &mut dyn Scope) -> Value {
    let index = scope.choices().select(span, values.len());
    let value = evaluate(&values[index], words, scope);
    scope.choices().note(span, &value);
    value
}

/// A count of repetitions.
pub fn repetitions(value: Spanned<Value>, scope: &mut dyn Scope) -> Option<usize> {
    match value.value {
        Value::Integer(count) if count >= 1 => Some(count as usize),
        Value::Error => None,
        Value::Integer(count) => {
            let message = format!("a layer cannot stand {count} times");
            scope.report(Diagnostic::error(Code::OUT_OF_RANGE, message).at(value.span, "at least 1"));
            None
        }
        other => {
            let message = format!("a count is a whole number, found {}", other.noun());
            scope.report(
                Diagnostic::error(Code::WRONG_KIND, message).at(value.span, "expected an integer of at least 1"),
            );
            None
        }
    }
}
