//! Uses of blocks: arguments bound to parameters, the body written out in a frame of its own.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Expander, Flow, Frame};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::names::{self, Known};
use crate::resolve::package::Definition;
use crate::resolve::value::{Scope, Value, evaluate};
use crate::resolve::{Site, Source};
use crate::source::Span;
use crate::syntax::MAX_NESTING;
use crate::syntax::ast::{BlockDefinition, Call, Name};

impl<'p> Expander<'p> {
    pub(super) fn expand_block(
        &mut self,
        definition: Definition,
        block: &'p BlockDefinition,
        call: &Call,
        flow: Flow,
    ) -> Flow {
        if self.frames.iter().any(|frame| frame.block == Some(definition)) {
            self.report_recursion(definition, call);
            return Flow::One(Source::Unknown);
        }
        if self.frames.len() > MAX_NESTING {
            self.report_depth(call.span);
            return Flow::One(Source::Unknown);
        }
        let given = self.bind_block(block, call);
        let frame = self.block_frame(definition, call);
        self.frames.push(frame);
        self.fill_parameters(block, given);
        self.labels.open(true);
        let flow = self.expand_steps(&block.body, flow, false);
        self.labels.close();
        self.frames.pop();
        flow
    }

    pub(super) fn report_recursion(&mut self, definition: Definition, call: &Call) {
        let diagnostic = Diagnostic::error(Code::RECURSION, format!("the block `{}` contains itself", call.name.value))
            .at(call.span, "inside its own definition")
            .with(definition.span, "defined here")
            .remark("repeat layers by `X * 3`");
        self.report(diagnostic);
    }

    pub(super) fn block_frame(&mut self, definition: Definition, call: &Call) -> Frame {
        let frame = self.frame_mut();
        let count = frame.counters.entry(format!("{}.", call.name.value)).or_default();
        *count += 1;
        let name = format!("{}.{count}", call.name.value);
        let prefix = format!("{}{name}.", frame.prefix);
        let mut site = Site { blocks: frame.site.blocks.clone(), uses: frame.site.uses.clone() };
        site.blocks.push(name);
        site.uses.push(call.span);
        Frame {
            module: definition.module,
            parameters: HashMap::new(),
            counters: HashMap::new(),
            prefix,
            site: Rc::new(site),
            block: Some(definition),
        }
    }

    /// The values given for a block's parameters, by index; evaluated where the block is used.
    pub(super) fn bind_block(&mut self, block: &BlockDefinition, call: &Call) -> Vec<Option<Value>> {
        let mut given: Vec<Option<Value>> = vec![None; block.parameters.len()];
        let mut places: Vec<Option<Span>> = vec![None; block.parameters.len()];
        let mut extra: Vec<Span> = vec![];
        let mut understood = true;
        let mut position = 0;
        for argument in &call.arguments {
            let index = match &argument.name {
                None => {
                    position += 1;
                    (position <= block.parameters.len()).then_some(position - 1)
                }
                Some(name) => {
                    let index = block.parameters.iter().position(|parameter| parameter.name.value == name.value);
                    if index.is_none() {
                        understood = false;
                        self.report_unknown_parameter(block, name);
                        continue;
                    }
                    index
                }
            };
            let Some(index) = index else {
                extra.push(argument.span);
                continue;
            };
            if let Some(first) = places[index] {
                let message = format!("`{}` is given twice", block.parameters[index].name.value);
                self.report(
                    Diagnostic::error(Code::REPEATED, message)
                        .at(argument.span, "the second time")
                        .with(first, "the first time"),
                );
                continue;
            }
            places[index] = Some(argument.span);
            given[index] = Some(evaluate(&argument.value, &[], self));
        }
        self.report_extra(block, &extra);
        if understood {
            self.report_missing(block, call, &given);
        }
        given
    }

    pub(super) fn report_unknown_parameter(&mut self, block: &BlockDefinition, name: &Name) {
        let known: Vec<String> = block.parameters.iter().map(|parameter| parameter.name.value.clone()).collect();
        let message = format!("the block `{}` has no parameter `{}`", block.name.value, name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_ARGUMENT, message)
            .at(name.span, "unknown parameter")
            .with(block.name.span, "the block");
        self.report(names::suggest(diagnostic, &name.value, name.span, Known::Names(&known)));
    }

    pub(super) fn report_extra(&mut self, block: &BlockDefinition, extra: &[Span]) {
        let (Some(first), Some(last)) = (extra.first(), extra.last()) else { return };
        let message = match block.parameters.len() {
            0 => format!("the block `{}` takes no arguments", block.name.value),
            count => format!(
                "the block `{}` takes at most {count} argument{}",
                block.name.value,
                if count == 1 { "" } else { "s" }
            ),
        };
        let diagnostic = Diagnostic::error(Code::EXTRA_ARGUMENT, message)
            .at(first.to(*last), "too many")
            .with(block.name.span, "the block");
        self.report(diagnostic);
    }

    pub(super) fn report_missing(&mut self, block: &BlockDefinition, call: &Call, given: &[Option<Value>]) {
        let parameters = block.parameters.iter().zip(given);
        let missing = parameters.filter(|(parameter, given)| given.is_none() && parameter.default.is_none());
        let names: Vec<String> = missing.map(|(parameter, _)| format!("`{}`", parameter.name.value)).collect();
        if names.is_empty() {
            return;
        }
        let message = format!("the block `{}` needs {}", block.name.value, names.join(" and "));
        let diagnostic = Diagnostic::error(Code::MISSING_ARGUMENT, message)
            .at(call.span, if names.len() == 1 { "is not given" } else { "are not given" })
            .with(block.name.span, "the block");
        self.report(diagnostic);
    }

    /// Binds parameters in order; a default may use the parameters before it.
    pub(super) fn fill_parameters(&mut self, block: &BlockDefinition, given: Vec<Option<Value>>) {
        for (parameter, value) in block.parameters.iter().zip(given) {
            let value = match (value, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => evaluate(default, &[], self),
                (None, None) => Value::Error,
            };
            self.frame_mut().parameters.insert(parameter.name.value.clone(), value);
        }
    }
}
