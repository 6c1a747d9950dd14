//! Everything that the page of a run is made of.

use std::path::Path;

use crate::data::Dataset;
use crate::graph::Graph;
use crate::lower::Store;
use crate::train::{Checkpoint, EpochMetrics, Evaluation, Metadata, Reconstruction};

use super::super::layers::grouped;
use super::super::scatter_plot::ScatterPlot;

/// A run, its network and how that was tested.
pub struct RunRecord<'a> {
    /// The run's folder, as its user names it.
    pub path: &'a Path,
    /// The one that was tested.
    pub checkpoint: &'a Checkpoint,
    pub metrics: Vec<EpochMetrics>,
    /// How long all epochs took.
    pub seconds: Option<f64>,
    pub graph: &'a Graph,
    pub store: &'a Store<f32>,
    /// 0 for each weight that is pruned.
    pub mask: Option<Vec<f32>>,
    pub dataset: &'a Dataset,
    pub evaluation: &'a Evaluation,
    /// Of test images, where the network draws its input again.
    pub reconstructions: Vec<Reconstruction>,
    /// Test images in the plane, each time with what they are laid out by.
    pub places: Vec<(String, ScatterPlot)>,
    /// What checking the network warns of, as a terminal has it.
    pub warnings: Vec<String>,
}

impl RunRecord<'_> {
    pub fn metadata(&self) -> &Metadata {
        &self.checkpoint.metadata
    }

    /// The name of the run's folder.
    pub fn name(&self) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let whole = || self.path.canonicalize().ok().and_then(|path| name(&path));
        name(self.path).or_else(whole).unwrap_or_else(|| self.path.display().to_string())
    }

    /// The data set and its images.
    pub fn subtitle(&self) -> String {
        let Metadata { recipe, classes, data, .. } = self.metadata();
        let [train, test] = [data.train, data.test].map(|count| grouped(count as u64));
        let (dataset, share) = (&recipe.dataset, |part: f64| format!("{} %", (1000.0 * part).round() / 10.0));
        let mut used = vec![];
        if recipe.split.validation > 0.0 {
            used.push(format!("{} to validate", share(recipe.split.validation)));
        }
        if recipe.split.fraction < 1.0 {
            used.push(format!("trained on {} of what is left", share(recipe.split.fraction)));
        }
        let used = if used.is_empty() { String::new() } else { format!(" ({})", used.join(", ")) };
        let (shape, classes) = (self.graph.input, classes.len());
        format!("{dataset}: {train} training{used} and {test} test images of {shape}, {classes} classes")
    }

    /// Numbers that are trained and not pruned.
    pub fn parameters(&self) -> usize {
        let pruned = self.mask.iter().flatten().filter(|kept| **kept == 0.0).count();
        self.graph.trained_count() - pruned
    }

    /// The run's folder as a word of a shell's command.
    pub fn shell_path(&self) -> String {
        quoted(&self.path.display().to_string())
    }

    /// A file of the run as a word of a shell's command.
    pub fn shell_file(&self, name: &str) -> String {
        quoted(&self.path.join(name).display().to_string())
    }

    /// The command that writes all pictures of the run as files.
    pub fn pictures(&self) -> String {
        format!("netc eval {} --pictures pictures", self.shell_path())
    }
}

/// A word as a shell takes it, in quotes where it would take it apart.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_take_apart_are_in_quotes() {
        let words = ["runs/first-1", "my run", "it's", "a;b"].map(quoted);
        assert_eq!(words, ["runs/first-1", "'my run'", "'it'\\''s'", "'a;b'"]);
    }
}
