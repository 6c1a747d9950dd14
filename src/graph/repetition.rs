//! A fault in a later turn of a repetition -> what is said of it: which turns fit, and what the refused one reads.

use super::explain::Case;
use super::infer::{FaultPlace, NodeFault};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::Shape;
use crate::resolve::{Node, Source, Turn};

/// How many layers are passed in search of the one that made a vector or a sequence of a map.
const REACH: usize = 64;

/// A refused layer and the same layer in the turn before, which fits.
pub struct Repetition<'c> {
    case: &'c Case<'c>,
    node: &'c Node,
    before: &'c Node,
    turn: Turn,
    /// Whether the layer reads what the turn before makes.
    crosses: bool,
}

impl<'c> Repetition<'c> {
    /// The innermost repetition whose turn before this one fits.
    pub fn of(case: &'c Case<'c>, index: usize) -> Option<Self> {
        let nodes = &case.network.nodes;
        let node = &nodes[index];
        (0..node.turns.len()).rev().filter(|level| node.turns[*level].number > 1).find_map(|level| {
            let fits = |at: &usize| is_turn_before(&nodes[*at], node, level) && !is_refused(case, *at);
            let before = (0..index).rev().find(fits)?;
            let (turn, maker) = (node.turns[level], node.inputs[0]);
            let crosses = matches!(maker, Source::Node(at) if is_of_turn(&nodes[at], level, turn.number - 1, turn));
            Some(Self { case, node, before: &nodes[before], turn, crosses })
        })
    }

    /// Whether what is said here takes the place of a fault's own advice.
    pub fn advises(&self, fault: &NodeFault) -> bool {
        self.crosses && fault.fault.code == Code::INPUT_KIND
    }

    /// Adds the repetition, and what to change where no other layer can be at fault.
    pub fn show(&self, diagnostic: Diagnostic, fault: &NodeFault) -> Diagnostic {
        let Turn { number, count, span } = self.turn;
        let reads = if self.crosses { format!(", which reads what turn {} makes", number - 1) } else { String::new() };
        let diagnostic = diagnostic.with(span, format!("refused in turn {number} of {count}{reads}"));
        let fit = match number - 1 {
            1 => "turn 1 fits".to_string(),
            2 => "turns 1 and 2 fit".into(),
            last => format!("turns 1 to {last} fit"),
        };
        let shapes = [self.before, self.node].map(|node| self.case.shape(node.inputs[0]));
        let diagnostic = match shapes {
            [Some(before), Some(now)] if before != now => {
                diagnostic.remark(format!("{fit}: this layer reads {before} there, and {now} in turn {number}"))
            }
            _ => diagnostic.remark(fit),
        };
        match fault.fault.code {
            code if code == Code::INPUT_KIND && self.crosses => diagnostic.remark(self.ends_otherwise()),
            code if code == Code::EMPTY => {
                diagnostic.remark("each turn leaves less of the map: repeat fewer times, or keep the size by padding")
            }
            code if code == Code::CHANNELS || code == Code::FEATURES => {
                diagnostic.remark("what is repeated has to make what it reads, or to infer it by `_`")
            }
            _ => diagnostic,
        }
    }

    /// What to do with the layer that leaves no map for the next turn.
    fn ends_otherwise(&self) -> String {
        let mut source = self.node.inputs[0];
        for _ in 0..REACH {
            let Source::Node(at) = source else { break };
            let node = &self.case.network.nodes[at];
            source = node.inputs[0];
            if matches!(self.case.shape(source), Some(Shape::Map { .. })) {
                let name = node.layer.name;
                return format!("what is repeated has to make a map again: let `{name}` stand after the repetition");
            }
        }
        "what is repeated has to make what it reads".into()
    }
}

/// Whether a layer is the same text as another, in the turn before its own at this level.
fn is_turn_before(other: &Node, node: &Node, level: usize) -> bool {
    let same_text = other.span == node.span && other.site.uses == node.site.uses;
    let alike = |(a, b): (&Turn, &Turn)| a == b;
    same_text
        && other.turns[..level].iter().zip(&node.turns[..level]).all(alike)
        && is_of_turn(other, level, node.turns[level].number - 1, node.turns[level])
}

fn is_of_turn(node: &Node, level: usize, number: usize, turn: Turn) -> bool {
    node.turns.get(level).is_some_and(|other| other.span == turn.span && other.number == number)
}

fn is_refused(case: &Case, at: usize) -> bool {
    case.inference.faults.iter().any(|fault| fault.place == FaultPlace::Node(at))
}
