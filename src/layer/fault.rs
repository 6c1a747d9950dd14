//! Why a layer refuses what it is given, before anyone knows where in a text that stands.

use super::shape::Shape;
use crate::diagnostic::Code;

/// A layer's refusal. The graph adds the places, the trail of shapes and the search for repairs.
#[derive(Clone, Debug)]
pub struct Fault {
    pub code: &'static Code,
    pub message: String,
    /// The parameter whose value is refused; none blames the whole call.
    pub parameter: Option<&'static str>,
    /// What stands at that place.
    pub label: String,
    /// The arithmetic of a size that failed, and advice.
    pub notes: Vec<String>,
    /// Changes of this call's arguments that would do.
    pub rewrites: Vec<Rewrite>,
    /// What the layer would make if its input were as written; keeps consequences silent.
    pub output: Option<Shape>,
}

/// Other values for arguments of the call.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// Parameters and the text of their new values.
    pub values: Vec<(&'static str, String)>,
    pub safe: bool,
    /// What it brings, after the new call: "infers 160".
    pub reason: String,
}

impl Fault {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        let (message, label) = (message.into(), String::new());
        Self { code, message, parameter: None, label, notes: vec![], rewrites: vec![], output: None }
    }

    /// Blames one argument.
    pub fn at(mut self, parameter: &'static str, label: impl Into<String>) -> Self {
        self.parameter = Some(parameter);
        self.labelled(label)
    }

    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn rewrite(mut self, parameter: &'static str, value: impl Into<String>, reason: impl Into<String>) -> Self {
        self.rewrites.push(Rewrite { values: vec![(parameter, value.into())], safe: false, reason: reason.into() });
        self
    }

    /// As [`Fault::rewrite`], for a value that can only be meant.
    pub fn safe_rewrite(
        mut self,
        parameter: &'static str,
        value: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        self.rewrites.push(Rewrite { values: vec![(parameter, value.into())], safe: true, reason: reason.into() });
        self
    }

    /// As [`Fault::rewrite`], for two numbers that may stand in each other's place.
    pub fn swap(mut self, parameters: [&'static str; 2], values: [usize; 2], reason: impl Into<String>) -> Self {
        let values = parameters.into_iter().zip(values.map(|value| value.to_string())).collect();
        self.rewrites.push(Rewrite { values, safe: false, reason: reason.into() });
        self
    }

    pub fn makes(mut self, output: Shape) -> Self {
        self.output = Some(output);
        self
    }
}
