//! Whole units by the norm of their weights: of each layer, the share that weighs least.
//!
//! A unit's norm is the L2 norm of its own weights: an output channel's kernels, an `FC` output's row, the rows of all
//! gates of a hidden unit; biases do not count. Of units that are tied the norms are added. With a unit go its bias, the
//! scale and shift of its `BatchNorm`, and the weights by which other layers read it, so that it is as if it were not there.

use super::compact::left;
use super::{PrunedLayer, Pruning};
use crate::graph::{Bank, Cohort, Graph, TensorAxes, Units};
use crate::layer::Op;
use crate::lower::Store;

/// Of each layer the share `fraction` of units, rounded down; tied layers lose the same ones.
pub fn weakest(graph: &Graph, store: &Store<f32>, mut mask: Vec<f32>, fraction: f64) -> Pruning {
    let units = Units::of(graph);
    let norms: Vec<Vec<f64>> = units.banks.iter().map(|bank| norms(graph, store, bank)).collect();
    let mut dead = vec![false; units.ties()];
    for cohort in units.cohorts.iter().filter(|cohort| cohort.kept.is_none()) {
        weakest_of(&units, cohort, &norms, fraction).for_each(|tie| dead[tie] = true);
    }
    let axes = units.axes(graph, &dead);
    mask_units(store, &axes, &mut mask);
    let layers = units.cohorts.iter().flat_map(|cohort| lines(graph, &units, cohort, &dead)).collect();
    Pruning { mask, layers, units: Some((axes, units.reduced(graph, &dead))) }
}

/// The ties of a cohort that go.
fn weakest_of(units: &Units, cohort: &Cohort, norms: &[Vec<f64>], fraction: f64) -> impl Iterator<Item = usize> {
    let mut sums: Vec<(usize, f64)> = units.banks[cohort.banks[0]].units.iter().map(|&tie| (tie, 0.0)).collect();
    sums.sort_unstable_by_key(|(tie, _)| *tie);
    for &bank in &cohort.banks {
        for (tie, norm) in units.banks[bank].units.iter().zip(&norms[bank]) {
            if let Ok(at) = sums.binary_search_by_key(tie, |(tie, _)| *tie) {
                sums[at].1 += norm;
            }
        }
    }
    // A fraction such as 0.29 of 100 must not become 28 by the last bit of a product.
    let count = (fraction * sums.len() as f64 + 1e-6) as usize;
    sums.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    sums.into_iter().take(count).map(|(tie, _)| tie)
}

/// The L2 norm of each unit's own weights.
fn norms(graph: &Graph, store: &Store<f32>, bank: &Bank) -> Vec<f64> {
    let entries = store.of_node(bank.node);
    // Of which tensors, along which axis.
    let (tensors, axis) = match graph.nodes[bank.node].op {
        Op::Recurrent(_) => (4 * bank.part..4 * bank.part + 2, 0),
        Op::ConvT(_) => (0..1, 1),
        _ => (0..1, 0),
    };
    let mut squares = vec![0.0; bank.units.len()];
    for entry in &entries[tensors] {
        let stride: usize = entry.shape[axis + 1..].iter().product();
        for (index, weight) in store.value(entry).iter().enumerate() {
            // Rows of gates lie one gate after the other.
            let unit = index / stride % entry.shape[axis] % bank.units.len();
            squares[unit] += f64::from(*weight).powi(2);
        }
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// Puts 0 where a trained value belongs to a unit that goes.
fn mask_units(store: &Store<f32>, axes: &[Vec<TensorAxes>], mask: &mut [f32]) {
    for (node, axes) in axes.iter().enumerate() {
        let tensors = store.of_node(node).iter().zip(axes).filter(|(entry, _)| entry.trained);
        for (entry, axes) in tensors {
            let values = mask[entry.range.clone()].iter_mut().zip(left(&entry.shape, axes));
            values.filter(|(_, left)| !left).for_each(|(kept, _)| *kept = 0.0);
        }
    }
}

fn lines(graph: &Graph, units: &Units, cohort: &Cohort, dead: &[bool]) -> Vec<PrunedLayer> {
    let name = |bank: &usize| name(graph, &units.banks[*bank]);
    let line = |bank: &usize| PrunedLayer {
        layer: name(bank),
        count: units.banks[*bank].units.len(),
        pruned: units.banks[*bank].units.iter().filter(|tie| dead[**tie]).count(),
        kept: cohort.kept,
        tied: cohort.banks.iter().filter(|other| *other != bank).map(name).collect(),
    };
    cohort.banks.iter().map(line).collect()
}

/// `Conv`; of a recurrent layer with several layers or directions `LSTM l1`, `LSTM l1 reverse`, as PyTorch counts.
fn name(graph: &Graph, bank: &Bank) -> String {
    let node = &graph.nodes[bank.node];
    match &node.op {
        Op::Recurrent(op) if op.layers * op.directions() > 1 => {
            let reverse = if bank.part % op.directions() == 1 { " reverse" } else { "" };
            format!("{} l{}{reverse}", node.path, bank.part / op.directions())
        }
        _ => node.path.clone(),
    }
}
