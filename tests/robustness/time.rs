//! Any text is answered in time: read, checked, and all that is said of it rendered.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use netc::diagnostic::{Style, render};

use crate::{check, texts, texts::PART};

/// Tests run without optimisation of netc itself; a release build is several times faster, and held to the limits.
const PATIENCE: u32 = if cfg!(debug_assertions) { 8 } else { 1 };

/// For a network of 10,000 layers.
const NETWORK: Duration = Duration::from_millis(200);
/// For a file of 1 MiB without choices.
const FILE: Duration = Duration::from_secs(1);
/// For a file with as many combinations of choices as there may be.
const CHOICES: Duration = Duration::from_secs(30);

/// How often a text is checked at most: whatever else runs on the machine can only make an answer later.
const TRIES: usize = 3;

/// Answers within this time, and says how long it took and whether there are errors.
fn in_time(name: &str, text: &str, limit: Duration) -> (Duration, bool) {
    let mut tries = (0..TRIES).map(|_| measured(text));
    let in_time = |(took, _): &(Duration, bool)| *took < limit * PATIENCE;
    let answer = tries.find(in_time);
    answer.unwrap_or_else(|| panic!("{name} takes longer than {:?}", limit * PATIENCE))
}

fn measured(text: &str) -> (Duration, bool) {
    let start = clock();
    let (sources, _, report) = check(text);
    report.diagnostics.iter().for_each(|diagnostic| drop(render(diagnostic, &sources, Style::Plain)));
    (clock().saturating_sub(start), report.is_ok())
}

/// How long this thread has run on a core; how long the test has, where the system does not tell.
fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Checks all texts and prints the slowest.
fn all_in_time(texts: Vec<texts::Named>) {
    let measured = texts.into_iter().map(|(name, text)| (in_time(name.trim(), &text, FILE).0, name));
    let mut measured: Vec<(Duration, String)> = measured.collect();
    measured.sort_by(|a, b| b.cmp(a));
    measured.iter().take(10).for_each(|(took, name)| println!("{took:?} {name:?}"));
}

#[test]
fn ten_thousand_layers_check_in_time() {
    let check = |name: &str, text: &str, ok: bool| {
        let (took, found) = in_time(name, text, NETWORK);
        println!("{took:?} {name}");
        assert_eq!(found, ok, "{name}");
    };
    let written = |end: &str| format!("Conv(1,4,3,pad=1) -> {}{end}", "Conv(4,4,3,pad=1) -> ReLU -> ".repeat(4999));
    check("written", &written("FC"), true);
    check("repeated", "Conv(1,4,3,pad=1) -> (Conv(_,4,3,pad=1) -> ReLU) * 4999 -> FC", true);
    check("blocks", "block B(n) = Conv(_, n, 3, pad=1) -> ReLU\nB(4) * 4999 -> FC", true);
    check("blocks in blocks", "block A = Conv(_,4,3,pad=1) -> ReLU\nblock B = A * 70\nB * 71 -> FC", true);
    let labels: String = (0..4999).map(|at| format!("ReLU as x{at} -> Add(x{at}) -> ")).collect();
    check("labels", &format!("{labels}FC"), true);
    check("branches", &format!("{}FC", "( ReLU | Tanh | ELU ) -> Add -> ".repeat(2499)), true);
    check("nested branches", &format!("{}ReLU{} -> FC", "( Tanh | ".repeat(120), " ) -> Add".repeat(120)), true);
    check("skips", "Conv(_,4,3,pad=1) -> (skip(Conv(_,4,3,pad=1) -> ReLU)) * 3332 -> FC", true);
    check(
        "outputs",
        &format!("( {} FC as logits )", (0..9000).map(|at| format!("ReLU as x{at} | ")).collect::<String>()),
        true,
    );
    check("recurrent", &format!("{}LSTM(_,4) -> FC", "LSTM(_,4,return=all) -> ".repeat(9998)), true);
    check("a stack", "LSTM(_,4,layers=9999) -> FC", true);
    check("a fault at the end", &written("FC(7,4) -> FC"), false);
    check("scores at the end", &written("FC(7)"), false);
    check("an empty map at the end", &written("Pool(40) -> FC"), false);
    check("a merge at the end", &written("( Conv(4,5,3) | Conv(4,6,3) ) -> Add -> FC"), false);
    check(
        "a hundred faults",
        &format!("{}FC", "Conv(1,4,3) -> (ReLU * 97) -> FC(7,28) -> Reshape(1x28x1) -> ".repeat(100)),
        false,
    );
    check("a hundred unknown layers", &format!("{}FC", "Covn(1,4,3) -> (ReLU * 98) -> ".repeat(100)), false);
    check("a hundred bad arguments", &format!("{}FC", "Conv(1,4,0) -> (ReLU * 98) -> ".repeat(100)), false);
}

#[test]
fn a_mebibyte_of_one_thing_is_answered_in_time() {
    all_in_time(texts::repeated());
}

#[test]
fn a_mebibyte_in_one_part_is_answered_in_time() {
    all_in_time(texts::long());
}

#[test]
fn a_mebibyte_in_open_brackets_is_answered_in_time() {
    all_in_time(texts::open());
}

#[test]
fn a_mebibyte_that_reads_well_is_answered_in_time() {
    all_in_time(texts::wide());
}

#[test]
fn a_mebibyte_of_anything_is_answered_in_time() {
    (0..3).for_each(|seed| all_in_time(texts::drawn(seed)));
}

#[test]
fn the_most_choices_are_answered_in_time() {
    let values = |count: usize| (1..=count).map(|value| value.to_string()).collect::<Vec<_>>().join("|");
    let check = |name: &str, text: String, ok: bool| {
        let (took, found) = in_time(name, &text, CHOICES);
        println!("{took:?} {name}");
        assert_eq!(found, ok, "{name}");
    };
    check("one choice", format!("FC({{{}}}) -> ReLU -> FC", values(4096)), true);
    check("with a fault", format!("FC({{{}}}) -> ReLU -> FC(7, 8) -> FC", values(4096)), false);
    check("with many faults", format!("FC({{{}}}){} -> FC", values(4096), " -> FC(7,8)".repeat(200 / PART)), false);
    check("twelve choices", format!("{} -> FC(7,8) -> FC", ["FC({3|4})"; 12].join(" -> ")), false);
    check("with unknown names", format!("{}FC", "Covn(1,8,3) -> ReLU * {1|2} -> letter -> ".repeat(12)), false);
    check("many layers", format!("FC({{{}}}) -> {}FC", values(100 / PART), "FC(9) -> ReLU -> ".repeat(4900)), true);
    check("many choices", format!("{}FC({{{}}}) -> FC", "FC({1}) -> ".repeat(9900), values(100 / PART)), true);
    check(
        "faults that come and go",
        format!("{}{} -> FC", "FC({3|4}) -> ".repeat(12), "FC(3) -> FC({3|4},5) -> ".repeat(300)),
        false,
    );
}
