//! What a layer's arguments are called, which kinds of value they take, and the values bound to them.

use super::op::Constraint;
use crate::source::Span;

/// An argument in a layer's signature.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Default,
}

/// Which values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An integer from 1.
    Count,
    /// An integer from 1, or `_`.
    CountOrInfer,
    /// A number or a size, each part at least this.
    Size(usize),
    /// A number or size from 0, or `same`.
    Padding,
    /// A number of at least 0 and less than 1.
    Probability,
    /// Any finite number.
    Number,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `unit_norm` or `max_norm(3)`.
    Constraint,
    /// A size of one to three parts, or as many integers; takes all positional arguments.
    Dims,
    /// Names of labels; takes all positional arguments.
    Labels,
}

impl Kind {
    /// What a message calls the values.
    pub fn expected(self) -> String {
        match self {
            Kind::Count => "an integer of at least 1".into(),
            Kind::CountOrInfer => "an integer of at least 1, or `_`".into(),
            Kind::Size(least) => format!("an integer or a size like `3x5`, at least {least}"),
            Kind::Padding => "an integer or a size like `1x2`, or `same`".into(),
            Kind::Probability => "a number from 0 to below 1".into(),
            Kind::Number => "a number".into(),
            Kind::Flag => "`true` or `false`".into(),
            Kind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
            Kind::Constraint => "`unit_norm` or `max_norm(3)`".into(),
            Kind::Dims => "a size like `4x7x7`, or one to three integers".into(),
            Kind::Labels => "the name of a label".into(),
        }
    }

    /// The words that stand for themselves in this place, whatever values have their names.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Padding => &["same"],
            Kind::Word(words) => words,
            Kind::Constraint => &["unit_norm", "max_norm"],
            _ => &[],
        }
    }
}

/// The value of an argument that is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// Found from what comes in.
    Infer,
    /// None; the layer has a rule of its own.
    Absent,
    Count(usize),
    Size(usize),
    Number(f64),
    Flag(bool),
    Word(&'static str),
}

/// The value of an argument, of the kind that its parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Absent,
    Infer,
    Count(usize),
    /// Height and width.
    Size([usize; 2]),
    Number(f64),
    Flag(bool),
    Word(&'static str),
    Constraint(Constraint),
    Dims(Vec<usize>),
    /// The value was refused already; whatever depends on it stays silent.
    Error,
}

impl Default {
    /// The value it stands for; none where the argument must be given.
    pub fn argument(self) -> Option<Argument> {
        Some(match self {
            Default::Required => return None,
            Default::Infer => Argument::Infer,
            Default::Absent => Argument::Absent,
            Default::Count(count) => Argument::Count(count),
            Default::Size(side) => Argument::Size([side, side]),
            Default::Number(number) => Argument::Number(number),
            Default::Flag(flag) => Argument::Flag(flag),
            Default::Word(word) => Argument::Word(word),
        })
    }
}

/// An argument and where it is written; defaults are written nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub value: Argument,
    pub span: Option<Span>,
}

/// The arguments of one call, in the order of its layer's parameters.
#[derive(Clone, Debug)]
pub struct Args {
    parameters: &'static [Parameter],
    bound: Vec<Bound>,
}

impl Args {
    /// `bound` holds a value of the right kind for each parameter.
    pub fn new(parameters: &'static [Parameter], bound: Vec<Bound>) -> Self {
        debug_assert_eq!(parameters.len(), bound.len());
        Self { parameters, bound }
    }

    /// Whether an argument was refused, so that nothing can be said of the layer.
    pub fn has_error(&self) -> bool {
        self.bound.iter().any(|bound| bound.value == Argument::Error)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static Parameter, &Bound)> {
        self.parameters.iter().zip(&self.bound)
    }

    /// Whether the same arguments are given, with the same values.
    pub fn equals(&self, other: &Args) -> bool {
        let same = |(a, b): (&Bound, &Bound)| a.value == b.value && a.span.is_some() == b.span.is_some();
        self.bound.len() == other.bound.len() && self.bound.iter().zip(&other.bound).all(same)
    }

    pub fn span(&self, name: &str) -> Option<Span> {
        self.find(name).and_then(|bound| bound.span)
    }

    /// The same arguments with one value changed.
    pub fn replaced(&self, name: &str, value: Argument) -> Self {
        let mut args = self.clone();
        if let Some(index) = self.parameters.iter().position(|parameter| parameter.name == name) {
            args.bound[index].value = value;
        }
        args
    }

    pub fn get(&self, name: &str) -> &Argument {
        self.find(name).map_or(&Argument::Absent, |bound| &bound.value)
    }

    fn find(&self, name: &str) -> Option<&Bound> {
        let index = self.parameters.iter().position(|parameter| parameter.name == name);
        debug_assert!(index.is_some(), "no parameter `{name}`");
        index.map(|index| &self.bound[index])
    }

    /// A count that is given; none for `_` or where it is left out.
    pub fn count(&self, name: &str) -> Option<usize> {
        match self.get(name) {
            Argument::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A size with a default, as height and width.
    pub fn size(&self, name: &str) -> [usize; 2] {
        self.optional_size(name).unwrap_or([0, 0])
    }

    pub fn optional_size(&self, name: &str) -> Option<[usize; 2]> {
        match self.get(name) {
            Argument::Size(size) => Some(*size),
            _ => None,
        }
    }

    pub fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            Argument::Number(number) => *number,
            _ => 0.0,
        }
    }

    pub fn flag(&self, name: &str) -> bool {
        *self.get(name) == Argument::Flag(true)
    }

    pub fn word(&self, name: &str) -> Option<&'static str> {
        match self.get(name) {
            Argument::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn constraint(&self, name: &str) -> Option<Constraint> {
        match self.get(name) {
            Argument::Constraint(constraint) => Some(*constraint),
            _ => None,
        }
    }
}
