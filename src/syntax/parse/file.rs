//! The whole file: statements, the network's chain, and what stands outside of both.

use super::chain::is_error;
use super::{Node, Parser, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Ast, Chain};

impl Parser {
    pub(super) fn parse_file(&mut self, pairs: Rules) -> Ast {
        let mut ast = Ast { input: None, classes: None, imports: vec![], values: vec![], blocks: vec![], chain: None };
        let mut chains: Vec<Chain> = vec![];
        for pair in pairs {
            match pair.as_rule() {
                Rule::chain => chains.extend(self.parse_chain(pair)),
                Rule::stray_close => self.report_stray_close(&pair),
                Rule::stray_bar => self.report_stray_bar(&pair),
                Rule::EOI => {}
                _ => {
                    if let Some(chain) = chains.last() {
                        self.report_misplaced(&pair, chain.span);
                    }
                    self.parse_statement(pair, &mut ast);
                }
            }
        }
        ast.chain = self.join_chains(chains);
        ast
    }

    pub(super) fn report_stray_close(&mut self, pair: &Node) {
        let (bracket, partner) = if pair.as_str() == ")" { (")", "(") } else { ("}", "{") };
        let message = format!("this `{bracket}` closes nothing");
        self.report(Code::BRACKET, message, self.span(pair), &format!("no `{partner}` stands before it"));
    }

    pub(super) fn report_stray_bar(&mut self, pair: &Node) {
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "branches stand in parentheses")
            .at(self.span(pair), "`|` outside of parentheses")
            .remark("write `( A | B ) -> Add`");
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn report_misplaced(&mut self, pair: &Node, chain: Span) {
        let word = statement_word(pair);
        let diagnostic = Diagnostic::error(Code::MISPLACED, format!("`{word}` stands after the network"))
            .at(self.span(pair), "move it before the first layer")
            .with(chain, "the network");
        self.diagnostics.push(diagnostic);
    }

    /// Chains that follow each other without an arrow between them, as one.
    pub(super) fn join_chains(&mut self, chains: Vec<Chain>) -> Option<Chain> {
        let mut chains = chains.into_iter();
        let mut whole = chains.next()?;
        for next in chains {
            self.report_missing_arrow(&whole, &next);
            whole.span = whole.span.to(next.span);
            whole.steps.extend(next.steps);
        }
        Some(whole)
    }

    pub(super) fn report_missing_arrow(&mut self, before: &Chain, after: &Chain) {
        let (Some(last), Some(first)) = (before.steps.last(), after.steps.first()) else { return };
        if is_error(last) || is_error(first) {
            return;
        }
        let fix = Fix {
            title: "write `->` between them".into(),
            safe: false,
            edits: vec![Edit { span: last.span.after(), text: " ->".into() }],
        };
        let diagnostic = Diagnostic::error(Code::MISSING_ARROW, "expected `->` between two layers")
            .at(first.span, "this follows without an arrow")
            .with(last.span, "the layer before")
            .fix(fix);
        self.diagnostics.push(diagnostic);
    }
}

fn statement_word<'t>(pair: &Node<'t>) -> &'t str {
    pair.as_str().split_whitespace().next().unwrap_or_default()
}
