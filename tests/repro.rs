//! `netc repro` as a user sees it: rows run once, values are kept, and what was stopped goes on.

mod place;

use std::path::Path;
use std::time::Duration;

use netc::repro::{Results, document, load_reports};
use netc::source::SourceMap;
use place::{Place, check_refused, text};
use serde_json::{Value, json};

const REPORT: &str = "title: a small one
rows:
  - {row: plain, file: a.net, recipe: r.yaml, metric: test.accuracy, printed: 0.5, where: table 1, chosen: [batch]}
  - {row: recall, file: a.net, recipe: r.yaml, metric: test.recall, printed: 0.4, where: table 1}
  - {row: half, file: a.net, recipe: r.yaml, set: {split.fraction: 0.01}, drawn_by: [split.seed], metric: train.accuracy,
     printed: 0.3, where: text}
  - {row: pruned, file: a.net, recipe: r.yaml, prune: {threshold: 0.1}, metric: test.accuracy, printed: 0.2, where: text}
  - {row: retrained, file: a.net, recipe: r.yaml, prune: {threshold: 0.1, retrain: 3}, metric: test.accuracy, printed: 0.2,
     where: text}
references:
  - {what: people, printed: 90 %}
";

/// A folder with a small report.
fn place() -> Place {
    let place = Place::with("");
    std::fs::create_dir_all(place.path("models/small")).unwrap();
    std::fs::create_dir_all(place.path("docs")).unwrap();
    place.write("models/small/a.net", "Conv(1,4,5,stride=2) -> ReLU -> Pool(4) -> FC\n");
    place.write("models/small/r.yaml", "split: {fraction: 0.02}\nepochs: 20\nbatch: 16\n");
    place.write("models/small/report.yaml", REPORT);
    place
}

fn rows(place: &Place, arguments: &[&str]) -> Vec<Value> {
    match place.result(&[&["repro", "--format", "json"], arguments].concat()) {
        Value::Array(rows) => rows,
        other => panic!("{other}"),
    }
}

#[test]
fn every_row_gets_a_value_for_each_seed_and_keeps_it() {
    let place = place();
    let listed = rows(&place, &["--list"]);
    assert_eq!(listed.len(), 5);
    assert_eq!((&listed[0]["mean"], &listed[0]["printed"]), (&Value::Null, &json!(0.5)));
    assert_eq!(
        listed[2]["command"],
        "netc train models/small/a.net --recipe models/small/r.yaml --set split.fraction=0.01 --set split.seed=0 --seed 0"
    );
    let first = rows(&place, &["--seeds", "2", "small/plain", "small/recall"]);
    assert_eq!(first.len(), 2);
    assert_eq!(first[0]["seeds"], json!([0, 1]));
    assert_eq!(first[0]["metric"], "test.accuracy");
    assert!(first[0]["std"].as_f64().unwrap() >= 0.0 && first[0]["mean"].as_f64().unwrap() > 0.1);
    let runs = std::fs::read_dir(place.path("runs/repro/small")).unwrap().count();
    assert_eq!(runs, 2, "both rows are figures of the same runs");
    let page = text(&place.read("docs/results.md"));
    assert!(page.contains("| plain | test.accuracy (table 1) | 50.00 % |") && page.contains("not run yet"), "{page}");

    let output = place.netc(&["repro", "--seeds", "2"]);
    let told = text(&output.stderr);
    assert!(told.contains("run 1 of 6  small/half seed 0") && !told.contains("small/plain"), "{told}");
    let table = text(&output.stdout);
    assert!(table.contains("small/half") && table.contains("small: people: 90 %"), "{table}");
    let all = rows(&place, &["--list"]);
    assert_eq!(all[0], first[0]);
    let command = all[4]["command"].as_str().unwrap();
    assert!(command.ends_with("--out RUN; netc prune RUN --threshold 0.1 --retrain 3 --out RUN2"), "{command}");
    assert_ne!(all[3]["values"], all[0]["values"]);
    assert_ne!(all[3]["values"], all[4]["values"]);
    let trained = place.result(&[
        "train",
        "models/small/a.net",
        "--recipe",
        "models/small/r.yaml",
        "--seed",
        "1",
        "--format",
        "json",
        "-q",
    ]);
    assert_eq!(trained["test"]["accuracy"], all[0]["values"][1]);
}

#[test]
fn a_quick_run_is_marked_and_a_full_one_replaces_it() {
    let place = place();
    let quick = rows(&place, &["--quick", "small/plain"]);
    assert_eq!((&quick[0]["quick"], &quick[0]["seeds"]), (&json!(true), &json!([0])));
    assert!(quick[0]["command"].as_str().unwrap().contains("--epochs 2"));
    assert!(text(&place.read("docs/results.md")).contains("(quick)"));
    let full = rows(&place, &["--seeds", "1", "small/plain"]);
    assert_eq!(full[0]["quick"], json!(false));
    assert_eq!(rows(&place, &["--quick", "small/plain"]), full, "a full value is enough");
    let again = rows(&place, &["--seeds", "1", "small/plain", "--again"]);
    assert_eq!(again[0]["values"], full[0]["values"]);
    let output = place.netc(&["repro", "small/plain", "--again", "--quick"]);
    assert!(text(&output.stderr).contains("keeps its full values"), "{}", text(&output.stderr));
    assert_eq!(rows(&place, &["--list", "small/plain"]), again);
}

#[test]
fn a_row_that_was_changed_begins_anew() {
    let place = place();
    let before = rows(&place, &["--seeds", "2", "small/plain"]);
    let again = rows(&place, &["--seeds", "1", "small/plain", "--again"]);
    assert_eq!(again[0]["values"], before[0]["values"], "the other seed keeps its value");
    let output = place.netc(&["repro", "--seeds", "3", "small/plain"]);
    assert!(text(&output.stderr).starts_with("2 of 3 values stand already; `--again`"), "{}", text(&output.stderr));
    place.write("models/small/r.yaml", "split: {fraction: 0.02}\nepochs: 2\nbatch: 16\n");
    let changed = rows(&place, &["--seeds", "1", "small/plain"]);
    assert_eq!(changed[0]["seeds"], json!([0]), "values of two recipes have no mean");
    assert_ne!(changed[0]["values"][0], before[0]["values"][0]);
}

#[test]
fn experiments_stand_beside_the_rows_that_they_explain() {
    let place = place();
    let experiments = "experiments:\n  - {row: longer, explains: recall, tries: more epochs, set: {epochs: 3}}\n";
    place.write("models/small/report.yaml", &format!("{REPORT}{experiments}"));
    assert_eq!(rows(&place, &["--list"]).len(), 5, "one row for each printed figure");
    let listed = rows(&place, &["--list", "--experiments"]);
    assert_eq!((&listed[0]["explains"], &listed[0]["metric"]), (&json!("recall"), &json!("test.recall")));
    assert_eq!(rows(&place, &["--list", "small/longer"]), listed);
    let run = rows(&place, &["--experiments", "--seeds", "1", "small"]);
    assert!(run.len() == 1 && run[0]["values"][0].as_f64().unwrap() > 0.0, "{run:?}");
    assert!(run[0]["command"].as_str().unwrap().contains("--set epochs=3"));
    let page = text(&place.read("docs/results.md"));
    assert!(page.contains("| recall | longer | more epochs | 40.00 % |"), "{page}");
}

#[test]
fn a_killed_repro_goes_on_and_ends_in_the_same_table() {
    let (alone, killed) = (place(), place());
    let expected = rows(&alone, &["--seeds", "2"]);
    for pause in [60, 150, 300, 700] {
        let mut child = killed.start(&["repro", "--seeds", "2"]);
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(rows(&killed, &["--seeds", "2"]), expected);
}

#[test]
fn what_runs_again_keeps_its_values_until_it_has_new_ones() {
    let place = place();
    let before = rows(&place, &["--seeds", "1", "small/plain", "small/retrained"]);
    let mut runs = std::fs::read_dir(place.path("runs/repro/small")).unwrap().flatten().map(|entry| entry.path());
    let pruned = runs.find(|path| path.display().to_string().ends_with("retrain3")).expect("a pruned run");
    std::fs::write(pruned.join("mark"), "").unwrap();
    let recipe = place.read("models/small/r.yaml");
    place.write("models/small/r.yaml", "dataset: nowhere\n");
    place.netc(&["repro", "--seeds", "1", "--again", "small/plain"]);
    place.write("models/small/r.yaml", &text(&recipe));
    assert_eq!(rows(&place, &["--list", "small/plain", "small/retrained"]), before);
    place.write("docs/results.md", "My own.\n");
    assert_eq!(rows(&place, &["--seeds", "1", "--again", "small/plain", "small/retrained"]), before);
    assert!(!pruned.join("mark").exists(), "the pruned run is another one");
    assert_eq!(text(&place.read("docs/results.md")), "My own.\n");
}

#[test]
fn mistakes_are_named_and_other_rows_run() {
    let place = place();
    check_refused(&place, &["repro", "small/plian"], 1, &["N0610", "did you mean `small/plain`?"]);
    check_refused(&place, &["repro", "--models", "docs"], 2, &["N0804", "report.yaml"]);
    place.write("models/small/a.net", "Conv(1,4,5) -> FC(7) -> FC(9)\n");
    check_refused(&place, &["repro", "--seeds", "1"], 1, &["N0406", "small/half"]);
    std::fs::write(place.path("models/small/a.net"), b"Conv(1,4,5)\xff -> FC\n").unwrap();
    check_refused(&place, &["repro", "--seeds", "1", "small/plain"], 1, &["UTF-8", "a.net:1:12"]);
    place.write("models/small/report.yaml", &REPORT.replacen("a.net", "none.net", 1));
    let output = place.netc(&["repro", "--list", "--format", "json"]);
    let listed: Value = serde_json::from_slice(&output.stdout).expect("a row that cannot run is listed");
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["command"]), (Some(5), &Value::Null));
    check_refused(&place, &["repro", "--seeds", "1", "small/plain"], 2, &["N0804", "none.net"]);
    place.write("models/small/report.yaml", &REPORT.replace("test.recall", "test.recal"));
    check_refused(&place, &["repro"], 1, &["N0605", "did you mean `test.recall`?", "report.yaml:4:"]);
    place.write("models/small/report.yaml", &REPORT.replace("row: recall", "row: plain"));
    check_refused(&place, &["repro"], 1, &["N0610", "two rows have the name `plain`", "report.yaml:4:"]);
    place.write("models/small/report.yaml", &REPORT.replace("printed: 0.4", "printd: 0.4"));
    check_refused(&place, &["repro"], 1, &["N0602", "did you mean `printed`?"]);
    place.write("models/small/report.yaml", REPORT);
    let experiments = "experiments:\n  - {row: longer, explains: recal, tries: more epochs, set: {epochs: 3}}\n";
    place.write("models/small/report.yaml", &format!("{REPORT}{experiments}"));
    check_refused(&place, &["repro"], 1, &["N0610", "no row `recal` to explain", "report.yaml:13:29"]);
    place.write("models/small/report.yaml", &REPORT.replace("row: recall", "row: ../recall"));
    check_refused(&place, &["repro"], 1, &["N0603", "letters, digits"]);
    place.write("models/small/report.yaml", REPORT);
    place.write("models/small/r.yaml", "epoch: 20\n");
    check_refused(&place, &["repro", "--quick"], 1, &["N0602", "r.yaml:1:1"]);
}

#[test]
fn the_committed_page_is_that_of_the_committed_results() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let reports = load_reports(&mut SourceMap::new(), &models).unwrap_or_else(|faults| panic!("{faults:?}"));
    let reports: Vec<_> =
        reports.into_iter().map(|report| (report.clone(), Results::load(&report.folder).unwrap())).collect();
    for (report, results) in &reports {
        for row in &report.rows {
            let digest = report.digest(row, row.prune).unwrap_or_else(|fault| panic!("{}: {fault:?}", row.row));
            let result = results.get(&row.row, row.metric);
            let same = result.is_none_or(|result| result.digest == digest);
            assert!(same, "{}/{} has values of another network or recipe", report.name, row.row);
        }
        let known = |name: &str| report.rows.iter().any(|row| row.row == name);
        assert!(results.rows.iter().all(|result| known(&result.row)), "{}", report.name);
    }
    let path = models.with_file_name("docs").join("results.md");
    if std::env::var_os("NETC_BLESS").is_some() {
        std::fs::write(&path, document(&reports)).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(page == document(&reports), "docs/results.md is another; NETC_BLESS=1 writes it, as `netc repro` does");
}
