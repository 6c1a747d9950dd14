//! Runs that are killed or stopped and go on: they end with the same bytes as one left alone.

mod place;

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use place::{Place, check_refused, text};

/// Everything that has a state: running statistics, dropout, momenta, averages, a plateau, a validation part.
const NETWORK: &str = "Conv(1,6,5,stride=2) -> BatchNorm -> ReLU -> Dropout(0.2) -> LSTM(_,8) -> FC\n";
const RECIPE: &str = "
epochs: 8
batch: 16
split: {validation: 0.02, fraction: 0.03}
augment: [{flip: horizontal}, {shift: 2}, {mixup: 0.2}]
optimizer: {name: nadam, lr: 0.01}
schedule: {name: plateau, patience: 0, gamma: 0.5}
clip: 1.0
ema: 0.9
validate: {every: 2, metric: accuracy}
";

/// What must not depend on how a run came to its end.
const FILES: [&str; 4] =
    ["metrics.jsonl", "recipe.yaml", "checkpoints/last.safetensors", "checkpoints/best.safetensors"];

fn place() -> Place {
    let place = Place::with(NETWORK);
    place.write("recipe.yaml", RECIPE);
    place
}

const TRAIN: [&str; 6] = ["train", "model.net", "--recipe", "recipe.yaml", "--threads", "2"];

/// Trains a run that is left alone; how long it took.
fn train_alone(place: &Place) -> Duration {
    let began = Instant::now();
    let output = place.netc(&[&TRAIN[..], &["--out", "alone"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    began.elapsed()
}

fn check_same(place: &Place, name: &str) {
    for file in FILES {
        let [alone, other] = ["alone", name].map(|run| place.read(&format!("{run}/{file}")));
        assert!(alone == other, "{name}/{file} differs");
    }
}

fn signal(child: &Child, name: &str) {
    let output = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).output();
    assert!(output.is_ok(), "kill runs");
}

/// Starts the run, or goes on with it, and ends it by a signal after `moment`; whether it was not over by then.
fn interrupt(place: &Place, name: &str, how: &str, moment: Duration) -> bool {
    let mut child = start(place, name);
    sleep(moment);
    let running = child.try_wait().unwrap().is_none();
    signal(&child, how);
    child.wait().unwrap();
    running
}

fn start(place: &Place, name: &str) -> Child {
    if place.path(name).join("checkpoints/last.safetensors").is_file() {
        return place.start(&["train", "--resume", name, "--threads", "1"]);
    }
    let _ = std::fs::remove_dir_all(place.path(name));
    place.start(&[&TRAIN[..], &["--out", name]].concat())
}

/// Interrupts a run again and again, each time after another part of a whole run's time, then lets it end.
fn check_interrupted(how: &str, parts: &[f64]) {
    let place = place();
    let whole = train_alone(&place);
    let cut = parts.iter().filter(|&&part| interrupt(&place, how, how, whole.mul_f64(part))).count();
    assert!(cut > 0, "no interruption came in time");
    while !place.path(how).join("checkpoints/last.safetensors").is_file() {
        interrupt(&place, how, how, whole.mul_f64(0.8));
    }
    let output = place.netc(&["train", "--resume", how, "--threads", "3", "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    check_same(&place, how);
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_as_one_left_alone() {
    check_interrupted("KILL", &[0.31, 0.43, 0.22, 0.37, 0.19, 0.28, 0.25, 0.33]);
}

#[test]
fn a_run_that_is_stopped_within_an_epoch_ends_as_one_left_alone() {
    check_interrupted("INT", &[0.35, 0.2, 0.26, 0.17, 0.23]);
}

#[test]
fn a_run_that_is_over_says_what_it_said() {
    let place = place();
    let before = place.result(&[&TRAIN[..], &["--out", "alone", "--format", "json"]].concat());
    let after = place.result(&["train", "--resume", "alone", "--format", "json"]);
    for key in ["run", "epochs", "train", "validation", "test"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    let more = place.result(&["train", "--resume", "alone", "--epochs", "9", "--format", "json"]);
    assert_eq!(more["epochs"], 9);
    assert_eq!(text(&place.read("alone/metrics.jsonl")).lines().count(), 9);
    assert!(text(&place.read("alone/recipe.yaml")).contains("epochs: 9"));
}

#[test]
fn two_processes_never_write_one_run() {
    let place = place();
    train_alone(&place);
    let resume = ["train", "--resume", "alone", "--epochs", "1000"];
    let mut first = place.start(&resume);
    sleep(Duration::from_millis(400));
    check_refused(&place, &resume, 2, &["N0810", "alone"]);
    first.kill().unwrap();
    first.wait().unwrap();
    let trained = text(&place.read("alone/metrics.jsonl")).lines().count().to_string();
    let output = place.netc(&["train", "--resume", "alone", "--epochs", &trained]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_go_on_says_why() {
    let place = place();
    std::fs::create_dir_all(place.path("empty/checkpoints")).unwrap();
    check_refused(&place, &["train", "--resume", "empty"], 2, &["N0807", "empty"]);
    check_refused(&place, &["train", "--resume", "nowhere"], 2, &["N0807", "nowhere"]);
    place.write("empty/.lock", "");
    check_refused(&place, &["train", "--resume", "empty"], 2, &["N0811", "nothing to resume"]);
    check_refused(&place, &["train", "model.net", "--resume", "empty"], 2, &["--resume"]);
    check_refused(&place, &["train", "--resume", "empty", "--lr", "1"], 2, &["--lr"]);
    check_refused(&place, &["train"], 2, &["FILE"]);
}

#[test]
fn epochs_that_are_not_trained_are_refused() {
    let place = place();
    train_alone(&place);
    check_refused(&place, &["train", "--resume", "alone", "--epochs", "3"], 2, &["N0811", "8 epochs, more than 3"]);
    assert!(text(&place.read("alone/recipe.yaml")).contains("epochs: 8"));
    let patience = ["--set", "validate={patience: 1, metric: accuracy}", "--set", "optimizer.lr=1e-12"];
    let ended = place.result(&[&TRAIN[..], &patience, &["--out", "patient", "--format", "json"]].concat());
    assert_eq!(ended["epochs"], 4);
    check_refused(&place, &["train", "--resume", "patient", "--epochs", "9"], 2, &["N0811", "patience ran out"]);
}

#[test]
fn a_line_of_the_metrics_that_cannot_be_read_is_not_thrown_away() {
    let place = place();
    train_alone(&place);
    let metrics = String::from_utf8(place.read("alone/metrics.jsonl")).expect("text");
    let damaged = metrics.replacen("{\"epoch\":2,", "{\"epoch\":,", 1);
    place.write("alone/metrics.jsonl", &damaged);
    check_refused(&place, &["train", "--resume", "alone", "--epochs", "9"], 2, &["N0807", "line 2", "metrics.jsonl"]);
    assert_eq!(place.read("alone/metrics.jsonl"), damaged.as_bytes());
    place.write("alone/metrics.jsonl", metrics.split_once('\n').expect("lines").1);
    check_refused(&place, &["train", "--resume", "alone", "--epochs", "9"], 2, &["N0807", "epochs", "metrics.jsonl"]);
    place.write("alone/metrics.jsonl", &(metrics + "{\"epoch\":9"));
    place.result(&["train", "--resume", "alone", "--epochs", "9", "--format", "json"]);
    assert_eq!(place.read("alone/metrics.jsonl").split(|&byte| byte == b'\n').count(), 10);
}

#[test]
fn another_instruction_set_is_refused_unless_it_is_allowed() {
    let place = place();
    train_alone(&place);
    let checkpoint = place.path("alone/checkpoints/last.safetensors");
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    let mark = br#"\"instructions\":\""#;
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    bytes[at] = b'x';
    std::fs::write(&checkpoint, bytes).unwrap();
    check_refused(&place, &["train", "--resume", "alone"], 2, &["N0812", "--allow-other-cpu"]);
    let allowed = place.result(&["train", "--resume", "alone", "--allow-other-cpu", "--format", "json"]);
    assert_eq!(allowed["epochs"], 8);
}
