//! Faults -> diagnostics: the two places, the trail of shapes from the input, the repairs.

use std::collections::HashSet;

use super::infer::{FaultPlace, Inference, NodeFault, Patch, Setting};
use super::repair::{self, Budget};
use super::repetition::Repetition;
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::layer::{Rewrite, Shape};
use crate::resolve::{Network, Node, Source, stdlib};
use crate::source::{SourceMap, Span, Spanned};

/// How many shapes of the trail are shown before the refusal.
const TRAIL: usize = 8;

/// A network with what inference found wrong in it.
pub struct Case<'a> {
    pub network: &'a Network,
    pub setting: Setting,
    pub inference: &'a Inference,
    pub sources: &'a SourceMap,
    pub budget: &'a Budget,
    /// Place and code of each fault.
    pub known_faults: HashSet<(FaultPlace, &'static Code)>,
}

/// The diagnostic of a fault, with repairs that were checked.
pub fn explain(case: &Case, fault: &NodeFault) -> Diagnostic {
    let diagnostic = Diagnostic::error(fault.fault.code, &fault.fault.message);
    match fault.place {
        FaultPlace::Node(index) => case.explain_node(diagnostic, index, fault),
        FaultPlace::Output(index) => with_notes(case.explain_output(diagnostic, index, fault), fault),
    }
}

impl Case<'_> {
    /// Where the fault stands: the argument to blame, else the call, else the output.
    pub fn primary(&self, fault: &NodeFault) -> Span {
        match fault.place {
            FaultPlace::Node(index) => {
                let node = &self.network.nodes[index];
                fault.fault.parameter.and_then(|name| node.args.span(name)).unwrap_or(node.span)
            }
            FaultPlace::Output(index) => match self.network.outputs[index].source {
                Source::Node(node) => self.network.nodes[node].span,
                _ => self.network.outputs[index].span,
            },
        }
    }

    fn explain_node(&self, diagnostic: Diagnostic, index: usize, fault: &NodeFault) -> Diagnostic {
        let node = &self.network.nodes[index];
        let mut diagnostic = diagnostic.at(self.primary(fault), fault.fault.label.clone());
        for source in makers(fault, node) {
            diagnostic = self.show_maker(diagnostic, *source, fault.fault.code);
        }
        diagnostic = node.site.show_uses(diagnostic);
        // The input itself is shown already.
        if node.inputs[0] != Source::Input {
            diagnostic = diagnostic.remark(format!("trail: {}", self.trail(node.inputs[0])));
        }
        let repetition = Repetition::of(self, index);
        diagnostic = repetition.iter().fold(diagnostic, |diagnostic, found| found.show(diagnostic, fault));
        if !repetition.is_some_and(|found| found.advises(fault)) {
            diagnostic = with_notes(diagnostic, fault);
        }
        diagnostic = repair::library_use(self, index, fault).into_iter().fold(diagnostic, Diagnostic::remark);
        let merges = repair::merges(self, fault).into_iter();
        let mut fixes: Vec<Fix> =
            merges.chain(repair::search(self, fault)).chain(self.rewrites(index, fault)).collect();
        fixes.extend(repair::upsampled(self, fault));
        fixes.retain(|fix| fix.edits.iter().all(|edit| !stdlib::holds(self.sources.file(edit.span.file))));
        if fixes.is_empty() && fault.fault.code == Code::CHANNELS {
            diagnostic = diagnostic.remark("`_` in place of the number infers the channels");
        }
        fixes.into_iter().fold(diagnostic, Diagnostic::fix)
    }

    fn explain_output(&self, diagnostic: Diagnostic, index: usize, fault: &NodeFault) -> Diagnostic {
        let output = &self.network.outputs[index];
        let diagnostic = match output.source {
            Source::Node(node) => self.network.nodes[node].site.show_uses(diagnostic),
            _ => diagnostic,
        };
        let diagnostic = diagnostic.at(self.primary(fault), fault.fault.label.clone());
        let diagnostic = match self.network.classes {
            Some(classes) if classes.value == self.setting.classes => diagnostic.with(classes.span, "the classes"),
            None if self.setting.classes_assumed && fault.fault.code == Code::SCORES => diagnostic
                .remark(format!("{} classes are assumed: nothing says how many there are", self.setting.classes)),
            _ => diagnostic,
        };
        let diagnostic = diagnostic.remark(format!("trail: {}", self.trail(output.source)));
        repair::scores(self, index, fault).into_iter().fold(diagnostic, Diagnostic::fix)
    }

    pub fn shape(&self, source: Source) -> Option<Shape> {
        match source {
            Source::Input => Some(self.setting.input),
            Source::Node(index) => self.inference.outputs[index],
            Source::Unknown => None,
        }
    }

    fn show_maker(&self, diagnostic: Diagnostic, source: Source, code: &Code) -> Diagnostic {
        let Some(shape) = self.shape(source) else { return diagnostic };
        let makes = made(shape, code);
        match source {
            Source::Node(index) => diagnostic.with(self.network.nodes[index].span, format!("makes {makes}")),
            Source::Input => match self.network.input {
                Some(Spanned { value: [channels, height, width], span })
                    if shape == Shape::map(channels, height, width) =>
                {
                    diagnostic.with(span, format!("the input is {makes}"))
                }
                Some(_) => diagnostic.remark(format!("the input is {makes}, given in place of the file's")),
                None => diagnostic.remark(format!("the input is {makes}")),
            },
            Source::Unknown => diagnostic,
        }
    }

    /// `1x28x28 -> Conv 20x26x26 -> Pool 20x6x6`, up to `last`.
    fn trail(&self, last: Source) -> String {
        let mut parts: Vec<String> = vec![];
        let mut source = last;
        while let Source::Node(index) = source {
            if parts.len() == TRAIL {
                parts.push("...".into());
                break;
            }
            let node = &self.network.nodes[index];
            let shape = self.shape(source).map_or("?".to_string(), |shape| shape.to_string());
            parts.push(format!("{} {shape}", node.layer.name));
            source = node.inputs[0];
        }
        parts.push(self.setting.input.to_string());
        parts.reverse();
        parts.join(" -> ")
    }

    /// The fault's own proposals, each checked by inferring the changed network again.
    fn rewrites(&self, index: usize, fault: &NodeFault) -> Vec<Fix> {
        let node = &self.network.nodes[index];
        let fixes = fault
            .fault
            .rewrites
            .iter()
            .filter(|_| self.may_try())
            .filter_map(|rewrite| self.rewrite(node, index, fault, rewrite));
        fixes.collect()
    }

    fn rewrite(&self, node: &Node, index: usize, fault: &NodeFault, rewrite: &Rewrite) -> Option<Fix> {
        if let Some(fix) = repair::of_use(self, node, fault, rewrite) {
            return Some(fix);
        }
        let plain = |name: &str| node.args.span(name).is_some_and(|span| repair::is_plain(self.sources.slice(span)));
        // Two numbers change places only where both are written there.
        if rewrite.values.len() > 1 && !rewrite.values.iter().all(|(name, _)| plain(name)) {
            return None;
        }
        let changes = rewrite.values.iter().map(|(name, text)| (*name, repair::argument(text)));
        let args = changes.fold(node.args.clone(), |args, (name, value)| args.replaced(name, value));
        let same = self.network.nodes.iter().enumerate().filter(|(_, other)| other.span == node.span);
        let patch = Patch { args: same.map(|(at, _)| (at, args.clone())).collect(), ..Patch::default() };
        if !self.mends(fault, &patch) {
            return None;
        }
        let edits = repair::value_edits(self, index, &args)?;
        let title = format!("`{}` {}", repair::edited(self, index, &edits), rewrite.reason);
        Some(Fix { title, safe: rewrite.safe && repair::is_literal(self, index), edits })
    }
}

/// Adds the arithmetic and the advice of the layer that refuses.
fn with_notes(diagnostic: Diagnostic, fault: &NodeFault) -> Diagnostic {
    fault.fault.notes.iter().cloned().fold(diagnostic, Diagnostic::remark)
}

/// The inputs whose makers a message shows: all of a merge, else the one.
fn makers<'n>(fault: &NodeFault, node: &'n Node) -> &'n [Source] {
    let shown = if fault.fault.code == Code::MERGE { node.inputs.len().min(4) } else { 1 };
    &node.inputs[..shown]
}

/// The shape, and how many values that is where it matters.
fn made(shape: Shape, code: &Code) -> String {
    let counted = code == Code::FEATURES || code == Code::SEQUENCE;
    match shape {
        Shape::Vector { .. } => shape.to_string(),
        _ if counted => format!("{shape} = {}", shape.count()),
        _ => shape.to_string(),
    }
}
