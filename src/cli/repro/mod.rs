//! `netc repro`: the figures that reports print, repeated one after another; what is finished is not run again.

mod plan;
mod text;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use self::plan::Plan;
use self::text::Shown;
use super::flag::count;
use super::job::{Job, Running};
use super::progress::{INTERRUPTED, interrupted};
use super::settings::Settings;
use super::terminal::{Terminal, tell};
use super::{Failure, Format, Outcome};
use crate::diagnostic::{Code, Diagnostic, cannot_write};
use crate::repro::{Prune, Report, Results, Row, RowResult, WRITTEN_BY, document, hold, load_reports};
use crate::source::SourceMap;
use crate::train::{RunFolder, write_whole};

/// Repeat the figures that reports print
#[derive(Args, Debug)]
pub struct Repro {
    /// Which reports, or rows of them [default: all]
    #[arg(value_name = "REPORT[/ROW]")]
    wanted: Vec<String>,
    /// Only list the rows, with the values that they have
    #[arg(long)]
    list: bool,
    /// The experiments on rows below their print, in place of the rows
    #[arg(long)]
    experiments: bool,
    /// One seed, and a tenth of the epochs
    #[arg(long)]
    quick: bool,
    /// Run rows that have values already, from the beginning
    #[arg(long)]
    again: bool,
    /// How often each row is run, with the seeds from 0 on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = |text: &str| count(text, 1..=1000))]
    seeds: u64,
    /// Where the runs are kept
    #[arg(long, value_name = "DIR", default_value = "runs/repro")]
    out: PathBuf,
    /// The folder with the reports
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    #[command(flatten)]
    running: Running,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Repro {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let mut sources = SourceMap::new();
        let mut reports = load_reports(&mut sources, &self.models)
            .map_err(|faults| terminal.refuse(&faults, &sources))?
            .into_iter()
            .map(|report| Results::load(&report.folder).map(|results| (report, results)))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = plan::select(&reports, &self.wanted, self.experiments)?;
        let outcome = if self.list { Ok(()) } else { self.run_rows(&mut reports, &rows, terminal) };
        let shown: Vec<Shown> = rows.iter().map(|&(report, row)| self.shown(&reports[report], row, terminal)).collect();
        terminal.print(&match self.format {
            Format::Text => text::table(&shown),
            Format::Json => text::json(&shown),
        });
        outcome
    }

    fn shown<'a>(&self, (report, results): &'a (Report, Results), row: usize, terminal: &Terminal) -> Shown<'a> {
        let row = &report.rows[row];
        let result = results.get(&row.row, row.metric);
        let command = match (result, self.format) {
            (Some(result), _) => Some(result.command.clone()),
            (None, Format::Text) => None,
            (None, Format::Json) => {
                let job = self.job(report, report.trained_with(row), 0, terminal);
                job.ok().map(|job| text::command(&job, self.prune(row)))
            }
        };
        Shown { report, row, result, command }
    }

    fn seeds(&self) -> u64 {
        if self.quick { 1 } else { self.seeds }
    }

    /// Runs what has no value yet. A row that cannot run is reported, and the others go on.
    fn run_rows(&self, reports: &mut [(Report, Results)], rows: &[(usize, usize)], terminal: &Terminal) -> Outcome {
        let mut plan = self.plan(reports, rows);
        let values = rows.len() * self.seeds() as usize;
        if plan.runs() < values {
            let standing = values - plan.runs();
            tell(&format!("{standing} of {values} values stand already; `--again` takes them anew"));
        }
        let (mut cleared, mut failed) = (HashSet::new(), None);
        while let Some(task) = plan.next() {
            let report = &reports[task.report].0;
            let row = report.rows[task.row].clone();
            tell(&plan.announce(&format!("{}/{} seed {}", report.name, row.row, task.seed)));
            let began = Instant::now();
            let made = self.job(report, report.trained_with(&row), task.seed, terminal).and_then(|job| {
                if self.again {
                    clear(&job, self.prune(&row), &mut cleared)?;
                }
                self.run_row(report, &row, task.seed, &job, terminal)
            });
            match made {
                Ok(result) => {
                    let value = result.values[0];
                    if !Results::update(&report.folder, |results| results.add(result))? {
                        tell(&format!("{:.2} in a quick run; the row keeps its full values", 100.0 * value));
                    }
                }
                Err(failure) if interrupted() => return Err(failure),
                Err(failure) => {
                    failed = Some(terminal.report(failure));
                    continue;
                }
            }
            plan.finished(&task, began.elapsed().as_secs_f64());
            self.write_page(reports)?;
            if interrupted() {
                return Err(Failure::Reported(INTERRUPTED as u8));
            }
        }
        failed.map_or(Ok(()), |status| Err(Failure::Reported(status)))
    }

    /// What has no value yet; all, where they are taken anew.
    fn plan(&self, reports: &[(Report, Results)], rows: &[(usize, usize)]) -> Plan {
        let digest = |&(report, row): &(usize, usize)| {
            let (report, row) = (&reports[report].0, &reports[report].0.rows[row]);
            report.digest(row, row.prune).ok()
        };
        let digests: HashMap<_, _> = rows.iter().map(|place| (place, digest(place))).collect();
        Plan::new(reports, rows, self.seeds(), |place, seed| {
            let (report, results) = &reports[place.0];
            let row = &report.rows[place.1];
            let stands = |digest: &String| results.has((&row.row, digest), row.metric, seed, self.quick);
            !self.again && digests[place].as_ref().is_some_and(stands)
        })
    }

    /// Trains one row with one seed, or finds it trained, and takes its figure.
    fn run_row(
        &self,
        report: &Report,
        row: &Row,
        seed: u64,
        job: &Job,
        terminal: &Terminal,
    ) -> Result<RowResult, Failure> {
        // Before the training, during which files may change.
        let digest = report.digest(row, row.prune)?;
        let prune = self.prune(row);
        let finished = match prune {
            None => job.execute(terminal)?,
            Some(Prune { threshold, retrain }) => job.execute_pruned(threshold, retrain, terminal)?,
        };
        let command = text::command(job, prune);
        let value = row.metric.of(&finished.test, finished.position.last.as_ref());
        let value = value.ok_or_else(|| no_figure(report, row))?;
        let mut runs = vec![job.run.as_path(), &finished.run];
        runs.dedup();
        let seconds: f64 = runs.into_iter().filter_map(RunFolder::seconds_of).sum();
        Ok(RowResult {
            row: row.row.clone(),
            metric: row.metric,
            digest,
            quick: self.quick,
            values: vec![value],
            seeds: vec![seed],
            seconds: vec![seconds.round()],
            machine: text::machine(self.running.compute.threads()),
            commit: text::commit(&self.models),
            command,
        })
    }

    /// The training of a row, in a folder named by all that it depends on: what changes begins anew.
    fn job(&self, report: &Report, row: &Row, seed: u64, terminal: &Terminal) -> Result<Job, Failure> {
        let (file, recipe) = (report.folder.join(&row.file), report.folder.join(&row.recipe));
        let mut settings = Settings::with(seed, plan::changes(row, seed));
        if self.quick {
            settings.epochs = Some(plan::quick_epochs(&recipe, &settings.set, terminal)?);
        }
        let quick = if self.quick { "-quick" } else { "" };
        let name = format!("{}-seed{seed}-{}{quick}", row.row, report.digest(row, None)?);
        let run = self.out.join(&report.name).join(name);
        Ok(Job { file, recipe: Some(recipe), settings, until: None, run, running: self.running.clone() })
    }

    /// How a row is pruned; a quick one is trained on for a tenth of the epochs too.
    fn prune(&self, row: &Row) -> Option<Prune> {
        let tenth = |retrain: u64| (retrain / 10).max(retrain.min(1));
        row.prune.map(|prune| if self.quick { Prune { retrain: tenth(prune.retrain), ..prune } } else { prune })
    }

    /// Writes `docs/results.md` beside the folder of models, where there is a folder for it and no page of somebody else's,
    /// from all values: what other processes have added is read again.
    fn write_page(&self, reports: &mut [(Report, Results)]) -> Result<(), Diagnostic> {
        let models = self.models.canonicalize().unwrap_or_else(|_| self.models.clone());
        let docs = models.parent().unwrap_or(&models).join("docs");
        let page = docs.join("results.md");
        let is_ours = |text: &str| text.contains(WRITTEN_BY);
        let _held = hold(&docs);
        for (report, results) in &mut *reports {
            *results = Results::load(&report.folder)?;
        }
        if !docs.is_dir() || std::fs::read_to_string(&page).is_ok_and(|text| !is_ours(&text)) {
            return Ok(());
        }
        write_whole(&page, document(reports))
    }
}

/// Removes the runs of a row, but for those that this call has trained for another one.
fn clear(job: &Job, prune: Option<Prune>, cleared: &mut HashSet<PathBuf>) -> Result<(), Diagnostic> {
    let pruned = prune.map(|Prune { threshold, retrain }| job.pruned_run(threshold, retrain));
    for run in [Some(job.run.clone()), pruned].into_iter().flatten() {
        if cleared.insert(run.clone()) && run.exists() {
            std::fs::remove_dir_all(&run).map_err(|fault| cannot_write(&run, &fault))?;
        }
    }
    Ok(())
}

fn no_figure(report: &Report, row: &Row) -> Diagnostic {
    let message = format!("the run of `{}/{}` has no `{}`", report.name, row.row, row.metric);
    let is_untrained = row.prune.is_some_and(|prune| prune.retrain == 0);
    Diagnostic::error(Code::REPORT, message).remark(match is_untrained {
        true => "it is of the last epoch, and after this pruning there is none; `prune: {retrain: N}` trains on",
        false => "`validation` needs a validation part in the recipe",
    })
}
