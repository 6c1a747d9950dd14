//! Chains of layers: steps with their repetitions and labels, groups, branches, calls.

use super::file::joined;
use super::{Node, Parser, Rule, bracketed, excerpt};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Argument, Call, Chain, Expr, ExprKind, Name, Step, StepKind};

impl Parser<'_> {
    /// A chain; one that `continues` another may begin with an arrow.
    pub(super) fn parse_chain(&mut self, pair: Node, continues: bool) -> Option<Chain> {
        let span = self.span(&pair);
        let mut steps: Vec<Step> = Vec::with_capacity(1);
        let mut arrow: Option<Node> = None;
        let mut parts = pair.into_inner().peekable();
        while let Some(part) = parts.next() {
            if part.as_rule() != Rule::arrow {
                arrow = None;
                steps.push(self.parse_step(part));
                continue;
            }
            let begins = steps.is_empty() && arrow.is_none() && !continues;
            let joins = parts.peek().is_some_and(|next| next.as_rule() != Rule::arrow);
            if is_stop(&part) && (begins || !joins || arrow.is_some()) {
                let mut span = self.span(&part);
                while let Some(next) = parts.next_if(|next| is_stop(next) && next.as_span().start() == span.end) {
                    span = span.to(self.span(&next));
                }
                self.report_stop(span);
                continue;
            }
            self.check_arrow(&part, begins, arrow.is_some());
            if begins {
                steps.push(error_step(self.span(&part)));
            }
            arrow = Some(part);
        }
        if let Some(arrow) = arrow {
            let span = self.span(&arrow);
            self.report_missing_layer("after `->`", span);
            steps.push(error_step(span));
        }
        (!steps.is_empty()).then_some(Chain { steps, span })
    }

    /// Reports an arrow that is spelled differently or has no layer before it.
    fn check_arrow(&mut self, pair: &Node, begins: bool, follows_arrow: bool) {
        let span = self.span(pair);
        if begins {
            self.report_missing_layer("before `->`", span);
        } else if follows_arrow {
            self.report_missing_layer("between two `->`", span);
        } else {
            self.check_spelling(pair);
        }
    }

    /// Reports a `;` or `,` that joins nothing: it is only too much.
    pub(super) fn report_stop(&mut self, span: Span) {
        if self.only_counts() {
            return;
        }
        let stop = &self.text[span.start..span.end];
        let edits = vec![Edit { span, text: String::new() }];
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("`{stop}` has no meaning here"))
            .at(span, "statements and chains end without it")
            .fix(Fix { title: format!("remove the `{stop}`"), safe: true, edits });
        self.push(diagnostic);
    }

    pub(super) fn report_missing_layer(&mut self, place: &str, span: Span) {
        self.report(Code::MISSING_LAYER, format!("expected a layer {place}"), span, "no layer stands here");
    }

    fn check_spelling(&mut self, pair: &Node) {
        let found = pair.as_str();
        if found == "->" || self.only_counts() {
            return;
        }
        let span = self.span(pair);
        let safe = !matches!(found, "," | ";");
        let text = if safe { "->" } else { " ->" };
        let fix = Fix { title: "write `->`".into(), safe, edits: vec![Edit { span, text: text.into() }] };
        let diagnostic = Diagnostic::error(Code::WRONG_ARROW, format!("layers are joined by `->`, not `{found}`"))
            .at(span, "expected `->` here")
            .fix(fix);
        let remark = "branches stand beside each other as `( A | B )`";
        self.push(if found == "," { diagnostic.remark(remark) } else { diagnostic });
    }

    pub(super) fn parse_step(&mut self, pair: Node) -> Step {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(primary) = parts.next() else { return error_step(span) };
        let kind = self.parse_primary(primary);
        let mut step = Step { kind, repeat: None, label: None, span };
        for suffix in parts {
            match suffix.as_rule() {
                Rule::repeat => self.parse_repeat(suffix, &mut step),
                _ => self.parse_label(suffix, &mut step),
            }
        }
        step
    }

    pub(super) fn parse_primary(&mut self, pair: Node) -> StepKind {
        match pair.as_rule() {
            Rule::call => StepKind::Call(self.parse_call(pair)),
            Rule::group => self.parse_branches(pair),
            Rule::skip => self.parse_skip(pair),
            _ => {
                self.report_junk(&pair);
                StepKind::Error
            }
        }
    }

    fn report_junk(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let found = excerpt(pair.as_str());
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("expected a layer, found `{found}`"))
            .at(self.span(pair), "this is no layer");
        let choice = pair.as_str().starts_with('{') && pair.as_str().len() > 1;
        let repeats =
            pair.as_str().trim_end().strip_suffix('*').is_some_and(|count| count.trim().parse::<u32>().is_ok());
        self.push(match (choice, repeats) {
            (true, _) => diagnostic.remark("a choice stands in place of a value, as in `Conv(_, {16|32}, 3)`"),
            _ if found.starts_with('^') => diagnostic.remark("there are no powers: multiply, as in `2 * 2 * 2`"),
            (_, true) => diagnostic.remark("a repetition follows its layer, as in `ReLU * 3`"),
            _ => diagnostic,
        });
    }

    fn parse_repeat(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        if step.label.is_some() {
            return self.report(Code::UNEXPECTED, "`*` stands before `as`", span, "write `X * 3 as x`");
        }
        if step.repeat.is_some() {
            let label = "write one count, as in `X * (2 * 3)`";
            return self.report(Code::UNEXPECTED, "a layer is repeated once", span, label);
        }
        let mut parts = pair.into_inner().peekable();
        if let Some(times) = parts.next_if(|part| part.as_rule() == Rule::odd_times) {
            self.report_times(&times);
        }
        let count = parts.next().map(|count| self.parse_atom(count));
        step.repeat = Some(count.unwrap_or_else(|| {
            let label = "a number, a value, a choice or `(expression)`";
            self.report(Code::MALFORMED_VALUE, "expected a count after `*`", span, label);
            Expr { kind: ExprKind::Error, span }
        }));
    }

    fn report_times(&mut self, times: &Node) {
        let span = self.span(times);
        let fix = Fix { title: "write `*`".into(), safe: true, edits: vec![Edit { span, text: "*".into() }] };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "a layer is repeated by `*`").at(span, "expected `*`");
        self.push(diagnostic.fix(fix));
    }

    fn parse_label(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        match pair.into_inner().nth(1) {
            _ if step.label.is_some() => {
                self.report(Code::UNEXPECTED, "a layer has one label", span, "the second label")
            }
            Some(word) if word.as_rule() == Rule::word => step.label = Some(self.name(&word)),
            Some(word) => self.report_bad_label(&word),
            None => self.report(Code::INCOMPLETE, "expected a label after `as`", span, "no name follows"),
        }
    }

    fn report_bad_label(&mut self, word: &Node) {
        let number = word.as_str().starts_with(|c: char| c.is_ascii_digit());
        let label = if number { "a label begins with a letter" } else { "a word of the language" };
        let message = format!("`{}` cannot be a label", word.as_str());
        self.report(Code::TAKEN, message, self.span(word), label);
    }

    pub(super) fn parse_skip(&mut self, pair: Node) -> StepKind {
        let mut parts = pair.into_inner();
        let keyword = parts.next().map(|keyword| self.span(&keyword));
        match (keyword, parts.next()) {
            (Some(keyword), Some(group)) => self.check_skip(keyword, group),
            (keyword, _) => {
                if let Some(keyword) = keyword {
                    self.report(Code::MISSING_LAYER, "expected layers after `skip`", keyword, "write `skip(A -> B)`");
                }
                StepKind::Error
            }
        }
    }

    fn check_skip(&mut self, keyword: Span, group: Node) -> StepKind {
        let (branches, closed) = self.parse_group(group);
        if !closed {
            return StepKind::Unclosed(branches);
        }
        if let Some(third) = branches.get(2) {
            let diagnostic = Diagnostic::error(Code::UNEXPECTED, "`skip` takes one branch and at most one shortcut")
                .at(third.span, "a third branch")
                .with(keyword, "of this `skip`")
                .remark("for more branches write `( A | B | C ) -> Add`");
            self.push(diagnostic);
            return StepKind::Error;
        }
        StepKind::Skip(keyword, branches)
    }

    fn parse_branches(&mut self, pair: Node) -> StepKind {
        match self.parse_group(pair) {
            (branches, false) if branches.len() > 1 => StepKind::Unclosed(branches),
            (branches, _) => StepKind::Group(branches),
        }
    }

    /// The branches, and whether the group is closed.
    fn parse_group(&mut self, pair: Node) -> (Vec<Chain>, bool) {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), whole);
        }
        let items: Vec<Node> = items.into_iter().filter(|item| item.as_rule() == Rule::branch).collect();
        let alone = items.len() == 1;
        let branches = items.into_iter().map(|item| self.parse_branch(item, alone.then_some(whole), closed)).collect();
        (branches, closed)
    }

    /// A branch; `group` is what it stands in, if it is the only one there. Whether chains in a group that is not
    /// `closed` are all of it is not known.
    fn parse_branch(&mut self, pair: Node, group: Option<Span>, closed: bool) -> Chain {
        let span = self.span(&pair);
        let before = self.mistakes();
        let mut chains = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::chain if self.is_full() && !chains.is_empty() => self.more += 1,
                Rule::chain => {
                    let comma = part.clone().into_inner().find(|part| part.as_str() == ",");
                    chains.extend(self.parse_chain(part, false));
                    // Whether the comma should be an arrow or a bar is not known, nor what comes out.
                    chains.extend(comma.map(|comma| error_chain(self.span(&comma))));
                }
                _ => {
                    let message = format!("`{}` cannot stand inside parentheses", part.as_str());
                    self.report(Code::MISPLACED, message, self.span(&part), "move it before the first layer");
                }
            }
        }
        let branch = if closed { self.join_chains(chains) } else { joined(chains) };
        branch.unwrap_or_else(|| {
            if self.mistakes() == before {
                self.report_empty_branch(span, group);
            }
            error_chain(span)
        })
    }

    fn report_empty_branch(&mut self, branch: Span, group: Option<Span>) {
        if let Some(group) = group {
            let message = "expected a layer in these parentheses";
            return self.report(Code::MISSING_LAYER, message, group, "nothing stands here");
        }
        // Before a branch stands a bracket or bar; blanks between them belong to neither.
        let place = self.character_before(branch);
        self.report(Code::MISSING_LAYER, "expected a layer in this branch", place, "the branch after this is empty");
    }

    pub(super) fn parse_call(&mut self, pair: Node) -> Call {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let name = parts.next().map(|word| self.name(&word)).unwrap_or(Spanned::new(String::new(), span));
        let mut call = Call { name, arguments: vec![], complete: true, span };
        match parts.next() {
            Some(list) if list.as_rule() == Rule::arguments => self.parse_arguments(list, &mut call),
            Some(list) if list.as_rule() == Rule::lost_arguments => {
                self.report_lost(&list, &call.name);
                list.into_inner().for_each(|list| self.parse_arguments(list, &mut call));
            }
            Some(list) => {
                self.report_brackets(&list);
                call.complete = false;
            }
            None => {}
        }
        call
    }

    /// Reports arguments that do not begin on the line of their layer's name.
    fn report_lost(&mut self, list: &Node, name: &Name) {
        let Some(open) = list.clone().into_inner().next().map(|list| self.span(&list).start) else { return };
        let gap = Span { start: name.span.end, end: open, ..name.span };
        let diagnostic = Diagnostic::error(Code::BRACKET, "arguments begin on the line of their layer's name")
            .at(Span { start: open, end: open + 1, ..gap }, "expected in the line above")
            .with(name.span, "the layer");
        let blank = self.text[gap.start..gap.end].trim().is_empty();
        let fix = Fix {
            title: format!("write `{}(` on one line", name.value),
            safe: true,
            edits: vec![Edit { span: gap, text: String::new() }],
        };
        self.push(if blank { diagnostic.fix(fix) } else { diagnostic });
    }

    fn report_brackets(&mut self, list: &Node) {
        let span = self.span(list);
        let inner = &list.as_str()[1..list.as_str().len() - 1];
        let fix = Fix {
            title: format!("write `({inner})`"),
            safe: true,
            edits: vec![Edit { span, text: format!("({inner})") }],
        };
        let diagnostic = Diagnostic::error(Code::BRACKET, "arguments stand in parentheses").at(span, "expected `( )`");
        self.push(diagnostic.fix(fix));
    }

    fn parse_arguments(&mut self, pair: Node, call: &mut Call) {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), whole);
        }
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            let before = self.mistakes();
            call.arguments.extend(self.parse_argument(item, index + 1 == count));
            call.complete &= self.mistakes() == before;
        }
    }

    /// An argument; nothing at all is allowed after the last comma.
    fn parse_argument(&mut self, pair: Node, last: bool) -> Option<Argument> {
        let span = self.span(&pair);
        let before = self.mistakes();
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::expression => value = Some(self.parse_expression(part)),
                Rule::leftover => {
                    self.report_leftover(&part, value.as_ref());
                    value = None;
                }
                _ => {}
            }
        }
        let silent = self.mistakes() > before;
        match value {
            Some(value) => Some(Argument { name, value, span }),
            None if name.is_none() && last && !silent => None,
            None => {
                if !silent {
                    self.report_no_value(name.as_ref().map(|name| name.span), span);
                }
                Some(Argument { name, value: Expr { kind: ExprKind::Error, span }, span })
            }
        }
    }

    fn report_no_value(&mut self, name: Option<Span>, place: Span) {
        match name {
            Some(name) => self.report(Code::MALFORMED_VALUE, "expected a value", name, "nothing follows its `=`"),
            None => {
                let before = self.character_before(place);
                self.report(Code::MALFORMED_VALUE, "expected a value before `,`", before, "nothing stands here");
            }
        }
    }

    fn report_leftover(&mut self, pair: &Node, value: Option<&Expr>) {
        let span = self.span(pair);
        let found = excerpt(pair.as_str().split_whitespace().next().unwrap_or_default());
        let named = matches!(value, Some(Expr { kind: ExprKind::Name(_), .. }));
        if named && found.starts_with(':') {
            let colon = Span { end: span.start + 1, ..span };
            let fix =
                Fix { title: "write `=`".into(), safe: true, edits: vec![Edit { span: colon, text: "=".into() }] };
            let message = "an argument's name is followed by `=`, not `:`";
            self.push(Diagnostic::error(Code::MALFORMED_VALUE, message).at(colon, "expected `=`").fix(fix));
            return;
        }
        let expected = if value.is_some() { "`,` or `)`" } else { "a value" };
        let message = format!("expected {expected}, found `{found}`");
        self.report(Code::MALFORMED_VALUE, message, span, &format!("expected {expected} here"));
    }
}

/// Whether this arrow is a mark that ends things in other languages.
fn is_stop(arrow: &Node) -> bool {
    matches!(arrow.as_str(), ";" | ",")
}

pub fn is_error(step: &Step) -> bool {
    matches!(step.kind, StepKind::Error)
}

pub fn error_step(span: Span) -> Step {
    Step { kind: StepKind::Error, repeat: None, label: None, span }
}

pub fn error_chain(span: Span) -> Chain {
    Chain { steps: vec![error_step(span)], span }
}
