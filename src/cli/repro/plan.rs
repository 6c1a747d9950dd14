//! Reports, and what was asked for -> the runs that are left, in order, with the time that they will take.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use indicatif::HumanDuration;

use crate::cli::Failure;
use crate::cli::files::read_source;
use crate::cli::settings::{Change, RecipeFile};
use crate::cli::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Given, check};
use crate::repro::{Report, Results, Row};
use crate::resolve::names::nearest;
use crate::source::SourceMap;

/// A row with one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    pub report: usize,
    pub row: usize,
    pub seed: u64,
    /// Proportional to the time that it takes, as far as that is known before.
    work: f64,
}

/// What is left to run.
pub struct Plan {
    tasks: std::vec::IntoIter<Task>,
    done: usize,
    all: usize,
    /// Work and seconds of what has been run.
    spent: (f64, f64),
}

/// The rows that are meant, as numbers of report and row; all where nothing is said. Experiments are meant where they are
/// named, or `experiments` are asked for in place of printed figures.
///
/// # Errors
/// N0610 for a report or row that is not there.
pub fn select(
    reports: &[(Report, Results)],
    wanted: &[String],
    experiments: bool,
) -> Result<Vec<(usize, usize)>, Diagnostic> {
    let all: Vec<(usize, usize)> =
        (0..reports.len()).flat_map(|report| (0..reports[report].0.rows.len()).map(move |row| (report, row))).collect();
    let name = |&(report, row): &(usize, usize)| {
        let report = &reports[report].0;
        format!("{}/{}", report.name, report.rows[row].row)
    };
    let is_kind = |&(report, row): &(usize, usize)| reports[report].0.rows[row].explains.is_some() == experiments;
    let is_meant = |place: &(usize, usize), wanted: &String| {
        name(place) == *wanted || (reports[place.0].0.name == *wanted && is_kind(place))
    };
    let is_known = |wanted: &String| {
        all.iter().any(|place| name(place) == *wanted) || reports.iter().any(|(report, _)| report.name == *wanted)
    };
    if let Some(unknown) = wanted.iter().find(|wanted| !is_known(wanted)) {
        return Err(no_such_row(unknown, all.iter().map(name).collect()));
    }
    let asked = |place: &(usize, usize)| match wanted {
        [] => is_kind(place),
        names => names.iter().any(|name| is_meant(place, name)),
    };
    Ok(all.into_iter().filter(asked).collect())
}

fn no_such_row(unknown: &str, names: Vec<String>) -> Diagnostic {
    let fault = Diagnostic::error(Code::REPORT, format!("there is no report and no row `{unknown}`"));
    match nearest(unknown, names.iter().map(String::as_str)) {
        Some(name) => fault.remark(format!("did you mean `{name}`?")),
        None => fault,
    }
    .remark("`netc repro --list` shows all of them")
}

impl Plan {
    /// What is not done, by the places of rows and the seed: first all rows with the first seed, then with the next.
    pub fn new(
        reports: &[(Report, Results)],
        rows: &[(usize, usize)],
        seeds: u64,
        done: impl Fn(&(usize, usize), u64) -> bool,
    ) -> Self {
        let works: Vec<Work> = rows.iter().map(|&(report, row)| Work::of(&reports[report].0, row)).collect();
        let (mut tasks, mut trained) = (vec![], HashSet::new());
        for seed in 0..seeds {
            for (place, work) in rows.iter().zip(&works).filter(|(place, _)| !done(place, seed)) {
                let (report, row) = *place;
                let with = &reports[report].0.trained_with(&reports[report].0.rows[row]).row;
                let training = if trained.insert((report, with, seed)) { work.training } else { 0.0 };
                tasks.push(Task { report, row, seed, work: training + work.after });
            }
        }
        Self { all: tasks.len(), tasks: tasks.into_iter(), done: 0, spent: (0.0, 0.0) }
    }

    /// How many runs it has.
    pub fn runs(&self) -> usize {
        self.all
    }

    pub fn next(&mut self) -> Option<Task> {
        self.done += 1;
        self.tasks.next()
    }

    /// The line before the run that came last.
    pub fn announce(&self, name: &str) -> String {
        let left = self.left().map(|left| format!(", about {} left with it", HumanDuration(left)));
        format!("run {} of {}  {name}{}", self.done, self.all, left.unwrap_or_default())
    }

    pub fn finished(&mut self, task: &Task, seconds: f64) {
        self.spent = (self.spent.0 + task.work, self.spent.1 + seconds);
    }

    fn left(&self) -> Option<Duration> {
        let (work, seconds) = self.spent;
        let left: f64 = self.tasks.as_slice().iter().map(|task| task.work).sum();
        (work > 0.0).then(|| Duration::from_secs_f64(left * seconds / work))
    }
}

/// Epochs times multiply-adds of an image: sets differ in their number of images by less than networks in their size.
struct Work {
    /// Which rows of the same training do once.
    training: f64,
    /// Of training on after pruning.
    after: f64,
}

impl Work {
    fn of(report: &Report, row: usize) -> Self {
        let row = &report.rows[row];
        let mut sources = SourceMap::new();
        let macs = read_source(&mut sources, &report.folder.join(&row.file))
            .ok()
            .and_then(|file| check(&mut sources, file, &Given::default()).macs());
        let macs = macs.unwrap_or(1) as f64;
        let recipe = report.folder.join(&row.recipe);
        let recipe = RecipeFile::parse(&mut SourceMap::new(), Some(&recipe), &changes(row, 0));
        let epochs = recipe.map_or(1, |(recipe, _)| recipe.epochs);
        let after = row.prune.map_or(0, |prune| prune.retrain);
        Self { training: macs * epochs as f64, after: macs * after as f64 }
    }
}

/// The row's settings, with a seed, as flags give them.
pub fn changes(row: &Row, seed: u64) -> Vec<Change> {
    row.settings(seed).into_iter().map(|(key, value)| Change { key, value }).collect()
}

/// A tenth of a recipe's epochs, at least one.
pub fn quick_epochs(recipe: &Path, changes: &[Change], terminal: &Terminal) -> Result<u64, Failure> {
    Ok((RecipeFile::read(Some(recipe), changes, terminal)?.recipe.epochs / 10).max(1))
}
