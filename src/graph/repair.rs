//! The search for repairs: small changes of the network that remove a fault and bring none.
//!
//! Bounded by a number of inferred layers, not by time, so that the same file gives the same answer.

use super::explain::Case;
use super::infer::{FaultPlace, NodeFault, Patch, infer};
use crate::diagnostic::{Code, Edit, Fix};
use crate::layer::{Args, Argument, Shape};
use crate::resolve::{Source, written};
use crate::source::Span;

/// How many layers may be inferred in search of repairs of one fault.
const BUDGET: usize = 100_000;
/// How many layers before the fault are changed.
const REACH: usize = 12;
/// By how much a padding is changed at most.
const FAR: usize = 16;
/// How many repairs are offered.
const MOST: usize = 2;

/// A change of one layer, and of all written alike.
struct Candidate {
    node: usize,
    args: Args,
    /// Number of arguments changed, by how much, how many layers before the fault.
    cost: (usize, usize, usize),
}

/// Small changes of kernel, stride and padding in the layers before the fault, nearest first.
pub fn search(case: &Case, fault: &NodeFault) -> Vec<Fix> {
    let searched = [Code::FEATURES, Code::EMPTY, Code::SEQUENCE];
    let FaultPlace::Node(index) = fault.place else { return vec![] };
    if !searched.contains(&fault.fault.code) {
        return vec![];
    }
    let mut candidates = candidates(case, index, fault.fault.code == Code::EMPTY);
    candidates.sort_by_key(|candidate| candidate.cost);
    let tries = (BUDGET / case.network.nodes.len().max(1)).max(8);
    let mut fixes: Vec<Fix> = vec![];
    for candidate in candidates.into_iter().take(tries) {
        if fixes.len() == MOST {
            break;
        }
        fixes.extend(case.try_candidate(fault, &candidate));
    }
    fixes
}

impl Case<'_> {
    fn try_candidate(&self, fault: &NodeFault, candidate: &Candidate) -> Option<Fix> {
        let alike = written_alike(self, candidate.node);
        let patch = Patch { args: alike.iter().map(|&at| (at, candidate.args.clone())).collect(), ..Patch::default() };
        if !self.mends(fault, &patch) {
            return None;
        }
        let edits = alike.iter().filter_map(|&at| edits(self, at, &candidate.args)).flatten();
        let mut edits: Vec<Edit> = edits.collect();
        edits.sort_by_key(|edit| edit.span);
        edits.dedup();
        let node = &self.network.nodes[candidate.node];
        let call = written(node.layer, &candidate.args);
        let title = format!("`{call}` {} makes {}", self.where_written(&alike), self.result(fault, &patch)?);
        Some(Fix { title, safe: false, edits })
    }

    /// "in line 2", "in lines 2 and 4".
    fn where_written(&self, nodes: &[usize]) -> String {
        let position = |&at: &usize| {
            let span = self.network.nodes[at].span;
            self.sources.file(span.file).position(span.start).line
        };
        let mut places: Vec<Span> = nodes.iter().map(|&at| self.network.nodes[at].span).collect();
        places.sort();
        places.dedup();
        let mut lines: Vec<usize> = nodes.iter().map(position).collect();
        lines.sort();
        lines.dedup();
        match (lines.as_slice(), places.len()) {
            ([line], 1) => format!("in line {line}"),
            ([line], 2) => format!("for both in line {line}"),
            ([line], count) => format!("for all {count} in line {line}"),
            ([first, second], 2) => format!("for both, in lines {first} and {second},"),
            (lines, count) => format!("for all {count}, in lines {} to {},", lines[0], lines[lines.len() - 1]),
        }
    }

    /// What the refused layer then receives, or makes where it made nothing.
    fn result(&self, fault: &NodeFault, patch: &Patch) -> Option<String> {
        let FaultPlace::Node(index) = fault.place else { return None };
        let after = infer(self.network, self.setting, patch);
        let made = |source: Source| match source {
            Source::Node(at) => after.outputs[at],
            _ => Some(self.setting.input),
        };
        let shape = match fault.fault.code == Code::EMPTY {
            true => after.outputs[index]?,
            false => made(self.network.nodes[index].inputs[0])?,
        };
        Some(match shape {
            Shape::Map { .. } if fault.fault.code != Code::EMPTY => format!("{shape} = {}", shape.count()),
            _ => shape.to_string(),
        })
    }
}

fn candidates(case: &Case, index: usize, with_itself: bool) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = vec![];
    let mut seen: Vec<String> = vec![];
    let mut source = if with_itself { Source::Node(index) } else { case.network.nodes[index].inputs[0] };
    for distance in 0..REACH {
        let Source::Node(at) = source else { break };
        let node = &case.network.nodes[at];
        let text = written(node.layer, &node.args);
        if !seen.contains(&text) {
            candidates.extend(changes(case, at).into_iter().map(|(args, changed, by)| Candidate {
                node: at,
                args,
                cost: (changed, by, distance),
            }));
            seen.push(text);
        }
        source = node.inputs[0];
    }
    candidates
}

/// Other arguments for a sliding window, with how many are changed and by how much.
fn changes(case: &Case, at: usize) -> Vec<(Args, usize, usize)> {
    let node = &case.network.nodes[at];
    let windows = ["Conv", "ConvT", "Pool", "AvgPool"];
    if !windows.contains(&node.layer.name) || !is_literal(case, at) {
        return vec![];
    }
    let kernel = node.args.size("kernel");
    let square = |side: usize| Argument::Size([side, side]);
    if kernel[0] != kernel[1] {
        return vec![];
    }
    let side = kernel[0];
    let pools = node.layer.name.ends_with("Pool");
    let stride = node.args.optional_size("stride").unwrap_or(kernel);
    let tied = pools && stride == kernel;
    let sides = (side.saturating_sub(3).max(1)..=side + 3).filter(|&other| other != side && !(pools && other == 1));
    let mut changes: Vec<(Args, usize, usize)> = sides
        .map(|other| {
            let args = node.args.replaced("kernel", square(other));
            let args = if tied { args.replaced("stride", Argument::Absent) } else { args };
            (args, 1, side.abs_diff(other))
        })
        .collect();
    if stride[0] == stride[1] {
        let strides = (1..=4).filter(|&other| other != stride[0] && !(tied && other == side));
        let with_stride = strides.map(|other| {
            (node.args.replaced("stride", square(other)), 1 + usize::from(tied), stride[0].abs_diff(other))
        });
        changes.extend(with_stride);
    }
    if let Some(pad) = node.args.optional_size("pad").filter(|pad| pad[0] == pad[1]) {
        let most = if pools { side / 2 } else { side.saturating_sub(1) };
        let pads = (pad[0].saturating_sub(FAR)..=most.min(pad[0] + FAR)).filter(|&other| other != pad[0]);
        changes.extend(
            pads.map(|other| (node.args.replaced("pad", square(other)), 1 + usize::from(tied), pad[0].abs_diff(other))),
        );
    }
    changes
}

/// Whether every argument of the call is a plain number, so that an edit says what it does.
fn is_literal(case: &Case, at: usize) -> bool {
    let node = &case.network.nodes[at];
    node.args.iter().filter_map(|(_, bound)| bound.span).all(|span| {
        let text = case.sources.slice(span);
        text == "_"
            || text == "same"
            || text == "true"
            || text == "false"
            || text.bytes().all(|b| b.is_ascii_digit() || b == b'x')
    })
}

/// The nodes of this call's text, and of calls elsewhere that say the same.
pub fn written_alike(case: &Case, index: usize) -> Vec<usize> {
    let node = &case.network.nodes[index];
    let text = written(node.layer, &node.args);
    let alike = |at: &usize| {
        let other = &case.network.nodes[*at];
        other.span == node.span || written(other.layer, &other.args) == text && is_literal(case, *at)
    };
    (0..case.network.nodes.len()).filter(alike).collect()
}

/// The value that a proposal's text stands for.
pub fn argument(text: &str) -> Argument {
    match text.parse() {
        Ok(count) => Argument::Count(count),
        Err(_) => Argument::Infer,
    }
}

/// Edits that give a call other arguments: the whole list where it is plain, else the values that differ.
pub fn edits(case: &Case, index: usize, args: &Args) -> Option<Vec<Edit>> {
    let node = &case.network.nodes[index];
    let call = case.sources.slice(node.span);
    let open = call.find('(')?;
    let plain = !call[open..].contains(['=', '#', '\n']) && is_literal(case, index);
    if plain && !case.sources.slice(node.span).contains('_') {
        let text = written(node.layer, args);
        let list = text.get(node.layer.name.len() + 1..text.len().saturating_sub(1))?.to_string();
        let span = Span::new(node.span.file, node.span.start + open + 1, node.span.end - 1);
        return Some(vec![Edit { span, text: list }]);
    }
    changed_values(case, index, args)
}

fn changed_values(case: &Case, index: usize, args: &Args) -> Option<Vec<Edit>> {
    let node = &case.network.nodes[index];
    let mut edits = vec![];
    for ((parameter, old), (_, new)) in node.args.iter().zip(args.iter()) {
        if old.value == new.value {
            continue;
        }
        let text = value_text(&new.value, args)?;
        match old.span {
            Some(span) => edits.push(Edit { span, text }),
            None => {
                let span = Span::new(node.span.file, node.span.end - 1, node.span.end - 1);
                edits.push(Edit { span, text: format!(", {}={text}", parameter.name) });
            }
        }
    }
    Some(edits)
}

fn value_text(value: &Argument, args: &Args) -> Option<String> {
    Some(match value {
        Argument::Count(count) => count.to_string(),
        Argument::Infer => "_".into(),
        Argument::Size([height, width]) if height == width => height.to_string(),
        Argument::Size([height, width]) => format!("{height}x{width}"),
        // A pool's stride that follows its kernel again.
        Argument::Absent => args.size("kernel")[0].to_string(),
        _ => return None,
    })
}

/// Repairs of an output with other scores than classes: the last layer's size, or an `FC` at the end.
pub fn scores(case: &Case, output: usize, fault: &NodeFault) -> Vec<Fix> {
    if fault.fault.code != Code::SCORES {
        return vec![];
    }
    let Some(at) = score_maker(case, output) else { return vec![] };
    let node = &case.network.nodes[at];
    let classes = case.setting.classes;
    let mut fixes = vec![];
    if let Some(name) =
        ["out", "hidden"].into_iter().find(|name| node.args.iter().any(|(p, b)| p.name == *name && b.span.is_some()))
    {
        let args = node.args.replaced(name, Argument::Count(classes));
        let patch = Patch { args: vec![(at, args.clone())], ..Patch::default() };
        if let (true, Some(edits)) = (case.mends(fault, &patch), edits(case, at, &args)) {
            let title = format!("`{}` makes {classes} scores", written(node.layer, &args));
            fixes.push(Fix { title, safe: false, edits });
        }
    }
    if node.site.uses.is_empty() && node.layer.name != "FC" {
        let edits = vec![Edit { span: node.span.after(), text: " -> FC".into() }];
        let title = format!("`-> FC` after `{}` makes {classes} scores", node.layer.name);
        fixes.push(Fix { title, safe: false, edits });
    }
    fixes
}

/// The layer whose size is the number of scores, before activations and softmax.
fn score_maker(case: &Case, output: usize) -> Option<usize> {
    let mut source = case.network.outputs[output].source;
    let shaping = ["Softmax", "LogSoftmax", "Dropout", "Identity", "ReLU", "Tanh", "Sigmoid"];
    loop {
        let Source::Node(at) = source else { return None };
        let node = &case.network.nodes[at];
        if !shaping.contains(&node.layer.name) {
            return Some(at);
        }
        source = node.inputs[0];
    }
}
