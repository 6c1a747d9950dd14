//! Diagnostics of every combination of choices -> each once, with the choices that it holds for.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, Id};
use crate::resolve::{Met, Value};
use crate::source::Span;

/// Diagnostics of all combinations, each once, with the combinations that it holds for.
#[derive(Default)]
pub struct Findings {
    combinations: Vec<Vec<Met>>,
    list: Vec<Finding>,
    by_key: HashMap<(Id, Option<Span>), usize>,
}

/// A diagnostic of the first combination that it holds for.
struct Finding {
    diagnostic: Diagnostic,
    /// The combinations that it holds for, in order, and whether the message is the same there.
    holds: Vec<(usize, bool)>,
}

impl Findings {
    pub fn begin(&mut self, choices: Vec<Met>) {
        self.combinations.push(choices);
    }

    pub fn known(&self, code: &'static Code, place: Span) -> Option<usize> {
        self.by_key.get(&(Id::Error(code), Some(place))).copied()
    }

    /// Notes that a known diagnostic comes in this combination too, with this message.
    pub fn again(&mut self, index: usize, message: &str) {
        let current = self.combinations.len() - 1;
        let Finding { diagnostic, holds } = &mut self.list[index];
        if holds.last().is_none_or(|(last, _)| *last != current) {
            holds.push((current, diagnostic.message == message));
        }
    }

    pub fn add(&mut self, diagnostic: Diagnostic) {
        let key = (diagnostic.id, diagnostic.place());
        match self.by_key.get(&key).copied() {
            Some(index) => self.again(index, &diagnostic.message),
            None => {
                self.by_key.insert(key, self.list.len());
                self.list.push(Finding { diagnostic, holds: vec![(self.combinations.len() - 1, true)] });
            }
        }
    }

    /// Each diagnostic; those that hold for some combinations only say for which.
    pub fn take(&mut self) -> Vec<Diagnostic> {
        let list = std::mem::take(&mut self.list);
        list.into_iter().map(|finding| self.limit(finding)).collect()
    }

    /// Drops the repairs of shapes that were tried in one combination of several only, unless they infer.
    fn sure(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let shapes = diagnostic.id.as_str().starts_with("N04");
        if shapes && self.combinations.len() > 1 {
            diagnostic.fixes.retain(|fix| fix.edits.iter().all(|edit| edit.text == "_"));
        }
        diagnostic
    }

    fn limit(&self, Finding { diagnostic, holds }: Finding) -> Diagnostic {
        let diagnostic = self.sure(diagnostic);
        let differs = diagnostic.is_error() && holds.iter().any(|(_, same)| !same);
        let everywhere = holds.len() == self.combinations.len();
        if everywhere && !differs {
            return diagnostic;
        }
        let limited = self.limited(&holds);
        let shown = if differs || limited.is_empty() { self.decisive(&holds) } else { HashSet::new() };
        let mut labelled = diagnostic;
        for choice in &self.combinations[holds[0].0] {
            let values =
                limited.iter().find(|(other, _)| other.span == choice.span).map(|(_, values)| values.as_slice());
            if let Some(label) = label(choice, values, shown.contains(&choice.span)) {
                labelled = labelled.with(choice.span, label);
            }
        }
        let labelled = self.counted(labelled, holds.len(), differs);
        match limited.as_slice() {
            [(choice, values)] if choice.count == self.combinations.len() => {
                labelled.remark(format!("leave {} out of the choice", values.join(" and ")))
            }
            _ => labelled,
        }
    }

    /// Says in how many combinations it comes, and whether with other numbers.
    fn counted(&self, diagnostic: Diagnostic, count: usize, differs: bool) -> Diagnostic {
        let all = self.combinations.len();
        let comes = if diagnostic.is_error() { "this error comes" } else { "this comes" };
        let which = match (count == all, all) {
            (true, 2) => "both".into(),
            (true, _) => format!("all {all}"),
            _ => format!("{count} of {all}"),
        };
        let numbers = if differs { "; the numbers shown are of the first, and differ in others" } else { "" };
        diagnostic.remark(format!("{comes} in {which} combinations{numbers}"))
    }

    /// The choices that do not have all of their values in these combinations, and those that they have.
    fn limited(&self, holds: &[(usize, bool)]) -> Vec<(&Met, Vec<String>)> {
        let choices = self.combinations[holds[0].0].iter().map(|choice| (choice, self.values_in(choice.span, holds)));
        choices.filter(|(choice, values)| !values.is_empty() && values.len() < choice.count).collect()
    }

    /// The choices of which another value alone, in the first of these combinations, brings no error or another message.
    fn decisive(&self, holds: &[(usize, bool)]) -> HashSet<Span> {
        let first = &self.combinations[holds[0].0];
        let same: HashSet<usize> = holds.iter().filter(|(_, same)| *same).map(|(index, _)| *index).collect();
        let others = self.combinations.iter().enumerate().filter(|(index, _)| !same.contains(index));
        others.filter_map(|(_, other)| only_difference(first, other)).collect()
    }

    /// The values that a choice has in these combinations.
    fn values_in(&self, span: Span, holds: &[(usize, bool)]) -> Vec<String> {
        let mut values: Vec<String> = vec![];
        for &(index, _) in holds {
            let value = self.combinations[index].iter().find(|met| met.span == span).and_then(written);
            values.extend(value.filter(|value| !values.contains(value)));
        }
        values
    }
}

/// What is said of a choice: the values that it is `limited` to, and the one that is `shown`.
fn label(choice: &Met, limited: Option<&[String]>, shown: bool) -> Option<String> {
    let value = written(choice).filter(|_| shown);
    Some(match (limited, value) {
        (Some([value]), _) => format!("with the value {value}"),
        (Some(values), Some(value)) => format!("with the values {}, shown for {value}", values.join(" or ")),
        (Some(values), None) => format!("with the values {}", values.join(" or ")),
        (None, Some(value)) => format!("with the value {value}"),
        (None, None) => return None,
    })
}

/// The value that a choice has, as a message calls it.
fn written(choice: &Met) -> Option<String> {
    choice.value.as_ref().filter(|value| **value != Value::Error).map(Value::noun)
}

/// The one choice that has another value in the other combination; none where several have, or other choices are met.
fn only_difference(first: &[Met], other: &[Met]) -> Option<Span> {
    let alike = first.len() == other.len() && first.iter().zip(other).all(|(a, b)| a.span == b.span);
    let mut different = first.iter().zip(other).filter(|(a, b)| a.index != b.index);
    let (only, _) = different.next().filter(|_| alike)?;
    different.next().is_none().then_some(only.span)
}
