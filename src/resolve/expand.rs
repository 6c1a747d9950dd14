//! Chains -> nodes: blocks and repetitions written out, branches and labels connected.

use std::collections::HashMap;
use std::rc::Rc;

use super::bind::bind;
use super::labels::Labels;
use super::names::{self, Known};
use super::package::{Definition, DefinitionKind, Package};
use super::value::{Choices, Scope, Value, evaluate, repetitions};
use super::{MAX_LAYERS, Network, Node, Output, Site, Source};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Edit, Fix};
use crate::layer::{self, Args, LAYERS, Layer, Role};
use crate::source::{Span, Spanned};
use crate::syntax::MAX_NESTING;
use crate::syntax::ast::{Argument, BlockDefinition, Call, Chain, ExprKind, Name, Step, StepKind};

/// Writes out the chain of `package`'s own file for one combination of its choices.
pub fn expand(package: &Package, choices: Choices) -> (Network, Choices, Diagnostics) {
    let mut expander = Expander::new(package, choices);
    expander.check_definitions();
    let main = &package.modules[0].ast;
    let outputs = main.chain.as_ref().map(|chain| expander.expand_main(chain)).unwrap_or_default();
    let network = Network { input: main.input, classes: main.classes, nodes: expander.nodes, outputs };
    (network, expander.choices, expander.diagnostics)
}

/// What flows along a chain.
#[derive(Clone, Debug)]
enum Flow {
    One(Source),
    /// The ends of branches that no merge has joined yet.
    Branches(Vec<Branch>),
}

#[derive(Clone, Debug)]
struct Branch {
    source: Source,
    label: Option<Name>,
    span: Span,
}

/// A block being written out, or the file itself.
struct Frame {
    module: usize,
    parameters: HashMap<String, Value>,
    /// How often each name has stood in this chain.
    counters: HashMap<String, usize>,
    prefix: String,
    site: Rc<Site>,
    block: Option<Definition>,
}

struct Expander<'p> {
    package: &'p Package,
    choices: Choices,
    nodes: Vec<Node>,
    diagnostics: Diagnostics,
    frames: Vec<Frame>,
    labels: Labels,
    values: HashMap<(usize, usize), Evaluation>,
    /// Steps taken, so that no nest of empty blocks runs for ever.
    steps: usize,
    overflowed: bool,
}

#[derive(Clone)]
enum Evaluation {
    Running,
    Done(Value),
}

/// How many steps of chains are taken at most: enough for every network within the limit of layers.
const MAX_STEPS: usize = 20 * MAX_LAYERS;

impl Scope for Expander<'_> {
    fn value(&mut self, name: &str, place: Span) -> Option<Value> {
        if let Some(value) = self.frame().parameters.get(name) {
            return Some(value.clone());
        }
        let definition = *self.package.modules[self.frame().module].names.get(name)?;
        match definition.kind {
            DefinitionKind::Value(index) => Some(self.value_of(definition, index, place)),
            DefinitionKind::Block(_) => None,
        }
    }

    fn value_names(&self) -> Vec<String> {
        let frame = self.frame();
        let defined = self.package.modules[frame.module].names.iter();
        let values = defined.filter(|(_, d)| matches!(d.kind, DefinitionKind::Value(_))).map(|(name, _)| name);
        frame.parameters.keys().chain(values).cloned().collect()
    }

    fn layer_or_block(&self, name: &str) -> bool {
        layer::find(name).is_some() || self.block(name).is_some()
    }

    fn choices(&mut self) -> &mut Choices {
        &mut self.choices
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let used = self.frame().site.uses.clone();
        let shown = used.iter().rev().take(3).fold(diagnostic, |diagnostic, &span| diagnostic.with(span, "used here"));
        self.diagnostics.push(shown);
    }
}

impl<'p> Expander<'p> {
    fn new(package: &'p Package, choices: Choices) -> Self {
        let main = Frame {
            module: 0,
            parameters: HashMap::new(),
            counters: HashMap::new(),
            prefix: String::new(),
            site: Rc::default(),
            block: None,
        };
        Self {
            package,
            choices,
            nodes: vec![],
            diagnostics: Diagnostics::new(),
            frames: vec![main],
            labels: Labels::default(),
            values: HashMap::new(),
            steps: 0,
            overflowed: false,
        }
    }

    fn frame(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    fn frame_mut(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn block(&self, name: &str) -> Option<(Definition, &'p BlockDefinition)> {
        let definition = *self.package.modules[self.frame().module].names.get(name)?;
        match definition.kind {
            DefinitionKind::Block(index) => {
                Some((definition, &self.package.modules[definition.module].ast.blocks[index]))
            }
            DefinitionKind::Value(_) => None,
        }
    }

    // ---- values

    /// Evaluates the values that nobody uses too, so that their mistakes are found.
    fn check_definitions(&mut self) {
        let values = &self.package.modules[0].ast.values;
        for (index, value) in values.iter().enumerate() {
            let definition = self.package.modules[0].names.get(&value.name.value).copied();
            if let Some(definition) = definition.filter(|d| d.kind == DefinitionKind::Value(index)) {
                self.value_of(definition, index, value.name.span);
            }
        }
    }

    fn value_of(&mut self, definition: Definition, index: usize, place: Span) -> Value {
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
        self.frames.push(Frame {
            module: definition.module,
            parameters: HashMap::new(),
            counters: HashMap::new(),
            prefix: String::new(),
            site: Rc::default(),
            block: None,
        });
        let value = evaluate(&self.package.modules[definition.module].ast.values[index].value, &[], self);
        self.frames.pop();
        self.values.insert(key, Evaluation::Done(value.clone()));
        value
    }

    fn report_circular_value(&mut self, definition: Definition, place: Span) -> Value {
        let diagnostic = Diagnostic::error(Code::RECURSION, "this value is computed from itself")
            .at(place, "needs its own result")
            .with(definition.span, "defined here");
        self.report(diagnostic);
        Value::Error
    }

    fn report_depth(&mut self, place: Span) -> Value {
        let message = format!("definitions lead to each other more than {MAX_NESTING} deep");
        self.report(Diagnostic::error(Code::LIMIT, message).at(place, "one too many"));
        Value::Error
    }

    // ---- chains

    fn expand_main(&mut self, chain: &Chain) -> Vec<Output> {
        self.labels.open(true);
        let flow = self.expand_steps(chain, Flow::One(Source::Input), true);
        self.labels.close();
        match flow {
            Flow::One(source) => {
                let last = chain.steps.last();
                let label = last.and_then(|step| step.label.as_ref()).map(|label| label.value.clone());
                vec![Output { label, source, span: last.map_or(chain.span, |step| step.span) }]
            }
            Flow::Branches(branches) => self.name_outputs(branches),
        }
    }

    fn name_outputs(&mut self, branches: Vec<Branch>) -> Vec<Output> {
        let unnamed: Vec<&Branch> = branches.iter().filter(|branch| branch.label.is_none()).collect();
        if unnamed.len() == branches.len() {
            self.report_unmerged(&branches, None);
        } else if let Some(branch) = unnamed.first() {
            let diagnostic = Diagnostic::error(Code::UNNAMED_OUTPUTS, "several outputs need a name each")
                .at(branch.span, "this output has none")
                .remark("write `( A as logits | B as image )`; `logits` holds the class scores");
            self.report(diagnostic);
        }
        self.report_equal_outputs(&branches);
        let named = branches.into_iter().filter_map(|branch| Some((branch.label?, branch.source)));
        named.map(|(label, source)| Output { label: Some(label.value), source, span: label.span }).collect()
    }

    fn report_equal_outputs(&mut self, branches: &[Branch]) {
        let labels: Vec<&Name> = branches.iter().filter_map(|branch| branch.label.as_ref()).collect();
        for (index, label) in labels.iter().enumerate() {
            if let Some(first) = labels[..index].iter().find(|first| first.value == label.value) {
                let diagnostic = Diagnostic::error(Code::TAKEN, format!("two outputs are called `{}`", label.value))
                    .at(label.span, "the second one")
                    .with(first.span, "the first one");
                self.report(diagnostic);
            }
        }
    }

    fn expand_chain(&mut self, chain: &Chain, flow: Flow) -> Flow {
        self.labels.open(false);
        let flow = self.expand_steps(chain, flow, false);
        self.labels.close();
        flow
    }

    fn expand_steps(&mut self, chain: &Chain, flow: Flow, main: bool) -> Flow {
        let last = chain.steps.len().saturating_sub(1);
        chain.steps.iter().enumerate().fold(flow, |flow, (index, step)| {
            let ends_network = main && index == last;
            self.expand_step(step, flow, ends_network)
        })
    }

    fn expand_step(&mut self, step: &Step, mut flow: Flow, ends_network: bool) -> Flow {
        let count = self.count_of(step);
        for turn in 0..count.unwrap_or(1) {
            if self.exhausted(step.span) {
                return Flow::One(Source::Unknown);
            }
            let label = step.label.as_ref().filter(|_| Some(turn + 1) == count);
            flow = self.expand_once(step, flow, label);
        }
        if count.is_none() {
            flow = Flow::One(Source::Unknown);
        }
        if let Some(label) = &step.label {
            self.define_label(label, &flow, ends_network);
        }
        flow
    }

    fn count_of(&mut self, step: &Step) -> Option<usize> {
        match &step.repeat {
            None => Some(1),
            Some(count) => {
                let value = evaluate(count, &[], self);
                repetitions(Spanned::new(value, count.span), self)
            }
        }
    }

    /// Whether the network has become too large to go on; reported once.
    fn exhausted(&mut self, span: Span) -> bool {
        self.steps += 1;
        let full = self.nodes.len() >= MAX_LAYERS || self.steps > MAX_STEPS;
        if full && !self.overflowed {
            self.overflowed = true;
            let message = format!("the network has more than {MAX_LAYERS} layers once it is written out");
            self.report(Diagnostic::error(Code::LIMIT, message).at(span, "passes the limit here"));
        }
        self.overflowed
    }

    fn define_label(&mut self, label: &Name, flow: &Flow, ends_network: bool) {
        let source = match flow {
            Flow::One(source) => *source,
            Flow::Branches(_) => {
                if !ends_network {
                    let message = format!("`{}` would name several branches", label.value);
                    self.report(Diagnostic::error(Code::UNMERGED, message).at(label.span, "merge them first"));
                }
                Source::Unknown
            }
        };
        if self.is_taken(label) {
            return;
        }
        if let Err(first) = self.labels.define(&label.value, source, label.span) {
            let diagnostic = Diagnostic::error(Code::TAKEN, format!("the label `{}` is taken", label.value))
                .at(label.span, "the second time")
                .with(first, "the first time");
            self.report(diagnostic);
        }
    }

    fn is_taken(&mut self, label: &Name) -> bool {
        let kind = if layer::find(&label.value).is_some() {
            "a layer's"
        } else if self.block(&label.value).is_some() {
            "a block's"
        } else {
            return false;
        };
        let message = format!("`{}` is {kind} name and cannot be a label", label.value);
        self.report(Diagnostic::error(Code::TAKEN, message).at(label.span, "choose another name"));
        true
    }

    fn expand_once(&mut self, step: &Step, flow: Flow, label: Option<&Name>) -> Flow {
        match &step.kind {
            StepKind::Error => Flow::One(Source::Unknown),
            StepKind::Call(call) => self.expand_call(call, flow, label),
            StepKind::Group(branches) => self.expand_group(branches, flow, step.span),
            StepKind::Skip(keyword, branches) => self.expand_skip(*keyword, branches, flow),
        }
    }

    // ---- branches

    fn expand_group(&mut self, branches: &[Chain], flow: Flow, span: Span) -> Flow {
        if let [chain] = branches {
            return self.expand_chain(chain, flow);
        }
        let input = self.single(flow, span);
        let ends = branches.iter().map(|chain| self.expand_branch(chain, input)).collect();
        Flow::Branches(ends)
    }

    fn expand_branch(&mut self, chain: &Chain, input: Source) -> Branch {
        let flow = self.expand_chain(chain, Flow::One(input));
        let source = self.single(flow, chain.span);
        let label = chain.steps.last().and_then(|step| step.label.clone());
        Branch { source, label, span: chain.span }
    }

    /// The one value that flows here; several branches are reported.
    fn single(&mut self, flow: Flow, reader: Span) -> Source {
        match flow {
            Flow::One(source) => source,
            Flow::Branches(branches) => {
                self.report_unmerged(&branches, Some(reader));
                Source::Unknown
            }
        }
    }

    fn report_unmerged(&mut self, branches: &[Branch], reader: Option<Span>) {
        let whole = branches[0].span.to(branches[branches.len() - 1].span);
        let diagnostic = Diagnostic::error(Code::UNMERGED, "these branches end without a merge")
            .at(whole, format!("{} branches", branches.len()));
        let contained = reader.filter(|reader| reader.file == whole.file && reader.start >= whole.end);
        let diagnostic = match contained {
            Some(reader) => diagnostic.with(reader, "this reads one value"),
            None => diagnostic.remark("at the end of a network, outputs have names: `( A as logits | B as image )`"),
        };
        self.report(diagnostic.remark("merge them by `-> Add`, `Mul`, `Max`, `Mean` or `Concat`"));
    }

    fn expand_skip(&mut self, keyword: Span, branches: &[Chain], flow: Flow) -> Flow {
        let input = self.single(flow, keyword);
        let ends: Vec<Source> = branches.iter().map(|chain| self.expand_branch(chain, input).source).collect();
        let inputs = match ends.as_slice() {
            [end] => vec![*end, input],
            _ => ends,
        };
        let args = Args::new(layer::ADD.parameters, vec![layer::Bound { value: layer::Argument::Absent, span: None }]);
        Flow::One(self.push(layer::ADD, args, inputs, keyword, keyword, None))
    }

    // ---- calls

    fn expand_call(&mut self, call: &Call, flow: Flow, label: Option<&Name>) -> Flow {
        if let Some(layer) = layer::find(&call.name.value) {
            return Flow::One(self.expand_layer(layer, call, flow, label));
        }
        if let Some((definition, block)) = self.block(&call.name.value) {
            return self.expand_block(definition, block, call, flow);
        }
        self.report_unknown(call);
        Flow::One(Source::Unknown)
    }

    fn expand_layer(&mut self, layer: &'static Layer, call: &Call, flow: Flow, label: Option<&Name>) -> Source {
        let args = bind(layer, call, self);
        let inputs = match layer.role {
            Role::Plain => vec![self.single(flow, call.span)],
            Role::Merge => self.merged(call, flow),
        };
        self.push(layer, args, inputs, call.span, call.name.span, label)
    }

    fn push(
        &mut self,
        layer: &'static Layer,
        args: Args,
        inputs: Vec<Source>,
        span: Span,
        name_span: Span,
        label: Option<&Name>,
    ) -> Source {
        let path = self.next_path(label.map_or(layer.name, |label| &label.value));
        let site = self.frame().site.clone();
        self.nodes.push(Node { layer, args, inputs, path, site, span, name_span });
        Source::Node(self.nodes.len() - 1)
    }

    /// `Conv`, then `Conv.2`; within `Stage.2`, `Stage.2.Conv`.
    fn next_path(&mut self, name: &str) -> String {
        let frame = self.frame_mut();
        let count = frame.counters.entry(name.to_string()).or_default();
        *count += 1;
        match count {
            1 => format!("{}{name}", frame.prefix),
            count => format!("{}{name}.{count}", frame.prefix),
        }
    }

    /// What a merge reads: the branches or the current value first, then its labels in order.
    fn merged(&mut self, call: &Call, flow: Flow) -> Vec<Source> {
        let mut inputs = match flow {
            Flow::One(source) => vec![source],
            Flow::Branches(branches) => branches.iter().map(|branch| branch.source).collect(),
        };
        inputs.extend(call.arguments.iter().filter_map(|argument| self.labelled(argument)));
        if inputs.len() < 2 && inputs != [Source::Unknown] {
            let diagnostic = Diagnostic::error(
                Code::NOTHING_TO_MERGE,
                format!("`{}` has one value and nothing to merge it with", call.name.value),
            )
            .at(call.span, "needs at least two values")
            .remark(format!(
                "write `( A | B ) -> {0}`, or name an earlier point: `A as x -> B -> {0}(x)`",
                call.name.value
            ));
            self.report(diagnostic);
            return vec![Source::Unknown];
        }
        inputs
    }

    /// The value at a merge's label. Named arguments are reported by binding.
    fn labelled(&mut self, argument: &Argument) -> Option<Source> {
        if argument.name.is_some() {
            return Some(Source::Unknown);
        }
        match &argument.value.kind {
            ExprKind::Name(name) => Some(self.find_label(name, argument.span)),
            ExprKind::Error => Some(Source::Unknown),
            _ => {
                let diagnostic = Diagnostic::error(Code::WRONG_KIND, "a merge takes names of labels")
                    .at(argument.span, "expected a label, as in `Add(x)`");
                self.report(diagnostic);
                Some(Source::Unknown)
            }
        }
    }

    fn find_label(&mut self, name: &str, span: Span) -> Source {
        if let Some((source, _)) = self.labels.find(name) {
            return source;
        }
        let mut diagnostic = Diagnostic::error(Code::UNKNOWN_LABEL, format!("no label `{name}` can be seen from here"))
            .at(span, "unknown label");
        diagnostic = match self.labels.hidden(name) {
            Some(hidden) => diagnostic
                .with(hidden, "made here, in a chain that this one is not part of")
                .remark("a label is seen after it, in its own chain and the chains nested in it"),
            None => names::suggest(diagnostic, name, span, Known::Names(&self.labels.visible_names())),
        };
        self.report(diagnostic);
        Source::Unknown
    }

    fn report_unknown(&mut self, call: &Call) {
        let name = &call.name;
        if let Some(layer) = layer::find_elsewhere(&name.value) {
            let fix = Fix {
                title: format!("write `{}`", layer.name),
                safe: true,
                edits: vec![Edit { span: name.span, text: layer.name.to_string() }],
            };
            let diagnostic =
                Diagnostic::error(Code::FOREIGN, format!("`{}` is called `{}` here", name.value, layer.name))
                    .at(name.span, "the name that another framework uses")
                    .fix(fix)
                    .remark(format!("it is written `{}`", layer.signature()));
            return self.report(diagnostic);
        }
        let message = format!("no layer or block is called `{}`", name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_LAYER, message).at(name.span, "unknown layer");
        let mut known: Vec<String> = LAYERS.iter().map(|layer| layer.name.to_string()).collect();
        let defined = self.package.modules[self.frame().module].names.iter();
        known.extend(defined.filter(|(_, d)| matches!(d.kind, DefinitionKind::Block(_))).map(|(name, _)| name.clone()));
        let diagnostic = match Scope::value(self, &name.value, name.span) {
            Some(_) => diagnostic.remark(format!("`{}` is a value, not a layer", name.value)),
            None => names::suggest(diagnostic, &name.value, name.span, Known::Names(&known)),
        };
        self.report(diagnostic);
    }

    // ---- blocks

    fn expand_block(&mut self, definition: Definition, block: &'p BlockDefinition, call: &Call, flow: Flow) -> Flow {
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

    fn report_recursion(&mut self, definition: Definition, call: &Call) {
        let diagnostic = Diagnostic::error(Code::RECURSION, format!("the block `{}` contains itself", call.name.value))
            .at(call.span, "inside its own definition")
            .with(definition.span, "defined here")
            .remark("repeat layers by `X * 3`");
        self.report(diagnostic);
    }

    fn block_frame(&mut self, definition: Definition, call: &Call) -> Frame {
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
    fn bind_block(&mut self, block: &BlockDefinition, call: &Call) -> Vec<Option<Value>> {
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

    fn report_unknown_parameter(&mut self, block: &BlockDefinition, name: &Name) {
        let known: Vec<String> = block.parameters.iter().map(|parameter| parameter.name.value.clone()).collect();
        let message = format!("the block `{}` has no parameter `{}`", block.name.value, name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_ARGUMENT, message)
            .at(name.span, "unknown parameter")
            .with(block.name.span, "the block");
        self.report(names::suggest(diagnostic, &name.value, name.span, Known::Names(&known)));
    }

    fn report_extra(&mut self, block: &BlockDefinition, extra: &[Span]) {
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

    fn report_missing(&mut self, block: &BlockDefinition, call: &Call, given: &[Option<Value>]) {
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
    fn fill_parameters(&mut self, block: &BlockDefinition, given: Vec<Option<Value>>) {
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
