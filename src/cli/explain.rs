//! `netc explain`: a code, lint or layer -> what is to be known of it.

use clap::Args;

use super::Outcome;
use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic, Fix, page, page_names};
use crate::graph::{Given, LayerReport, check};
use crate::layer::{LAYERS, Layer, Role, find_elsewhere};
use crate::resolve::names::nearest;
use crate::source::SourceMap;

/// Explain a code of an error, a lint, or a layer
#[derive(Args, Debug)]
pub struct Explain {
    /// As `N0401`, `missing-activation` or `Conv`, in any letter case
    #[arg(value_name = "CODE|LINT|LAYER")]
    name: String,
}

impl Explain {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let layer = LAYERS.iter().copied().find(|layer| layer.name.eq_ignore_ascii_case(&self.name));
        match (page(&self.name), layer.or(find_elsewhere(&self.name))) {
            (Some(page), _) => terminal.print(page),
            (None, Some(layer)) => terminal.print(&layer_page(layer)),
            (None, None) => return Err(unknown(&self.name).into()),
        }
        Ok(())
    }
}

/// What a layer is called, takes, reads and makes.
fn layer_page(layer: &Layer) -> String {
    let forms = layer.forms().join("\n    ");
    let mut text = format!("# {}\n\n    {forms}\n\n{}.\n\n", layer.name, layer.summary);
    let call = example(layer);
    for (kind, prefix) in INPUTS {
        if let Some((reads, makes)) = shapes(prefix, &call) {
            text += &format!("`{call}` reads {reads}, {kind}, and makes {makes}.\n");
        }
    }
    if !layer.elsewhere.is_empty() {
        text += &format!("\nElsewhere it is called {}.\n", layer.elsewhere.join(", "));
    }
    text
}

/// The kinds of value that a layer may read, and the layers that make one of a 16x8x8 input.
const INPUTS: [(&str, &str); 3] = [("a map", "Identity"), ("a sequence", "Seq(by=positions)"), ("a vector", "Flatten")];

/// A call of the layer that fits most inputs.
fn example(layer: &Layer) -> String {
    let arguments = match layer.name {
        "Conv" => "(_, 32, 3)",
        "ConvT" => "(_, 32, 2, stride=2)",
        "Pool" | "AvgPool" | "Upsample" => "(2)",
        "FC" => "(_, 10)",
        "LSTM" | "GRU" | "RNN" => "(_, 32)",
        "Seq" => "(by=rows)",
        "GroupNorm" => "(4)",
        "Reshape" => "(4x16x16)",
        "Pad" => "(1)",
        _ => "",
    };
    let call = format!("{}{arguments}", layer.name);
    if layer.role == Role::Merge { format!("( Identity | Identity ) -> {call}") } else { call }
}

/// What the call reads after these layers, and what it makes; none if it reads no such thing.
fn shapes(prefix: &str, call: &str) -> Option<(String, String)> {
    let mut sources = SourceMap::new();
    let file = sources.add("example", None, format!("input 16x8x8\n{prefix} -> {call}"));
    let layers = check(&mut sources, file, &Given::default()).layers;
    let shape = |layer: &LayerReport| Some(layer.cost?.output.to_string());
    Some((shape(layers.first()?)?, shape(layers.last()?)?))
}

fn unknown(name: &str) -> Diagnostic {
    let lower = name.to_lowercase();
    let known = page_names().chain(LAYERS.iter().map(|layer| layer.name));
    let diagnostic = Diagnostic::error(Code::UNKNOWN_CODE, format!("no code, lint or layer is called `{name}`"));
    match nearest(&lower, known) {
        Some(meant) => diagnostic.fix(Fix { title: format!("did you mean `{meant}`?"), safe: true, edits: vec![] }),
        None => diagnostic.remark("codes are written as N0401, lints as missing-activation, layers as Conv"),
    }
}
