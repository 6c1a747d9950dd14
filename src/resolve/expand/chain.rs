//! Chains step by step: repetitions, labels, the network's outputs.

use std::collections::HashMap;

use super::{Branch, Expander, Flow, MAX_STEPS};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::{self, Role};
use crate::resolve::value::{Scope, evaluate, repetitions};
use crate::resolve::{Label, MAX_LAYERS, Output, Source, Turn};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Chain, Name, Step, StepKind};

/// How many counts of repetitions are shown.
const SHOWN_TURNS: usize = 6;

impl Expander<'_> {
    pub(super) fn expand_main(&mut self, chain: &Chain) -> Vec<Output> {
        self.labels.open(true);
        let doubtful = self.package.modules[0].ast.input_in_doubt;
        let image = if doubtful { Source::Unknown } else { Source::Input };
        let flow = self.expand_steps(chain, Flow::One(image), true);
        self.labels.close();
        match flow {
            Flow::One(source) => {
                let last = chain.steps.last();
                let label = last.and_then(|step| step.label.as_ref()).map(|label| label.value.clone());
                vec![Output { label, source, span: last.map_or(chain.span, |step| step.span) }]
            }
            Flow::Branches(branches) => self.name_outputs(branches),
        }
    }

    pub(super) fn name_outputs(&mut self, branches: Vec<Branch>) -> Vec<Output> {
        if branches.iter().any(|branch| branch.unmerged) {
            return vec![];
        }
        let unnamed: Vec<&Branch> = branches.iter().filter(|branch| branch.label.is_none()).collect();
        if unnamed.len() == branches.len() {
            self.report_unmerged(&branches, None);
            return vec![];
        } else if let Some(branch) = unnamed.first() {
            let diagnostic = Diagnostic::error(Code::UNNAMED_OUTPUTS, "several outputs need a name each")
                .at(branch.span, "this output has none")
                .remark("write `( A as logits | B as image )`; `logits` holds the class scores");
            self.report(diagnostic);
            // Which of them holds the class scores is not known.
            return vec![];
        }
        self.report_equal_outputs(&branches);
        let named = branches.into_iter().filter_map(|branch| Some((branch.label?, branch.source)));
        named.map(|(label, source)| Output { label: Some(label.value), source, span: label.span }).collect()
    }

    pub(super) fn report_equal_outputs(&mut self, branches: &[Branch]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for label in branches.iter().filter_map(|branch| branch.label.as_ref()) {
            let first = *seen.entry(&label.value).or_insert(label.span);
            if first != label.span {
                let diagnostic = Diagnostic::error(Code::TAKEN, format!("two outputs are called `{}`", label.value))
                    .at(label.span, "the second one")
                    .with(first, "the first one");
                self.report(diagnostic);
            }
        }
    }

    pub(super) fn expand_chain(&mut self, chain: &Chain, flow: Flow) -> Flow {
        self.labels.open(false);
        let flow = self.expand_steps(chain, flow, false);
        self.labels.close();
        flow
    }

    /// A chain in a group without an end, which may have been meant to stand before any merge in it.
    fn expand_unclosed(&mut self, chain: &Chain) {
        let merges = |step: &Step| match &step.kind {
            StepKind::Call(call) => layer::find(&call.name.value).is_some_and(|layer| layer.role == Role::Merge),
            _ => false,
        };
        self.labels.open(false);
        chain.steps.iter().fold(Flow::One(Source::Unknown), |flow, step| {
            let flow = if merges(step) { Flow::One(Source::Unknown) } else { flow };
            self.expand_step(step, flow, false)
        });
        self.labels.close();
    }

    pub(super) fn expand_steps(&mut self, chain: &Chain, flow: Flow, main: bool) -> Flow {
        let last = chain.steps.len().saturating_sub(1);
        chain.steps.iter().enumerate().fold(flow, |flow, (index, step)| {
            let ends_network = main && index == last;
            self.expand_step(step, flow, ends_network)
        })
    }

    pub(super) fn expand_step(&mut self, step: &Step, mut flow: Flow, ends_network: bool) -> Flow {
        let count = self.count_of(step);
        let outer = self.turns.len();
        self.begin_turns(step, count);
        for turn in 0..count.unwrap_or(1) {
            if self.exhausted(step.span) {
                self.turns.truncate(outer);
                return Flow::One(Source::Unknown);
            }
            self.turns[outer..].iter_mut().for_each(|last| last.number = turn + 1);
            let label = step.label.as_ref().filter(|_| Some(turn + 1) == count);
            if let (1.., Flow::Branches(branches)) = (turn, &flow) {
                self.report_repeated_branches(step, branches);
                flow = Flow::One(Source::Unknown);
                break;
            }
            let before = self.nodes.len();
            flow = self.expand_once(step, flow, label);
            if matches!(flow, Flow::One(Source::Unknown)) && self.nodes.len() == before {
                break;
            }
        }
        self.turns.truncate(outer);
        if count.is_none() {
            flow = Flow::One(Source::Unknown);
        }
        if let Some(label) = &step.label {
            self.define_label(label, &flow, ends_network);
        }
        flow
    }

    /// Reports branches that are repeated without a merge of their own.
    fn report_repeated_branches(&mut self, step: &Step, branches: &[Branch]) {
        let whole = branches[0].span.to(branches[branches.len() - 1].span);
        let diagnostic = Diagnostic::error(Code::UNMERGED, "repeated branches end without a merge")
            .at(whole, format!("{} branches", branches.len()))
            .remark("what is repeated merges them itself: `( ( A | B ) -> Add ) * 2`");
        self.report(match &step.repeat {
            Some(count) => {
                diagnostic.with(count.span, "repeated here, so that the second turn reads the first one's branches")
            }
            None => diagnostic,
        });
    }

    pub(super) fn count_of(&mut self, step: &Step) -> Option<usize> {
        match &step.repeat {
            None => Some(1),
            Some(count) => {
                let value = evaluate(count, &[], self);
                repetitions(Spanned::new(value, count.span), self)
            }
        }
    }

    /// Whether the network has become too large, or too wrong, to go on; the former is reported once.
    pub(super) fn exhausted(&mut self, span: Span) -> bool {
        self.steps += 1;
        let full = self.nodes.len() >= MAX_LAYERS || self.steps > MAX_STEPS;
        if full && !self.overflowed {
            self.overflowed = true;
            if self.unused {
                return true;
            }
            let diagnostic = self.too_large(span);
            self.report(diagnostic);
        }
        self.overflowed || self.diagnostics.overflowed()
    }

    /// Enters a step's repetition, if it has one.
    fn begin_turns(&mut self, step: &Step, count: Option<usize>) {
        let (Some(count @ 2..), Some(written)) = (count, &step.repeat) else { return };
        self.turns.push(Turn { number: 1, count, span: written.span });
        if product(&self.turns) > product(&self.most_turns) {
            self.most_turns.clone_from(&self.turns);
        }
    }

    /// The error of a network that is too large, with the repetitions in each other that make it so.
    fn too_large(&self, span: Span) -> Diagnostic {
        let same = |(a, b): (&Turn, &Turn)| a.span == b.span;
        let around = self.most_turns.len() >= self.turns.len() && self.turns.iter().zip(&self.most_turns).all(same);
        let turns = if around && !self.turns.is_empty() { &self.most_turns } else { &self.turns };
        let counts: Vec<String> = turns.iter().map(|turn| turn.count.to_string()).collect();
        let message = format!("the network has more than {MAX_LAYERS} layers once it is written out");
        let message = match (counts.as_slice(), product(turns)) {
            ([], _) => message,
            ([count], _) => format!("{message}: a part is repeated {count} times"),
            (counts, product) => {
                format!("{message}: the repetitions multiply, {} = {product} times", counts.join(" * "))
            }
        };
        let diagnostic = Diagnostic::error(Code::LIMIT, message).at(span, "passes the limit here");
        let shown = turns.iter().take(SHOWN_TURNS);
        shown.fold(diagnostic, |diagnostic, turn| diagnostic.with(turn.span, format!("{} times", turn.count)))
    }

    pub(super) fn define_label(&mut self, label: &Name, flow: &Flow, ends_network: bool) {
        let source = match flow {
            Flow::One(source) => *source,
            Flow::Branches(_) => {
                if !ends_network {
                    let message = format!("`{}` would name several branches", label.value);
                    self.report(Diagnostic::error(Code::UNMERGED, message).at(label.span, "merge them first"));
                }
                Source::Unknown
            }
        };
        let path = self.label_path(&label.value);
        self.points.extend((!self.unused).then_some(Label { path, source }));
        if self.is_taken(label) {
            // Whoever reads it makes no further mistake.
            let _ = self.labels.define(&label.value, source, label.span);
            return;
        }
        if let Err(first) = self.labels.define(&label.value, source, label.span) {
            let diagnostic = Diagnostic::error(Code::TAKEN, format!("the label `{}` is taken", label.value))
                .at(label.span, "the second time")
                .with(first, "the first time");
            self.report(diagnostic);
        }
    }

    pub(super) fn is_taken(&mut self, label: &Name) -> bool {
        let kind = if layer::find(&label.value).is_some() {
            "a layer's"
        } else if self.block(&label.value).is_some() {
            "a block's"
        } else {
            return false;
        };
        let message = format!("`{}` is {kind} name and cannot be a label", label.value);
        self.report(Diagnostic::error(Code::TAKEN, message).at(label.span, "choose another name"));
        true
    }

    pub(super) fn expand_once(&mut self, step: &Step, flow: Flow, label: Option<&Name>) -> Flow {
        match &step.kind {
            StepKind::Error => Flow::One(Source::Unknown),
            StepKind::Unclosed(branches) => {
                self.unclosed += 1;
                branches.iter().for_each(|chain| self.expand_unclosed(chain));
                self.unclosed -= 1;
                Flow::One(Source::Unknown)
            }
            StepKind::Call(call) => self.expand_call(call, flow, label),
            StepKind::Group(branches) => self.expand_group(branches, flow, step.span),
            StepKind::Skip(keyword, branches) => self.expand_skip(*keyword, branches, flow),
        }
    }
}

/// How often repetitions in each other make a layer stand.
fn product(turns: &[Turn]) -> usize {
    turns.iter().fold(1, |product, turn| product.saturating_mul(turn.count))
}
