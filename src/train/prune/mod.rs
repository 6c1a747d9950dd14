//! A trained network and an amount -> which of its weights are held at zero from now on, or which units it loses.

mod compact;
mod units;
mod weights;

pub use compact::compacted;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Graph, TensorAxes};
use crate::layer::Op;
use crate::lower::{Entry, Store};

/// What is pruned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Weights of a smaller size.
    Threshold(f64),
    /// This share of all weights, the smallest ones.
    Fraction(f64),
    /// This share of each layer's units, those of the smallest norm.
    Units(f64),
}

/// What was done to a run's weights before it began.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pruned {
    #[serde(flatten)]
    pub amount: Amount,
    /// Whether the units were removed.
    pub compact: bool,
    /// Epochs of training that followed.
    pub retrain: Option<u64>,
}

impl std::fmt::Display for Pruned {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.amount {
            Amount::Threshold(threshold) => write!(f, "weights below {threshold}")?,
            Amount::Fraction(share) => write!(f, "{share} of the weights")?,
            Amount::Units(share) => write!(f, "{share} of the units")?,
        }
        if self.compact {
            f.write_str(", removed")?;
        }
        match self.retrain {
            Some(epochs) => write!(f, ", {epochs} epochs of training"),
            None => Ok(()),
        }
    }
}

/// A line of the report: a layer, or one layer and direction of a recurrent one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrunedLayer {
    pub layer: String,
    /// Weights or units.
    pub count: usize,
    /// Those of them that are pruned now.
    pub pruned: usize,
    /// Why no unit can be removed.
    pub kept: Option<&'static str>,
    /// Layers that lose the same units.
    pub tied: Vec<String>,
}

/// What pruning decides.
#[derive(Clone, Debug)]
pub struct Pruning {
    /// 0 for each trained value that is pruned, 1 for others.
    pub mask: Vec<f32>,
    pub layers: Vec<PrunedLayer>,
    /// Where units are pruned, what is left of each tensor, and each layer's sizes.
    pub units: Option<(Vec<Vec<TensorAxes>>, Vec<Op>)>,
}

/// Decides what is pruned of a network; what `before` masks stays pruned.
///
/// # Errors
/// N0816 where nothing can be, or nothing more is.
pub fn prune(graph: &Graph, store: &Store<f32>, amount: Amount, before: Option<&[f32]>) -> Result<Pruning, Diagnostic> {
    let before = before.map_or_else(|| vec![1.0; store.values().len()], <[f32]>::to_vec);
    let mask = before.clone();
    let pruning = match amount {
        Amount::Threshold(threshold) => weights::under(graph, store, mask, threshold),
        Amount::Fraction(fraction) => weights::smallest(graph, store, mask, fraction),
        Amount::Units(fraction) => units::weakest(graph, store, mask, fraction),
    };
    if pruning.mask == before { Err(nothing(&pruning, amount)) } else { Ok(pruning) }
}

fn nothing(pruning: &Pruning, amount: Amount) -> Diagnostic {
    let noun = if matches!(amount, Amount::Units(_)) { "unit" } else { "weight" };
    let fault = Diagnostic::error(Code::NOTHING_TO_PRUNE, format!("not a single {noun} is pruned by this"));
    let described = |layer: &PrunedLayer| match layer.kept {
        Some(reason) => format!("`{}` keeps its units: {reason}", layer.layer),
        None => format!("`{}` has {} {noun}s", layer.layer, layer.count),
    };
    pruning.layers.iter().take(SHOWN).map(described).fold(fault, Diagnostic::remark)
}

/// How many layers a message lists.
const SHOWN: usize = 8;

/// The weights that can be pruned and are not, layer after layer.
pub fn weights_left(graph: &Graph, store: &Store<f32>, mask: Option<&[f32]>) -> Vec<f32> {
    layer_weights(graph, store, mask).into_iter().flat_map(|(_, weights)| weights).collect()
}

/// The same of each layer that has some, with its path.
pub fn layer_weights(graph: &Graph, store: &Store<f32>, mask: Option<&[f32]>) -> Vec<(String, Vec<f32>)> {
    let left = |index: &usize| mask.is_none_or(|mask| mask[*index] != 0.0);
    let of_layer = |(node, entries): (usize, Vec<&Entry>)| {
        let ranges = entries.iter().flat_map(|entry| entry.range.clone());
        (graph.nodes[node].path.clone(), ranges.filter(left).map(|index| store.values()[index]).collect())
    };
    weights::prunable(graph, store).map(of_layer).collect()
}

#[cfg(test)]
mod tests;
