//! Calls of layers: arguments bound, merges connected to branches and labels, unknown names explained.

use std::collections::HashMap;

use super::{Expander, Flow, SUGGESTING};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{self, Args, Kind, LAYERS, Layer, Role};
use crate::resolve::bind::bind;
use crate::resolve::elsewhere::is_flat;
use crate::resolve::package::DefinitionKind;
use crate::resolve::value::{Scope, Value};
use crate::resolve::{Node, Source, names, stdlib};
use crate::source::Span;
use crate::syntax::ast::{Argument, Call, Expr, ExprKind, Name};

/// How many labels a message lists.
const SHOWN_LABELS: usize = 8;

impl Expander<'_> {
    pub(super) fn expand_call(&mut self, call: &Call, flow: Flow, label: Option<&Name>) -> Flow {
        if let Some(layer) = layer::find(&call.name.value) {
            return Flow::One(match wrapped(call).filter(|inner| self.layer_or_meant(inner)) {
                Some(_) => self.report_wrapped(call),
                None => self.expand_layer(layer, call, flow, label),
            });
        }
        if let Some((definition, block)) = self.block(&call.name.value) {
            return self.expand_block(definition, block, call, flow);
        }
        Flow::One(match self.report_unknown(call) {
            Some((layer, meant)) => self.expand_layer(layer, &meant, flow, label),
            None => Source::Unknown,
        })
    }

    pub(super) fn expand_layer(
        &mut self,
        layer: &'static Layer,
        call: &Call,
        flow: Flow,
        label: Option<&Name>,
    ) -> Source {
        let args = bind(layer, call, self);
        let inputs = match layer.role {
            Role::Plain => vec![self.single(flow, call.span)],
            Role::Merge => self.merged(call, flow),
        };
        self.push(layer, args, inputs, call.span, call.name.span, label)
    }

    pub(super) fn push(
        &mut self,
        layer: &'static Layer,
        args: Args,
        inputs: Vec<Source>,
        span: Span,
        name_span: Span,
        label: Option<&Name>,
    ) -> Source {
        let path = self.next_path(label.map_or(layer.name, |label| &label.value));
        let (site, turns) = (self.frame().site.clone(), self.turns.clone());
        self.nodes.push(Node { layer, args, inputs, path, site, span, name_span, shortcut: None, turns });
        Source::Node(self.nodes.len() - 1)
    }

    /// `Conv`, then `Conv.2`; within `Stage.2`, `Stage.2.Conv`.
    pub(super) fn next_path(&mut self, name: &str) -> String {
        let frame = self.frame_mut();
        counted(&frame.prefix, name, &mut frame.counters)
    }

    /// The same of a label, whatever it names.
    pub(super) fn label_path(&mut self, name: &str) -> String {
        let frame = self.frame_mut();
        counted(&frame.prefix, name, &mut frame.label_counters)
    }

    /// What a merge reads: the branches or the current value first, then its labels in order.
    pub(super) fn merged(&mut self, call: &Call, flow: Flow) -> Vec<Source> {
        let mut inputs = match flow {
            Flow::One(source) => vec![source],
            Flow::Branches(branches) => branches.iter().map(|branch| branch.source).collect(),
        };
        if call.arguments.iter().any(|argument| self.is_layer(argument)) {
            self.report_merged_layers(call);
            return vec![Source::Unknown];
        }
        inputs.extend(call.arguments.iter().filter_map(|argument| self.labelled(argument)));
        if inputs.len() < 2 && !inputs.iter().any(|input| self.follows_mistake(*input)) {
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

    /// Whether an argument of a merge is a layer in place of a label.
    fn is_layer(&self, argument: &Argument) -> bool {
        argument.name.is_none()
            && match &argument.value.kind {
                ExprKind::Call(name, _) => self.layer_or_meant(name),
                ExprKind::Name(name) => {
                    self.layer_or_block(name) && !self.labels.visible_names().any(|label| label == name)
                }
                _ => false,
            }
    }

    /// Layers as the arguments of a merge, as functions merge them.
    fn report_merged_layers(&mut self, call: &Call) {
        let (first, last) = (call.arguments[0].span, call.arguments[call.arguments.len() - 1].span);
        let name = &call.name.value;
        let diagnostic = Diagnostic::error(Code::WRONG_KIND, format!("`{name}` takes labels, no layers"))
            .at(first.to(last), "branches stand before it")
            .remark(format!("branches over one input are written `( A | B ) -> {name}`"));
        let plain = call.complete && call.arguments.len() > 1 && call.arguments.iter().all(|a| self.is_layer(a));
        let title = format!("write `( ... | ... ) -> {name}`");
        let fix = || Fix { title, safe: false, edits: joined(call, ["( ", " | ", &format!(" ) -> {name}")]) };
        self.report(if plain { diagnostic.fix(fix()) } else { diagnostic });
    }

    /// Whether a value comes of something unknown, so that the layers that make it may not be all.
    fn follows_mistake(&self, source: Source) -> bool {
        let mut source = source;
        while let Source::Node(index) = source {
            source = self.nodes[index].inputs.first().copied().unwrap_or(Source::Unknown);
        }
        source == Source::Unknown
    }

    /// The value at a merge's label. Named arguments are reported by binding.
    pub(super) fn labelled(&mut self, argument: &Argument) -> Option<Source> {
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

    pub(super) fn find_label(&mut self, name: &str, span: Span) -> Source {
        if let Some(source) = self.labels.read(name) {
            return source;
        }
        let mut diagnostic = Diagnostic::error(Code::UNKNOWN_LABEL, format!("no label `{name}` can be seen from here"))
            .at(span, "unknown label");
        diagnostic = match self.labels.hidden(name) {
            Some(hidden) => diagnostic
                .with(hidden, "made here, in a chain that this one is not part of")
                .remark("a label is seen after it, in its own chain and the chains nested in it"),
            None if !self.suggests() || self.unmade.len() > SUGGESTING => diagnostic,
            None => {
                diagnostic = names::suggest(diagnostic, name, span, self.labels.visible_names());
                let seen: Vec<&str> = self.labels.visible_names().take(SHOWN_LABELS).collect();
                if diagnostic.fixes.is_empty() && !seen.is_empty() {
                    diagnostic = diagnostic.remark(format!("labels seen here: {}", names::listed(&seen)));
                } else if diagnostic.fixes.is_empty() {
                    diagnostic =
                        diagnostic.remark("no label stands before it: name a point by `A as x`, then `Add(x)`");
                }
                let diagnostic = self.frame().site.show_uses(diagnostic);
                self.unmade.push((name.to_string(), span, diagnostic));
                return Source::Unknown;
            }
        };
        self.report(diagnostic);
        Source::Unknown
    }

    /// Reports the labels that nothing had made where they were read, now that those made later are known.
    pub(super) fn report_unmade(&mut self) {
        for (name, span, mut diagnostic) in std::mem::take(&mut self.unmade) {
            if let Some(later) = self.labels.made_after(&name, span) {
                diagnostic.fixes.clear();
                diagnostic.notes.clear();
                diagnostic = diagnostic.with(later, "made here, later").remark("a label is seen after it is made");
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a name that no layer has; the layer and call that it must stand for, where that is certain.
    fn report_unknown(&mut self, call: &Call) -> Option<(&'static Layer, Call)> {
        let name = &call.name;
        if self.package.modules[self.frame().module].doubtful.contains(&name.value) {
            return None;
        }
        let (before, last) = name.value.rsplit_once('.').unwrap_or(("", &name.value));
        if last == "Sequential" {
            self.report_list(call);
            return None;
        }
        if self.block(last).is_some() || self.layer_or_block(before.split('.').next().unwrap_or_default()) {
            self.report_path(name, last);
            return None;
        }
        let elsewhere = layer::find_elsewhere(last).filter(|_| !self.suggests() || self.own_alike(last).is_none());
        let meant =
            elsewhere.map(|layer| if layer.name == "Reshape" && is_flat(call) { layer::FLATTEN } else { layer });
        let meant = meant.or_else(|| layer::find(last).filter(|_| last != name.value));
        if let Some(layer) = meant {
            return self.report_foreign(layer, call, last);
        }
        if self.in_doubt() || self.ends_image(name) || self.report_missing_import(name, true) {
            return None;
        }
        let library = stdlib::library_of(&name.value);
        if library.is_some_and(|library| !self.is_first_missing(library)) {
            return None;
        }
        let message = format!("no layer or block is called `{}`", name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_LAYER, message).at(name.span, "unknown layer");
        let quoted = name.value.starts_with('"').then(|| name.value.trim_matches('"'));
        let diagnostic = quoted
            .map(|word| format!("write `{word}` without quotes"))
            .into_iter()
            .fold(diagnostic, Diagnostic::remark);
        let diagnostic = match Scope::value(self, &name.value, name.span) {
            Some(Value::Error) => return None,
            Some(_) => diagnostic
                .remark(format!("`{0}` is a value: it stands in a layer's arguments, as in `FC({0})`", name.value)),
            None if name.value == "output" => diagnostic.remark("the last layer's value is the output: leave this out"),
            None => self.suggest_layer(diagnostic, name),
        };
        let certain = diagnostic.fixes.iter().find(|fix| fix.safe).and_then(|fix| layer::find(&fix.edits[0].text));
        self.report(diagnostic);
        certain.map(|layer| (layer, named(layer, call)))
    }

    /// Another framework's name of a layer. What it takes besides is certain, unless arguments would be lost.
    fn report_foreign(&mut self, layer: &'static Layer, call: &Call, foreign: &str) -> Option<(&'static Layer, Call)> {
        let mut fix = foreign_fix(layer, call, foreign);
        let whole = fix.edits.iter().any(|edit| edit.span == call.span);
        let mut meant = named(layer, call);
        if let Some(first) = call.arguments.first().filter(|_| !whole && lacks_input(layer, call)) {
            let span = first.span.before();
            fix.edits.push(Edit { span, text: "_, ".into() });
            fix.title = format!("write `{}`, which infers `in` by `_`", layer.name);
            let argument = Argument { name: None, value: Expr { kind: ExprKind::Infer, span }, span };
            meant.arguments.insert(0, argument);
        }
        if whole {
            meant.arguments.clear();
        }
        let diagnostic =
            Diagnostic::error(Code::FOREIGN, format!("`{}` is called `{}` here", call.name.value, layer.name))
                .at(call.name.span, "the name that another framework uses")
                .fix(fix)
                .remark(format!("it is written {}", layer.usage()));
        self.report(diagnostic);
        Some((layer, meant))
    }

    /// Whether it is the `output` of a file whose `input` is reported: both are no layers.
    fn ends_image(&self, name: &Name) -> bool {
        name.value == "output" && self.package.modules[0].ast.input_in_doubt
    }

    fn layer_or_meant(&self, name: &Name) -> bool {
        let last = name.value.rsplit('.').next().unwrap_or_default();
        self.layer_or_block(last) || layer::find_elsewhere(last).is_some()
    }

    /// A layer that is given another one as its argument, as functions are.
    fn report_wrapped(&mut self, call: &Call) -> Source {
        let diagnostic =
            Diagnostic::error(Code::WRONG_KIND, format!("`{}` takes no layer as an argument", call.name.value))
                .at(call.arguments[0].span, "this layer stands before it")
                .fix(Fix {
                    title: format!("write `-> {}` after it", call.name.value),
                    safe: false,
                    edits: chained(call, &format!(" -> {}", call.name.value)),
                });
        self.report(diagnostic);
        Source::Unknown
    }

    /// A list of layers, as other frameworks write a chain.
    fn report_list(&mut self, call: &Call) {
        let message = "layers are joined by `->`, not listed";
        let diagnostic = Diagnostic::error(Code::FOREIGN, message).at(call.name.span, "write `A -> B -> C`");
        let fix = Fix { title: "join them by `->`".into(), safe: false, edits: chained(call, "") };
        let plain = call.complete && call.arguments.iter().all(|argument| argument.name.is_none());
        self.report(if plain && !call.arguments.is_empty() { diagnostic.fix(fix) } else { diagnostic });
    }

    /// A name with points, of which the first part or the last is known.
    fn report_path(&mut self, name: &Name, last: &str) {
        let message = format!("no layer or block is called `{}`", name.value);
        let diagnostic = Diagnostic::error(Code::UNKNOWN_LAYER, message).at(name.span, "a name here has no points");
        let diagnostic = match self.block(last) {
            Some(_) => diagnostic.fix(Fix {
                title: format!("write `{last}`"),
                safe: true,
                edits: vec![Edit { span: name.span, text: last.to_string() }],
            }),
            None => diagnostic.remark(
                "reports name a layer so; a chain reads an earlier point by its label: write `A as x`, then `Add(x)`",
            ),
        };
        self.report(diagnostic);
    }

    /// Adds the library that has a block of that name, or else the nearest name.
    fn suggest_layer(&self, diagnostic: Diagnostic, name: &Name) -> Diagnostic {
        if let Some(library) = stdlib::library_of(&name.value) {
            return diagnostic.remark(format!("the standard library has it: write `use {library}` before the network"));
        }
        let foreign = names::nearest_function(&name.value).filter(|_| self.own_alike(&name.value).is_none());
        if let Some(nearest) = foreign {
            return diagnostic
                .remark(format!("there is no `{}`; the nearest is `{nearest}`, another function", name.value));
        }
        let diagnostic = names::look_alike(&name.value).into_iter().fold(diagnostic, Diagnostic::remark);
        if !self.suggests() {
            return diagnostic;
        }
        let layers = LAYERS.iter().map(|layer| layer.name);
        let diagnostic = names::suggest(diagnostic, &name.value, name.span, layers.chain(self.own_blocks()));
        if diagnostic.fixes.is_empty() && diagnostic.notes.is_empty() {
            return diagnostic.remark(self.to_define(&name.value));
        }
        diagnostic
    }

    /// The names of this file's blocks.
    fn own_blocks(&self) -> impl Iterator<Item = &str> {
        let defined = self.package.modules[self.frame().module].names.iter();
        defined.filter(|(_, d)| matches!(d.kind, DefinitionKind::Block(_))).map(|(name, _)| name.as_str())
    }

    /// The block of this file that is called so but for the case of letters.
    fn own_alike(&self, name: &str) -> Option<&str> {
        self.own_blocks().take(names::MAX_COMPARED).find(|block| block.eq_ignore_ascii_case(name))
    }

    /// Whether a block, or else a value, of that name stands in a file that only an import imports; the first name for
    /// each such file is reported.
    pub(super) fn report_missing_import(&mut self, name: &Name, block: bool) -> bool {
        let Some(elsewhere) = self.package.elsewhere(self.frame().module, &name.value, block) else { return false };
        if self.is_first_missing(&elsewhere.path) {
            self.report(elsewhere.report(name));
        }
        true
    }

    /// Whether nothing was said so far of a `use` that this file lacks.
    fn is_first_missing(&mut self, path: &str) -> bool {
        let module = self.frame().module;
        self.missing_imports.insert((module, path.to_string()))
    }

    /// How a name that nothing defines comes to be.
    fn to_define(&self, name: &str) -> String {
        let networks = self.package.modules.iter().skip(1);
        match networks.into_iter().any(|module| module.ast.chain.is_some() && module.ast.blocks.is_empty()) {
            true => {
                "`use` takes in blocks: name the network in its file, as in `block Net = Conv(_, 8, 3) -> ReLU`".into()
            }
            false => format!("name a block of yours before the network: `block {name} = ...`"),
        }
    }
}

/// The call that is the only argument of another one.
fn wrapped(call: &Call) -> Option<&Name> {
    match call.arguments.as_slice() {
        [Argument { name: None, value: Expr { kind: ExprKind::Call(inner, _), .. }, .. }] => Some(inner),
        _ => None,
    }
}

/// The edits that join a call's arguments by arrows and put `end` in place of what follows them.
fn chained(call: &Call, end: &str) -> Vec<Edit> {
    joined(call, ["", " -> ", end])
}

/// The edits that put these texts before, between and behind a call's arguments, in place of all else.
fn joined(call: &Call, [head, between, end]: [&str; 3]) -> Vec<Edit> {
    let (Some(first), Some(last)) = (call.arguments.first(), call.arguments.last()) else { return vec![] };
    let head = Edit { span: Span { end: first.span.start, ..call.span }, text: head.to_string() };
    let tail = Edit { span: Span { start: last.span.end, ..call.span }, text: end.to_string() };
    let gaps = call.arguments.windows(2).map(|pair| Edit {
        span: Span { start: pair[0].span.end, end: pair[1].span.start, ..call.span },
        text: between.to_string(),
    });
    std::iter::once(head).chain(gaps).chain(std::iter::once(tail)).collect()
}

/// The call by the layer's name here.
fn named(layer: &Layer, call: &Call) -> Call {
    Call { name: Name { value: layer.name.into(), span: call.name.span }, ..call.clone() }
}

/// Whether a call gives all that must be given but what comes in, as frameworks do that infer it.
fn lacks_input(layer: &Layer, call: &Call) -> bool {
    let required: Vec<&str> =
        layer.parameters.iter().filter(|p| p.default == layer::Default::Required).map(|p| p.name).collect();
    let names = call.arguments.iter().filter_map(|argument| argument.name.as_ref());
    let meant = |name: &Name| {
        let elsewhere = names::argument_elsewhere(&name.value).unwrap_or_default();
        required.iter().position(|p| *p == name.value || elsewhere.contains(p))
    };
    let named: Vec<usize> = names.filter_map(meant).collect();
    let positional = call.arguments.iter().filter(|argument| argument.name.is_none()).count();
    let infers = layer.parameters.first().is_some_and(|p| p.kind == Kind::CountOrInfer && required.contains(&p.name));
    infers && !named.contains(&0) && positional + named.len() + 1 == required.len()
}

/// Writes a layer by its name here; one that takes no arguments loses those that say what is inferred.
fn foreign_fix(layer: &Layer, call: &Call, foreign: &str) -> Fix {
    let given = call.arguments.as_slice();
    let drops = layer.parameters.is_empty() && !given.is_empty();
    let plain = matches!(given, [Argument { name: None, value: Expr { kind: ExprKind::Integer(n), .. }, .. }]
        if *n == 1 || foreign.starts_with("Batch"));
    Fix {
        title: format!("write `{}`", layer.name),
        safe: !drops || plain || is_flat(call) || given.iter().all(is_inplace),
        edits: vec![Edit { span: if drops { call.span } else { call.name.span }, text: layer.name.to_string() }],
    }
}

/// `inplace=True`, which changes nothing of what a layer makes.
fn is_inplace(argument: &Argument) -> bool {
    argument.name.as_ref().is_some_and(|name| name.value == "inplace")
}

/// The path of the next thing of this name.
fn counted(prefix: &str, name: &str, counters: &mut HashMap<String, usize>) -> String {
    let count = counters.entry(name.to_string()).or_default();
    *count += 1;
    match count {
        1 => format!("{prefix}{name}"),
        count => format!("{prefix}{name}.{count}"),
    }
}
