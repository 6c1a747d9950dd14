//! What is laid out: statements, chains and branches, each with its comments and the line breaks that its author chose.

use super::token::{Comment, Token};

/// A part with the comments that go with it.
#[derive(Debug)]
pub struct Piece<'t, T> {
    /// On lines of their own, before it.
    pub before: Vec<Comment<'t>>,
    pub content: T,
    /// At the end of its last line.
    pub after: Option<&'t str>,
    /// Whether a blank line stands between the comments, or what came before, and it.
    pub blank: bool,
}

#[derive(Debug)]
pub enum Statement<'t> {
    /// One line: `edition`, `input`, `classes`, `use`, `let`.
    Line(Vec<Token<'t>>),
    Block(Block<'t>),
    Chain(Chain<'t>),
}

/// `block Name(parameters) =` and its layers.
#[derive(Debug)]
pub struct Block<'t> {
    pub head: Vec<Token<'t>>,
    /// The comment at the end of the head's line.
    pub head_after: Option<&'t str>,
    /// Whether the author broke the line after `=`.
    pub breaks: bool,
    pub body: Chain<'t>,
}

#[derive(Debug)]
pub struct Chain<'t> {
    pub steps: Vec<Link<'t>>,
}

/// A step of a chain; `breaks` says whether the author broke the line at its arrow.
#[derive(Debug)]
pub struct Link<'t> {
    pub breaks: bool,
    pub step: Piece<'t, Step<'t>>,
}

#[derive(Debug)]
pub struct Step<'t> {
    pub kind: StepKind<'t>,
    /// `* 3 as x`
    pub suffix: Vec<Token<'t>>,
}

#[derive(Debug)]
pub enum StepKind<'t> {
    Call(&'t str, List<'t, Vec<Token<'t>>>),
    Group(Group<'t>),
}

#[derive(Debug)]
pub struct Group<'t> {
    pub skip: bool,
    /// Whether its author wrote it over several lines.
    pub breaks: bool,
    pub branches: List<'t, Chain<'t>>,
}

/// What stands between brackets, and the comments before the closing one.
#[derive(Debug)]
pub struct List<'t, T> {
    pub items: Vec<Piece<'t, T>>,
    pub closing: Vec<Comment<'t>>,
}

/// A file: its statements, and the comments at its end.
#[derive(Debug)]
pub struct File<'t> {
    pub statements: Vec<Piece<'t, Statement<'t>>>,
    pub closing: Vec<Comment<'t>>,
}
