//! Repairs of an output with other scores than classes: the last layer's size, or an `FC` at the end.

use super::edit::{edited, is_literal, value_edits};
use crate::diagnostic::{Code, Edit, Fix};
use crate::graph::explain::Case;
use crate::graph::infer::{NodeFault, Patch};
use crate::layer::{Argument, Shape};
use crate::resolve::Source;
use crate::source::Span;

/// How many transposed convolutions are padded at once.
const MOST_PADDED: usize = 8;
/// What keeps the number of scores.
const KEEPS: &[&str] = &["Softmax", "LogSoftmax", "Dropout", "Identity", "ReLU", "Tanh", "Sigmoid"];

pub fn scores(case: &Case, output: usize, fault: &NodeFault) -> Vec<Fix> {
    if fault.fault.code != Code::SCORES {
        return vec![];
    }
    let Source::Node(last) = case.network.outputs[output].source else { return vec![] };
    let maker = maker(case, last);
    let fixes = [
        image(case, output, last),
        padded(case, last, fault),
        resized(case, maker, fault),
        counted(case, output, last),
        extended(case, output, last, maker),
    ];
    fixes.into_iter().flatten().collect()
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

/// As many classes as scores, where the file or nothing says how many there are.
fn counted(case: &Case, output: usize, last: usize) -> Option<Fix> {
    let Some(Shape::Vector { features }) = case.inference.outputs[last] else { return None };
    let text = format!("classes {features}");
    let place = match case.network.classes {
        Some(classes) => {
            format!("in line {}", case.sources.file(classes.span.file).position(classes.span.start).line)
        }
        None => "before the network".into(),
    };
    let title = format!("`{text}` {place}");
    let edit = match (case.network.classes, case.network.input) {
        (Some(classes), _) if classes.value == case.setting.classes => Edit { span: classes.span, text },
        (None, Some(input)) if case.setting.classes_assumed => {
            Edit { span: input.span.after(), text: format!("\n{text}") }
        }
        (None, None) if case.setting.classes_assumed => {
            Edit { span: Span::new(case.network.outputs[output].span.file, 0, 0), text: format!("{text}\n") }
        }
        _ => return None,
    };
    (features > 1 && !case.network.classes_in_doubt).then(|| Fix { title, safe: false, edits: vec![edit] })
}

/// The image again, where as many values come out as went in.
fn image(case: &Case, output: usize, last: usize) -> Option<Fix> {
    let input = case.setting.input;
    let Some(Shape::Vector { features }) = case.inference.outputs[last] else { return None };
    let text = format!(" -> Reshape({input})");
    let edits = vec![Edit { span: case.network.outputs[output].span.after(), text }];
    let title = format!("`-> Reshape({input})` at the end makes an image like the input");
    (features == input.count()).then_some(Fix { title, safe: false, edits })
}

/// Transposed convolutions that make the image's size by rows and columns of `output_pad`: the last one, else all.
fn padded(case: &Case, last: usize, fault: &NodeFault) -> Option<Fix> {
    let transposed = |at: &usize| case.network.nodes[*at].layer.name == "ConvT" && is_literal(case, *at);
    let all: Vec<usize> = (0..=last).filter(transposed).collect();
    let at = *all.last()?;
    let image = matches!(case.inference.outputs[last], Some(Shape::Map { .. }));
    let few = image && all.len() <= MOST_PADDED;
    let tries = [vec![at], all].into_iter().filter(|tried| few && !tried.is_empty());
    tries
        .flat_map(|tried| [1, 2, 3].map(|rows| (tried.clone(), rows)))
        .find_map(|(tried, rows)| pad(case, &tried, rows, fault))
}

/// These layers with `output_pad`, where that mends the fault.
fn pad(case: &Case, layers: &[usize], rows: usize, fault: &NodeFault) -> Option<Fix> {
    let padded = |&at: &usize| (at, case.network.nodes[at].args.replaced("output_pad", Argument::Size([rows, rows])));
    let args: Vec<_> = layers.iter().map(padded).collect();
    let patch = Patch { args, ..Patch::default() };
    if !case.may_try() || !case.mends(fault, &patch) {
        return None;
    }
    let edits = patch.args.iter().map(|(at, args)| value_edits(case, *at, args)).collect::<Option<Vec<_>>>()?;
    let (edits, input) = (edits.concat(), case.setting.input);
    let title = match layers {
        [at] => format!("`{}` makes {input}, an image like the input", edited(case, *at, &edits)),
        _ => format!("`output_pad={rows}` in every `ConvT` makes {input}, an image like the input"),
    };
    Some(Fix { title, safe: false, edits })
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
