//! Repairs of an output with other scores than classes: the last layer's size, or an `FC` at the end.

use super::edit::{edited, value_edits};
use crate::diagnostic::{Code, Edit, Fix};
use crate::graph::explain::Case;
use crate::graph::infer::{NodeFault, Patch};
use crate::layer::{Argument, Shape};
use crate::resolve::Source;

/// What keeps the number of scores.
const KEEPS: &[&str] = &["Softmax", "LogSoftmax", "Dropout", "Identity", "ReLU", "Tanh", "Sigmoid"];

pub fn scores(case: &Case, output: usize, fault: &NodeFault) -> Vec<Fix> {
    if fault.fault.code != Code::SCORES {
        return vec![];
    }
    let Source::Node(last) = case.network.outputs[output].source else { return vec![] };
    let maker = maker(case, last);
    resized(case, maker, fault).into_iter().chain(extended(case, output, last, maker)).collect()
}

/// The layer whose size is the number of scores, before activations and softmax.
fn maker(case: &Case, last: usize) -> usize {
    let mut at = last;
    while let (true, Source::Node(before)) =
        (KEEPS.contains(&case.network.nodes[at].layer.name), case.network.nodes[at].inputs[0])
    {
        at = before;
    }
    at
}

/// The maker with as many scores as classes.
fn resized(case: &Case, maker: usize, fault: &NodeFault) -> Option<Fix> {
    let node = &case.network.nodes[maker];
    let vector = matches!(case.inference.outputs[maker], Some(Shape::Vector { .. }));
    let name = ["out", "hidden"]
        .into_iter()
        .find(|name| node.args.iter().any(|(p, b)| p.name == *name && b.span.is_some()))?;
    let classes = case.setting.classes;
    let args = node.args.replaced(name, Argument::Count(classes));
    let patch = Patch { args: vec![(maker, args.clone())], ..Patch::default() };
    if !vector || !case.mends(fault, &patch) {
        return None;
    }
    let edits = value_edits(case, maker, &args)?;
    Some(Fix { title: format!("`{}` makes {classes} scores", edited(case, maker, &edits)), safe: false, edits })
}

/// An `FC` after the last step of the network's only output.
fn extended(case: &Case, output: usize, last: usize, maker: usize) -> Option<Fix> {
    let ends_in_softmax = case.network.nodes[last].layer.name.ends_with("oftmax");
    if case.network.outputs.len() > 1 || ends_in_softmax || case.network.nodes[maker].layer.name == "FC" {
        return None;
    }
    let edits = vec![Edit { span: case.network.outputs[output].span.after(), text: " -> FC".into() }];
    let title = format!("`-> FC` at the end makes {} scores", case.setting.classes);
    Some(Fix { title, safe: false, edits })
}
