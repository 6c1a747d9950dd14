//! Tokens -> statements, chains and branches with the comments that go with them.
//!
//! Reads only what the grammar has accepted; a token that does not fit ends the reading.
//! Comments that stand where none can stay, as in the midst of a value, move before the part that they are in.

use super::layout::{Block, Chain, File, Group, Link, List, Piece, Statement, Step, StepKind};
use super::token::{Comment, Token};

/// Reads a file's tokens; none if they are not those of a file without mistakes.
pub fn read(tokens: Vec<Token<'_>>) -> Option<File<'_>> {
    let mut reader = Reader { tokens, at: 0 };
    let mut statements = vec![];
    while !reader.is("") {
        statements.push(reader.statement()?);
    }
    Some(File { statements, closing: reader.tokens[reader.at].before.clone() })
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
}

/// Comments met on the way that have not found their place yet.
#[derive(Default)]
struct Loose<'t> {
    before: Vec<Comment<'t>>,
    after: Option<&'t str>,
}

impl<'t> Loose<'t> {
    /// Takes a token's comments in: what was at a line's end no longer is.
    fn add(&mut self, token: &Token<'t>) {
        self.settle();
        self.before.extend(&token.before);
        self.after = token.after;
    }

    fn settle(&mut self) {
        self.before.extend(self.after.take().map(|text| Comment { text, blank: false }));
    }

    /// The comments of a whole that was read after these; its own last one stays at the end.
    fn around<T>(mut self, content: T, blank: bool, inner: Loose<'t>) -> Piece<'t, T> {
        self.settle();
        self.before.extend(inner.before);
        Piece { before: self.before, content, after: inner.after, blank }
    }
}

impl<'t> Reader<'t> {
    fn peek(&self) -> &Token<'t> {
        &self.tokens[self.at]
    }

    fn is(&self, text: &str) -> bool {
        self.peek().text == text
    }

    /// The next token; the end of the file is never passed.
    fn next(&mut self, loose: &mut Loose<'t>) -> Option<Token<'t>> {
        let token = self.peek().clone();
        loose.add(&token);
        self.at += 1;
        (!token.text.is_empty()).then_some(token)
    }

    fn expect(&mut self, text: &str, loose: &mut Loose<'t>) -> Option<Token<'t>> {
        if self.is(text) { self.next(loose) } else { None }
    }

    // ---- statements

    fn statement(&mut self) -> Option<Piece<'t, Statement<'t>>> {
        let blank = self.peek().blank;
        let mut loose = Loose::default();
        let content = match self.peek().text {
            "edition" | "input" | "classes" | "use" => {
                Statement::Line(vec![self.next(&mut loose)?, self.next(&mut loose)?])
            }
            "let" => {
                let mut line = vec![self.next(&mut loose)?, self.next(&mut loose)?, self.expect("=", &mut loose)?];
                self.expression(&mut line, &mut loose)?;
                Statement::Line(line)
            }
            "block" => return self.block(blank),
            _ => return self.whole_chain(blank),
        };
        Some(Loose::default().around(content, blank, loose))
    }

    fn whole_chain(&mut self, blank: bool) -> Option<Piece<'t, Statement<'t>>> {
        let mut chain = self.chain(Loose::default())?;
        let before = chain.steps.first_mut().map(|first| std::mem::take(&mut first.step.before)).unwrap_or_default();
        Some(Piece { before, content: Statement::Chain(chain), after: None, blank })
    }

    fn block(&mut self, blank: bool) -> Option<Piece<'t, Statement<'t>>> {
        let mut loose = Loose::default();
        let mut head = vec![self.next(&mut loose)?, self.next(&mut loose)?];
        if self.is("(") {
            self.balanced(&mut head, &mut loose)?;
        }
        self.expect("=", &mut loose)?;
        let head_after = loose.after.take();
        let breaks = self.peek().breaks;
        let body = self.chain(Loose::default())?;
        let block = Block { head, head_after, breaks, body };
        Some(Piece { before: loose.before, content: Statement::Block(block), after: None, blank })
    }

    // ---- layers

    /// A chain; `loose` are comments that go before its first step.
    fn chain(&mut self, mut loose: Loose<'t>) -> Option<Chain<'t>> {
        let mut steps: Vec<Link> = vec![];
        let (mut breaks, mut blank) = (false, false);
        loop {
            let step = self.step(std::mem::take(&mut loose), blank)?;
            steps.push(Link { breaks, step });
            if !self.is("->") {
                return Some(Chain { steps });
            }
            (breaks, blank) = (self.peek().breaks, self.peek().blank);
            self.next(&mut loose)?;
            if let Some(last) = steps.last_mut().filter(|last| last.step.after.is_none()) {
                last.step.after = loose.after.take();
            }
            breaks |= self.peek().breaks;
            blank |= self.peek().blank;
        }
    }

    fn step(&mut self, outer: Loose<'t>, blank: bool) -> Option<Piece<'t, Step<'t>>> {
        let mut loose = Loose::default();
        let kind = match self.peek().text {
            "skip" => {
                self.next(&mut loose)?;
                self.group(true, &mut loose)?
            }
            "(" => self.group(false, &mut loose)?,
            _ => self.call(&mut loose)?,
        };
        let suffix = self.suffix(&mut loose)?;
        Some(outer.around(Step { kind, suffix }, blank, loose))
    }

    fn call(&mut self, loose: &mut Loose<'t>) -> Option<StepKind<'t>> {
        if !self.peek().is_word() {
            return None;
        }
        let name = self.next(loose)?.text;
        let mut arguments = List { items: vec![], closing: vec![] };
        if self.is("(") && !self.peek().breaks {
            let mut inner = self.open(loose)?;
            while !self.is(")") {
                let mut list = vec![];
                let mut own = Loose::default();
                while !(self.is(",") || self.is(")")) {
                    self.balanced(&mut list, &mut own)?;
                }
                let mut piece = std::mem::take(&mut inner).around(list, false, own);
                if self.is(",") {
                    self.next(&mut inner)?;
                    piece.after = piece.after.or_else(|| inner.after.take());
                }
                arguments.items.push(piece);
            }
            arguments.closing = self.close(inner, loose)?;
        }
        Some(StepKind::Call(name, arguments))
    }

    fn group(&mut self, skip: bool, loose: &mut Loose<'t>) -> Option<StepKind<'t>> {
        let mut inner = self.open(loose)?;
        let mut breaks = self.peek().breaks;
        let mut items = vec![];
        loop {
            let chain = self.chain(Loose::default())?;
            items.push(branch(std::mem::take(&mut inner), chain));
            breaks |= self.peek().breaks;
            if !self.is("|") {
                break;
            }
            self.next(&mut inner)?;
            if let Some(last) = last_of(&mut items).filter(|last| last.after.is_none()) {
                last.after = inner.after.take();
            }
            breaks |= self.peek().breaks;
        }
        let closing = self.close(inner, loose)?;
        Some(StepKind::Group(Group { skip, breaks, branches: List { items, closing } }))
    }

    /// Takes the opening bracket; the comment after it goes to what stands inside.
    fn open(&mut self, loose: &mut Loose<'t>) -> Option<Loose<'t>> {
        let open = self.expect("(", loose)?;
        loose.after = None;
        Some(Loose { before: vec![], after: open.after })
    }

    /// Takes the closing bracket; gives the comments before it, and leaves the one after it to `loose`.
    fn close(&mut self, mut inner: Loose<'t>, loose: &mut Loose<'t>) -> Option<Vec<Comment<'t>>> {
        let after = self.expect(")", &mut inner)?.after;
        loose.settle();
        loose.after = after;
        Some(inner.before)
    }

    fn suffix(&mut self, loose: &mut Loose<'t>) -> Option<Vec<Token<'t>>> {
        let mut suffix = vec![];
        while self.is("*") || self.is("as") {
            suffix.push(self.next(loose)?);
            if self.is("-") {
                suffix.push(self.next(loose)?);
            }
            self.balanced(&mut suffix, loose)?;
        }
        Some(suffix)
    }

    // ---- values

    fn expression(&mut self, list: &mut Vec<Token<'t>>, loose: &mut Loose<'t>) -> Option<()> {
        loop {
            while self.is("-") {
                list.push(self.next(loose)?);
            }
            let word = self.peek().is_word();
            self.balanced(list, loose)?;
            if word && self.is("(") && self.peek().adjacent {
                self.balanced(list, loose)?;
            }
            if !self.peek().is_operator() {
                return Some(());
            }
            list.push(self.next(loose)?);
        }
    }

    /// A token, or all from a bracket to its partner.
    fn balanced(&mut self, list: &mut Vec<Token<'t>>, loose: &mut Loose<'t>) -> Option<()> {
        let mut depth = 0usize;
        loop {
            let token = self.next(loose)?;
            match token.text {
                "(" | "{" => depth += 1,
                ")" | "}" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            list.push(token);
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// A branch, with the comments of its first step before its bar.
fn branch<'t>(outer: Loose<'t>, mut chain: Chain<'t>) -> Piece<'t, Chain<'t>> {
    let first = chain.steps.first_mut().map(|first| std::mem::take(&mut first.step.before));
    let inner = Loose { before: first.unwrap_or_default(), after: None };
    outer.around(chain, false, inner)
}

/// The last step of the last branch.
fn last_of<'a, 't>(items: &'a mut [Piece<'t, Chain<'t>>]) -> Option<&'a mut Piece<'t, Step<'t>>> {
    Some(&mut items.last_mut()?.content.steps.last_mut()?.step)
}
