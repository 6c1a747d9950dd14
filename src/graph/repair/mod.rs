//! The search for repairs: small changes of the network that remove a fault and bring none.
//!
//! Bounded by a number of inferred layers, not by time, so that the same file gives the same answer.

mod edit;
mod merge;
mod scores;
mod uses;
mod window;

pub use edit::{edited, is_literal, is_plain, value_edits};
pub use merge::{merges, upsampled};
pub use scores::scores;
pub use uses::{follows, library_use, of_use};

use std::cell::Cell;

use self::edit::list_edits;
use self::uses::follows_from;
use super::explain::Case;
use super::infer::{FaultPlace, Inference, NodeFault, Patch, Setting, infer};
use crate::diagnostic::{Code, Edit, Fix};
use crate::layer::{Args, Argument, Shape};
use crate::resolve::{Source, written};
use crate::source::Span;

/// How many layers may be inferred in search of repairs of one fault.
const BUDGET: usize = 60_000;
/// How many layers before the fault are changed.
const REACH: usize = 12;
/// How many repairs are offered.
const MOST: usize = 2;

/// How many layers may still be inferred in search of repairs in this file.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Budget {
    pub fn of_a_file() -> Self {
        Self(Cell::new(2 * BUDGET))
    }

    /// Whether one more inference can be paid.
    fn allows(&self, layers: usize) -> bool {
        self.0.get() >= layers.max(1)
    }

    /// Takes the price of one more inference; false where nothing is left.
    fn spend(&self, layers: usize) -> bool {
        let left = self.0.get().checked_sub(layers.max(1));
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// A change of one layer, and of all written alike.
struct Candidate {
    node: usize,
    args: Args,
    /// Number of arguments changed, by how much, how many layers before the fault.
    cost: (usize, usize, usize),
}

/// Small changes of kernel, stride and padding in the layers before the fault, nearest first.
pub fn search(case: &Case, fault: &NodeFault) -> Vec<Fix> {
    let searched = [Code::FEATURES, Code::EMPTY, Code::SEQUENCE, Code::MERGE];
    let FaultPlace::Node(index) = fault.place else { return vec![] };
    if !searched.contains(&fault.fault.code) || !case.may_try() {
        return vec![];
    }
    let starts = match fault.fault.code {
        code if code == Code::EMPTY => vec![Source::Node(index)],
        code if code == Code::MERGE => case.network.nodes[index].inputs.clone(),
        _ => vec![case.network.nodes[index].inputs[0]],
    };
    let mut candidates = candidates(case, &starts);
    let blames = |candidate: &Candidate| {
        let old = &case.network.nodes[candidate.node].args;
        fault.fault.parameter == Some("pad") && candidate.node == index && old.get("pad") != candidate.args.get("pad")
    };
    candidates.sort_by_key(|candidate| (!blames(candidate), candidate.cost));
    let tries = (BUDGET / case.network.nodes.len().max(1)).max(8);
    let fixes = candidates.into_iter().take(tries).filter_map(|candidate| case.try_candidate(fault, &candidate));
    fixes.take(MOST).collect()
}

impl Case<'_> {
    fn try_candidate(&self, fault: &NodeFault, candidate: &Candidate) -> Option<Fix> {
        if !self.may_try() {
            return None;
        }
        let alike = self.written_alike(candidate.node);
        let args: Vec<_> = alike.iter().map(|&at| (at, self.changed_alike(candidate, at))).collect();
        let patch = Patch { args, ..Patch::default() };
        let after = self.mended_in(self.setting, fault, &patch)?;
        let edits = patch.args.iter().map(|(at, args)| list_edits(self, *at, args)).collect::<Option<Vec<_>>>()?;
        let mut edits: Vec<Edit> = edits.into_iter().flatten().collect();
        edits.sort_by_key(|edit| edit.span);
        edits.dedup();
        let call = edited(self, candidate.node, &edits);
        let call = match self.is_written(&call) {
            true => format!("`{call}` instead of `{}`", edited(self, candidate.node, &[])),
            false => format!("`{call}`"),
        };
        let title = format!("{call} {} makes {}", self.where_written(&alike), self.result(fault, &after)?);
        Some(Fix { title, safe: false, edits })
    }

    /// The arguments of a node, with what the candidate changes.
    fn changed_alike(&self, candidate: &Candidate, at: usize) -> Args {
        let pairs = self.network.nodes[candidate.node].args.iter().zip(candidate.args.iter());
        let changes = pairs.filter(|((_, old), (_, new))| old.value != new.value);
        let args = self.network.nodes[at].args.clone();
        changes.fold(args, |args, (_, (parameter, new))| args.replaced(parameter.name, new.value.clone()))
    }

    /// Whether a call already reads so.
    fn is_written(&self, call: &str) -> bool {
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        (0..self.network.nodes.len()).any(|at| plain(&edited(self, at, &[])) == plain(call))
    }

    /// Whether another change may be tried; a patch that cannot be is not worth making.
    pub fn may_try(&self) -> bool {
        self.budget.allows(self.network.nodes.len())
    }

    /// Whether the patched network has lost this fault and gained none; false where the budget is spent.
    pub fn mends(&self, fault: &NodeFault, patch: &Patch) -> bool {
        self.mends_in(self.setting, fault, patch)
    }

    /// The same for another input.
    fn mends_in(&self, setting: Setting, fault: &NodeFault, patch: &Patch) -> bool {
        self.mended_in(setting, fault, patch).is_some()
    }

    /// What inference finds in a patched network that is mended so.
    fn mended_in(&self, setting: Setting, fault: &NodeFault, patch: &Patch) -> Option<Inference> {
        if !self.budget.spend(self.network.nodes.len()) {
            return None;
        }
        let after = infer(self.network, setting, patch);
        let known = |other: &NodeFault| {
            self.known_faults.contains(&(other.place, other.fault.code)) && !follows_from(self, other, fault.place)
        };
        // A layer that nothing reaches is silent, not mended.
        let reached = match fault.place {
            FaultPlace::Node(index) => {
                after.rows.iter().any(|row| row.node == index && row.typed.is_some() && !row.implicit)
            }
            FaultPlace::Output(_) => true,
        };
        let mended = reached && after.faults.iter().all(|other| other.place != fault.place && known(other));
        mended.then_some(after)
    }

    /// The nodes of this call's text, and of calls elsewhere that say the same.
    pub fn written_alike(&self, index: usize) -> Vec<usize> {
        let node = &self.network.nodes[index];
        let text = written(node.layer, &node.args);
        let says_same = |args: &Args| args.equals(&node.args) || written(node.layer, args) == text;
        let alike = |at: &usize| {
            let other = &self.network.nodes[*at];
            other.span == node.span
                || std::ptr::eq(other.layer, node.layer) && says_same(&other.args) && is_literal(self, *at)
        };
        (0..self.network.nodes.len()).filter(alike).collect()
    }

    /// "in line 2", "in lines 2 and 4".
    fn where_written(&self, nodes: &[usize]) -> String {
        let position = |&at: &usize| {
            let span = self.network.nodes[at].span;
            self.sources.file(span.file).position(span.start).line
        };
        let mut places: Vec<Span> = nodes.iter().map(|&at| self.network.nodes[at].span).collect();
        places.sort();
        places.dedup();
        let mut lines: Vec<usize> = nodes.iter().map(position).collect();
        lines.sort();
        lines.dedup();
        match (lines.as_slice(), places.len()) {
            ([line], 1) => format!("in line {line}"),
            ([line], 2) => format!("for both in line {line}"),
            ([line], count) => format!("for all {count} in line {line}"),
            ([first, second], 2) => format!("for both, in lines {first} and {second},"),
            (lines, count) => format!("for all {count}, in lines {} to {},", lines[0], lines[lines.len() - 1]),
        }
    }

    /// What the refused layer then receives, or makes where it made nothing.
    fn result(&self, fault: &NodeFault, after: &Inference) -> Option<String> {
        let FaultPlace::Node(index) = fault.place else { return None };
        let makes = fault.fault.code == Code::EMPTY || fault.fault.code == Code::MERGE;
        let shape = match self.network.nodes[index].inputs[0] {
            _ if makes => after.outputs[index]?,
            Source::Node(at) => after.outputs[at]?,
            _ => self.setting.input,
        };
        Some(match shape {
            Shape::Map { .. } if !makes => format!("{shape} = {}", shape.count()),
            _ => shape.to_string(),
        })
    }
}

/// Changes of the layers before these points, each text once.
fn candidates(case: &Case, starts: &[Source]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = vec![];
    let (mut seen, mut places): (Vec<String>, Vec<Span>) = (vec![], vec![]);
    for &start in starts.iter().take(4) {
        let mut source = start;
        for distance in 0..REACH {
            let Source::Node(at) = source else { break };
            let node = &case.network.nodes[at];
            let text = written(node.layer, &node.args);
            if !seen.contains(&text) && !places.contains(&node.span) {
                let changes = window::changes(case, at).into_iter();
                candidates.extend(changes.map(|(args, changed, by)| Candidate {
                    node: at,
                    args,
                    cost: (changed, by, distance),
                }));
                seen.push(text);
                places.push(node.span);
            }
            source = node.inputs[0];
        }
    }
    candidates
}

/// The value that a proposal's text stands for.
pub fn argument(text: &str) -> Argument {
    match text.parse() {
        Ok(count) => Argument::Count(count),
        Err(_) => Argument::Infer,
    }
}
