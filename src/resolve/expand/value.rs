//! Values of `let`, each computed once and where it is first needed.

use super::{Evaluation, Expander, Frame};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::package::{Definition, DefinitionKind};
use crate::resolve::value::{Scope, Value, evaluate};
use crate::resolve::{Output, Unused, UnusedKind};
use crate::source::Span;
use crate::syntax::MAX_NESTING;
use crate::syntax::ast::{ExprKind, ValueDefinition};

impl Expander<'_> {
    /// Looks into the values and blocks that nobody uses, so that their mistakes are found: once, with what comes in
    /// unknown. Their choices are no choices of the network, and their layers none of its layers.
    pub(super) fn check_unused(&mut self, outputs: &[Output]) -> Vec<Unused> {
        let labels = self.labels.unused(outputs);
        let nodes = std::mem::take(&mut self.nodes);
        let choices = self.choices.clone();
        let overflowed = std::mem::replace(&mut self.overflowed, false);
        self.steps = 0;
        self.unused = true;
        for module in 0..self.package.modules.len() {
            self.check_unused_of(module);
        }
        self.nodes = nodes;
        self.choices = choices;
        self.overflowed = overflowed;
        let mut unused = self.unused_definitions();
        unused.extend(labels);
        unused
    }

    /// The blocks and values of the file itself that nothing uses; none of a library.
    fn unused_definitions(&self) -> Vec<Unused> {
        let main = &self.package.modules[0];
        let own =
            main.names.iter().filter(|(_, d)| d.module == 0 && !self.used.contains(d) && main.ast.chain.is_some());
        let unused = own.map(|(name, definition)| {
            let kind = match definition.kind {
                DefinitionKind::Block(_) => UnusedKind::Block,
                DefinitionKind::Value(_) => UnusedKind::Value,
            };
            Unused { kind, name: name.clone(), span: definition.span }
        });
        unused.collect()
    }

    fn check_unused_of(&mut self, module: usize) {
        let names = &self.package.modules[module].names;
        let mut own: Vec<Definition> = names.values().copied().filter(|d| d.module == module).collect();
        own.sort_by_key(|definition| definition.span);
        self.frames.push(Frame::of_module(module));
        for definition in own {
            if self.diagnostics.overflowed() {
                break;
            }
            match definition.kind {
                DefinitionKind::Value(index) => drop(self.value_of(definition, index, definition.span)),
                DefinitionKind::Block(index) => {
                    if !self.used.contains(&definition) && !self.seen.contains(&definition) {
                        self.expand_unused(definition, &self.package.modules[module].ast.blocks[index]);
                    }
                }
            }
        }
        self.frames.pop();
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
        let defined = &self.package.modules[definition.module].ast.values[index];
        let value = match self.layer_defined(defined) {
            Some(diagnostic) => {
                self.report(diagnostic);
                Value::Error
            }
            None => evaluate(&defined.value, &[], self),
        };
        self.frames.pop();
        self.values.insert(key, Evaluation::Done(value.clone()));
        value
    }

    /// The mistake of a `let` that is given a layer, or nothing before the network's first layer.
    fn layer_defined(&self, defined: &ValueDefinition) -> Option<Diagnostic> {
        let ExprKind::Name(layer) = &defined.value.kind else { return None };
        let value = self.package.modules[self.frame().module].names.get(layer.as_str());
        if value.is_some_and(|d| matches!(d.kind, DefinitionKind::Value(_))) || !self.layer_or_block(layer) {
            return None;
        }
        let name = &defined.name;
        Some(match defined.below {
            true => Diagnostic::error(Code::INCOMPLETE, "expected a value after `=`")
                .at(name.span, "this has no value")
                .with(defined.value.span, "a layer, not a value"),
            false => Diagnostic::error(Code::UNKNOWN_VALUE, format!("`{layer}` is a layer, not a value"))
                .at(defined.value.span, "expected a value")
                .remark(format!("`let` names a value; for layers write `block {} = {layer}`", name.value)),
        })
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
