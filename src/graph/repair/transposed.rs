//! The repair of an input that is written as height x width x channels.

use crate::diagnostic::{Code, Edit, Fix};
use crate::graph::explain::Case;
use crate::graph::infer::{NodeFault, Patch, Setting};
use crate::layer::Shape;
use crate::source::Spanned;

/// The file's input with its last size first, where that mends a fault of channels.
pub fn transposed(case: &Case, fault: &NodeFault) -> Option<Fix> {
    let Spanned { value: [height, width, channels], span } = case.network.input?;
    let written = case.setting.input == Shape::map(height, width, channels);
    if fault.fault.code != Code::CHANNELS || !written || channels == height {
        return None;
    }
    let input = Shape::map(channels, height, width);
    if !case.mends_in(Setting { input, ..case.setting }, fault, &Patch::default()) {
        return None;
    }
    let text = format!("input {input}");
    let title = format!("`{text}`: the channels come first");
    Some(Fix { title, safe: false, edits: vec![Edit { span, text }] })
}
