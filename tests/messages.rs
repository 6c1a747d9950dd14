//! `docs/messages.md`: what it says that `netc check` prints is what it prints. `NETC_BLESS=1` writes it anew.

use std::path::{Path, PathBuf};

use netc::diagnostic::{Style, render};
use netc::graph::{Given, check};
use netc::source::SourceMap;

/// The diagnostics of a text, notes on guesses aside; `info` may give the input, as `net input=1x28x28`.
fn said(info: &str, text: &str) -> String {
    let sizes = info.split_once("input=").map(|(_, sizes)| sizes.split('x').flat_map(str::parse).collect::<Vec<_>>());
    let given = Given { input: sizes.and_then(|sizes| sizes.try_into().ok()), ..Given::default() };
    let mut sources = SourceMap::new();
    let file = sources.add("model.net", Some(PathBuf::new()), text);
    let report = check(&mut sources, file, &given);
    let rendered = report.diagnostics.iter().map(|diagnostic| render(diagnostic, &sources, Style::Plain));
    rendered.map(|text| format!("{}\n", text.trim_end())).collect::<Vec<_>>().join("\n")
}

/// The page with every `text` block replaced by what is said to the `net` block before it.
fn renewed(page: &str) -> String {
    let mut parts: Vec<String> = page.split("```").map(str::to_string).collect();
    for index in (1..parts.len()).step_by(2) {
        let (info, text) = parts[index].split_once('\n').map(|(a, b)| (a.to_string(), b.to_string())).expect("a block");
        if info == "net" || info.starts_with("net ") {
            assert!(parts[index + 2].starts_with("text\n"), "a `text` block follows `{text}`");
            let lines = said(&info, &text).lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
            parts[index + 2] = format!("text\n{lines}");
        }
    }
    parts.join("```")
}

#[test]
fn the_page_says_what_check_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let renewed = renewed(&page);
    if std::env::var_os("NETC_BLESS").is_some() {
        std::fs::write(&path, &renewed).expect("the page is written");
    } else {
        assert_eq!(renewed, page, "NETC_BLESS=1 writes the page anew");
    }
    assert_eq!(page.matches("\n## ").count(), 9);
}
