//! `report.yaml` -> the figures that a report prints, each with the run that repeats it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::Value;

use super::metric::Metric;
use crate::diagnostic::{Code, Diagnostic};

/// A report: its figures, and what stands beside them.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of its folder.
    pub name: String,
    pub folder: PathBuf,
    pub title: String,
    pub rows: Vec<Row>,
    pub references: Vec<Reference>,
}

/// A printed figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub row: String,
    /// The network, beside the report.
    pub file: String,
    /// The recipe, beside the report.
    pub recipe: String,
    /// Settings that differ from the recipe's, by key.
    #[serde(default)]
    pub set: serde_yaml::Mapping,
    /// Settings that take the seed's number, beside `seed` itself.
    #[serde(default)]
    pub drawn_by: Vec<String>,
    /// What is done to the trained network.
    #[serde(default)]
    pub prune: Option<Prune>,
    pub metric: Metric,
    /// From 0 to 1.
    pub printed: f64,
    /// Where it is printed.
    #[serde(rename = "where")]
    pub place: String,
    /// What the report leaves open and was chosen here.
    #[serde(default)]
    pub chosen: Vec<String>,
}

/// Weights below a threshold become zero and stay it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    pub threshold: f64,
    /// Epochs of training after that.
    #[serde(default)]
    pub retrain: u64,
}

/// A printed figure that is not repeated: of people, of other work, of other machines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub what: String,
    pub printed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    title: String,
    rows: Vec<Row>,
    #[serde(default)]
    references: Vec<Reference>,
}

/// The reports in the folders of `models`, by name.
///
/// # Errors
/// N0804 where there are none, or one cannot be read; N0610 where one is not a report.
pub fn load_reports(models: &Path) -> Result<Vec<Report>, Diagnostic> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(models).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("report.yaml").is_file());
    folders.sort();
    if folders.is_empty() {
        let message = format!("`{}` has no folder with a report.yaml", models.display());
        return Err(Diagnostic::error(Code::READ, message)
            .remark("run it where netc's `models` are, or name their folder with `--models`"));
    }
    folders.into_iter().map(load).collect()
}

fn load(folder: PathBuf) -> Result<Report, Diagnostic> {
    let path = folder.join("report.yaml");
    let text = fs::read_to_string(&path).map_err(|fault| cannot_read(&path, &fault))?;
    let Text { title, rows, references } =
        serde_yaml::from_str(&text).map_err(|fault| not_a_report(&path, &fault.to_string()))?;
    if let Some(row) = repeated(&rows) {
        return Err(not_a_report(&path, &format!("two rows have the name `{row}`")));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Report { name, folder, title, rows, references })
}

fn repeated(rows: &[Row]) -> Option<&str> {
    let earlier = |at: usize| rows[..at].iter().any(|row| row.row == rows[at].row);
    (0..rows.len()).find(|&at| earlier(at)).map(|at| rows[at].row.as_str())
}

pub(super) fn cannot_read(path: &Path, fault: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::READ, format!("cannot read `{}`: {fault}", path.display()))
}

fn not_a_report(path: &Path, fault: &str) -> Diagnostic {
    Diagnostic::error(Code::REPORT, format!("`{}` is not a report: {fault}", path.display()))
}

impl Report {
    /// The first row whose training is the same as this one's: they share their runs.
    pub fn trained_with<'a>(&'a self, row: &'a Row) -> &'a Row {
        self.rows.iter().find(|other| other.trains_as(row)).unwrap_or(row)
    }
}

impl Row {
    fn trains_as(&self, other: &Row) -> bool {
        self.file == other.file
            && self.recipe == other.recipe
            && self.set == other.set
            && self.drawn_by == other.drawn_by
    }

    /// The settings that differ from the recipe's, with a seed: keys and values in YAML.
    pub fn settings(&self, seed: u64) -> Vec<(String, String)> {
        let text = |value: &Value| serde_json::to_string(value).unwrap_or_default();
        let plain = |value: &Value| value.as_str().map_or_else(|| text(value), str::to_string);
        let set = self.set.iter().map(|(key, value)| (plain(key), text(value)));
        set.chain(self.drawn_by.iter().map(|key| (key.clone(), seed.to_string()))).collect()
    }
}
