//! `netc prune` as a user runs it.

mod place;

use std::fs;
use std::time::Duration;

use safetensors::SafeTensors;
use serde_json::Value;

use place::{Place, check_refused, text};

const NETWORK: &str =
    "Conv(1,6,5,stride=2,constraint=max_norm(1)) -> BatchNorm -> ReLU -> Pool(2) -> LSTM(6,8) -> FC\n";
/// Whatever could move a weight that has no gradient.
const RECIPE: &str = "
epochs: 1
batch: 16
split: {fraction: 0.01, validation: 0.01}
optimizer: {name: adamw, lr: 0.01}
clip: 1.0
ema: 0.9
";

/// A trained run `first`.
fn place(network: &str) -> Place {
    let place = Place::with(network);
    place.write("recipe.yaml", RECIPE);
    place.result(&["train", "model.net", "--recipe", "recipe.yaml", "--out", "first", "--format", "json"]);
    place
}

fn tensor(place: &Place, checkpoint: &str, name: &str) -> Vec<f32> {
    let bytes = place.read(checkpoint);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(name).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn prune(place: &Place, arguments: &[&str]) -> Value {
    place.result(&[&["prune"][..], arguments, &["--format", "json"]].concat())
}

/// Checks that in all tensors what the mask of `masks` prunes is zero, in the result and in the raw weights.
fn check_zero(place: &Place, masks: &str, checkpoint: &str) {
    for name in ["Conv.weight", "LSTM.weight_ih_l0", "LSTM.weight_hh_l0", "FC.weight"] {
        let mask = tensor(place, masks, &format!("optimizer.mask.{name}"));
        assert!(mask.contains(&0.0) && mask.contains(&1.0), "{name}");
        for stored in [name.to_string(), format!("optimizer.raw.{name}")] {
            let values = tensor(place, checkpoint, &stored);
            let zero = mask.iter().zip(&values).filter(|(kept, _)| **kept == 0.0).all(|(_, value)| *value == 0.0);
            assert!(zero, "{checkpoint}: {stored}");
        }
    }
}

#[test]
fn weights_under_a_threshold_stay_zero_through_all_training() {
    let place = place(NETWORK);
    let report = prune(&place, &["first", "--threshold", "0.1", "--retrain", "2", "--out", "second"]);
    let layers = report["layers"].as_array().unwrap();
    assert!(layers.iter().all(|layer| layer["pruned"].as_u64().unwrap() > 0), "{report}");
    assert!(report["parameters"]["after"].as_u64() < report["parameters"]["before"].as_u64());
    let first = place.result(&["eval", "first", "--format", "json"]);
    assert_eq!(report["test"]["before"]["accuracy"], first["accuracy"]);
    let second = place.result(&["eval", "second", "--format", "json"]);
    assert_eq!(report["test"]["retrained"]["loss"], second["loss"]);
    let weights = "second/checkpoints/last.safetensors";
    check_zero(&place, weights, weights);
    let more = place.result(&["train", "--resume", "second", "--epochs", "3", "--format", "json"]);
    assert_eq!(more["epochs"], 3);
    check_zero(&place, weights, weights);
    for file in ["weights.svg", "weights.png", "pruning.json", "network.net", "recipe.yaml", "metrics.jsonl"] {
        assert!(place.path("second").join(file).is_file(), "{file}");
    }
    let from = ["--init-from", weights, "--epochs", "1", "--out", "third"];
    let output = place.netc(&[&["train", "model.net", "--recipe", "recipe.yaml"][..], &from].concat());
    assert!(text(&output.stderr).contains("stay zero"), "{}", text(&output.stderr));
    check_zero(&place, weights, "third/checkpoints/last.safetensors");
}

#[test]
fn a_run_that_is_killed_while_it_trains_on_says_what_was_pruned() {
    let place = place(NETWORK);
    let command = ["prune", "first", "--threshold", "0.1", "--retrain", "1000", "--out", "second"];
    let mut child = place.start(&command);
    let trained = place.path("second/metrics.jsonl");
    while !trained.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it trained");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let report: Value = serde_json::from_slice(&place.read("second/pruning.json")).unwrap();
    assert!(report["layers"][0]["pruned"].as_u64().unwrap() > 0, "{report}");
    assert!(report["test"]["retrained"].is_null(), "{report}");
}

#[test]
fn a_share_of_all_weights_is_pruned_and_pruning_adds_up() {
    let place = place(NETWORK);
    let total = |report: &Value, key: &str| {
        let layers = report["layers"].as_array().unwrap();
        layers.iter().map(|layer| layer[key].as_u64().unwrap()).sum::<u64>()
    };
    let once = prune(&place, &["first", "--fraction", "0.3", "--out", "second"]);
    assert_eq!(total(&once, "pruned"), (0.3 * total(&once, "count") as f64).round() as u64);
    assert!(once["test"]["retrained"].is_null());
    let twice = prune(&place, &["second", "--fraction", "0.6", "--out", "third"]);
    assert_eq!(twice["parameters"]["before"], once["parameters"]["after"]);
    let [second, third] = ["second", "third"]
        .map(|run| tensor(&place, &format!("{run}/checkpoints/last.safetensors"), "optimizer.mask.LSTM.weight_ih_l0"));
    assert!(second.iter().zip(&third).all(|(second, third)| third <= second));
    let image = ["predict", "third", "image.png", "--format", "json"];
    image::GrayImage::from_pixel(28, 28, image::Luma([90])).save(place.path("image.png")).unwrap();
    assert!(place.result(&image)[0]["label"].is_string());
}

/// Prunes units with and without `--compact`; both must answer alike.
fn check_compact(network: &str, expected: &str) {
    let place = place(network);
    let masked = prune(&place, &["first", "--units", "0.5", "--out", "masked"]);
    let compact = prune(&place, &["first", "--units", "0.5", "--compact", "--out", "compact"]);
    assert_eq!(text(&place.read("compact/network.net")), expected);
    let loss = |report: &Value| report["test"]["pruned"]["loss"].as_f64().unwrap();
    assert!((loss(&masked) - loss(&compact)).abs() < 1e-5 * loss(&compact), "{masked}\n{compact}");
    assert!(compact["parameters"]["after"].as_u64() <= masked["parameters"]["after"].as_u64());
    assert!(place.netc(&["check", "compact/network.net"]).status.success());
    let resumed = place.result(&["train", "--resume", "masked", "--format", "json"]);
    assert_eq!(resumed["epochs"], 1);
    let retrained = prune(&place, &["compact", "--threshold", "0.05", "--retrain", "1", "--out", "both"]);
    assert!(retrained["test"]["retrained"]["loss"].as_f64().unwrap().is_finite());
}

#[test]
fn a_network_without_its_weakest_units_answers_as_the_masked_one() {
    check_compact(NETWORK, &NETWORK.replace("Conv(1,6", "Conv(1,3").replace("LSTM(6,8)", "LSTM(3,4)"));
}

#[test]
fn blocks_and_tied_layers_become_smaller_too() {
    let network = "block Stage(out) = Conv(_, out, 3, pad=1) -> ReLU -> skip(Conv(out, out, 3, pad=1)) -> Pool(3)\n\
                   Stage(4) -> Stage(8) -> FC\n";
    check_compact(network, &network.replace("Stage(4)", "Stage(2)").replace("Stage(8)", "Stage(4)"));
}

#[test]
fn the_text_says_what_was_pruned_and_what_stays() {
    let place = place(NETWORK);
    let output = place.netc(&["prune", "first", "--units", "0.25", "--out", "second"]);
    let said = text(&output.stdout);
    for part in
        ["LSTM", "total", "FC: left alone: its units are an output", "parameters ", "before ", "pruned ", "run "]
    {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

#[test]
fn what_cannot_be_pruned_says_why() {
    let place = place("let n = 10\nConv(1, n, 5, stride=4) -> FC(n)\n");
    let prune = |arguments: &[&'static str]| [&["prune", "first", "--out", "second"], arguments].concat();
    check_refused(&place, &prune(&["--units", "0.5", "--compact"]), 1, &["N0815", "`10`", "5 and 10"]);
    check_refused(&place, &prune(&["--units", "0.01"]), 1, &["N0816", "`Conv`"]);
    check_refused(&place, &prune(&[]), 2, &["--threshold", "--fraction", "--units"]);
    check_refused(&place, &prune(&["--threshold", "0.1", "--compact"]), 2, &["--compact"]);
    check_refused(&place, &prune(&["--units", "1"]), 2, &["a number above 0 and below 1"]);
    check_refused(&place, &prune(&["--threshold", "1e300"]), 2, &["a number above 0 of 32 bits"]);
    check_refused(&place, &prune(&["--units", "0.5", "--fraction", "0.5"]), 2, &["--fraction"]);
    check_refused(&place, &["prune", "nowhere", "--units", "0.5", "--out", "second"], 2, &["N0804"]);
    check_refused(&place, &["prune", "first", "--units", "0.5", "--out", "first"], 2, &["N0802"]);
    assert!(!fs::exists(place.path("second")).unwrap());
}
