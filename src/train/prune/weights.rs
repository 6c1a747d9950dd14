//! Single weights by their size: what is under a threshold, or the smallest share of all.
//!
//! Weights of `Conv`, `ConvT`, `FC` and of the recurrent layers are pruned, not their biases, nor anything of a norm.

use super::{PrunedLayer, Pruning};
use crate::graph::Graph;
use crate::layer::Op;
use crate::lower::{Entry, Store};

/// Weights that are smaller than `threshold`, either way.
pub fn under(graph: &Graph, store: &Store<f32>, mask: Vec<f32>, threshold: f64) -> Pruning {
    let small = indices(graph, store).filter(|&index| f64::from(store.values()[index].abs()) < threshold);
    without(graph, store, mask, small)
}

/// This share of all weights together, the smallest ones; of equals the first.
pub fn smallest(graph: &Graph, store: &Store<f32>, mask: Vec<f32>, fraction: f64) -> Pruning {
    let mut by_size: Vec<usize> = indices(graph, store).collect();
    let count = (fraction * by_size.len() as f64).round() as usize;
    let size = |index: usize| store.values()[index].abs();
    by_size.sort_by(|&a, &b| size(a).total_cmp(&size(b)).then(a.cmp(&b)));
    without(graph, store, mask, by_size.into_iter().take(count))
}

/// Each layer that has weights which can be pruned, by its index, with these tensors.
pub fn prunable<'s>(graph: &'s Graph, store: &'s Store<f32>) -> impl Iterator<Item = (usize, Vec<&'s Entry>)> {
    let has_weights = |op: &Op| matches!(op, Op::Conv(_) | Op::ConvT(_) | Op::Fc(_) | Op::Recurrent(_));
    let nodes = graph.nodes.iter().enumerate().filter(move |(_, node)| has_weights(&node.op));
    nodes.map(|(index, node)| {
        let tensors = store.of_node(index).iter().zip(&node.params);
        let weights = tensors.filter(|(_, param)| param.name.starts_with("weight"));
        (index, weights.map(|(entry, _)| entry).collect())
    })
}

/// Where the weights lie in the store.
fn indices<'s>(graph: &'s Graph, store: &'s Store<f32>) -> impl Iterator<Item = usize> + 's {
    prunable(graph, store).flat_map(|(_, entries)| entries).flat_map(|entry| entry.range.clone())
}

/// What a mask prunes, and these.
fn without(graph: &Graph, store: &Store<f32>, mut mask: Vec<f32>, pruned: impl Iterator<Item = usize>) -> Pruning {
    pruned.for_each(|index| mask[index] = 0.0);
    let layer = |(index, entries): (usize, Vec<&Entry>)| PrunedLayer {
        layer: graph.nodes[index].path.clone(),
        count: entries.iter().map(|entry| entry.range.len()).sum(),
        pruned: entries.iter().flat_map(|entry| &mask[entry.range.clone()]).filter(|kept| **kept == 0.0).count(),
        kept: None,
        tied: vec![],
    };
    let layers = prunable(graph, store).map(layer).collect();
    Pruning { mask, layers, units: None }
}
