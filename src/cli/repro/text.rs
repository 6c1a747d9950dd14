//! Rows and their values -> a table, JSON, and what a value's origin is written down with.

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::cli::job::Job;
use crate::kernel::Isa;
use crate::report::quoted;
use crate::repro::{Prune, Report, Row, RowResult};
use crate::train::Summary;

/// A row as it is listed.
pub struct Shown<'a> {
    pub report: &'a Report,
    pub row: &'a Row,
    pub result: Option<&'a RowResult>,
    /// What repeats it; none where the row cannot run.
    pub command: Option<String>,
}

/// A line for each row, then what is printed beside them.
pub fn table(rows: &[Shown]) -> String {
    let names: Vec<String> = rows.iter().map(|shown| format!("{}/{}", shown.report.name, shown.row.row)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(3);
    let mut text = format!("{:width$}  {:19}  {:>7}  {:>16}  seeds\n", "row", "metric", "printed", "ours");
    for (name, Shown { row, result, .. }) in names.iter().zip(rows) {
        let (ours, seeds) = result.map_or_else(|| ("-".to_string(), String::new()), ours);
        let (metric, printed) = (row.metric.to_string(), percent(row.printed));
        text += format!("{name:width$}  {metric:19}  {printed:>7}  {ours:>16}  {seeds}").trim_end();
        text.push('\n');
    }
    text + &references(rows)
}

fn ours(result: &RowResult) -> (String, String) {
    let Summary { mean, std, .. } = Summary::of(&result.values);
    let spread = std.map(|std| format!(" +- {:.2}", 100.0 * std)).unwrap_or_default();
    let seeds: Vec<String> = result.seeds.iter().map(u64::to_string).collect();
    let quick = if result.quick { "  quick" } else { "" };
    (format!("{}{spread}", percent(mean)), format!("{}{quick}", seeds.join(" ")))
}

fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

/// Figures that are listed and never run.
fn references(rows: &[Shown]) -> String {
    let mut reports: Vec<&Report> = vec![];
    for Shown { report, .. } in rows {
        if !reports.iter().any(|known| known.name == report.name) {
            reports.push(report);
        }
    }
    let lines = reports.iter().flat_map(|report| {
        report
            .references
            .iter()
            .map(|reference| format!("{}: {}: {}\n", report.name, reference.what, reference.printed))
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\nprinted beside them, never run\n{lines}") }
}

/// An array with an object for each row, as the language's page has it.
pub fn json(rows: &[Shown]) -> String {
    let object = |Shown { report, row, result, command }: &Shown| {
        let of_all = result.map(|result| Summary::of(&result.values));
        let mut object = json!({
            "report": report.name, "row": row.row, "metric": row.metric, "printed": row.printed,
            "mean": of_all.map(|summary| summary.mean), "std": of_all.and_then(|summary| summary.std),
            "values": result.map(|result| &result.values), "seeds": result.map(|result| &result.seeds),
            "quick": result.is_some_and(|result| result.quick), "chosen": row.chosen,
            "command": command,
        });
        if let Some(explained) = &row.explains {
            object["explains"] = json!(explained);
            object["tries"] = json!(row.place);
        }
        object
    };
    format!("{}\n", Json::Array(rows.iter().map(object).collect()))
}

/// What makes the same run, for a shell.
pub fn command(job: &Job, prune: Option<Prune>) -> String {
    let path = |path: &Path| quoted(&path.display().to_string());
    let mut command = format!("netc train {}", path(&job.file));
    if let Some(recipe) = &job.recipe {
        command += &format!(" --recipe {}", path(recipe));
    }
    job.settings.set.iter().for_each(|change| command += &format!(" --set {}", quoted(&change.to_string())));
    if let Some(epochs) = job.settings.epochs {
        command += &format!(" --epochs {epochs}");
    }
    command += &format!(" --seed {}", job.settings.seed.unwrap_or_default());
    let Some(Prune { threshold, retrain }) = prune else { return command };
    let retrain = if retrain > 0 { format!(" --retrain {retrain}") } else { String::new() };
    format!("{command} --out RUN; netc prune RUN --threshold {threshold}{retrain} --out RUN2")
}

/// The processor, the instructions that kernels use, and the threads.
pub fn machine(threads: usize) -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    format!("{model}, {}, {threads} threads", Isa::best().name())
}

/// The commit that is checked out where the reports are, and whether they or netc's sources differ from it; none without git.
pub fn commit(models: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(models)
            .args(arguments)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let head = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changed = git(&[
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        "*.net",
        "*.yaml",
        ":/src",
        ":/grammar",
        ":/stdlib",
        ":/Cargo.*",
    ]);
    Some(if changed.is_some_and(|changed| !changed.is_empty()) { format!("{head}, changed") } else { head })
}
