//! Trials -> a table, best first, and JSON.

use std::path::Path;
use std::time::Duration;

use indicatif::HumanDuration;
use serde_json::{Value as Json, json};

use super::trial::{Measured, Ranked, Trial};
use crate::train::{Figures, Metric, Summary};

/// The line before a training.
pub fn announce(trial: &Trial, seed: u64, epochs: u64, done: usize, all: usize, spent: Duration) -> String {
    let left = spent.checked_div(done as u32).map(|each| each * (all - done) as u32);
    let left = left.map(|left| format!(", about {} left with it", HumanDuration(left))).unwrap_or_default();
    format!("trial {} of {all}  {trial}  seed {seed}, {epochs} epochs{left}", done + 1)
}

fn summary(ranked: &Ranked, of: fn(&Figures) -> Option<f64>) -> Option<Summary> {
    let values: Vec<f64> = ranked.of.iter().filter_map(|measured| of(&measured.validation)).collect();
    (!values.is_empty()).then(|| Summary::of(&values))
}

fn loss(figures: &Figures) -> Option<f64> {
    Some(figures.loss)
}

fn accuracy(figures: &Figures) -> Option<f64> {
    figures.accuracy
}

/// A line for each combination.
pub fn table(ranked: &[Ranked], metric: Metric, out: &Path) -> String {
    let by = if metric == Metric::Loss { "loss" } else { "accuracy" };
    let mut text = format!("validation, best {by} first\n{:>16}  {:>16}  epochs  seeds  values\n", "loss", "accuracy");
    for one in ranked {
        let shown = |summary: Option<Summary>, scale: f64, digits: usize| {
            let Some(Summary { mean, std, .. }) = summary else { return "-".to_string() };
            let spread = std.map(|std| format!(" +- {:.digits$}", scale * std)).unwrap_or_default();
            format!("{:.digits$}{spread}", scale * mean)
        };
        let (loss, accuracy) = (shown(summary(one, loss), 1.0, 4), shown(summary(one, accuracy), 100.0, 2));
        let (epochs, seeds, trial) = (one.epochs(), one.of.len(), one.trial);
        text += &format!("{loss:>16}  {accuracy:>16}  {epochs:>6}  {seeds:>5}  {trial}\n");
    }
    text + &best(ranked, out)
}

/// The runs of the first combination.
fn best(ranked: &[Ranked], out: &Path) -> String {
    let runs = ranked.iter().take(1).flat_map(|one| &one.of);
    runs.map(|run| format!("best run  {} (epoch {})\n", out.join(run.run()).display(), run.epoch)).collect()
}

/// `{"metric", "trials": [{"changes", "epochs", "seeds", "loss", "accuracy", "values", "runs"}]}`
pub fn json(ranked: &[Ranked], metric: Metric, out: &Path) -> String {
    let trial = |one: &Ranked| {
        let changes: serde_json::Map<String, Json> =
            one.trial.changes.iter().map(|change| (change.key.clone(), change.value.clone().into())).collect();
        let each = |of: &dyn Fn(&&Measured) -> Json| Json::Array(one.of.iter().map(of).collect());
        json!({
            "changes": changes, "epochs": one.epochs(), "seeds": each(&|measured| measured.seed.into()),
            "loss": summary(one, loss), "accuracy": summary(one, accuracy),
            "values": each(&|measured| json!(measured.validation)),
            "runs": each(&|measured| out.join(measured.run()).display().to_string().into()),
        })
    };
    let trials: Vec<Json> = ranked.iter().map(trial).collect();
    format!("{}\n", json!({ "metric": metric, "trials": trials }))
}
