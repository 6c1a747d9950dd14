//! `netc sweep` as a user sees it: every combination trained once, the best first by the validation part.

mod place;

use std::time::Duration;

use place::{Place, check_refused, text};
use serde_json::{Value, json};

const NETWORK: &str = "let width = 4\nConv(1,width,5,stride=2) -> ReLU -> Pool(4) -> FC\n";
const RECIPE: &str = "split: {fraction: 0.02}\nepochs: 4\nbatch: 16\n";

fn place() -> Place {
    let place = Place::with(NETWORK);
    place.write("r.yaml", RECIPE);
    place
}

fn sweep(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let common = ["sweep", "model.net", "--recipe", "r.yaml", "--out", "s", "--format", "json"];
    let mut result = place.result(&[&common[..], arguments].concat());
    match result["trials"].take() {
        Value::Array(trials) => trials,
        other => panic!("{other}"),
    }
}

fn loss(trial: &Value) -> f64 {
    trial["loss"]["mean"].as_f64().unwrap()
}

#[test]
fn every_combination_is_trained_and_the_best_is_first() {
    let place = place();
    let trials = sweep(&place, &["--over", "optimizer.lr=0.01,0.00001", "--over", "net.width=2,6", "--seeds", "2"]);
    assert_eq!(trials.len(), 4);
    assert!(trials.windows(2).all(|pair| loss(&pair[0]) <= loss(&pair[1])));
    assert_eq!(trials[0]["changes"]["optimizer.lr"], "0.01");
    assert_eq!(trials[0]["seeds"], json!([0, 1]));
    let run = trials[0]["runs"][1].as_str().unwrap();
    let width = trials[0]["changes"]["net.width"].as_str().unwrap();
    assert!(text(&place.read(&format!("{run}/network.net"))).contains(&format!("let width = {width}\n")));
    let recipe = text(&place.read(&format!("{run}/recipe.yaml")));
    assert!(
        recipe.contains("validation: 0.1") && recipe.contains("lr: 0.01") && recipe.contains("seed: 1"),
        "{recipe}"
    );

    let output = place.netc(&[
        "sweep",
        "model.net",
        "--recipe",
        "r.yaml",
        "--out",
        "s",
        "--over",
        "optimizer.lr=0.01,0.00001",
        "--over",
        "net.width=2,6",
    ]);
    assert!(!text(&output.stderr).contains("trial 1"), "all of them are known");
    let table = text(&output.stdout);
    assert!(table.starts_with("validation, best loss first\n") && table.contains("\nbest run  s/"), "{table}");
}

#[test]
fn other_settings_of_all_trials_are_another_sweep() {
    let place = place();
    let over = ["--over", "optimizer.lr=0.01,0.001"];
    let (plain, larger) = (sweep(&place, &over), sweep(&place, &[&over[..], &["--set", "batch=64"]].concat()));
    assert_eq!((plain.len(), larger.len()), (2, 2));
    assert_ne!(plain[0]["runs"], larger[0]["runs"]);
    let run = larger[0]["runs"][0].as_str().unwrap();
    assert!(text(&place.read(&format!("{run}/recipe.yaml"))).contains("batch: 64\n"));
    assert!(!place.path(&format!("{run}/report.html")).exists(), "trials have no pages");
    assert_eq!(sweep(&place, &over), plain);
}

#[test]
fn choices_of_the_file_and_sweep_files_are_swept() {
    let place = Place::with("Conv(1,{2|4},5,stride=2) -> ReLU -> Pool(4) -> FC({8|9}) -> ReLU -> FC\n");
    place.write("r.yaml", RECIPE);
    place.write("sweep.yaml", "file: model.net\nrecipe: r.yaml\nover: {optimizer.name: [adam, sgd], epochs: [1, 2]}\n");
    let result = place.result(&["sweep", "sweep.yaml", "--strategy", "random", "--trials", "3", "--format", "json"]);
    let trials = result["trials"].as_array().unwrap();
    assert_eq!((trials.len(), &result["metric"]), (3, &json!("loss")));
    let changes = trials[0]["changes"].as_object().unwrap();
    let keys: Vec<&str> = changes.keys().map(String::as_str).collect();
    assert_eq!(keys, ["optimizer.name", "epochs", "net.{2|4}", "net.{8|9}"]);
    assert!(trials[0]["runs"][0].as_str().unwrap().starts_with("runs/sweep-sweep/"));
    for trial in trials {
        assert_eq!(trial["epochs"].to_string(), trial["changes"]["epochs"].as_str().unwrap());
    }
    assert!(trials.windows(2).all(|pair| loss(&pair[0]) <= loss(&pair[1])));
}

#[test]
fn halving_trains_the_better_half_for_twice_as_long() {
    let place = place();
    let trials = sweep(&place, &["--over", "optimizer.lr=0.00001,0.0001,0.001,0.01", "--strategy", "halving"]);
    let epochs: Vec<u64> = trials.iter().map(|trial| trial["epochs"].as_u64().unwrap()).collect();
    assert_eq!(epochs, [4, 2, 1, 1]);
    assert_eq!(trials[0]["changes"]["optimizer.lr"], "0.01");
    let run = trials[3]["runs"][0].as_str().unwrap();
    assert!(
        text(&place.read(&format!("{run}/recipe.yaml"))).contains("epochs: 4\n"),
        "the schedule is that of all epochs"
    );
    assert_eq!(text(&place.read(&format!("{run}/metrics.jsonl"))).lines().count(), 1);
}

#[test]
fn halving_drops_what_cannot_be_trained_and_compares_after_equal_epochs() {
    let place = Place::with("let kernel = 4\nPool(4) -> Conv(1,4,kernel) -> ReLU -> FC\n");
    place.write("r.yaml", RECIPE);
    let common = ["sweep", "model.net", "--recipe", "r.yaml", "--out", "s", "--strategy", "halving", "--over"];
    let epochs = || {
        let kept = text(&place.read("s/trials.jsonl"));
        let lines = kept.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| [&line["epochs"], &line["epoch"]].map(|value| value.as_u64().unwrap())).collect::<Vec<_>>()
    };
    let output = place.netc(&[&common[..], &["net.kernel=9,8,3,2"]].concat());
    assert_ne!(output.status.code(), Some(0), "two trials have no network");
    let table = text(&output.stdout);
    let last = table.lines().rfind(|line| line.contains("net.kernel")).unwrap();
    assert!(last.trim_start().starts_with('-') && last.ends_with("net.kernel=8"), "{table}");
    assert_eq!(epochs().iter().map(|[epochs, _]| epochs).max(), Some(&4));
    place.netc(&[&common[..], &["net.kernel=3,2,5,1"]].concat());
    assert!(epochs().iter().all(|[epochs, best]| best <= epochs), "{:?}", epochs());
}

#[test]
fn a_killed_sweep_goes_on_and_ends_in_the_same_table() {
    let (alone, killed) = (place(), place());
    let over = ["--over", "optimizer.lr=0.01,0.001,0.0001", "--seeds", "2"];
    let expected = sweep(&alone, &over);
    for pause in [40, 100, 200, 350] {
        let mut child =
            killed.start(&[&["sweep", "model.net", "--recipe", "r.yaml", "--out", "s"], &over[..]].concat());
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(sweep(&killed, &over), expected);
    let lock = std::fs::File::open(killed.path("s/.lock")).unwrap();
    lock.lock().unwrap();
    let again = [&["sweep", "model.net", "--recipe", "r.yaml", "--out", "s"], &over[..]].concat();
    check_refused(&killed, &again, 2, &["N0810", "writing the sweep `s`"]);
    drop(lock);
    let lines = text(&killed.read("s/trials.jsonl"));
    killed.write("s/trials.jsonl", &format!("{lines}{{\"digest\": "));
    assert_eq!(sweep(&killed, &over), expected, "a line that was cut off is taken out");
    assert_eq!(text(&killed.read("s/trials.jsonl")), lines);
    killed.write("s/trials.jsonl", &format!("nonsense\n{lines}"));
    check_refused(&killed, &again, 1, &["N0611", "line 1"]);
}

#[test]
fn what_cannot_be_swept_is_refused_and_other_trials_go_on() {
    let place = place();
    let refused = |arguments: &[&str], status, words: &[&str]| {
        check_refused(
            &place,
            &[&["sweep", "model.net", "--recipe", "r.yaml", "--out", "s"], arguments].concat(),
            status,
            words,
        );
    };
    refused(&[], 1, &["N0611", "nothing to sweep over"]);
    refused(&["--over", "net.widht=1,2"], 1, &["N0611", "has no value `widht`", "`width`"]);
    refused(&["--over", "epochs=1", "--over", "epochs=2"], 1, &["N0611", "twice"]);
    refused(&["--over", "validate.metric=loss,accuracy"], 1, &["N0611", "ranked by one figure"]);
    refused(&["--over", "epochs=1,2", "--strategy", "halving"], 1, &["N0611", "halving sets the epochs"]);
    refused(&["--over", "epochs=1,,2"], 2, &["commas"]);
    refused(&["--over", "optimizer.lr=0.01,fast"], 1, &["N0603", "--set optimizer.lr=fast"]);
    refused(&["--over", "epochs=1", "--trials", "1"], 1, &["N0611", "--strategy random"]);
    let trials = sweep(&place, &["--over", "optimizer.lr=0.01"]);
    assert_eq!(trials.len(), 1);
    let refused = |yaml: &str, words: &[&str]| {
        place.write("sweep.yaml", yaml);
        check_refused(&place, &["sweep", "sweep.yaml", "--out", "s"], 1, words);
    };
    refused("file: model.net\novre: {epochs: [1, 2]}\n", &["N0602", "did you mean `over`?", "sweep.yaml:2:1"]);
    refused("over: {epochs: [1, 2]}\n", &["N0612", "lacks `file`", "sweep.yaml:1:1"]);
    refused("file: model.net\nover:\n  epochs: 2\n", &["N0611", "`epochs` has no list of values", "sweep.yaml:3:11"]);
    refused("# nothing\n", &["N0612", "the sweep is empty"]);
    refused("file: model.net\nover: {batch: [8, x]}\n", &["N0603", "sweep.yaml:2:19", "is text"]);
    refused("file: model.net\nover: {batch: [8, 16, 8]}\n", &["N0611", "takes 8 twice", "sweep.yaml:2:23"]);
    refused("file: model.net\nover: {net.widht: [8]}\n", &["N0611", "`width`", "sweep.yaml:2:8"]);
    refused("file: model.net\nover: {bach: [8]}\n", &["N0602", "did you mean `batch`?", "sweep.yaml:2:8"]);
    // Text that YAML would take for something else stays what it is.
    place.write("sweep.yaml", "file: model.net\nover: {dataset: [\"none #2\", \"none: 3\"]}\n");
    check_refused(&place, &["sweep", "sweep.yaml", "--out", "s"], 2, &["N0703", "`none #2`", "`none: 3`"]);
}

#[test]
fn the_sweep_files_beside_the_models_can_be_read() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let place = place();
    let mut found = 0;
    for report in ["zhang", "cs554"] {
        for entry in std::fs::read_dir(models.join(report)).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name.starts_with("sweep_") {
                found += 1;
                let output = place.netc(&["sweep", path.to_str().unwrap(), "--data-dir", "nowhere", "--out", &name]);
                let told = text(&output.stderr);
                assert!(told.contains("error[N0701]") && told.contains("trial 2 of"), "{name}: {told}");
                assert!(!told.contains("N06"), "{name}: {told}");
            }
        }
    }
    assert_eq!(found, 10);
}

#[test]
fn losses_are_ranked_by_accuracy() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/zhang/sweep_loss.yaml");
    let few = ["--set", "dataset=sketches", "--set", "epochs=1", "--set", "split.fraction=0.02"];
    let result = place().result(&[&["sweep", file.to_str().unwrap(), "--format", "json"], &few[..]].concat());
    assert_eq!(result["metric"], "accuracy");
    let accuracy = |trial: &Value| trial["accuracy"]["mean"].as_f64().expect("every loss trains");
    let found: Vec<f64> = result["trials"].as_array().unwrap().iter().map(accuracy).collect();
    assert!(found.len() == 3 && found.is_sorted_by(|a, b| a >= b), "{found:?}");
}
