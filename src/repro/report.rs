//! `report.yaml` -> the figures that a report prints, each with the run that repeats it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use super::metric::Metric;
use crate::diagnostic::{Code, Diagnostic, cannot_read};
use crate::source::{SourceMap, Span};
use crate::yaml::{self, Bounds, Field, Found, Keys};

/// A report: its figures, and what stands beside them.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of its folder.
    pub name: String,
    pub folder: PathBuf,
    pub title: String,
    /// The printed figures, then the experiments.
    pub rows: Vec<Row>,
    pub references: Vec<Reference>,
}

/// A printed figure, or an experiment on one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub row: String,
    /// The network, beside the report.
    pub file: String,
    /// The recipe, beside the report.
    pub recipe: String,
    /// Settings that differ from the recipe's, by key.
    pub set: Mapping,
    /// Settings that take the seed's number, beside `seed` itself.
    pub drawn_by: Vec<String>,
    /// What is done to the trained network.
    pub prune: Option<Prune>,
    pub metric: Metric,
    /// From 0 to 1.
    pub printed: f64,
    /// Where it is printed.
    pub place: String,
    /// What the report leaves open and was chosen here.
    pub chosen: Vec<String>,
    /// Of an experiment, the row below its print that it is about: it differs from that one as `place` says.
    pub explains: Option<String>,
}

/// Weights below a threshold become zero and stay it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prune {
    pub threshold: f64,
    /// Epochs of training after that.
    pub retrain: u64,
}

/// A printed figure that is not repeated: of people, of other work, of other machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub what: String,
    pub printed: String,
}

/// The reports in the folders of `models`, by name.
///
/// # Errors
/// N0804 where there are none, or one cannot be read; N06 with places in `sources` where one is not a report.
pub fn load_reports(sources: &mut SourceMap, models: &Path) -> Result<Vec<Report>, Vec<Diagnostic>> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(models).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("report.yaml").is_file());
    folders.sort();
    if folders.is_empty() {
        let message = format!("`{}` has no folder with a report.yaml", models.display());
        return Err(vec![
            Diagnostic::error(Code::READ, message)
                .remark("run it where netc's `models` are, or name their folder with `--models`"),
        ]);
    }
    let (mut reports, mut faults) = (vec![], vec![]);
    for folder in folders {
        match Report::load(sources, folder) {
            Ok(report) => reports.push(report),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(reports) } else { Err(faults) }
}

impl Report {
    fn load(sources: &mut SourceMap, folder: PathBuf) -> Result<Self, Vec<Diagnostic>> {
        let path = folder.join("report.yaml");
        let text = fs::read_to_string(&path).map_err(|fault| vec![cannot_read(&path, &fault)])?;
        let file = sources.add(path.display().to_string(), None, text);
        yaml::read_file(sources, file, "the report", "it has `title` and `rows`", |field, found| {
            Self::read(field, folder, found)
        })
    }

    /// None where anything is wrong.
    fn read(field: Field, folder: PathBuf, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let title = keys.need("title", text);
        let rows = keys.need("rows", Field::items).unwrap_or_default();
        let experiments = keys.read("experiments", Field::items).unwrap_or_default();
        let references = keys.read("references", Field::items).unwrap_or_default();
        keys.finish("the report");
        let mut rows: Vec<(Row, Span)> =
            rows.into_iter().filter_map(|field| Some((Row::read(field, found)?, field.span()))).collect();
        let experiments: Vec<(Row, Span)> = experiments
            .into_iter()
            .filter_map(|field| Some((Row::read_experiment(field, &rows, found)?, field.span())))
            .collect();
        rows.extend(experiments);
        for (at, (row, span)) in rows.iter().enumerate() {
            if let Some((_, first)) = rows[..at].iter().find(|(earlier, _)| earlier.row == row.row) {
                let message = format!("two rows have the name `{}`", row.row);
                let fault = Diagnostic::error(Code::REPORT, message).at(*span, "again").with(*first, "first here");
                found.borrow_mut().push(fault);
            }
        }
        let references = references.into_iter().filter_map(|field| Reference::read(field, found)).collect();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let report =
            Self { name, folder, title: title?, rows: rows.into_iter().map(|(row, _)| row).collect(), references };
        (!found.borrow().has_errors()).then_some(report)
    }

    /// The first row whose training is the same as this one's: they share their runs.
    pub fn trained_with<'a>(&'a self, row: &'a Row) -> &'a Row {
        self.rows.iter().find(|other| other.trains_as(row)).unwrap_or(row)
    }
}

fn text(field: &Field) -> Result<String, Diagnostic> {
    field.text().map(str::to_string)
}

/// A name that folders of runs begin with.
fn row_name(field: &Field) -> Result<String, Diagnostic> {
    let name = field.text()?;
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    match name.starts_with(char::is_alphanumeric) && name.chars().all(plain) {
        true => Ok(name.to_string()),
        false => Err(field.wrong_kind("letters, digits, `-`, `_` and `.`, a letter or digit first")),
    }
}

fn mapping(field: &Field) -> Result<Mapping, Diagnostic> {
    field.by_serde("settings by key, as `{optimizer.lr: 0.01}`")
}

impl Row {
    fn read(field: Field, found: &Found) -> Option<Self> {
        const OWNER: &str = "the row";
        let mut keys = Keys::of(field, found)?;
        let texts = |field: &Field| field.list(text);
        let row = keys.need("row", row_name);
        let file = keys.need("file", text);
        let recipe = keys.need("recipe", text);
        let set = keys.read("set", mapping).unwrap_or_default();
        let drawn_by = keys.read("drawn_by", texts).unwrap_or_default();
        let prune = keys.get("prune").map(|field| Prune::read(field, found));
        let metric = keys.need("metric", Metric::read);
        let printed = keys.need("printed", |field| field.number(Bounds::SHARE));
        let place = keys.need("where", text);
        let chosen = keys.read("chosen", texts).unwrap_or_default();
        keys.finish(OWNER);
        Some(Self {
            row: row?,
            file: file?,
            recipe: recipe?,
            set,
            drawn_by,
            prune: prune.flatten(),
            metric: metric?,
            printed: printed?,
            place: place?,
            chosen,
            explains: None,
        })
    }

    /// What is not written is as in the row that is explained.
    fn read_experiment(field: Field, rows: &[(Row, Span)], found: &Found) -> Option<Self> {
        const OWNER: &str = "the experiment";
        let mut keys = Keys::of(field, found)?;
        let row = keys.need("row", row_name);
        let explained = keys.need("explains", |field| {
            let name = text(field)?;
            let explained = rows.iter().find(|(row, _)| row.row == name).map(|(row, _)| row.clone());
            let unknown = || Diagnostic::error(Code::REPORT, format!("there is no row `{name}` to explain"));
            explained.ok_or_else(|| unknown().at(field.span(), "not in `rows`"))
        });
        let place = keys.need("tries", text);
        let file = keys.read("file", text);
        let recipe = keys.read("recipe", text);
        let set = keys.read("set", mapping).unwrap_or_default();
        let prune = keys.get("prune").map(|field| Prune::read(field, found));
        keys.finish(OWNER);
        let explained = explained?;
        let mut all = explained.set.clone();
        all.extend(set);
        Some(Self {
            row: row?,
            file: file.unwrap_or_else(|| explained.file.clone()),
            recipe: recipe.unwrap_or_else(|| explained.recipe.clone()),
            set: all,
            prune: prune.map_or(explained.prune, |prune| prune),
            place: place?,
            explains: Some(explained.row.clone()),
            ..explained
        })
    }

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

impl Prune {
    fn read(field: Field, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let threshold = keys.need("threshold", |field| field.number(Bounds::POSITIVE));
        let retrain = keys.read("retrain", |field| field.count(0..=1_000_000)).unwrap_or(0);
        keys.finish("`prune`");
        Some(Self { threshold: threshold?, retrain })
    }
}

impl Reference {
    fn read(field: Field, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let what = keys.need("what", text);
        let printed = keys.need("printed", text);
        keys.finish("the reference");
        Some(Self { what: what?, printed: printed? })
    }
}
