//! Repairs of a block's use instead of its definition: another number for a parameter that a layer is refused for.

use crate::diagnostic::{Code, Edit, Fix};
use crate::graph::explain::Case;
use crate::graph::infer::{FaultPlace, NodeFault, Patch};
use crate::layer::{Args, Argument, Rewrite, Shape};
use crate::resolve::{Node, Source, stdlib};
use crate::source::Span;

/// How many layers are passed in search of the one that fixes a value's channels.
const REACH: usize = 12;

/// The rewrite of an argument that is a block's parameter, at the use that gives its number.
pub fn of_use(case: &Case, node: &Node, fault: &NodeFault, rewrite: &Rewrite) -> Option<Fix> {
    let [(parameter, text)] = rewrite.values.as_slice() else { return None };
    let count: usize = text.parse().ok()?;
    let name = case.sources.slice(node.args.span(parameter)?);
    let (&place, &site) = (node.site.numbers.get(name)?, node.site.uses.last()?);
    let inside = case.network.nodes.iter().enumerate().filter(|(_, other)| other.site.uses.contains(&site));
    let inside = inside.map(|(at, other)| {
        let direct = other.site.uses.last() == Some(&site);
        Some((at, given(case, &other.args, name, count).filter(|_| direct)?))
    });
    let patch = Patch { args: inside.collect::<Option<Vec<_>>>()?, ..Patch::default() };
    if !case.mends(fault, &patch) {
        return None;
    }
    let call = case.sources.slice(site);
    let (before, after) = (&call[..place.start - site.start], &call[place.end - site.start..]);
    let title = format!("`{before}{count}{after}` {}", rewrite.reason);
    Some(Fix { title, safe: false, edits: vec![Edit { span: place, text: count.to_string() }] })
}

/// The arguments with this number for the parameter; none where it is part of an expression.
fn given(case: &Case, args: &Args, name: &str, count: usize) -> Option<Args> {
    let mut changed = args.clone();
    for (parameter, bound) in args.iter() {
        let text = bound.span.map_or("", |span| case.sources.slice(span));
        match &bound.value {
            Argument::Count(_) if text == name => changed = changed.replaced(parameter.name, Argument::Count(count)),
            _ if has_word(text, name) => return None,
            _ => {}
        }
    }
    Some(changed)
}

fn has_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
}

/// What is said of a fault inside the standard library, whose files nobody edits: of the use that led there.
pub fn library_use(case: &Case, index: usize, fault: &NodeFault) -> Vec<String> {
    let node = &case.network.nodes[index];
    let own = |span: &&Span| !stdlib::holds(case.sources.file(span.file));
    let Some(place) = node.site.uses.iter().rev().find(own).filter(|_| !own(&&node.span)) else { return vec![] };
    let call = case.sources.slice(*place).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut remarks = kept_channels(case, node, fault, &call);
    remarks.extend(counted_channels(case, node, fault, *place));
    if remarks.is_empty() {
        remarks.push(format!("`{call}` leads here: change its arguments, or what it reads; a library stays as it is"));
    }
    remarks
}

/// For a block that adds its own input: the number that keeps its channels, and the block that changes them.
fn kept_channels(case: &Case, node: &Node, fault: &NodeFault, call: &str) -> Vec<String> {
    let name = call.split('(').next().unwrap_or_default();
    let (Some(made), Some(read)) = (case.shape(node.inputs[0]), node.inputs.get(1).and_then(|at| case.shape(*at)))
    else {
        return vec![];
    };
    let number = node.site.numbers.values().find(|span| case.sources.slice(**span) == made.features().to_string());
    if fault.fault.code != Code::MERGE || number.is_none() || !call.ends_with(&format!("({})", made.features())) {
        return vec![];
    }
    let mut remarks = vec![];
    let projected = format!("{name}Projected");
    if stdlib::library_of(&projected).is_some() {
        let stride = if made.features() == read.features() { "" } else { ", stride=1" };
        remarks.push(format!("`{projected}({}{stride})` changes the channels", made.features()));
    }
    remarks.push(format!("`{name}({})` keeps them", read.features()));
    remarks
}

/// For a block that weighs channels: the number that is as many as there are.
fn counted_channels(case: &Case, node: &Node, fault: &NodeFault, call: Span) -> Option<String> {
    let shapes: Vec<Shape> = node.inputs.iter().filter_map(|input| case.shape(*input)).collect();
    let [Shape::Map { channels, .. }, Shape::Vector { features }] = shapes[..] else { return None };
    let number = |span: &&Span| case.sources.slice(**span) == features.to_string() && span.start >= call.start;
    let place = node.site.numbers.values().find(number).filter(|span| span.end <= call.end)?;
    if fault.fault.code != Code::MERGE || channels == features {
        return None;
    }
    let text = case.sources.slice(call);
    let (before, after) = (&text[..place.start - call.start], &text[place.end - call.start..]);
    Some(format!("`{before}{channels}{after}` weighs the {channels} channels that come in"))
}

/// Whether a merge is refused only after a layer whose channels, in and out, are one name for a wrong number.
pub fn follows(case: &Case, fault: &NodeFault) -> bool {
    cause(case, fault).is_some()
}

/// Whether a merge is refused only after `other`, so that it stays refused where that one alone is mended.
pub fn follows_from(case: &Case, fault: &NodeFault, other: FaultPlace) -> bool {
    let FaultPlace::Node(other) = other else { return false };
    cause(case, fault).is_some_and(|at| case.network.nodes[at].span == case.network.nodes[other].span)
}

/// The layer with a wrong number for its channels, in and out, that a merge is refused after.
fn cause(case: &Case, fault: &NodeFault) -> Option<usize> {
    let FaultPlace::Node(index) = fault.place else { return None };
    let mut inputs = case.network.nodes[index].inputs.iter().take(REACH).filter(|_| fault.fault.code == Code::MERGE);
    inputs.find_map(|input| misnamed(case, *input))
}

fn misnamed(case: &Case, mut source: Source) -> Option<usize> {
    for _ in 0..REACH {
        let Source::Node(at) = source else { return None };
        let node = &case.network.nodes[at];
        if case.known_faults.contains(&(FaultPlace::Node(at), Code::CHANNELS)) {
            let text = |name: &str| argument_span(node, name).map(|span| case.sources.slice(span));
            let named = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
            return text("in").is_some_and(|read| named(read) && text("out") == Some(read)).then_some(at);
        }
        source = node.inputs[0];
    }
    None
}

fn argument_span(node: &Node, name: &str) -> Option<Span> {
    node.args.iter().find(|(parameter, _)| parameter.name == name).and_then(|(_, bound)| bound.span)
}
