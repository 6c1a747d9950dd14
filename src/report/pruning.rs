//! What pruning did -> a table for people, and JSON.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::evaluation::described;
use super::layers::{aligned, grouped};
use crate::train::{Amount, Figures, PrunedLayer};

/// What `netc prune` tells; `pruning.json` in a run.
#[derive(Clone, Debug, Serialize)]
pub struct PruningReport {
    #[serde(serialize_with = "as_shown")]
    pub run: PathBuf,
    #[serde(serialize_with = "as_shown")]
    pub from: PathBuf,
    pub by: Amount,
    pub compact: bool,
    /// Epochs of training that followed.
    pub retrain: Option<u64>,
    pub parameters: Parameters,
    pub layers: Vec<PrunedLayer>,
    pub test: TestFigures,
}

/// A path as it is printed: one that is no UTF-8 has signs in place of what is not.
fn as_shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// How many numbers are trained; those that are zero for good do not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Parameters {
    pub before: usize,
    pub after: usize,
}

/// Of the test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TestFigures {
    pub before: Figures,
    pub pruned: Figures,
    pub retrained: Option<Figures>,
}

impl PruningReport {
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    pub fn to_text(&self) -> String {
        let noun = if matches!(self.by, Amount::Units(_)) { "units" } else { "weights" };
        let mut lines = vec![["layer", noun, "pruned", "%"].map(String::from)];
        lines.extend(self.layers.iter().map(row));
        let total = |of: fn(&PrunedLayer) -> usize| self.layers.iter().map(of).sum::<usize>();
        lines.push(cells("total", total(|layer| layer.count), total(|layer| layer.pruned)));
        let remarks: String = self.layers.iter().filter_map(remark).collect();
        let Parameters { before, after } = self.parameters;
        let [before, after] = [before, after].map(|count| grouped(count as u64));
        let figures = [("before", Some(self.test.before)), ("pruned", Some(self.test.pruned))];
        let figures = figures.into_iter().chain([("retrained", self.test.retrained)]);
        let figures = figures.filter_map(|(name, figures)| Some(format!("{name:<10} {}\n", described(figures?))));
        format!(
            "{}{remarks}\nparameters {before} -> {after}\n{}run        {}\n",
            aligned(&lines),
            figures.collect::<String>(),
            self.run.display()
        )
    }
}

fn row(layer: &PrunedLayer) -> [String; 4] {
    cells(&layer.layer, layer.count, layer.pruned)
}

fn cells(name: &str, count: usize, pruned: usize) -> [String; 4] {
    let share = 100.0 * pruned as f64 / count.max(1) as f64;
    [name.into(), grouped(count as u64), grouped(pruned as u64), format!("{share:.1}")]
}

/// Why a layer keeps its units, or with which it shares them.
fn remark(layer: &PrunedLayer) -> Option<String> {
    let tied = |layer: &PrunedLayer| (!layer.tied.is_empty()).then(|| format!("tied to {}", layer.tied.join(", ")));
    let parts: Vec<String> =
        layer.kept.map(|kept| format!("left alone: {kept}")).into_iter().chain(tied(layer)).collect();
    (!parts.is_empty()).then(|| format!("{}: {}\n", layer.layer, parts.join("; ")))
}
