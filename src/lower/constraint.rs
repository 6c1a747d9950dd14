//! What `constraint=` demands of a layer's weight, put right after each optimizer step.

use super::element::Element;
use super::store::Store;
use crate::graph::Graph;
use crate::layer::{Constraint, Op};

/// Keras' `backend.epsilon()`.
const EPSILON: f64 = 1e-7;

/// Scales the weights of constrained layers; a unit is one output channel, or one output of `FC`, without its bias.
pub fn apply_constraints<E: Element>(graph: &Graph, store: &mut Store<E>) {
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some((constraint, units)) = constraint_of(&node.op) else { continue };
        let weight = store.of_node(index)[0].clone();
        let unit_size = weight.range.len() / units;
        store.value_mut(&weight).chunks_exact_mut(unit_size).for_each(|unit| scale_unit(unit, constraint));
    }
}

fn constraint_of(op: &Op) -> Option<(Constraint, usize)> {
    match op {
        Op::Conv(conv) => Some((conv.constraint?, conv.output)),
        Op::Fc(fc) => Some((fc.constraint?, fc.output)),
        _ => None,
    }
}

/// Keras' `UnitNorm` and `MaxNorm`.
fn scale_unit<E: Element>(unit: &mut [E], constraint: Constraint) {
    let norm = unit.iter().map(|w| w.f64().powi(2)).sum::<f64>().sqrt();
    let desired = match constraint {
        Constraint::UnitNorm => 1.0,
        Constraint::MaxNorm(max) => norm.min(max),
    };
    let factor = E::of(desired / (EPSILON + norm));
    unit.iter_mut().for_each(|w| *w *= factor);
}
