//! Repairs of values that cannot be merged: a shortcut for a `skip`, or another size of the last layer in a branch.

use super::edit::{edited, is_literal, value_edits};
use crate::diagnostic::{Code, Edit, Fix};
use crate::graph::explain::Case;
use crate::graph::infer::{FaultPlace, NodeFault, Patch};
use crate::layer::{Argument, Shape, Window1};
use crate::resolve::{Node, Source};

/// How many layers are passed in search of the one that fixes a branch's size.
const REACH: usize = 6;

pub fn merges(case: &Case, fault: &NodeFault) -> Vec<Fix> {
    let FaultPlace::Node(index) = fault.place else { return vec![] };
    if fault.fault.code == Code::FEATURES && case.network.nodes[index].layer.name == "Reshape" {
        return reshaped(case, index, fault).into_iter().collect();
    }
    if fault.fault.code != Code::MERGE || !case.may_try() {
        return vec![];
    }
    shortcut(case, index, fault).into_iter().chain(resized(case, index, fault)).collect()
}

/// An `Upsample` before a merge of a label with a larger map, where the other is smaller by a whole factor.
pub fn upsampled(case: &Case, fault: &NodeFault) -> Option<Fix> {
    let FaultPlace::Node(index) = fault.place else { return None };
    let node = &case.network.nodes[index];
    let [made, labelled] = node.inputs.as_slice() else { return None };
    let label = case.sources.slice(node.span).ends_with(')') && node.site.uses.is_empty();
    if fault.fault.code != Code::MERGE || node.shortcut.is_some() || !label || !case.may_try() {
        return None;
    }
    let (Shape::Map { channels, height, width }, Shape::Map { height: rows, width: columns, .. }) =
        (case.shape(*made)?, case.shape(*labelled)?)
    else {
        return None;
    };
    let factor = rows / height;
    if factor < 2 || (height * factor, width * factor) != (rows, columns) {
        return None;
    }
    let patch = Patch { inputs: vec![(index, 0, Shape::map(channels, rows, columns))], ..Patch::default() };
    if !case.mends(fault, &patch) {
        return None;
    }
    let title = format!("`Upsample({factor}) ->` before it makes {channels}x{rows}x{columns}");
    let edits = vec![Edit { span: node.span.before(), text: format!("Upsample({factor}) -> ") }];
    Some(Fix { title, safe: false, edits })
}

/// A convolution of 1x1 beside the branch of a `skip`.
fn shortcut(case: &Case, index: usize, fault: &NodeFault) -> Option<Fix> {
    let place = case.network.nodes[index].shortcut?;
    let (channels, stride) = needed(case, index)?;
    let alike = |node: &&Node| node.shortcut == Some(place);
    let uses = case.network.nodes.iter().enumerate().filter(|(_, node)| alike(node));
    let nodes: Vec<usize> = uses.map(|(at, _)| at).collect();
    let literal = nodes.iter().all(|&at| needed(case, at) == Some((channels, stride)));
    let named = out_text(case, index, &nodes).filter(|out| !literal || is_name(out));
    let out = named.or_else(|| literal.then(|| channels.to_string()))?;
    let same_stride = nodes.iter().all(|&at| needed(case, at).is_some_and(|(_, other)| other == stride));
    if !same_stride {
        return None;
    }
    let made = |at: usize| Some((at, 1, case.shape(case.network.nodes[at].inputs[0])?));
    let patch = Patch { inputs: nodes.iter().map(|&at| made(at)).collect::<Option<Vec<_>>>()?, ..Patch::default() };
    if !case.mends(fault, &patch) {
        return None;
    }
    let stride = if stride == 1 { String::new() } else { format!(", stride={stride}") };
    let call = format!("Conv(_, {out}, 1{stride})");
    let title = format!(
        "a shortcut of its own: `skip(... | {call})` makes {}",
        case.shape(case.network.nodes[index].inputs[0])?
    );
    Some(Fix { title, safe: false, edits: vec![Edit { span: place.after(), text: format!(" | {call}") }] })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Channels and stride of a shortcut that makes what the branch makes.
fn needed(case: &Case, index: usize) -> Option<(usize, usize)> {
    let inputs = &case.network.nodes[index].inputs;
    let (made, given) = (case.shape(inputs[0])?, case.shape(inputs[1])?);
    let (Shape::Map { channels, height, width }, Shape::Map { height: h, width: w, .. }) = (made, given) else {
        return None;
    };
    let fits = |stride: &usize| {
        let window = Window1 { kernel: 1, stride: *stride, pad: [0, 0], dilation: 1 };
        window.places(h) == Some(height) && window.places(w) == Some(width)
    };
    Some((channels, (1..=8).find(fits)?))
}

/// The text that says the branch's channels in each of these uses: that of its last layer's `out`.
fn out_text(case: &Case, index: usize, uses: &[usize]) -> Option<String> {
    let maker = size_maker(case, case.network.nodes[index].inputs[0])?;
    let (back, node) = (index.checked_sub(maker)?, &case.network.nodes[maker]);
    let span = node.args.iter().find(|(parameter, _)| parameter.name == "out")?.1.span?;
    let says_channels = |&at: &usize| {
        let other = at.checked_sub(back).map(|maker| &case.network.nodes[maker]);
        let out = other.filter(|other| other.span == node.span).and_then(|other| other.args.count("out"));
        out.is_some() && out == needed(case, at).map(|(channels, _)| channels)
    };
    uses.iter().all(says_channels).then(|| case.sources.slice(span).to_string())
}

/// The layer that fixes the channels or features of a value.
fn size_maker(case: &Case, source: Source) -> Option<usize> {
    let mut source = source;
    for _ in 0..REACH {
        let Source::Node(at) = source else { return None };
        match case.network.nodes[at].layer.name {
            "Conv" | "ConvT" | "FC" | "LSTM" | "GRU" | "RNN" => return Some(at),
            "Add" | "Mul" | "Max" | "Mean" | "Concat" | "Reshape" | "Flatten" | "Seq" => return None,
            _ => source = case.network.nodes[at].inputs[0],
        }
    }
    None
}

/// Branches whose last layer makes as many channels or features as another branch, the last branch first.
fn resized(case: &Case, index: usize, fault: &NodeFault) -> Vec<Fix> {
    let inputs = &case.network.nodes[index].inputs;
    let sizes: Vec<usize> = inputs.iter().filter_map(|input| case.shape(*input)).map(Shape::features).collect();
    let makers = inputs.iter().rev().take(4).filter_map(|input| size_maker(case, *input));
    let fixes =
        makers.filter_map(|maker| sizes.iter().find_map(|&size| resize(case, maker, size, fault, "as the others")));
    fixes.take(2).collect()
}

/// A last `FC` that makes as many values as a `Reshape` takes.
fn reshaped(case: &Case, index: usize, fault: &NodeFault) -> Option<Fix> {
    let input = case.network.nodes[index].inputs[0];
    let maker = size_maker(case, input).filter(|&at| case.network.nodes[at].layer.name == "FC")?;
    resize(case, maker, fault.fault.output?.count(), fault, "values")
}

/// The layer with another size, if that mends the fault; `what` it then makes.
fn resize(case: &Case, maker: usize, size: usize, fault: &NodeFault, what: &str) -> Option<Fix> {
    let node = &case.network.nodes[maker];
    let name = if node.args.iter().any(|(parameter, _)| parameter.name == "hidden") { "hidden" } else { "out" };
    let written = node.args.count(name)?;
    if written == size || !case.may_try() || !is_literal(case, maker) {
        return None;
    }
    let args = node.args.replaced(name, Argument::Count(size));
    let nodes = case.network.nodes.iter().enumerate().filter(|(_, other)| other.span == node.span);
    let patch = Patch { args: nodes.map(|(at, _)| (at, args.clone())).collect(), ..Patch::default() };
    if !case.mends(fault, &patch) {
        return None;
    }
    let edits = value_edits(case, maker, &args)?;
    Some(Fix { title: format!("`{}` makes {size} {what}", edited(case, maker, &edits)), safe: false, edits })
}
