//! Parentheses around layers: groups, branches, skip connections.

use super::chain::{error_chain, error_step};
use super::file::joined;
use super::{Node, Parser, Rule, bracketed};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Chain, StepKind};

impl Parser<'_> {
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
        let (branches, closed) = self.parse_group(group, true);
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

    pub(super) fn parse_branches(&mut self, pair: Node) -> StepKind {
        match self.parse_group(pair, false) {
            (branches, false) if branches.len() > 1 => StepKind::Unclosed(branches),
            (branches, _) => StepKind::Group(branches),
        }
    }

    /// The branches, and whether the group is closed; `skips` where it is a `skip`'s.
    fn parse_group(&mut self, pair: Node, skips: bool) -> (Vec<Chain>, bool) {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed && !self.only_counts() {
            let end = items.last().and_then(|last| self.end_of_branches(last, items.len() > 1 || skips));
            let open = open.map_or(whole, |open| self.span(&open));
            let diagnostic = self.unclosed(open, end.unwrap_or(whole.after()));
            self.push(match (skips, items.len()) {
                (true, _) => diagnostic.remark("a skip closes after its layers: `skip(A -> B)`"),
                (false, 2..) => diagnostic.remark("branches close before their merge: `( A | B ) -> Add`"),
                _ => diagnostic,
            });
        }
        let items: Vec<Node> = items.into_iter().filter(|item| item.as_rule() == Rule::branch).collect();
        let alone = items.len() == 1;
        let branches = items.into_iter().map(|item| self.parse_branch(item, alone.then_some(whole), closed)).collect();
        (branches, closed)
    }

    /// Where branches must end, whose last one goes on in what follows them: before a merge, or before a chain that no
    /// arrow joins.
    fn end_of_branches(&self, last: &Node, merged: bool) -> Option<Span> {
        let mut chains = last.clone().into_inner();
        let first = chains.next()?;
        let mut steps = first.clone().into_inner().filter(|part| part.as_rule() == Rule::step);
        let mut before = self.span(&steps.next()?);
        for step in steps {
            if merged && is_merge(step.as_str()) {
                return Some(before.after());
            }
            before = self.span(&step);
        }
        chains.next().map(|_| self.span(&first).after())
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
                    let commas = part.clone().into_inner().filter(|part| part.as_str() == ",");
                    let commas: Vec<Span> = commas.map(|comma| self.span(&comma)).collect();
                    let known = self.diagnostics.len();
                    chains.extend(self.parse_chain(part, false).map(|chain| parted(chain, &commas)));
                    if !commas.is_empty() && closed {
                        let merged = group.is_some_and(|group| self.merge_follows(group));
                        self.offer_bars(known, merged);
                    }
                    // Whether a comma should be an arrow or a bar is not known, nor what comes out.
                    chains.extend(commas.first().map(|comma| error_chain(*comma)));
                }
                _ => {
                    let message = format!("`{}` cannot stand inside parentheses", part.as_str());
                    self.report(Code::MISPLACED, message, self.span(&part), "move it before the first layer");
                    // Where the statement ends and layers go on is not known.
                    return error_chain(span);
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

    /// Whether a merge reads what these parentheses make, so that branches are meant in them.
    fn merge_follows(&self, group: Span) -> bool {
        let behind = self.text[group.end..].trim_start().strip_prefix("->");
        behind.is_some_and(|behind| is_merge(behind.trim_start()))
    }

    /// Offers `|` for the commas between layers in parentheses that were reported since; nothing else where the
    /// branches are `merged`.
    fn offer_bars(&mut self, known: usize, merged: bool) {
        for diagnostic in self.diagnostics.iter_mut().skip(known).filter(|d| d.id.as_str() == Code::WRONG_ARROW.id) {
            let Some(place) = diagnostic.place() else { continue };
            let comma = self.text.get(place.start..place.end) == Some(",");
            if comma && diagnostic.fixes.len() == 1 {
                let blank = self.text[..place.start].ends_with([' ', '\t', '\n']);
                let edits = vec![Edit { span: place, text: if blank { "|" } else { " |" }.into() }];
                let fix = Fix { title: "write `|` between branches".into(), safe: false, edits };
                match merged {
                    true => {
                        *diagnostic = Diagnostic::error(Code::WRONG_ARROW, "branches are separated by `|`, not `,`")
                            .at(place, "expected `|` here")
                            .fix(fix);
                    }
                    false => diagnostic.fixes.insert(0, fix),
                }
            }
        }
    }

    fn report_empty_branch(&mut self, branch: Span, group: Option<Span>) {
        if let Some(group) = group {
            let message = "expected a layer in these parentheses";
            return self.report(Code::MISSING_LAYER, message, group, "nothing stands here");
        }
        // Before a branch stands a blank, or the bracket or bar that it begins behind.
        let before = self.character_before(branch);
        let blank = self.original[before.start..before.end].trim().is_empty();
        let place = if blank { before } else { self.character_at(branch) };
        self.report(Code::MISSING_LAYER, "expected a layer in this branch", place, "nothing stands here");
    }
}

/// A chain in which nothing is known of what comes to the steps behind the commas.
fn parted(chain: Chain, commas: &[Span]) -> Chain {
    if commas.is_empty() {
        return chain;
    }
    let mut commas = commas.iter().peekable();
    let mut steps = Vec::with_capacity(chain.steps.len() + commas.len());
    for step in chain.steps {
        while let Some(comma) = commas.next_if(|comma| comma.start < step.span.start) {
            steps.push(error_step(*comma));
        }
        steps.push(step);
    }
    Chain { steps, ..chain }
}

/// Whether a step is one of the layers that join branches.
fn is_merge(step: &str) -> bool {
    let word = step.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(word, "Add" | "Mul" | "Max" | "Mean" | "Concat")
}
