//! Any bytes -> parsed, checked and rendered, without panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netc::diagnostic::{Style, render, to_json};
use netc::graph::{Given, check};
use netc::source::SourceMap;

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz.net", None, text);
    let report = check(&mut sources, file, &Given::default());
    for diagnostic in &report.diagnostics {
        assert!(!render(diagnostic, &sources, Style::Plain).contains("internal error"));
        to_json(diagnostic, &sources);
    }
});
