//! Reports and results -> `docs/results.md`: ours beside the print.

use std::fmt::Write;

use super::report::{Report, Row};
use super::results::{Results, RowResult};
use crate::train::Summary;

/// What a page says that netc may write over.
pub const WRITTEN_BY: &str = "Written by `netc repro`";

fn head() -> String {
    format!(
        "# Results

Every accuracy, precision and pruning figure of five reports, repeated. {WRITTEN_BY} from `models/*/report.yaml` and
`models/*/results.json`; `netc repro REPORT/ROW --again` runs a row anew. Ours are means over seeds with the deviation of a
sample; *quick* is one seed and a tenth of the epochs, which says that the row runs and nothing more.

What a report leaves open is in the last column and in the recipe's first lines. No recipe was chosen by looking at test images:
each was written before its first run, and stayed (`git log -- models`). A figure of the test images is of the epoch that the
recipe's validation part chose, or of the last where it has none; a figure of the validation part is of the last. Experiments try
what they say on a row, most on one below its print, to find out why; they replace no row.
"
    )
}

/// The page.
pub fn document(reports: &[(Report, Results)]) -> String {
    let mut text = head();
    for (report, results) in reports {
        let _ = write!(text, "\n## {}\n\n{}\n\n", report.name, report.title);
        text += "| row | figure | printed | ours | seeds | difference | chosen here |\n";
        text += "| --- | --- | --- | --- | --- | --- | --- |\n";
        let printed = report.rows.iter().filter(|row| row.explains.is_none());
        printed.for_each(|row| text += &line(row, results.get(&row.row, row.metric)));
        text += &experiments(report, results);
        text += &references(report);
        text += &origins(report, results);
    }
    text
}

fn line(row: &Row, result: Option<&RowResult>) -> String {
    let figure = format!("{} ({})", row.metric, cell(&row.place));
    let (ours, seeds, difference) = result.map_or_else(unknown, |result| shown(row, result));
    let (name, printed, chosen) = (&row.row, percent(row.printed), cell(&row.chosen.join(", ")));
    format!("| {name} | {figure} | {printed} | {ours} | {seeds} | {difference} | {chosen} |\n")
}

fn unknown() -> (String, String, String) {
    ("not run yet".into(), String::new(), String::new())
}

fn shown(row: &Row, result: &RowResult) -> (String, String, String) {
    let Summary { mean, std, .. } = Summary::of(&result.values);
    let quick = if result.quick { " (quick)" } else { "" };
    let spread = std.map(|std| format!(" ± {:.2}", 100.0 * std)).unwrap_or_default();
    let seeds: Vec<String> = result.seeds.iter().map(u64::to_string).collect();
    let difference = format!("{:+.2}", 100.0 * (mean - row.printed));
    (format!("{}{spread}{quick}", percent(mean)), seeds.join(", "), difference)
}

/// Text that ends no cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// What was tried on rows below their print.
fn experiments(report: &Report, results: &Results) -> String {
    let lines = report.rows.iter().filter_map(|row| {
        let (ours, seeds, difference) =
            results.get(&row.row, row.metric).map_or_else(unknown, |result| shown(row, result));
        let (explained, name, tried) = (row.explains.as_ref()?, &row.row, cell(&row.place));
        let printed = percent(row.printed);
        Some(format!("| {explained} | {name} | {tried} | {printed} | {ours} | {seeds} | {difference} |\n"))
    });
    let lines: String = lines.collect();
    if lines.is_empty() {
        return lines;
    }
    let head = "| row | experiment | tried | printed | ours | seeds | difference |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    format!("\nExperiments:\n\n{head}{lines}")
}

fn references(report: &Report) -> String {
    if report.references.is_empty() {
        return String::new();
    }
    let lines = report.references.iter().map(|reference| format!("- {}: {}\n", reference.what, reference.printed));
    format!("\nPrinted beside them, not run:\n\n{}", lines.collect::<String>())
}

/// Where and by which command each row was run.
fn origins(report: &Report, results: &Results) -> String {
    let known: Vec<&RowResult> = report.rows.iter().filter_map(|row| results.get(&row.row, row.metric)).collect();
    if known.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| row | command | seconds | machine | commit |\n| --- | --- | --- | --- | --- |\n");
    for result in known {
        let commit = result.commit.as_deref().unwrap_or("not known");
        let mean = result.seconds.iter().sum::<f64>() / result.seconds.len().max(1) as f64;
        let _ = writeln!(text, "| {} | `{}` | {mean:.0} | {} | {commit} |", result.row, result.command, result.machine);
    }
    text
}
