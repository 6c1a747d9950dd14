//! Statements, chains and branches -> text in the one style: lines of at most [`WIDTH`] characters, broken before `->`.
//!
//! A part stays on one line if it fits there, its author did not break it, and no comment stands in it.

use super::layout::{Block, Chain, File, Group, List, Piece, Statement, Step, StepKind};
use super::token::{Comment, Token};

/// How long a line may be, comments aside.
pub const WIDTH: usize = 100;
const INDENT: usize = 4;

/// The text of a file, with a line break at its end.
pub fn print(file: &File) -> String {
    let mut printer = Printer { out: String::new() };
    for statement in &file.statements {
        printer.statement(statement);
    }
    printer.comments(&file.closing, 0);
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

struct Printer {
    out: String,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn column(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        self.out[line..].chars().count()
    }

    fn fits(&self, text: &str) -> bool {
        self.column() + text.chars().count() <= WIDTH
    }

    /// Begins a line, after a blank one where that is wanted; the file begins without either.
    fn begin_line(&mut self, blank: bool, indent: usize) {
        if !self.out.is_empty() {
            self.push(if blank { "\n\n" } else { "\n" });
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn comments(&mut self, comments: &[Comment], indent: usize) {
        for comment in comments {
            self.begin_line(comment.blank, indent);
            self.push(comment.text);
        }
    }

    /// Begins a line for a part, its comments on lines before it.
    fn lead<T>(&mut self, piece: &Piece<T>, indent: usize) {
        self.comments(&piece.before, indent);
        self.begin_line(piece.blank, indent);
    }

    fn trail(&mut self, after: Option<&str>) {
        if let Some(comment) = after {
            self.push(" ");
            self.push(comment);
        }
    }

    fn statement(&mut self, piece: &Piece<Statement>) {
        self.lead(piece, 0);
        match &piece.content {
            Statement::Line(tokens) => self.line(tokens),
            Statement::Block(block) => self.block(block),
            Statement::Chain(chain) => self.chain(chain, 0, INDENT),
        }
        self.trail(piece.after);
    }

    /// `let width = 32`, `input 3x32x32`
    fn line(&mut self, tokens: &[Token]) {
        match tokens {
            [keyword, name, equals, value @ ..] => {
                self.push(&format!("{} {} {} ", keyword.text, name.text, equals.text));
                self.value(value, false, INDENT);
            }
            _ => self.push(&tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")),
        }
    }

    /// `block Stage(out, k=3) =`
    fn head(&mut self, tokens: &[Token]) {
        let (words, parameters) = tokens.split_at(tokens.len().min(2));
        self.line(words);
        if !matches!(parameters, [open, close] if (open.text, close.text) == ("(", ")")) {
            self.value(parameters, false, 2 * INDENT);
        }
        self.push(" =");
    }

    /// Writes a value; where a line is too long, it goes on in the next one, `indent` further in.
    fn value(&mut self, tokens: &[Token], follows_value: bool, indent: usize) {
        let parts = spaced(tokens, follows_value);
        for (index, part) in parts.iter().enumerate() {
            // What closes the whole stands on the line of the last part.
            let closing = if index + 1 == parts.len() { "" } else { "," };
            if index > 0 && !self.fits(&format!("{}{closing}", part.trim_end())) {
                self.out.truncate(self.out.trim_end().len());
                self.begin_line(false, indent);
                self.push(part.trim_start());
            } else {
                self.push(part);
            }
        }
    }

    fn block(&mut self, block: &Block) {
        let Some(first) = block.body.steps.first() else { return };
        self.head(&block.head);
        let flat = flat_chain(&block.body, true).map(|body| format!(" {body}"));
        let plain = !block.breaks && block.head_after.is_none() && first.step.before.is_empty();
        if flat.is_some_and(|body| plain && self.fits(&body)) {
            self.push(" ");
        } else {
            self.trail(block.head_after);
            self.lead(&first.step, INDENT);
        }
        self.chain(&block.body, INDENT, INDENT);
    }

    /// Writes a chain from here on; `indent` is this line's, `further` that of the lines that continue it.
    fn chain(&mut self, chain: &Chain, indent: usize, further: usize) {
        let mut ended = false;
        for (index, link) in chain.steps.iter().enumerate() {
            let flat = flat_step(&link.step.content);
            let arrow = " -> ";
            let fits = flat.as_ref().is_some_and(|text| self.fits(&format!("{arrow}{text}")));
            if index > 0 && (ended || link.breaks || !link.step.before.is_empty() || !fits) {
                self.lead(&link.step, further);
                self.push(arrow.trim_start());
            } else if index > 0 {
                self.push(arrow);
            }
            let broken = self.step(&link.step.content, flat, if index > 0 { further } else { indent });
            self.trail(link.step.after);
            ended = broken || link.step.after.is_some();
        }
    }

    /// Writes a step; whether it took several lines.
    fn step(&mut self, step: &Step, flat: Option<String>, indent: usize) -> bool {
        match (flat, &step.kind) {
            (Some(flat), _) if self.fits(&flat) => {
                self.push(&flat);
                return false;
            }
            (_, StepKind::Call(name, List { items, closing })) if items.is_empty() && closing.is_empty() => {
                self.push(name);
                self.value(&step.suffix, true, indent + INDENT);
                return false;
            }
            (_, StepKind::Call(name, arguments)) => self.call(name, arguments, indent),
            (_, StepKind::Group(group)) => self.group(group, indent),
        }
        self.value(&step.suffix, true, indent + INDENT);
        true
    }

    fn call(&mut self, name: &str, arguments: &List<Vec<Token>>, indent: usize) {
        self.push(name);
        self.push("(");
        for (index, argument) in arguments.items.iter().enumerate() {
            self.lead(argument, indent + INDENT);
            self.value(&argument.content, false, indent + 2 * INDENT);
            self.push(if index + 1 < arguments.items.len() { "," } else { "" });
            self.trail(argument.after);
        }
        self.close(&arguments.closing, indent);
    }

    fn group(&mut self, group: &Group, indent: usize) {
        self.push(if group.skip { "skip(" } else { "(" });
        for (index, branch) in group.branches.items.iter().enumerate() {
            self.lead(branch, indent + INDENT);
            self.push(if index > 0 { "| " } else { "" });
            self.chain(&branch.content, indent + INDENT, indent + 2 * INDENT);
        }
        self.close(&group.branches.closing, indent);
    }

    fn close(&mut self, closing: &[Comment], indent: usize) {
        self.comments(closing, indent + INDENT);
        self.begin_line(false, indent);
        self.push(")");
    }
}

// ---- on one line

/// The chain on one line, if it may stand there; `trailed` allows a comment after it.
fn flat_chain(chain: &Chain, trailed: bool) -> Option<String> {
    let steps = chain.steps.iter().enumerate().map(|(index, link)| {
        let last = index + 1 == chain.steps.len();
        let commented = link.step.after.is_some() && !(trailed && last) || !link.step.before.is_empty() && index > 0;
        if link.breaks || commented { None } else { flat_step(&link.step.content) }
    });
    Some(steps.collect::<Option<Vec<_>>>()?.join(" -> "))
}

fn flat_step(step: &Step) -> Option<String> {
    let text = match &step.kind {
        StepKind::Call(name, arguments) => {
            let values: Vec<String> = flat_items(arguments, |tokens| Some(spaced(tokens, false).concat()))?;
            if values.is_empty() { name.to_string() } else { format!("{name}({})", values.join(", ")) }
        }
        StepKind::Group(group) if group.breaks => return None,
        StepKind::Group(group) => {
            let branches = flat_items(&group.branches, |chain| flat_chain(chain, false))?.join(" | ");
            if group.skip { format!("skip({branches})") } else { format!("( {branches} )") }
        }
    };
    Some(text + &spaced(&step.suffix, true).concat())
}

fn flat_items<T>(list: &List<T>, flat: impl Fn(&T) -> Option<String>) -> Option<Vec<String>> {
    let commented = |item: &Piece<T>| !item.before.is_empty() || item.after.is_some();
    if !list.closing.is_empty() || list.items.iter().any(commented) {
        return None;
    }
    list.items.iter().map(|item| flat(&item.content)).collect()
}

/// Tokens of a value, in parts between which a line may break: before operators between two values and the bars of a
/// choice, after commas. Spaces stand around those operators and after commas, nowhere else.
fn spaced(tokens: &[Token], mut follows_value: bool) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (index, token) in tokens.iter().enumerate() {
        let closes = tokens.get(index + 1).is_some_and(|next| next.text == ")");
        match token.text {
            "," if closes => {}
            "," => {
                last_of(&mut parts).push_str(", ");
                parts.push(String::new());
            }
            "as" => last_of(&mut parts).push_str(" as "),
            "|" => parts.push("|".into()),
            sign if token.is_operator() && follows_value => parts.push(format!(" {sign} ")),
            other => last_of(&mut parts).push_str(other),
        }
        follows_value = !token.is_operator() && !matches!(token.text, "(" | "{" | "|" | "," | "=" | "as");
    }
    parts
}

fn last_of(parts: &mut [String]) -> &mut String {
    let last = parts.len() - 1;
    &mut parts[last]
}
