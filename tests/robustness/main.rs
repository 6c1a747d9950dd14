//! Any text is answered: no panic, places inside the text, fixes that mend.

mod texts;
mod time;

use std::fs;
use std::path::Path;

use netc::diagnostic::{Diagnostic, Fix, Style, render, to_json};
use netc::graph::{self, Given, Report};
use netc::source::{FileId, SourceMap};
use proptest::prelude::*;

/// What texts are put together from.
pub const TOKENS: &[&str] = &[
    "Conv",
    "Conv(1,8,3)",
    "Conv(_, 8, 3, pad=1)",
    "FC",
    "FC(20)",
    "LSTM(28, 10)",
    "LSTM(_, 5, return=all)",
    "Pool(2)",
    "ReLU",
    "Add",
    "Concat",
    "Add(x)",
    "Flatten",
    "Seq(by=rows)",
    "Reshape(2x2)",
    "skip",
    "skip(",
    "->",
    "->",
    "->",
    "->",
    "|",
    "(",
    ")",
    "{",
    "}",
    "{1|2}",
    "* 2",
    "*",
    "as x",
    "as",
    "x",
    "a",
    "B",
    "B(3)",
    "let a = 3\n",
    "let",
    "block B(k=2) = ",
    "block",
    "input 3x8x8\n",
    "input",
    "classes 5\n",
    "edition 1\n",
    "use conv\n",
    "use \"./no.net\"\n",
    "=",
    ",",
    ";",
    "[",
    "]",
    "_",
    "3",
    "0.5",
    "1e9",
    "3x5",
    "\"t\"",
    "# c\n",
    "\n",
    "é",
    "\u{feff}",
    "\u{a0}",
    "→",
    "=>",
    "Conv2d(1,8,3)",
    "Covn(1,8,3)",
    "nn.ReLU()",
    "x = ReLU(x)\n",
    "x = 3\n",
    "x =",
    "block B(k) { ReLU }\n",
    "block B(k = Conv(_, k, 3)\n",
    "def B(k):\n return ReLU\n",
    "return",
    "// c\n",
    "/*",
    "*/",
    "strid=2",
    "Pool(40)",
    "FC(3, 4)",
];

fn check(text: &str) -> (SourceMap, FileId, Report) {
    let mut sources = SourceMap::new();
    let file = sources.add("main.net", None, text);
    let report = graph::check(&mut sources, file, &Given::default());
    (sources, file, report)
}

/// Checks a text and whatever is said of it.
fn examine(text: &str) {
    let (sources, file, report) = check(text);
    for diagnostic in &report.diagnostics {
        for span in diagnostic.labels.iter().map(|label| label.span).chain(edits_of(diagnostic)) {
            let text = sources.file(span.file).text();
            assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
        }
        let shown = render(diagnostic, &sources, Style::Plain);
        assert!(!shown.contains("internal error"), "{shown}");
        to_json(diagnostic, &sources);
        diagnostic.fixes.iter().for_each(|fix| examine_fix(text, file, diagnostic, fix));
    }
}

fn edits_of(diagnostic: &Diagnostic) -> impl Iterator<Item = netc::source::Span> {
    diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span))
}

/// The fixed text no longer has the mistake.
fn examine_fix(text: &str, file: FileId, diagnostic: &Diagnostic, fix: &Fix) {
    let Some(place) = diagnostic.place().filter(|place| place.file == file) else { return };
    if fix.edits.iter().any(|edit| edit.span.file != file) {
        return;
    }
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    // Text that is put in exactly at the place stands before it or behind it.
    let (mut fixed, mut starts) = (text.to_string(), [place.start as isize; 2]);
    for edit in edits {
        fixed.replace_range(edit.span.start..edit.span.end, &edit.text);
        let more = edit.text.len() as isize - (edit.span.end - edit.span.start) as isize;
        if edit.span.end <= place.start {
            starts[0] += more;
            starts[1] += if edit.span.start < place.start { more } else { 0 };
        }
    }
    let (_, _, after) = check(&fixed);
    let same = |other: &&Diagnostic| {
        other.id == diagnostic.id
            && other.message == diagnostic.message
            && other.place().is_some_and(|place| starts.contains(&(place.start as isize)))
    };
    assert!(!after.diagnostics.iter().any(|other| same(&other)), "{} does not mend\n{text}\n->\n{fixed}", fix.title);
}

fn examples() -> Vec<String> {
    let mut texts = vec![];
    for folder in ["models", "stdlib"] {
        collect(Path::new(folder), &mut texts);
    }
    for table in fs::read_dir("tests/language/valid").unwrap().chain(fs::read_dir("tests/language/invalid").unwrap()) {
        let table = fs::read_to_string(table.unwrap().path()).unwrap();
        let cases = table.split("== ").filter_map(|case| Some(case.split_once('\n')?.1.to_string()));
        texts.extend(cases.filter(|case| case.len() < 600));
    }
    texts
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            collect(&entry, texts);
        } else if entry.extension().is_some_and(|extension| extension == "net") {
            texts.push(fs::read_to_string(entry).unwrap());
        }
    }
}

#[test]
fn the_tables_and_models_are_answered() {
    examples().iter().for_each(|text| examine(text));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        examine(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_is_answered(text in "[ -~\n→é\u{a0}\u{feff}]{0,120}") {
        examine(&text);
    }

    #[test]
    fn any_tokens_are_answered(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..30)) {
        examine(&tokens.join(" "));
    }

    #[test]
    fn chains_of_tokens_are_answered(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..14)) {
        examine(&tokens.join(" -> "));
    }

    #[test]
    fn damaged_files_are_answered(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..4, prop::sample::select(TOKENS)), 1..4),
    ) {
        let texts = examples();
        let mut text = which.get(&texts).clone();
        for (at, length, token) in cuts {
            let characters: Vec<(usize, char)> = text.char_indices().collect();
            if characters.is_empty() {
                break;
            }
            let from = at.index(characters.len());
            let end = characters.get(from + length).map_or(text.len(), |(at, _)| *at);
            text.replace_range(characters[from].0..end, token);
        }
        examine(&text);
    }
}

#[test]
fn a_repair_of_a_repeated_layer_mends() {
    examine("input 1x28x28\nFC(32) * 2 -> FC");
    examine("input 1x28x28\nFC(32) as a -> FC(32) * 2 -> FC");
    examine("input 1x28x28\n(FC(20) -> FC(32)) * 2 -> FC");
    examine("input 1x28x28\nblock C(n) = Conv(_, n, 3, pad=1)\nC(8) * 2 -> C(16) -> FC");
}

#[test]
fn deep_nesting_needs_little_stack() {
    let nest = |open: &str, inside: &str, close: &str| format!("{}{inside}{}", open.repeat(127), close.repeat(127));
    let texts = [
        nest("(", "ReLU", ")") + " -> FC",
        nest("skip(", "ReLU", ")") + " -> FC",
        nest("( ReLU | ", "ReLU", ") -> Add") + " -> FC",
        format!("FC({}) -> FC", nest("(", "10", ")")),
        format!("FC({}) -> FC", nest("{", "10", "}")),
        format!("FC({}) -> FC", nest("-(", "-10", ")")),
        format!("FC({}) -> FC", nest("f(", "10", ")")),
        nest("F(", "1", ""),
        nest("(", "", ""),
        format!("use \"#\" {}", nest("(", "ReLU", ")")),
        format!("use \"#\" {} -> FC", "(".repeat(3000)),
        (0..2000).map(|at| format!("block A{at} = A{}\n", at + 1)).collect::<String>() + "A0 -> FC",
        (0..2000).map(|at| format!("let a{at} = a{}\n", at + 1)).collect::<String>() + "FC(a0) -> FC",
    ];
    let small = std::thread::Builder::new().stack_size(2 << 20);
    small.spawn(move || texts.iter().for_each(|text| examine(text))).unwrap().join().unwrap();
}
