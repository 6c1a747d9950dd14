//! The whole file: statements, the network's chain, and what stands outside of both.

use super::chain::{error_chain, is_error};
use super::{Node, Parser, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Ast, Chain};

impl Parser<'_> {
    pub(super) fn parse_file(&mut self, pairs: Rules) -> Ast {
        let mut ast = Ast::default();
        let mut network = Network::default();
        for pair in pairs {
            match pair.as_rule() {
                // Each further chain lacks an arrow at least; a tree of so many mistakes serves nobody.
                Rule::chain if self.is_full() => self.more += 1,
                Rule::chain => match self.named.take() {
                    Some(name) => ast.blocks.extend(self.parse_named_layers(name, pair)),
                    None => self.parse_part(pair, &mut network),
                },
                Rule::stray_close => {
                    self.report_stray_close(&pair);
                    network.excused = true;
                }
                Rule::stray_bar => {
                    self.report_stray_bar(&pair);
                    network.excused = true;
                    network.parts.push(error_chain(self.span(&pair)));
                }
                Rule::EOI => {}
                _ => {
                    if let Some(chain) = network.parts.last().filter(|_| network.understood) {
                        self.report_misplaced(&pair, chain.span);
                    }
                    self.parse_statement(pair, &mut ast);
                    network.parts.extend(self.network.take());
                }
            }
        }
        ast.chain = network.joined();
        ast
    }

    /// A chain of the network. Where one stands already, they follow each other without an arrow between them.
    fn parse_part(&mut self, pair: Node, network: &mut Network) {
        let continues = starts_with_arrow(&pair) && (network.excused || !network.parts.is_empty());
        let Some(part) = self.parse_chain(pair, continues) else { return };
        if let Some(before) = network.parts.last().filter(|_| !continues && !network.excused) {
            self.report_missing_arrow(before, &part);
        }
        network.excused = false;
        network.understood |= !part.steps.iter().all(is_error);
        network.parts.push(part);
    }

    pub(super) fn report_stray_close(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let (bracket, partner) = if pair.as_str() == ")" { (")", "(") } else { ("}", "{") };
        let message = format!("this `{bracket}` closes nothing");
        self.report(Code::BRACKET, message, self.span(pair), &format!("no `{partner}` stands before it"));
    }

    pub(super) fn report_stray_bar(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "branches stand in parentheses")
            .at(self.span(pair), "`|` outside of parentheses")
            .remark("write `( A | B ) -> Add`");
        self.push(diagnostic);
    }

    pub(super) fn report_misplaced(&mut self, pair: &Node, chain: Span) {
        if self.only_counts() {
            return;
        }
        let word = statement_word(pair);
        let diagnostic = Diagnostic::error(Code::MISPLACED, format!("`{word}` stands after the network"))
            .at(self.span(pair), "move it before the first layer")
            .with(chain, "the network");
        self.push(diagnostic);
    }

    /// Chains that follow each other without an arrow between them, as one.
    pub(super) fn join_chains(&mut self, chains: Vec<Chain>) -> Option<Chain> {
        chains.windows(2).for_each(|pair| self.report_missing_arrow(&pair[0], &pair[1]));
        joined(chains)
    }

    pub(super) fn report_missing_arrow(&mut self, before: &Chain, after: &Chain) {
        let (Some(last), Some(first)) = (before.steps.last(), after.steps.first()) else { return };
        if is_error(last) || is_error(first) || self.only_counts() {
            return;
        }
        let fix = Fix {
            title: "write `->` between them".into(),
            safe: false,
            edits: vec![Edit { span: first.span.before(), text: "-> ".into() }],
        };
        let diagnostic = Diagnostic::error(Code::MISSING_ARROW, "expected `->` between two layers")
            .at(first.span, "this follows without an arrow")
            .with(last.span, "the layer before")
            .fix(fix);
        self.push(diagnostic);
    }
}

/// The chains that the network's layers stand in; one where nothing is wrong.
#[derive(Default)]
struct Network {
    parts: Vec<Chain>,
    /// Whether what stands just before is reported already, so that nothing is said of a missing arrow or layer.
    excused: bool,
    /// Whether a layer of it was understood, so that it is known to be the network.
    understood: bool,
}

impl Network {
    fn joined(self) -> Option<Chain> {
        joined(self.parts)
    }
}

pub fn joined(chains: Vec<Chain>) -> Option<Chain> {
    let span = chains.first()?.span.to(chains.last()?.span);
    Some(Chain { steps: chains.into_iter().flat_map(|chain| chain.steps).collect(), span })
}

fn starts_with_arrow(chain: &Node) -> bool {
    chain.clone().into_inner().next().is_some_and(|first| first.as_rule() == Rule::arrow)
}

fn statement_word<'t>(pair: &Node<'t>) -> &'t str {
    pair.as_str().split_whitespace().next().unwrap_or_default()
}
