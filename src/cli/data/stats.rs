//! `netc data stats`: a data set -> counts, mean and deviation, and how brightness and contrast spread over each class.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::Which;
use crate::cli::terminal::Terminal;
use crate::cli::write::{check_plot, write_plot};
use crate::cli::{Format, Outcome};
use crate::data::{ClassSpread, Dataset, Images, Quartiles, spreads};
use crate::report::BoxPlots;

/// Show a data set's classes, their images' mean and variance, and box plots of them
#[derive(Args, Debug)]
pub struct Stats {
    #[command(flatten)]
    which: Which,
    /// Draw box plots of each class's image means and variances, as SVG or PNG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Stats {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        self.plot.iter().try_for_each(|path| check_plot(path))?;
        let set = self.which.open()?;
        let spreads = spreads(&*set.train, set.classes.len());
        if let Some(path) = &self.plot {
            write_plot(path, &BoxPlots::of(&set.classes, &spreads))?;
        }
        terminal.print(&match self.format {
            Format::Json => format!("{}\n", to_json(&set, &spreads)),
            Format::Text => text(&set, &spreads),
        });
        Ok(())
    }
}

fn counts(part: &dyn Images, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    (0..part.len()).for_each(|image| counts[part.label(image)] += 1);
    counts
}

fn to_json(set: &Dataset, spreads: &[ClassSpread]) -> Json {
    let [train, test] = [&set.train, &set.test].map(|part| counts(&**part, set.classes.len()));
    let class = |(number, label): (usize, &String)| {
        let spread = &spreads[number];
        json!({
            "label": label, "train": train[number], "test": test[number],
            "mean": Quartiles::of(&spread.means), "variance": Quartiles::of(&spread.variances),
        })
    };
    json!({
        "dataset": set.name, "shape": set.shape(), "train": set.train.len(), "test": set.test.len(),
        "mean": set.statistics.mean, "deviation": set.statistics.deviation,
        "classes": set.classes.iter().enumerate().map(class).collect::<Vec<_>>(),
    })
}

fn text(set: &Dataset, spreads: &[ClassSpread]) -> String {
    let [channels, height, width] = set.shape();
    let figures = |values: &[f32]| values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(" ");
    let mut text = format!("{}: {} training and {} test images", set.name, set.train.len(), set.test.len());
    text += &format!(" of {channels}x{height}x{width}, {} classes\n", set.classes.len());
    text += &format!("mean {}  deviation {}\n\n", figures(&set.statistics.mean), figures(&set.statistics.deviation));
    let columns = set.classes.iter().map(|class| class.chars().count()).max().unwrap_or(0).max("class".len());
    text += &format!(
        "{:>6}  {:<columns$}  {:>6}  {:>6}  mean: median (quartiles)  variance: median (quartiles)\n",
        "number", "class", "train", "test"
    );
    let [train, test] = [&set.train, &set.test].map(|part| counts(&**part, set.classes.len()));
    for (number, class) in set.classes.iter().enumerate() {
        let spread = [&spreads[number].means, &spreads[number].variances].map(|values| described(values));
        text += &format!(
            "{number:>6}  {class:<columns$}  {:>6}  {:>6}  {:<23}  {}\n",
            train[number], test[number], spread[0], spread[1]
        );
    }
    text
}

/// `0.2861 (0.2011-0.3720)`
fn described(values: &[f64]) -> String {
    Quartiles::of(values)
        .map_or(String::new(), |Quartiles { q1, median, q3, .. }| format!("{median:.4} ({q1:.4}-{q3:.4})"))
}
