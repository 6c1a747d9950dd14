//! Values of `let`, each computed once and where it is first needed.

use super::{Evaluation, Expander, Frame};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::package::{Definition, DefinitionKind};
use crate::resolve::value::{Scope, Value, evaluate};
use crate::source::Span;
use crate::syntax::MAX_NESTING;

impl Expander<'_> {
    /// Evaluates the values that nobody uses too, so that their mistakes are found.
    pub(super) fn check_definitions(&mut self) {
        let values = &self.package.modules[0].ast.values;
        for (index, value) in values.iter().enumerate() {
            let definition = self.package.modules[0].names.get(&value.name.value).copied();
            if let Some(definition) = definition.filter(|d| d.kind == DefinitionKind::Value(index)) {
                self.value_of(definition, index, value.name.span);
            }
        }
    }

    pub(super) fn value_of(&mut self, definition: Definition, index: usize, place: Span) -> Value {
        let key = (definition.module, index);
        match self.values.get(&key) {
            Some(Evaluation::Done(value)) => return value.clone(),
            Some(Evaluation::Running) => return self.report_circular_value(definition, place),
            None => {}
        }
        if self.frames.len() > MAX_NESTING {
            return self.report_depth(place);
        }
        self.values.insert(key, Evaluation::Running);
        self.frames.push(Frame::of_module(definition.module));
        let value = evaluate(&self.package.modules[definition.module].ast.values[index].value, &[], self);
        self.frames.pop();
        self.values.insert(key, Evaluation::Done(value.clone()));
        value
    }

    pub(super) fn report_circular_value(&mut self, definition: Definition, place: Span) -> Value {
        let diagnostic = Diagnostic::error(Code::RECURSION, "this value is computed from itself")
            .at(place, "needs its own result")
            .with(definition.span, "defined here");
        self.report(diagnostic);
        Value::Error
    }

    pub(super) fn report_depth(&mut self, place: Span) -> Value {
        let message = format!("definitions lead to each other more than {MAX_NESTING} deep");
        self.report(Diagnostic::error(Code::LIMIT, message).at(place, "one too many"));
        Value::Error
    }
}
