//! The five networks of Ji 2022 as printed: refused with the faults of the table, all of them and no others.

use std::fmt::Write as _;
use std::fs;

use netc::diagnostic::{Severity, Style, render};
use netc::graph::{self, Given, Report};
use netc::source::SourceMap;

fn report(path: &str) -> (SourceMap, Report) {
    let mut sources = SourceMap::new();
    let file = sources.add(path, None, fs::read_to_string(path).unwrap());
    let report = graph::check(&mut sources, file, &Given::default());
    (sources, report)
}

/// Codes and messages of the file's errors, and for each what its fixes say.
fn check(model: usize, expected: &[(&str, &str, &str)]) {
    let (_, report) = report(&format!("models/ji2022/printed/model{model}.net"));
    let errors: Vec<_> = report.diagnostics.iter().filter(|d| d.is_error()).collect();
    let found: Vec<(&str, &str)> = errors.iter().map(|d| (d.id.as_str(), d.message.as_str())).collect();
    let wanted: Vec<(&str, &str)> = expected.iter().map(|(code, message, _)| (*code, *message)).collect();
    assert_eq!(found, wanted, "model{model}");
    for (error, (_, _, fix)) in errors.iter().zip(expected) {
        assert!(error.fixes.first().is_some_and(|first| first.title.starts_with(fix)), "{:?}", error.fixes);
    }
}

#[test]
fn model1() {
    let features =
        ("N0401", "`FC` is written for 3240 values but receives 160", "`Pool(2)` in line 2 makes 40x9x9 = 3240");
    let steps = ("N0405", "10 values cannot be cut into steps of 20 values", "`LSTM(10, 10, 10)`");
    check(1, &[features, steps]);
}

#[test]
fn model2() {
    check(
        2,
        &[("N0401", "`FC` is written for 3630 values but receives 480", "`Pool(2)` in line 2 makes 30x11x11 = 3630")],
    );
}

#[test]
fn model3() {
    let empty = "`Pool` leaves nothing of a 2x2 map: its 4x4 kernel does not fit";
    let scores = ("N0406", "the network makes 20 scores for 10 classes", "`LSTM(20, 10, 1)`");
    let steps = ("N0405", "10 values cannot be cut into steps of 20 values", "`LSTM(10, 20, 1)`");
    check(3, &[("N0403", empty, "`Pool(2)` for both in line 2 makes 40x4x4"), steps, scores]);
}

#[test]
fn model4() {
    let empty = "`Pool` leaves nothing of a 2x2 map: its 4x4 kernel does not fit";
    check(4, &[("N0403", empty, "`Pool(2)` for both in line 2 makes 20x4x4")]);
}

#[test]
fn model5() {
    check(
        5,
        &[("N0401", "`FC` is written for 1000 values but receives 160", "`Pool(2)` in line 2 makes 10x10x10 = 1000")],
    );
}

#[test]
fn messages() {
    let mut text = String::new();
    for model in 1..=5 {
        let (sources, report) = report(&format!("models/ji2022/printed/model{model}.net"));
        for diagnostic in report.diagnostics.iter().filter(|d| d.severity != Severity::Note) {
            writeln!(text, "{}", render(diagnostic, &sources, Style::Plain)).unwrap();
        }
    }
    insta::assert_snapshot!("printed", text);
}
