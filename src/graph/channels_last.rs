//! An input that is written as height x width x channels -> one error, and what inference finds besides.

use super::infer::{FaultPlace, Inference, NodeFault, Patch, Setting, infer};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::Shape;
use crate::resolve::Network;
use crate::source::Spanned;

/// How many channels an image has at most that is known by its sizes alone.
const FEW: usize = 4;

/// A network as it is with its channels first.
pub struct Turned {
    pub diagnostic: Diagnostic,
    pub setting: Setting,
    pub inference: Inference,
}

/// The network with its input's last size first, where that is refused later than as it is written, or not at all.
pub fn turned(network: &Network, setting: Setting, inference: &Inference) -> Option<Turned> {
    let Spanned { value: [height, width, channels], span } = network.input?;
    let written = setting.input == Shape::map(height, width, channels);
    let few = channels < height.min(width) && channels <= FEW;
    let refused = |fault: &NodeFault| fault.fault.code == Code::CHANNELS;
    if !written || channels >= height || !(few || inference.faults.first().is_some_and(refused)) {
        return None;
    }
    let input = Shape::map(channels, height, width);
    let turned = Setting { input, ..setting };
    let after = infer(network, turned, &Patch::default());
    let gone = first_of(&inference.faults, &after.faults)?;
    if inference.faults.iter().any(|fault| place(fault) < place(gone)) {
        return None;
    }
    if first_of(&after.faults, &inference.faults).is_some_and(|new| place(new) <= place(gone)) {
        return None;
    }
    let text = format!("input {input}");
    let fix = Fix { title: format!("write `{text}`"), safe: false, edits: vec![Edit { span, text }] };
    let diagnostic = Diagnostic::error(
        Code::CHANNELS,
        format!("the channels of an input come first: {height} of {width}x{channels} here"),
    )
    .at(span, "channels x height x width")
    .remark(format!("read so, {}", gone.fault.message))
    .fix(fix);
    Some(Turned { diagnostic, setting: turned, inference: after })
}

/// The first of the faults that the others do not hold.
fn first_of<'f>(faults: &'f [NodeFault], others: &[NodeFault]) -> Option<&'f NodeFault> {
    let same = |a: &NodeFault, b: &NodeFault| a.place == b.place && a.fault.code == b.fault.code;
    faults.iter().filter(|fault| !others.iter().any(|other| same(fault, other))).min_by_key(|fault| place(fault))
}

/// Nodes in order, then outputs.
fn place(fault: &NodeFault) -> (bool, usize) {
    match fault.place {
        FaultPlace::Node(index) => (false, index),
        FaultPlace::Output(index) => (true, index),
    }
}
