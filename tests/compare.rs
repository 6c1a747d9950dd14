//! `netc compare` as a user runs it.

mod place;

use place::{Place, check_refused, text};

const NETWORK: &str = "Conv(1,4,5,stride=4) -> ReLU -> FC\n";

/// Two seeds of one recipe, and one run with another learning rate.
fn place() -> Place {
    let place = Place::with(NETWORK);
    for (run, seed, lr) in [("a0", "0", "0.001"), ("a1", "1", "0.001"), ("b0", "0", "0.01")] {
        let settings = ["--train-fraction", "0.01", "--epochs", "2", "--seed", seed, "--lr", lr, "--out", run];
        place.result(&[&["train", "model.net", "--format", "json"][..], &settings].concat());
    }
    place
}

#[test]
fn runs_are_grouped_by_everything_but_the_seed() {
    let place = place();
    let compared = place.result(&["compare", "a0", "b0", "a1", "--out", "pictures", "--format", "json"]);
    assert_eq!((&compared["dataset"], &compared["images"]), (&"sketches".into(), &2000.into()));
    let groups = compared["groups"].as_array().unwrap();
    let runs = |group: usize| {
        let runs = groups[group]["runs"].as_array().unwrap();
        runs.iter().map(|run| run["run"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!((groups.len(), runs(0), runs(1)), (2, vec!["a0".into(), "a1".into()], vec!["b0".to_string()]));
    assert_eq!(groups[1]["differs"][0], "optimizer.lr: 0.001 -> 0.01");
    let accuracy = |run: &str| place.result(&["eval", run, "--format", "json"])["accuracy"].as_f64().unwrap();
    let (a0, a1) = (accuracy("a0"), accuracy("a1"));
    let mean = groups[0]["accuracy"]["mean"].as_f64().unwrap();
    assert!((mean - (a0 + a1) / 2.0).abs() < 1e-12);
    assert!((groups[0]["accuracy"]["std"].as_f64().unwrap() - (a0 - a1).abs() / 2.0f64.sqrt()).abs() < 1e-12);
    assert!(groups[0]["accuracy"]["interval"][0].as_f64().unwrap() <= mean);
    assert!(groups[1]["accuracy"]["interval"].is_null());
    let pairs = compared["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    let only = |end: usize| pairs[1]["only"][end].as_f64().unwrap();
    assert_eq!(pairs[1]["runs"][1], "a1");
    assert!((only(0) - only(1) - 2000.0 * (a0 - a1)).abs() < 1e-6, "{compared}");
    for extension in ["svg", "png"] {
        assert!(place.path(&format!("pictures/curves.{extension}")).is_file());
    }
}

#[test]
fn the_text_names_runs_intervals_and_tests() {
    let place = place();
    std::fs::copy(place.path("a0/checkpoints/last.safetensors"), place.path("same.safetensors")).expect("copied");
    let said = text(&place.netc(&["compare", "a0", "a1", "same.safetensors"]).stdout);
    for part in ["sketches, 2000 test images", "95 % interval", "McNemar", "exact binomial", "a1", "1.0000"] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    place.result(&["prune", "a0", "--threshold", "0.05", "--out", "pruned", "--format", "json"]);
    let said = text(&place.netc(&["compare", "a0", "pruned"]).stdout);
    assert!(said.contains("pruned: none -> weights below 0.05"), "{said}");
    let metrics = text(&place.read("a1/metrics.jsonl"));
    place.write("a1/metrics.jsonl", &format!("nonsense\n{metrics}"));
    check_refused(&place, &["compare", "a0", "a1", "--out", "curves"], 2, &["N0807", "line 1"]);
    check_refused(&place, &["report", "a1"], 2, &["N0807", "line 1"]);
    assert!(!text(&place.netc(&["compare", "a0"]).stdout).contains("McNemar"));
}

#[test]
fn runs_of_other_images_are_refused_by_name() {
    let place = place();
    place.write("r.yaml", "data: {most_common: 5}\nsplit: {fraction: 0.01}\nepochs: 1\n");
    place.write("five.net", "Conv(1,4,5,stride=4) -> ReLU -> FC\n");
    place.result(&["train", "five.net", "--recipe", "r.yaml", "--out", "five", "--format", "json"]);
    check_refused(&place, &["compare", "a0", "a1", "five"], 1, &["N0817", "`a0`", "`five`", "5 classes"]);
    check_refused(&place, &["compare", "a0", "a1", "./a0"], 1, &["N0817", "`./a0` is named twice"]);
    check_refused(&place, &["compare", "a0", "a0/checkpoints/last.safetensors"], 1, &["N0817", "named twice"]);
    check_refused(&place, &["compare", "a0", "nowhere"], 2, &["N0804", "nowhere"]);
    check_refused(&place, &["compare"], 2, &["RUN|CHECKPOINT"]);
}
