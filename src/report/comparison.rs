//! Runs that were tested on the same images -> a table for people, JSON, and their curves in one picture.

use plotters::backend::DrawingBackend;
use serde::Serialize;

use super::figure::{Area, Figure};
use super::layers::aligned;
use super::line_plot::{Line, LinePlot};
use crate::train::{EpochMetrics, Figures, McNemar, Summary, Test};

/// What `netc compare` tells.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub dataset: String,
    /// Of the test part.
    pub images: usize,
    pub groups: Vec<ComparedGroup>,
    pub pairs: Vec<ComparedPair>,
}

/// Runs that differ in nothing but their seeds.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedGroup {
    pub name: String,
    /// What is otherwise than in the first group.
    pub differs: Vec<String>,
    pub runs: Vec<ComparedRun>,
    pub accuracy: Summary,
    pub loss: Summary,
}

#[derive(Clone, Debug, Serialize)]
pub struct ComparedRun {
    pub run: String,
    pub seed: u64,
    pub epochs: u64,
    pub accuracy: f64,
    pub loss: f64,
}

/// Two runs, image by image.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedPair {
    pub runs: [String; 2],
    #[serde(flatten)]
    pub test: McNemar,
}

impl Comparison {
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    pub fn to_text(&self) -> String {
        let groups: String = self.groups.iter().map(group_text).collect();
        let head = format!("{}, {} test images\n\n{groups}", self.dataset, self.images);
        if self.pairs.is_empty() {
            return head;
        }
        let names = ["first", "second", "first alone right", "second alone right", "p", "test"];
        let mut lines = vec![names.map(String::from)];
        lines.extend(self.pairs.iter().map(pair_row));
        format!("{head}McNemar's test of each pair, image by image\n{}", aligned(&lines))
    }
}

fn group_text(group: &ComparedGroup) -> String {
    let differs: String = group.differs.iter().map(|line| format!("  {line}\n")).collect();
    let mut lines = vec![["run", "seed", "epochs", "accuracy %", "loss"].map(String::from)];
    let row = |run: &ComparedRun| {
        let (accuracy, loss) = (format!("{:.2}", 100.0 * run.accuracy), format!("{:.4}", run.loss));
        [run.run.clone(), run.seed.to_string(), run.epochs.to_string(), accuracy, loss]
    };
    lines.extend(group.runs.iter().map(row));
    let accuracy = summary_text(&group.accuracy);
    format!("{}  accuracy {accuracy}\n{differs}{}\n", group.name, aligned(&lines))
}

/// `88.10 %, deviation 0.21, 95 % interval 87.58 to 88.62 %`
fn summary_text(summary: &Summary) -> String {
    let spread = summary.std.map(|std| format!(", deviation {:.2}", 100.0 * std)).unwrap_or_default();
    let interval = summary.interval.map(|ends| ends.map(|end| 100.0 * end));
    let interval = interval.map(|[low, high]| format!(", 95 % interval {low:.2} to {high:.2} %")).unwrap_or_default();
    format!("{:.2} %{spread}{interval}", 100.0 * summary.mean)
}

fn pair_row(pair: &ComparedPair) -> [String; 6] {
    let McNemar { only: [first, second], p, .. } = pair.test;
    let test = match pair.test.test {
        Test::Exact => "exact binomial",
        Test::ChiSquared => "chi-squared",
    };
    let p = if p >= 1e-4 { format!("{p:.4}") } else { format!("{p:.1e}") };
    [pair.runs[0].clone(), pair.runs[1].clone(), first.to_string(), second.to_string(), p, test.into()]
}

/// Figures beside each other.
#[derive(Clone, Debug)]
pub struct SideBySide(pub Vec<LinePlot>);

impl Figure for SideBySide {
    fn size(&self) -> (u32, u32) {
        let sizes = self.0.iter().map(Figure::size);
        sizes.fold((0, 0), |(width, height), (w, h)| (width + w, height.max(h)))
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        let places = area.split_evenly((1, self.0.len().max(1)));
        places.iter().zip(&self.0).try_for_each(|(area, plot)| plot.draw(area))
    }
}

/// Loss and accuracy of all runs over their epochs: of the validation part, of runs without one of the training part.
pub fn run_curves(runs: &[(String, Vec<EpochMetrics>)]) -> SideBySide {
    let plot = |figure: &'static str, of: fn(&Figures) -> Option<f64>| LinePlot {
        title: figure.into(),
        axes: ["epoch", figure],
        lines: runs.iter().map(|(name, metrics)| line(name, metrics, of)).collect(),
    };
    SideBySide(vec![plot("loss", |figures| Some(figures.loss)), plot("accuracy", |figures| figures.accuracy)])
}

fn line(name: &str, metrics: &[EpochMetrics], of: fn(&Figures) -> Option<f64>) -> Line {
    let validates = metrics.iter().any(|epoch| epoch.validation.is_some());
    let part = |epoch: &EpochMetrics| if validates { epoch.validation } else { Some(epoch.train) };
    let points = metrics.iter().filter_map(|epoch| Some([epoch.epoch as f64, of(&part(epoch)?)?])).collect();
    let name = format!("{name} {}", if validates { "validation" } else { "training" });
    Line { name, points }
}
