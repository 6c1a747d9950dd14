//! Ast -> [`Network`]: imports, blocks, labels, values, defaults. What comes out has no blocks and no names left.

mod arithmetic;
mod bind;
mod combinations;
mod elsewhere;
mod expand;
mod handed_on;
mod inline;
mod kind;
mod labels;
pub mod names;
mod package;
pub mod stdlib;
mod value;
mod written;

pub use combinations::{Combination, MAX_COMBINATIONS, combinations};
pub use inline::inlined;
pub use package::{Package, load};
pub use value::{Choices, Met, Value};
pub use written::written;

use std::collections::HashMap;
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::layer::{Args, Layer};
use crate::source::{Span, Spanned};

/// How many layers a network may have once blocks and repetitions are written out.
pub const MAX_LAYERS: usize = 10_000;

/// A network with every call looked up; shapes are not known yet.
#[derive(Clone, Debug)]
pub struct Network {
    pub input: Option<Spanned<[usize; 3]>>,
    /// Whether the file's `input` was not understood; the first layers then read [`Source::Unknown`].
    pub input_in_doubt: bool,
    pub classes: Option<Spanned<usize>>,
    /// Whether a `classes` of the file was not understood, or is one too many.
    pub classes_in_doubt: bool,
    /// In evaluation order: a node stands after all that it reads.
    pub nodes: Vec<Node>,
    pub outputs: Vec<Output>,
    pub labels: Vec<Label>,
    /// What the file defines and nobody uses; known for the first combination of choices only.
    pub unused: Vec<Unused>,
}

/// A definition that is never used.
#[derive(Clone, Debug)]
pub struct Unused {
    pub kind: UnusedKind,
    pub name: String,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusedKind {
    Block,
    Value,
    Label,
}

/// One use of a layer.
#[derive(Clone, Debug)]
pub struct Node {
    pub layer: &'static Layer,
    pub args: Args,
    /// Several for a merge, else one.
    pub inputs: Vec<Source>,
    /// Unique in the network: `Stage.2.Conv`.
    pub path: String,
    /// Where in the text, and in which uses of blocks.
    pub site: Rc<Site>,
    /// The whole call.
    pub span: Span,
    /// The layer's name in it.
    pub name_span: Span,
    /// The branch of a `skip` without a shortcut of its own, for the sum that it stands for.
    pub shortcut: Option<Span>,
    /// The turns of the repetitions around it, from outside in.
    pub turns: Vec<Turn>,
}

/// A turn of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// From 1.
    pub number: usize,
    /// How many there are: at least 2.
    pub count: usize,
    /// Where the count is written.
    pub span: Span,
}

/// The uses of blocks around a call.
#[derive(Debug, Default)]
pub struct Site {
    /// `Stage.2`, from outside in.
    pub blocks: Vec<String>,
    /// Where each is used.
    pub uses: Vec<Span>,
    /// The parameters of the innermost that are given as plain numbers there, and where.
    pub numbers: HashMap<String, Span>,
}

/// How many uses of blocks around a mistake are shown.
const SHOWN_USES: usize = 3;

impl Site {
    /// Adds the innermost uses to a diagnostic of something inside them.
    pub fn show_uses(&self, diagnostic: Diagnostic) -> Diagnostic {
        let shown = self.uses.iter().rev().take(SHOWN_USES);
        shown.fold(diagnostic, |diagnostic, &span| diagnostic.with(span, "used here"))
    }
}

/// Where a node reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Input,
    Node(usize),
    /// Unknown because of a mistake that is reported already.
    Unknown,
}

/// A point of the network that has a name.
#[derive(Clone, Debug)]
pub struct Label {
    /// Named as layers are, but counted by itself: `Stage.2.x`.
    pub path: String,
    pub source: Source,
}

/// A value that the network hands out.
#[derive(Clone, Debug)]
pub struct Output {
    /// Always there where there are several outputs.
    pub label: Option<String>,
    pub source: Source,
    pub span: Span,
}
