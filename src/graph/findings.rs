//! Diagnostics of every combination of choices -> each once, with the choices that it holds for.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Id};
use crate::resolve::{Met, Value};
use crate::source::Span;

/// Diagnostics of all combinations, each once, with the combinations that it holds for.
#[derive(Default)]
pub struct Findings {
    combinations: Vec<Vec<Met>>,
    list: Vec<(Diagnostic, Vec<usize>)>,
    by_key: HashMap<(Id, Option<Span>), usize>,
}

impl Findings {
    pub fn begin(&mut self, choices: Vec<Met>) {
        self.combinations.push(choices);
    }

    pub fn known(&self, code: &'static Code, place: Span) -> Option<usize> {
        self.by_key.get(&(Id::Error(code), Some(place))).copied()
    }

    pub fn again(&mut self, index: usize) {
        let current = self.combinations.len() - 1;
        let combinations = &mut self.list[index].1;
        if combinations.last() != Some(&current) {
            combinations.push(current);
        }
    }

    pub fn add(&mut self, diagnostic: Diagnostic) {
        let key = (diagnostic.id, diagnostic.place());
        match self.by_key.get(&key).copied() {
            Some(index) => self.again(index),
            None => {
                self.by_key.insert(key, self.list.len());
                self.list.push((diagnostic, vec![self.combinations.len() - 1]));
            }
        }
    }

    /// Each diagnostic; those that hold for some combinations only say for which.
    pub fn take(&mut self) -> Vec<Diagnostic> {
        let list = std::mem::take(&mut self.list);
        list.into_iter().map(|(diagnostic, holds)| self.limit(diagnostic, &holds)).collect()
    }

    /// Drops the repairs of shapes that were tried in one combination of several only, unless they infer.
    fn sure(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let shapes = diagnostic.id.as_str().starts_with("N04");
        if shapes && self.combinations.len() > 1 {
            diagnostic.fixes.retain(|fix| fix.edits.iter().all(|edit| edit.text == "_"));
        }
        diagnostic
    }

    fn limit(&self, diagnostic: Diagnostic, holds: &[usize]) -> Diagnostic {
        let diagnostic = self.sure(diagnostic);
        if holds.len() == self.combinations.len() {
            return diagnostic;
        }
        let mut labelled = diagnostic;
        let limited: Vec<(&Met, Vec<String>)> = self.combinations[holds[0]]
            .iter()
            .map(|choice| (choice, self.values_in(choice.span, holds)))
            .filter(|(choice, values)| !values.is_empty() && values.len() < choice.count)
            .collect();
        for (choice, values) in &limited {
            let noun = if values.len() == 1 { "value" } else { "values" };
            labelled = labelled.with(choice.span, format!("with the {noun} {}", values.join(" or ")));
        }
        let comes = if labelled.is_error() { "this error comes" } else { "this comes" };
        let labelled =
            labelled.remark(format!("{comes} in {} of {} combinations", holds.len(), self.combinations.len()));
        match limited.as_slice() {
            [(choice, values)] if choice.count == self.combinations.len() => {
                labelled.remark(format!("leave {} out of the choice", values.join(" and ")))
            }
            _ => labelled,
        }
    }

    /// The values that a choice has in these combinations.
    fn values_in(&self, span: Span, combinations: &[usize]) -> Vec<String> {
        let mut values: Vec<String> = vec![];
        for &index in combinations {
            let met = self.combinations[index].iter().find(|met| met.span == span);
            let value = met.and_then(|met| met.value.as_ref()).filter(|value| **value != Value::Error).map(Value::noun);
            values.extend(value.filter(|value| !values.contains(value)));
        }
        values
    }
}
