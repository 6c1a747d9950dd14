//! The syntax tree: what is written, each part with its span; nothing looked up, nothing computed.
//!
//! Where the text made no sense, `Error` stands: reported already, and silent from then on.

use crate::source::{Span, Spanned};

/// A name and where it is written.
pub type Name = Spanned<String>;

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// Where the edition is given.
    pub edition: Option<Spanned<()>>,
    pub input: Option<Spanned<[usize; 3]>>,
    /// Whether an `input` was not understood, so that nothing is known of the image.
    pub input_in_doubt: bool,
    pub classes: Option<Spanned<usize>>,
    /// Whether a `classes` was not understood, or is one too many.
    pub classes_in_doubt: bool,
    pub imports: Vec<Import>,
    /// Whether an import or an assignment was not understood, so that names may be missing.
    pub names_in_doubt: bool,
    pub values: Vec<ValueDefinition>,
    pub blocks: Vec<BlockDefinition>,
    /// None in a library.
    pub chain: Option<Chain>,
    /// How many mistakes there are besides those that are reported.
    pub more: usize,
}

/// `use conv`, `use "./blocks.net"`.
#[derive(Clone, Debug)]
pub struct Import {
    pub path: ImportPath,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImportPath {
    /// A file of the standard library.
    Library(String),
    /// Relative to the importing file.
    File(String),
}

/// `let width = 32`
#[derive(Clone, Debug)]
pub struct ValueDefinition {
    pub name: Name,
    pub value: Expr,
    /// Whether the value stands on a line below its `=`.
    pub below: bool,
}

/// `block Stage(out, k=3) = ...`
#[derive(Clone, Debug)]
pub struct BlockDefinition {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    /// False where a parameter was not understood, so that nothing is said of the arguments of its uses.
    pub complete: bool,
    pub body: Chain,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: Name,
    pub default: Option<Expr>,
}

/// `A -> B -> C`; never without a step.
#[derive(Clone, Debug)]
pub struct Chain {
    pub steps: Vec<Step>,
    pub span: Span,
}

/// A part of a chain with what follows it: `X * 3 as x`.
#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    pub repeat: Option<Expr>,
    pub label: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StepKind {
    /// A layer or block.
    Call(Call),
    /// One chain in parentheses, or several branches.
    Group(Vec<Chain>),
    /// `skip(A)` or `skip(A | B)`; the span is the keyword's.
    Skip(Span, Vec<Chain>),
    /// Branches without a closing parenthesis: where they end is unknown.
    Unclosed(Vec<Chain>),
    Error,
}

/// `Name` or `Name(arguments)`.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: Name,
    pub arguments: Vec<Argument>,
    /// False where an argument was not understood, so that nothing is said of missing ones.
    pub complete: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// `3x5`
    Size(Vec<usize>),
    /// `_`
    Infer,
    Name(String),
    /// `max_norm(3)`
    Call(Name, Vec<Expr>),
    /// `{16|32}`
    Choice(Vec<Expr>),
    Negative(Box<Expr>),
    /// Terms from left to right; the first one's operator is `Plus` or `Times`.
    Terms(Vec<(Operator, Expr)>),
    /// A text in quotes, which is no value.
    Text(String),
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Plus,
    Minus,
    Times,
    Divide,
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Times => "*",
            Operator::Divide => "/",
        }
    }
}
