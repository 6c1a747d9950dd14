//! The figures of a run: those at the top, a table of all parts, learning curves.

use super::super::layers::grouped;
use super::super::line_plot::curves as line_plot;
use super::record::RunRecord;
use super::section::{Body, Figure, Section, Table};
use crate::train::{EpochMetrics, Figures};

/// Width and height of a plot.
pub const PLOT: (u32, u32) = (420, 300);

/// What the page begins with.
pub fn facts(record: &RunRecord) -> Vec<[String; 2]> {
    let fact = |name: &str, value: Option<String>| value.map(|value| [name.to_string(), value]);
    let test = record.evaluation;
    let facts = [
        fact("test accuracy", test.accuracy.map(|share| format!("{} %", hundredths(share)))),
        fact("test loss", Some(four_places(test.loss))),
        fact("F1, macro", test.f1.map(four_places)),
        fact("parameters", Some(grouped(record.parameters() as u64))),
        fact("epochs", Some(record.metadata().position.epoch.to_string())),
        fact("training time", record.seconds.map(|seconds| format!("{seconds:.1} s"))),
    ];
    facts.into_iter().flatten().collect()
}

/// All parts, and what the training was.
pub fn table(record: &RunRecord) -> Result<Option<Section>, String> {
    let last = record.metadata().position.last;
    let test = record.evaluation;
    let mut rows = vec![];
    if let Some(EpochMetrics { train, validation, .. }) = last {
        rows.push(row("training", train, [None; 3]));
        rows.extend(validation.map(|figures| row("validation", figures, [None; 3])));
    }
    rows.push(row("test", test.figures(), [test.precision, test.recall, test.f1]));
    let table = Table::new(["part", "loss", "accuracy %", "precision", "recall", "F1"], rows);
    let caption = "Precision, recall and F1 are plain means over the classes, measured on the test part.";
    let training = Table { words: 2, ..Table::new(["training", "value"], about_training(record)) };
    let section = Section::new("figures", "Figures", caption).with(Body::Table(table)).with(Body::Table(training));
    Ok(Some(section.repeated_by(format!("netc eval {}", record.shell_path()))))
}

fn row(part: &str, figures: Figures, macros: [Option<f64>; 3]) -> Vec<String> {
    let accuracy = figures.accuracy.map_or("–".into(), hundredths);
    let macros = macros.map(|figure| figure.map_or("–".into(), four_places));
    [part.to_string(), four_places(figures.loss), accuracy].into_iter().chain(macros).collect()
}

fn about_training(record: &RunRecord) -> Vec<Vec<String>> {
    let metadata = record.metadata();
    let position = &metadata.position;
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let mut lines = vec![
        line("epochs of the tested weights", format!("{} of {}", position.epoch, metadata.recipe.epochs)),
        line("optimizer steps", grouped(position.steps)),
    ];
    lines.extend(position.standing.best.map(|best| line("best epoch", best.epoch.to_string())));
    lines.extend(record.seconds.map(|seconds| line("seconds of all epochs", format!("{seconds:.1}"))));
    let macs: u64 = record.graph.nodes.iter().map(|node| node.macs).sum();
    lines.push(line("parameters", grouped(record.parameters() as u64)));
    lines.push(line("multiply-adds of an image", grouped(macs)));
    lines.push(line("seed", metadata.recipe.seed.to_string()));
    lines
}

/// Loss and accuracy over epochs.
pub fn curves(record: &RunRecord) -> Result<Option<Section>, String> {
    if record.metrics.is_empty() {
        return Ok(None);
    }
    let of: [(&'static str, fn(&Figures) -> Option<f64>); 2] =
        [("loss", |figures| Some(figures.loss)), ("accuracy", |figures| figures.accuracy)];
    let mut section = Section::new("curves", "Learning curves", "After each epoch.").wide();
    for (name, of) in of {
        let plot = line_plot(name, name, &record.metrics, of);
        if !plot.lines.is_empty() {
            section = section.with(Figure::drawn(&plot, PLOT, described(name, &record.metrics, of), "")?);
        }
    }
    Ok(Some(section.repeated_by(record.pictures())))
}

/// `loss of the training part over 6 epochs, from 1.2034 to 0.5120`
fn described(name: &str, metrics: &[EpochMetrics], of: fn(&Figures) -> Option<f64>) -> String {
    let [first, last] = [metrics.first(), metrics.last()].map(|epoch| epoch.and_then(|epoch| of(&epoch.train)));
    let [first, last] = [first, last].map(|figure| figure.map_or("–".into(), four_places));
    format!("{name} of the training part over {} epochs, from {first} to {last}", metrics.len())
}

pub fn four_places(figure: f64) -> String {
    format!("{figure:.4}")
}

/// A share in hundredths.
pub fn hundredths(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}
