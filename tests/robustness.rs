//! Any text is answered: no panic, places inside the text, fixes that mend, and in time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use netc::diagnostic::{Diagnostic, Fix, Style, render, to_json};
use netc::graph::{self, Given, Report};
use netc::source::{FileId, SourceMap};
use proptest::prelude::*;

/// Tests run without optimisation of netc itself; a release build is several times faster.
const PATIENCE: u32 = if cfg!(debug_assertions) { 8 } else { 1 };

/// The size of a text at the limit; a quarter where netc is not optimised.
const SIZE: usize = if cfg!(debug_assertions) { 1 << 18 } else { 1 << 20 };

const TOKENS: &[&str] = &[
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
    "→",
    "=>",
    "Conv2d(1,8,3)",
    "Covn(1,8,3)",
    "nn.ReLU()",
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
    let (mut fixed, mut start) = (text.to_string(), place.start as isize);
    for edit in edits {
        fixed.replace_range(edit.span.start..edit.span.end, &edit.text);
        if edit.span.end <= place.start && edit.span.start < place.start {
            start += edit.text.len() as isize - (edit.span.end - edit.span.start) as isize;
        }
    }
    let (_, _, after) = check(&fixed);
    let same = |other: &&Diagnostic| {
        other.id == diagnostic.id
            && other.message == diagnostic.message
            && other.place().is_some_and(|place| place.start as isize == start)
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
    fn any_text_is_answered(text in "[ -~\n→é]{0,120}") {
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

/// Answers within this time in release, and says whether there are errors.
fn in_time(name: &str, text: &str, limit: Duration) -> bool {
    let start = Instant::now();
    let (sources, _, report) = check(text);
    report.diagnostics.iter().for_each(|diagnostic| drop(render(diagnostic, &sources, Style::Plain)));
    let took = start.elapsed();
    println!("{name}: {took:?}");
    assert!(took < limit * PATIENCE, "{name}: {took:?}");
    report.is_ok()
}

#[test]
fn ten_thousand_layers_check_in_time() {
    let limit = Duration::from_millis(200);
    let text = format!("Conv(1,4,3,pad=1) -> {}FC", "Conv(4,4,3,pad=1) -> ReLU -> ".repeat(4999));
    assert!(in_time("written", &text, limit));
    assert!(in_time("repeated", "Conv(1,4,3,pad=1) -> (Conv(_,4,3,pad=1) -> ReLU) * 4999 -> FC", limit));
    let block = "block B(n) = Conv(_, n, 3, pad=1) -> ReLU\n";
    assert!(in_time("blocks", &format!("{block}B(4) * 4999 -> FC"), limit));
    let labels: String = (0..3000).map(|at| format!("ReLU as x{at} -> Add(x{at}) -> ")).collect();
    assert!(in_time("labels", &format!("{labels}FC"), limit));
}

/// One text over and over, up to the limit.
fn filled(part: &str) -> String {
    part.repeat(SIZE / part.len())
}

#[test]
fn a_mebibyte_of_anything_is_answered_in_time() {
    let numbered = |part: &str| -> String {
        let whole = (0..).map(|at| part.replace('@', &at.to_string()));
        whole
            .scan(0, |length, text| {
                *length += text.len();
                (*length <= SIZE).then_some(text)
            })
            .collect()
    };
    let mut texts: Vec<(String, String)> = [
        "@",
        "-> ",
        "A",
        "A ",
        "A -> ",
        "Foo -> ",
        "(",
        ")",
        "( ",
        "()",
        "(A|",
        "(A|B) -> Add -> ",
        "{",
        "}",
        "[",
        "]",
        "[1,2] ",
        "F[",
        "1",
        "1 ",
        ",",
        ";",
        ", ",
        "|",
        "*",
        "* 2 ",
        "as x ",
        "as ",
        "\"",
        "#",
        "# a\n",
        "\n",
        " ",
        "\t\r\n",
        "let ",
        "let a = 1\n",
        "block ",
        "block A = ReLU\n",
        "input ",
        "input 1x1x1\n",
        "use ",
        "use conv\n",
        "edition 1\n",
        "classes 3\n",
        "ReLU -> ",
        "Conv(1,8,3) -> ",
        "Conv(2,3,1) -> ",
        "FC(3,4) -> ",
        "Pool(50) -> ",
        "skip(ReLU) -> ",
        "skip ",
        "Conv(,,,",
        "Conv(1 2 3) -> ",
        "Conv(a,b,c) -> ",
        "FC({1|2}) -> ",
        "FC({1}) -> ",
        "LSTM(27,10,return=all) -> ",
        "é",
        "\u{0}",
        "→",
        "Conv(9,9,9,9,9,9,9,9,9,9,9,9) -> ",
        "Covn(1,8,3) -> ",
        "a=",
        "( ReLU -> ) ",
        "ReLU as x -> ",
        "_",
        "1x1",
        "x.y.z ",
        "nn.Conv2d(1,2,3) -> ",
        "((((((((()))))))))",
    ]
    .iter()
    .map(|part| (part.to_string(), filled(part)))
    .collect();
    for part in [
        "let a@ = @\n",
        "let a@ = b@\n",
        "block A@ = ReLU\n",
        "block A@ = B@\n",
        "ReLU as x@ -> ",
        "Add(x@) -> ",
        "L@ -> ",
        "Foo as y@ -> ",
        "let a@ = {1|2}\n",
        "A@ ",
        "FC(z@) -> ",
    ] {
        texts.push((part.to_string(), numbered(part)));
    }
    texts.push(("a long sum".into(), format!("FC({}1) -> FC", "1+".repeat(SIZE / 2 - 10))));
    texts.push(("a long product".into(), format!("let a = {}1\nFC", "1*".repeat(SIZE / 2 - 10))));
    texts.push(("many minuses".into(), format!("FC({}1) -> FC", "- ".repeat(SIZE / 2 - 10))));
    texts.push(("a long list".into(), format!("FC({}1) -> FC", "1,".repeat(SIZE / 2 - 10))));
    texts.push(("a long name".into(), "a".repeat(SIZE)));
    texts.push(("two long names".into(), format!("let {0} = 1\nFC({0}a) -> FC", "a".repeat(SIZE / 2 - 20))));
    texts.push(("a long label".into(), format!("ReLU as {0} -> Add({0}a) -> FC", "a".repeat(SIZE / 2 - 20))));
    texts.push(("a long number".into(), "1".repeat(SIZE)));
    texts.push(("a long size".into(), format!("input {}1", "1x".repeat(SIZE / 2 - 10))));
    texts.push(("a long choice".into(), format!("FC({{{}1}}) -> FC", "1|".repeat(SIZE / 2 - 10))));
    texts.push(("more than a MiB".into(), " ".repeat((1 << 20) + 1)));
    for (name, text) in texts {
        in_time(name.trim(), &text, Duration::from_secs(2));
    }
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
        (0..2000).map(|at| format!("block A{at} = A{}\n", at + 1)).collect::<String>() + "A0 -> FC",
        (0..2000).map(|at| format!("let a{at} = a{}\n", at + 1)).collect::<String>() + "FC(a0) -> FC",
    ];
    let small = std::thread::Builder::new().stack_size(2 << 20);
    small.spawn(move || texts.iter().for_each(|text| examine(text))).unwrap().join().unwrap();
}

#[test]
fn four_thousand_combinations_are_answered_in_time() {
    let values: Vec<String> = (1..=4096).map(|value| value.to_string()).collect();
    let text = format!("FC({{{}}}) -> ReLU -> FC", values.join("|"));
    assert!(in_time("combinations", &text, Duration::from_secs(3)));
    let text = format!("FC({{{}}}) -> ReLU -> FC(7, 8) -> FC", values.join("|"));
    assert!(!in_time("combinations with a fault", &text, Duration::from_secs(3)));
}
