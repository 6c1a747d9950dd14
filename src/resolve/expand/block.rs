//! Uses of blocks: arguments bound to parameters, the body written out in a frame of its own.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Expander, Flow, Frame};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::package::Definition;
use crate::resolve::value::{Scope, Value, evaluate};
use crate::resolve::{Site, Source};
use crate::resolve::{bind, names};
use crate::source::Span;
use crate::syntax::MAX_NESTING;
use crate::syntax::ast::{Argument, BlockDefinition, Call, ExprKind, Name};

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
        self.used.insert(definition);
        let given = BlockArguments::bind(block, call, self);
        let frame = self.block_frame(definition, block, call);
        self.expand_body(block, frame, given, flow)
    }

    fn expand_body(&mut self, block: &'p BlockDefinition, frame: Frame, given: Vec<Option<Value>>, flow: Flow) -> Flow {
        self.frames.push(frame);
        self.fill_parameters(block, given);
        self.labels.open(true);
        let flow = self.expand_steps(&block.body, flow, false);
        self.labels.close();
        self.frames.pop();
        flow
    }

    /// Looks into a block that nobody uses: what comes in and its parameters are unknown.
    pub(super) fn expand_unused(&mut self, definition: Definition, block: &'p BlockDefinition) {
        self.seen.insert(definition);
        let frame = Frame { block: Some(definition), ..Frame::of_module(definition.module) };
        self.expand_body(block, frame, vec![None; block.parameters.len()], Flow::One(Source::Unknown));
    }

    /// Says nothing in a group without an end: what follows the block may stand there.
    pub(super) fn report_recursion(&mut self, definition: Definition, call: &Call) {
        if self.unclosed > 0 {
            return;
        }
        let diagnostic = Diagnostic::error(Code::RECURSION, format!("the block `{}` contains itself", call.name.value))
            .at(call.span, "inside its own definition")
            .with(definition.span, "defined here")
            .remark("repeat layers by `X * 3`");
        self.report(diagnostic);
    }

    pub(super) fn block_frame(&mut self, definition: Definition, block: &BlockDefinition, call: &Call) -> Frame {
        let frame = self.frame_mut();
        let count = frame.counters.entry(format!("{}.", call.name.value)).or_default();
        *count += 1;
        let name = format!("{}.{count}", call.name.value);
        let prefix = format!("{}{name}.", frame.prefix);
        let numbers = given_numbers(block, call);
        let mut site = Site { blocks: frame.site.blocks.clone(), uses: frame.site.uses.clone(), numbers };
        site.blocks.push(name);
        site.uses.push(call.span);
        Frame {
            module: definition.module,
            parameters: HashMap::new(),
            counters: HashMap::new(),
            label_counters: HashMap::new(),
            prefix,
            site: Rc::new(site),
            block: Some(definition),
        }
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

/// The parameters that a use gives as plain numbers, and where.
fn given_numbers(block: &BlockDefinition, call: &Call) -> HashMap<String, Span> {
    let named = call.arguments.iter().enumerate().filter_map(|(index, argument)| {
        let name = argument.name.as_ref().or(block.parameters.get(index).map(|parameter| &parameter.name))?;
        Some((name.value.clone(), &argument.value))
    });
    let numbers = named.filter(|(_, value)| matches!(value.kind, ExprKind::Integer(_)));
    numbers.map(|(name, value)| (name, value.span)).collect()
}

/// The arguments of a use, by the index of the parameter that they are for.
struct BlockArguments<'b> {
    block: &'b BlockDefinition,
    given: Vec<Option<Value>>,
    places: Vec<Option<Span>>,
    extra: Vec<Span>,
    /// Whether every argument was understood.
    complete: bool,
}

impl<'b> BlockArguments<'b> {
    /// The values given for a block's parameters; evaluated where the block is used.
    fn bind(block: &'b BlockDefinition, call: &Call, scope: &mut dyn Scope) -> Vec<Option<Value>> {
        let count = block.parameters.len();
        let complete = call.complete && block.complete;
        let mut bound = Self { block, given: vec![None; count], places: vec![None; count], extra: vec![], complete };
        let first_named = call.arguments.iter().find(|argument| argument.name.is_some());
        let mut positions = 0..count;
        for argument in &call.arguments {
            match (&argument.name, first_named) {
                (Some(name), _) => bound.name(name, argument, scope),
                (None, Some(named)) if named.span < argument.span => bound.report_order(named, argument, call, scope),
                (None, _) => match positions.next() {
                    Some(index) => bound.place(index, argument, scope),
                    None => bound.extra.push(argument.span),
                },
            }
        }
        bound.report_extra(scope);
        bound.report_missing(call, scope);
        bound.given
    }

    fn name(&mut self, name: &Name, argument: &Argument, scope: &mut dyn Scope) {
        match self.block.parameters.iter().position(|parameter| parameter.name.value == name.value) {
            Some(index) => self.place(index, argument, scope),
            None => self.report_unknown(name, scope),
        }
    }

    fn place(&mut self, index: usize, argument: &Argument, scope: &mut dyn Scope) {
        if let Some(first) = self.places[index] {
            let message = format!("`{}` is given twice", self.block.parameters[index].name.value);
            let diagnostic = Diagnostic::error(Code::REPEATED, message).at(argument.span, "the second time");
            return scope.report(diagnostic.with(first, "the first time"));
        }
        self.places[index] = Some(argument.span);
        self.given[index] = Some(evaluate(&argument.value, &[], scope));
    }

    fn report_order(&mut self, named: &Argument, late: &Argument, call: &Call, scope: &mut dyn Scope) {
        self.complete = false;
        let place = call.arguments.iter().position(|argument| argument.span == late.span);
        let parameter = place.and_then(|place| self.block.parameters.get(place)).map(|p| p.name.value.as_str());
        let given = |name: &str| call.arguments.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == name));
        scope.report(bind::late_position(named.span, late, parameter.filter(|name| !given(name))));
    }

    fn report_unknown(&mut self, name: &Name, scope: &mut dyn Scope) {
        self.complete = false;
        if !self.block.complete {
            return;
        }
        let known: Vec<&str> = self.block.parameters.iter().map(|parameter| parameter.name.value.as_str()).collect();
        let message = format!("the block `{}` has no parameter `{}`", self.block.name.value, name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_ARGUMENT, message)
            .at(name.span, "unknown parameter")
            .with(self.block.name.span, "the block");
        let diagnostic = match known.is_empty() {
            true => diagnostic.remark("it takes no arguments"),
            false => diagnostic.remark(format!("it takes: {}", known.join(", "))),
        };
        let known = known.into_iter().filter(|_| scope.suggests());
        let diagnostic = names::suggest(diagnostic, &name.value, name.span, known);
        scope.report(diagnostic);
    }

    fn report_extra(&self, scope: &mut dyn Scope) {
        let (Some(first), Some(last), true) = (self.extra.first(), self.extra.last(), self.block.complete) else {
            return;
        };
        let name = &self.block.name.value;
        let message = match self.block.parameters.len() {
            0 => format!("the block `{name}` takes no arguments"),
            1 => format!("the block `{name}` takes at most 1 argument"),
            count => format!("the block `{name}` takes at most {count} arguments"),
        };
        let diagnostic = Diagnostic::error(Code::EXTRA_ARGUMENT, message).at(first.to(*last), "too many");
        scope.report(diagnostic.with(self.block.name.span, "the block"));
    }

    fn report_missing(&self, call: &Call, scope: &mut dyn Scope) {
        let parameters = self.block.parameters.iter().zip(&self.given);
        let missing = parameters.filter(|(parameter, given)| given.is_none() && parameter.default.is_none());
        let missing: Vec<&str> = missing.map(|(parameter, _)| parameter.name.value.as_str()).collect();
        if missing.is_empty() || !self.complete {
            return;
        }
        let message = format!("the block `{}` needs {}", self.block.name.value, names::listed(&missing));
        let diagnostic = Diagnostic::error(Code::MISSING_ARGUMENT, message).at(call.span, "not given here");
        scope.report(diagnostic.with(self.block.name.span, "the block"));
    }
}
