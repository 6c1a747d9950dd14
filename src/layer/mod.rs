//! The layers: what each is called, which arguments it takes, which shapes it reads and makes.
//!
//! One file for each layer or family, one row each in [`LAYERS`]. Nothing here knows of text, names or other layers.

mod activation;
mod conv;
mod conv_transposed;
mod dropout;
mod fault;
mod fc;
mod merge;
mod norm;
mod op;
mod pool;
mod recurrent;
mod reshape;
mod seq;
mod shape;
mod signature;
mod window;

pub use fault::{Fault, Rewrite};
pub use op::*;
pub use shape::Shape;
pub use signature::{Args, Argument, Bound, Default, Kind, Parameter};
pub use window::Window1;

use crate::diagnostic::Code;

/// A row of the table: everything that the compiler knows of a layer.
#[derive(Debug)]
pub struct Layer {
    pub name: &'static str,
    pub parameters: &'static [Parameter],
    /// The parameter that a single positional argument fills, where that is not the first.
    pub lone: Option<&'static str>,
    /// What other frameworks call it.
    pub elsewhere: &'static [&'static str],
    pub role: Role,
    /// One line for people.
    pub summary: &'static str,
    /// What must hold of the arguments whatever comes in; advice may speak of the input, where that is known.
    pub check: Option<Check>,
    /// The adapter that has to stand before it for this input.
    pub adapt: Option<Adapt>,
    /// What it makes whatever comes in; takes the number of classes.
    pub makes: Option<fn(&Args, usize) -> Option<Shape>>,
    /// The shape rule.
    pub infer: fn(&Args, &Context) -> Result<Typed, Fault>,
}

/// Refuses arguments that fit no input; the one that comes in is not always known.
pub type Check = fn(&Args, Option<Shape>) -> Result<(), Fault>;

/// Finds the adapter for an input, if one is needed.
pub type Adapt = fn(&Args, Shape) -> Result<Option<Op>, Fault>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads one value.
    Plain,
    /// Reads branches or labels.
    Merge,
}

/// What a layer is given.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// One shape, or several for a merge; never none.
    pub inputs: &'a [Shape],
    pub classes: usize,
}

impl Context<'_> {
    pub fn input(&self) -> Shape {
        self.inputs[0]
    }
}

/// A layer with its sizes, and what it makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub op: Op,
    pub output: Shape,
}

/// Every layer of the language, in the order of its reference.
pub const LAYERS: &[&Layer] = &[
    &conv::CONV,
    &conv_transposed::CONV_T,
    &pool::POOL,
    &pool::AVG_POOL,
    &pool::GLOBAL_AVG_POOL,
    &fc::FC,
    &recurrent::LSTM,
    &recurrent::GRU,
    &recurrent::RNN,
    &seq::SEQ,
    &norm::BATCH_NORM,
    &norm::LAYER_NORM,
    &norm::GROUP_NORM,
    &dropout::DROPOUT,
    &dropout::DROPOUT_2D,
    &activation::RELU,
    &activation::LEAKY_RELU,
    &activation::ELU,
    &activation::GELU,
    &activation::SILU,
    &activation::TANH,
    &activation::SIGMOID,
    &activation::SOFTMAX,
    &activation::LOG_SOFTMAX,
    &reshape::FLATTEN,
    &reshape::RESHAPE,
    &reshape::UPSAMPLE,
    &reshape::PAD,
    &reshape::IDENTITY,
    &merge::ADD,
    &merge::MUL,
    &merge::MAX,
    &merge::MEAN,
    &merge::CONCAT,
];

/// The layer of this name.
pub fn find(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().copied().find(|layer| layer.name == name)
}

/// The layer that another framework calls so, whatever the case of its letters and with `_` or without. The name here
/// in another case is a slip, and no framework's name.
pub fn find_elsewhere(name: &str) -> Option<&'static Layer> {
    let foreign = |layer: &Layer, other: &str| !is_alike(layer.name, other) && is_alike(other, name);
    let called = |layer: &Layer| layer.elsewhere.iter().any(|other| *other == name || foreign(layer, other));
    let parted = |layer: &Layer| name.contains('_') && is_alike(layer.name, name);
    LAYERS.iter().copied().find(|layer| called(layer) || parted(layer))
}

/// Whether two names have the same letters, but for their case and `_`.
fn is_alike(a: &str, b: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(|&byte| byte != b'_').map(|byte| byte.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// `Add`, for `skip`.
pub const ADD: &Layer = &merge::ADD;

/// The adapters, as layers to be shown.
pub const FLATTEN: &Layer = &reshape::FLATTEN;
pub const SEQ: &Layer = &seq::SEQ;

impl Layer {
    const fn new(
        name: &'static str,
        summary: &'static str,
        infer: fn(&Args, &Context) -> Result<Typed, Fault>,
    ) -> Self {
        Self {
            name,
            parameters: &[],
            lone: None,
            elsewhere: &[],
            role: Role::Plain,
            summary,
            check: None,
            adapt: None,
            makes: None,
            infer,
        }
    }

    /// Whether it is a function of each value, or of the scores.
    pub fn is_activation(&self) -> bool {
        const NAMES: &[&str] =
            &["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Tanh", "Sigmoid", "Softmax", "LogSoftmax"];
        NAMES.contains(&self.name)
    }

    /// How it is written, for people: `` `Conv(in, out, kernel, stride=1, ...)` ``, or `` `FC(out)` or `FC(in, out)` ``.
    pub fn usage(&self) -> String {
        let forms: Vec<String> = self.forms().iter().map(|form| format!("`{form}`")).collect();
        forms.join(" or ")
    }

    /// Its signature; without and with what leads, where a single argument is not the first.
    pub fn forms(&self) -> Vec<String> {
        match self.lone {
            Some(lone) => {
                let leading: Vec<&str> = self.parameters[..=self.place_of(lone)].iter().map(|p| p.name).collect();
                vec![format!("{}({lone})", self.name), format!("{}({})", self.name, leading.join(", "))]
            }
            None => vec![self.signature()],
        }
    }

    /// The parameters that its forms do not show: they are given by name.
    pub fn further(&self) -> Vec<&'static str> {
        let shown = self.lone.map_or(self.parameters.len(), |lone| self.place_of(lone) + 1);
        self.parameters[shown..].iter().map(|parameter| parameter.name).collect()
    }

    fn place_of(&self, name: &str) -> usize {
        self.parameters.iter().position(|parameter| parameter.name == name).unwrap_or(0)
    }

    fn signature(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(Parameter::written).collect();
        if parameters.is_empty() { self.name.to_string() } else { format!("{}({})", self.name, parameters.join(", ")) }
    }
}

impl Parameter {
    fn written(&self) -> String {
        let name = self.name;
        match self.default {
            Default::Required => name.to_string(),
            Default::Infer => format!("{name}=_"),
            Default::Absent if self.name == "stride" => "stride=kernel".into(),
            Default::Absent => format!("[{name}]"),
            Default::Count(value) | Default::Size(value) => format!("{name}={value}"),
            Default::Number(value) => format!("{name}={value}"),
            Default::Flag(value) => format!("{name}={value}"),
            Default::Word(value) => format!("{name}={value}"),
        }
    }
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, default: Default::Required }
}

const fn with_default(name: &'static str, kind: Kind, default: Default) -> Parameter {
    Parameter { name, kind, default }
}

/// A layer that makes what it reads.
fn keep(op: Op, context: &Context) -> Result<Typed, Fault> {
    Ok(Typed { op, output: context.input() })
}

/// Channels, height and width of the input, or the refusal of anything but a map.
fn map_of(layer: &str, context: &Context) -> Result<(usize, usize, usize), Fault> {
    match context.input() {
        Shape::Map { channels, height, width } => Ok((channels, height, width)),
        input => {
            let message = format!("`{layer}` reads a map (CxHxW) but receives {} of {input}", input.noun());
            let advice = match (layer, input) {
                ("Dropout2d", _) => "for anything but a map write `Dropout`".into(),
                ("GroupNorm", _) => "for anything but a map write `LayerNorm`".into(),
                (_, Shape::Sequence { steps, features }) => {
                    format!("`Reshape(1x{steps}x{features})` before it makes a map of the sequence")
                }
                _ => "put it before the layers that flatten, or make a map again with `Reshape(CxHxW)`".to_string(),
            };
            Err(Fault::new(Code::INPUT_KIND, message).labelled("reads a map").note(advice))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_here_and_elsewhere() {
        let mut seen = std::collections::HashSet::new();
        for layer in LAYERS {
            assert!(seen.insert(layer.name.to_string()), "{}", layer.name);
            let mut elsewhere = layer.elsewhere.iter().map(|name| match is_alike(layer.name, name) {
                true => name.to_string(),
                false => name.replace('_', "").to_lowercase(),
            });
            assert!(elsewhere.all(|name| seen.insert(name)), "{}", layer.name);
        }
    }

    #[test]
    fn names_elsewhere_are_known_in_any_case() {
        let check = |name, expected| assert_eq!(find_elsewhere(name).map(|layer| layer.name), expected, "{name}");
        check("maxpool", Some("Pool"));
        check("max_pool_2d", Some("Pool"));
        check("dense", Some("FC"));
        check("LINEAR", Some("FC"));
        check("batch_norm", Some("BatchNorm"));
        check("globalaveragepooling2d", Some("GlobalAvgPool"));
        check("relu6", None);
        check("conv1d", None);
    }

    #[test]
    fn signatures_read_as_the_language_writes_them() {
        assert_eq!(find("Pool").unwrap().signature(), "Pool(kernel, stride=kernel, pad=0)");
        assert_eq!(
            find("LSTM").unwrap().signature(),
            "LSTM(in, hidden, layers=1, bidirectional=false, return=last, dropout=0)"
        );
        assert_eq!(find("FC").unwrap().usage(), "`FC(out)` or `FC(in, out)`");
    }
}
