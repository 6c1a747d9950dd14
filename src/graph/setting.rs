//! The image's shape and the number of classes: as given, or guessed from the first layer that fixes them.

use super::infer::Setting;
use crate::diagnostic::Diagnostic;
use crate::layer::{Argument, Shape};
use crate::resolve::{Network, Node};

/// Classes where nothing says otherwise.
const CLASSES: usize = 10;

/// What is known besides the file.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--input`, which wins over the file.
    pub input: Option<[usize; 3]>,
    /// `--classes`, which wins over the data set and the file.
    pub classes: Option<usize>,
    /// The data set's image shape, for files without one.
    pub dataset_input: Option<[usize; 3]>,
    /// The data set's number of classes, which wins over the file's.
    pub dataset_classes: Option<usize>,
    /// `--strict`: adapters that nobody wrote are errors.
    pub strict: bool,
}

/// The setting of a network, and a note if its input was guessed.
pub fn setting(network: &Network, given: &Given) -> (Setting, Option<Diagnostic>) {
    let written = network.classes.map(|classes| classes.value);
    let known_classes = given.classes.or(given.dataset_classes).or(written);
    let (classes, classes_assumed) = (known_classes.unwrap_or(CLASSES), known_classes.is_none());
    let known = given.input.or(network.input.map(|input| input.value)).or(given.dataset_input);
    match known {
        Some([channels, height, width]) => {
            (Setting { input: Shape::map(channels, height, width), classes, classes_assumed }, None)
        }
        None => {
            let (input, note) = guess(network);
            (Setting { input, classes, classes_assumed }, note.filter(|_| !network.input_in_doubt))
        }
    }
}

/// 1x28x28 for one channel or rows of 28, 3x32x32 for three channels.
fn guess(network: &Network) -> (Shape, Option<Diagnostic>) {
    let grey = Shape::map(1, 28, 28);
    let fixed = network.nodes.iter().find_map(|node| fixed_by(node).map(|(shape, reason)| (node, shape, reason)));
    match (fixed, network.nodes.first()) {
        (Some((node, shape, reason)), _) => {
            let note = Diagnostic::note("guessed-input", format!("no `input` is given: {shape} is assumed"));
            (shape, Some(note.at(node.name_span, reason)))
        }
        (None, Some(first)) => {
            let note = Diagnostic::note("guessed-input", format!("no `input` is given: {grey} is assumed"));
            (grey, Some(note.at(first.name_span, "no layer fixes another")))
        }
        (None, None) => (grey, None),
    }
}

fn fixed_by(node: &Node) -> Option<(Shape, &'static str)> {
    let grey = Shape::map(1, 28, 28);
    let colour = Shape::map(3, 32, 32);
    let argument = |name: &str| {
        node.args.iter().find(|(p, _)| p.name == name).and_then(|(_, b)| match b.value {
            Argument::Count(count) => Some(count),
            _ => None,
        })
    };
    match (node.layer.name, argument("in"), argument("k")) {
        ("Conv" | "ConvT", Some(1), _) => Some((grey, "reads 1 channel")),
        ("Conv" | "ConvT", Some(3), _) => Some((colour, "reads 3 channels")),
        ("LSTM" | "GRU" | "RNN", Some(28), _) | ("Seq", _, Some(28)) => Some((grey, "reads rows of 28")),
        ("FC", Some(784), _) => Some((grey, "reads 784 values")),
        ("FC", Some(3072), _) => Some((colour, "reads 3072 values")),
        _ => None,
    }
}
