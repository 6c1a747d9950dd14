//! The whole file: statements, the network's chain, and what stands outside of both.

use super::chain::{error_chain, is_error};
use super::{Node, Parser, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Ast, Chain, StepKind};

impl Parser<'_> {
    pub(super) fn parse_file(&mut self, pairs: Rules) -> Ast {
        let mut ast = Ast::default();
        let mut network = Network::default();
        // Whether a block stands just before, and at most brackets too much that have cut it off.
        let mut after_block = false;
        for pair in pairs {
            if network.second && !matches!(pair.as_rule(), Rule::block | Rule::definition | Rule::import) {
                continue;
            }
            let continues_block = after_block && starts_with_arrow(&pair);
            after_block = match pair.as_rule() {
                Rule::block => true,
                Rule::stray_close => after_block,
                _ => continues_block,
            };
            match pair.as_rule() {
                // Each further chain lacks an arrow at least; a tree of so many mistakes serves nobody.
                Rule::chain if self.is_full() => self.more += 1,
                Rule::chain => match self.named.take() {
                    Some(name) => ast.blocks.extend(self.parse_named_layers(name, pair)),
                    None if continues_block => self.parse_rest(pair, &mut ast),
                    None => self.parse_part(pair, &mut network),
                },
                Rule::stray_close => {
                    self.report_stray_close(&pair);
                    network.excused = true;
                }
                Rule::odd_loop => {
                    self.report_loop(&pair);
                    network.assigned = true;
                    network.parts.push(error_chain(self.span(&pair)));
                }
                Rule::assignment => {
                    if !network.assigned {
                        self.report_assignment(&pair);
                    }
                    (network.assigned, ast.names_in_doubt) = (true, true);
                    network.parts.push(error_chain(self.span(&pair)));
                }
                Rule::stray_bar => {
                    self.report_stray_bar(&pair);
                    network.excused = true;
                    network.parts.push(error_chain(self.span(&pair)));
                }
                Rule::EOI => {}
                _ => {
                    let bare_input = pair.as_rule() == Rule::input && pair.clone().into_inner().count() == 1;
                    if let Some(chain) = network.parts.last().filter(|_| network.understood && !network.second) {
                        if pair.as_rule() == Rule::input && ast.input.is_some() {
                            network.second = true;
                            self.report_second(self.span(&pair), chain.span);
                            continue;
                        }
                        self.report_misplaced(&pair, chain.span);
                    }
                    self.parse_statement(pair, &mut ast);
                    network.parts.extend(self.network.take());
                    network.excused |= bare_input;
                }
            }
        }
        ast.chain = joined(network.parts);
        ast
    }

    /// A chain of the network. Where one stands already, they follow each other without an arrow between them.
    fn parse_part(&mut self, pair: Node, network: &mut Network) {
        if !network.parts.is_empty() && pair.as_str().trim_end() == "end" {
            return self.report_end(&pair);
        }
        if self.continues_value(&pair, network) {
            return;
        }
        let continues = starts_with_arrow(&pair) && (network.excused || !network.parts.is_empty());
        let Some(part) = self.parse_chain(pair, continues) else { return };
        if let Some(before) = network.parts.last().filter(|_| !continues && !network.excused && !network.assigned) {
            let gap = &self.text[before.span.end.min(part.span.start)..part.span.start];
            if gap.matches('\n').count() > 1 && ends_network(before) && begins_network(&part) {
                network.second = true;
                return self.report_second(part.span, before.span);
            }
            self.report_missing_arrow(before, &part);
        }
        network.excused = false;
        network.understood |= !part.steps.iter().all(is_error);
        network.parts.push(part);
    }

    /// Whether what stands here goes on with the value of a `let` on its line, behind a sign that is reported.
    fn continues_value(&self, pair: &Node, network: &Network) -> bool {
        let Some(before) = network.parts.last().filter(|part| part.steps.iter().all(is_error)) else { return false };
        let span = self.span(pair);
        let gap = &self.text[before.span.end.min(span.start)..span.start];
        !gap.contains('\n') && self.line_before(span).trim_start().starts_with("let ")
    }

    fn report_end(&mut self, pair: &Node) {
        let span = self.span(pair);
        let fix = Fix { title: "remove it".into(), safe: false, edits: vec![Edit { span, text: String::new() }] };
        let diagnostic =
            Diagnostic::error(Code::UNEXPECTED, "nothing is closed by `end`: a chain ends with its last layer");
        self.push(diagnostic.at(span, "this is no layer").fix(fix));
    }

    /// The rest of a block that a bracket too much has cut off.
    fn parse_rest(&mut self, pair: Node, ast: &mut Ast) {
        let (rest, block) = (self.parse_chain(pair, true), ast.blocks.last_mut());
        if let (Some(rest), Some(block)) = (rest, block) {
            block.body.span = block.body.span.to(rest.span);
            block.body.steps.extend(rest.steps);
        }
    }

    /// Reports layers that are given a name, the first ones of a file for all.
    fn report_assignment(&mut self, pair: &Node) {
        let end = pair.as_str().find('=').map_or(0, |at| at + 1);
        let span = Span { end: self.span(pair).start + end, ..self.span(pair) };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "layers are joined by `->`, not assigned to names")
            .at(span, "write `A -> B -> C`")
            .remark("`let` names a value, `block` layers, and `A as x` a point that a merge reads: `-> Add(x)`");
        self.push(diagnostic);
    }

    fn report_loop(&mut self, pair: &Node) {
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "there are no loops: layers are repeated by `*`")
            .at(self.span(pair), "not a layer")
            .remark("write `X * 3`, or `( A -> B ) * 3`");
        self.push(diagnostic);
    }

    fn report_stray_close(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let (bracket, partner) = if pair.as_str() == ")" { (")", "(") } else { ("}", "{") };
        let message = format!("this `{bracket}` closes nothing");
        self.report(Code::BRACKET, message, self.span(pair), &format!("no `{partner}` stands before it"));
    }

    fn report_stray_bar(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "branches stand in parentheses")
            .at(self.span(pair), "`|` outside of parentheses")
            .remark("write `( A | B ) -> Add`");
        self.push(diagnostic);
    }

    /// Reports what begins another network, and is not read further.
    fn report_second(&mut self, begin: Span, first: Span) {
        let diagnostic = Diagnostic::error(Code::MISPLACED, "a file holds one network, and a second one begins here")
            .at(begin, "the second network")
            .with(first, "the first one")
            .remark("write each in a file of its own; blocks that both use stand in a third one, taken in by `use`");
        self.push(diagnostic);
    }

    fn report_misplaced(&mut self, pair: &Node, chain: Span) {
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

    fn report_missing_arrow(&mut self, before: &Chain, after: &Chain) {
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
    /// Whether layers are assigned to names, so that nothing is said of missing arrows.
    assigned: bool,
    /// Whether a second network has begun; of it nothing more is said.
    second: bool,
    /// Whether a layer of it was understood, so that it is known to be the network.
    understood: bool,
}

/// Whether a chain ends in the scores of classes, as a whole network does.
fn ends_network(chain: &Chain) -> bool {
    let last = chain.steps.last().map(|step| &step.kind);
    matches!(last, Some(StepKind::Call(call)) if call.name.value == "FC" && call.arguments.is_empty() || call.name.value.ends_with("oftmax"))
}

fn begins_network(chain: &Chain) -> bool {
    matches!(chain.steps.first().map(|step| &step.kind), Some(StepKind::Call(call)) if call.name.value == "Conv")
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
