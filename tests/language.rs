//! The language by examples: tables of small files, written from the reference, and what `netc check` says of each.
//!
//! A table holds cases, `== what it shows` and a file below; `-- name` begins one of several files, `main.net` being
//! the one that is checked. Source and answer stand together in the snapshot.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use netc::diagnostic::{Severity, Style, render};
use netc::graph::{self, Given, Report};
use netc::report::layer_table;
use netc::source::SourceMap;

struct Case<'t> {
    name: &'t str,
    /// Names and texts; the last is checked.
    files: Vec<(&'t str, &'t str)>,
    source: &'t str,
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let starts = table.match_indices("== ").filter(|(at, _)| *at == 0 || table.as_bytes()[at - 1] == b'\n');
    let starts: Vec<usize> = starts.map(|(at, _)| at).chain([table.len()]).collect();
    starts.windows(2).map(|bounds| case(&table[bounds[0]..bounds[1]])).collect()
}

fn case(text: &str) -> Case<'_> {
    let (head, source) = text.split_once('\n').unwrap();
    let files = match source.strip_prefix("-- ") {
        None => vec![("main.net", source)],
        Some(files) => files.split("\n-- ").map(|file| file.split_once('\n').unwrap()).collect(),
    };
    Case { name: &head[3..], files, source }
}

/// Checks the case's last file; the others lie beside it.
fn report(case: &Case) -> (SourceMap, Report, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (name, text) = case.files.last().unwrap();
    let mut sources = SourceMap::new();
    let file = sources.add(*name, Some(folder.path().to_path_buf()), *text);
    let report = graph::check(&mut sources, file, &Given::default());
    (sources, report, format!("{}/", folder.path().display()))
}

fn messages(report: &Report, sources: &SourceMap) -> String {
    let said = report.diagnostics.iter().filter(|d| d.severity != Severity::Note);
    said.map(|d| render(d, sources, Style::Plain)).collect()
}

fn invalid(topic: &str) {
    let table = read("invalid", topic);
    let (mut text, mut wrong) = (String::new(), vec![]);
    for case in cases(&table) {
        let (sources, report, folder) = report(&case);
        if report.is_ok() || report.graph.is_some() {
            wrong.push(case.name.to_string());
        }
        let said = messages(&report, &sources).replace(&folder, "");
        write!(text, "== {}\n{}---\n{said}", case.name, case.source).unwrap();
    }
    snapshot("invalid", topic, &text);
    assert!(wrong.is_empty(), "these have no errors: {wrong:#?}");
}

fn valid(topic: &str) {
    let table = read("valid", topic);
    let (mut text, mut wrong) = (String::new(), vec![]);
    for case in cases(&table) {
        let (sources, report, _) = report(&case);
        if !report.is_ok() || report.graph.is_none() && !report.library {
            wrong.push(format!("{}: {}", case.name, messages(&report, &sources)));
        }
        let notes: Vec<String> =
            report.diagnostics.iter().map(|d| format!("{}: {}\n", d.id.as_str(), d.message)).collect();
        let shown = layer_table(&report, &sources);
        let choices: Vec<String> =
            report.choices.iter().map(|choice| format!("choice: {:?}\n", choice.values)).collect();
        writeln!(text, "== {}\n{}---\n{}{}{shown}", case.name, case.source, notes.concat(), choices.concat()).unwrap();
    }
    snapshot("valid", topic, &text);
    assert!(wrong.is_empty(), "these have errors: {}", wrong.join("\n"));
}

fn read(kind: &str, topic: &str) -> String {
    fs::read_to_string(Path::new("tests/language").join(kind).join(format!("{topic}.txt"))).unwrap()
}

fn snapshot(kind: &str, topic: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("{kind}_{topic}"), text));
}

macro_rules! tables {
    ($($function:ident($topic:literal) $name:ident;)*) => {
        $(#[test]
        fn $name() {
            $function($topic);
        })*
    };
}

tables! {
    invalid("syntax") mistakes_of_syntax;
    invalid("files") mistakes_of_statements;
    invalid("names") mistakes_of_names;
    invalid("arguments") mistakes_of_arguments;
    invalid("shapes") mistakes_of_shapes;
    invalid("merges") mistakes_of_branches_and_merges;
    invalid("blocks") mistakes_of_blocks_and_repetitions;
    invalid("choices") mistakes_of_choices;
    invalid("limits") limits_are_errors;
    invalid("imports") mistakes_of_imports;
    valid("files") files_that_check;
    valid("values") values_that_check;
    valid("layers") layers_that_check;
    valid("structure") branches_labels_and_repetitions_that_check;
    valid("blocks") blocks_and_imports_that_check;
    valid("choices") choices_that_check;
    valid("input") inputs_that_check;
}

/// How many cases the tables hold altogether.
#[test]
fn the_tables_are_large() {
    let count = |kind: &str| -> usize {
        let tables = fs::read_dir(Path::new("tests/language").join(kind)).unwrap();
        tables.map(|table| cases(&fs::read_to_string(table.unwrap().path()).unwrap()).len()).sum()
    };
    assert!(count("invalid") >= 150, "{}", count("invalid"));
    assert!(count("valid") >= 100, "{}", count("valid"));
}
