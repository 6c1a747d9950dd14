//! What recipes and flags do to a run, as a user sees it.

mod place;

use place::{Place, check_refused, text};
use safetensors::SafeTensors;

const NETWORK: &str = "Conv(1,6,5,stride=2) -> ReLU -> Pool(2) -> FC(_,16) -> ReLU -> FC\n";

/// The bytes of a tensor of a run's last checkpoint.
fn tensor(place: &Place, run: &str, name: &str) -> Vec<u8> {
    let bytes = place.read(&format!("{run}/checkpoints/last.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.tensor(name).unwrap_or_else(|fault| panic!("{name}: {fault}")).data().to_vec()
}

/// The lines of a run's metrics.
fn metrics(place: &Place, run: &str) -> Vec<serde_json::Value> {
    text(&place.read(&format!("{run}/metrics.jsonl"))).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_flag_wins_over_the_recipe_and_the_recipe_over_the_defaults() {
    let place = Place::with(NETWORK);
    place.write("r.yaml", "epochs: 3\nbatch: 16\noptimizer: {name: sgd, lr: 0.1, momentum: 0.5}\n");
    place.train(&["--recipe", "r.yaml", "--epochs", "1", "--lr", "0.2", "--out", "a"]);
    let resolved = text(&place.read("a/recipe.yaml"));
    for line in ["epochs: 1\n", "batch: 16\n", "  name: sgd\n", "  lr: 0.2\n", "  momentum: 0.5\n", "seed: 0\n"] {
        assert!(resolved.contains(line), "{line}:\n{resolved}");
    }
    assert!(resolved.contains("loss: cross_entropy\n"), "{resolved}");
    place.train(&["--recipe", "r.yaml", "--epochs", "1", "--optimizer", "adamw", "--out", "b"]);
    let resolved = text(&place.read("b/recipe.yaml"));
    assert!(resolved.contains("  name: adamw\n") && resolved.contains("  weight_decay: 0.01\n"), "{resolved}");
    place.train(&["--recipe", "a/recipe.yaml", "--out", "c"]);
    for file in ["recipe.yaml", "metrics.jsonl", "checkpoints/last.safetensors"] {
        assert!(place.read(&format!("a/{file}")) == place.read(&format!("c/{file}")), "{file}");
    }
}

#[test]
fn any_setting_can_be_given_on_the_command_line() {
    let place = Place::with(NETWORK);
    place.write("r.yaml", "epochs: 3\noptimizer: {name: sgd, lr: 0.1, momentum: 0.5}\n");
    let set =
        ["--set", "optimizer.momentum=0.9", "--set", "augment=[{flip: horizontal, p: 0.25}]", "--set", "epochs=1"];
    place.train(&[&["--recipe", "r.yaml", "--out", "a"], &set[..]].concat());
    let resolved = text(&place.read("a/recipe.yaml"));
    for line in ["epochs: 1\n", "  lr: 0.1\n", "  momentum: 0.9\n", "flip: horizontal\n", "  p: 0.25\n"] {
        assert!(resolved.contains(line), "{line}:\n{resolved}");
    }
    let refused = |change, status, words: &[&str]| {
        check_refused(&place, &["train", "model.net", "--set", change], status, words);
    };
    refused("optimizer.momentun=0.9", 1, &["error[N0602]", "--set optimizer.momentun=0.9:1:13", "`momentum`"]);
    refused("epochs=many", 1, &["error[N0603]"]);
    refused("epochs=[1", 1, &["error[N0601]"]);
    refused("epochs", 2, &["expected a key of a recipe"]);
}

#[test]
fn validation_stops_early_and_the_best_checkpoint_is_tested() {
    let place = Place::with(NETWORK);
    let recipe = "epochs: 50\nsplit: {validation: 0.02}\noptimizer: {name: sgd, lr: 3}\nvalidate: {patience: 2}\n";
    place.write("r.yaml", recipe);
    let result = place.train(&["--recipe", "r.yaml", "--out", "run"]);
    let lines = metrics(&place, "run");
    assert!(lines.len() < 50 && result["epochs"] == lines.len());
    let loss = |line: &serde_json::Value| line["validation"]["loss"].as_f64().unwrap();
    let best = lines.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
    assert_eq!(best["epoch"].as_u64().unwrap() + 2, lines.len() as u64);
    assert_eq!(result["validation"], best["validation"]);
    let evaluation = place.result(&["eval", "run/checkpoints/best.safetensors", "--format", "json"]);
    assert_eq!(evaluation["loss"], result["test"]["loss"]);
    assert_eq!(place.result(&["eval", "run", "--format", "json"])["loss"], result["test"]["loss"]);
}

#[test]
fn validation_comes_every_so_many_epochs_and_after_the_last() {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "5", "--val-every", "2", "--val-fraction", "0.05", "--out", "run"]);
    let validated: Vec<bool> = metrics(&place, "run").iter().map(|line| !line["validation"].is_null()).collect();
    assert_eq!(validated, [false, true, false, true, true]);
}

#[test]
fn training_begins_with_given_weights_and_leaves_frozen_layers() {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "1", "--out", "a"]);
    let from = "a/checkpoints/last.safetensors";
    let flags = ["--epochs", "1", "--init-from", from, "--freeze", "Conv", "--freeze", "FC.2", "--out", "b"];
    let output = place.netc(&[&["train", "model.net", "--train-fraction", "0.02"][..], &flags].concat());
    assert!(text(&output.stderr).contains("matched by name"), "{}", text(&output.stderr));
    for (name, same) in [("Conv.weight", true), ("Conv.bias", true), ("FC.weight", false), ("FC.2.bias", true)] {
        assert_eq!(tensor(&place, "a", name) == tensor(&place, "b", name), same, "{name}");
    }
    let other = ["train", "other.net", "--init-from", from];
    place.write("other.net", "Conv(1,7,5) -> ReLU -> FC\n");
    check_refused(&place, &other, 1, &["N0813", "Conv.weight"]);
    check_refused(&place, &["train", "model.net", "--init-from", "none"], 2, &["N0804"]);
    check_refused(&place, &["train", "model.net", "--init-from", "model.net"], 1, &["N0813"]);
}

#[test]
fn the_hardest_and_easiest_images_are_chosen_by_loss() {
    let place = Place::with(NETWORK);
    let first_loss = |choose: &str| {
        place.write("r.yaml", &format!("split: {{fraction: 0.02, choose: {choose}}}\nepochs: 1\n"));
        place.result(&["train", "model.net", "--recipe", "r.yaml", "--out", choose, "--format", "json"]);
        metrics(&place, choose)[0]["train"]["loss"].as_f64().unwrap()
    };
    assert!(first_loss("hardest") > first_loss("easiest"));
}

#[test]
fn a_recipe_that_does_not_fit_is_refused_at_its_place() {
    let place = Place::with(NETWORK);
    let refused = |recipe: &str, words: &[&str]| {
        place.write("r.yaml", recipe);
        check_refused(&place, &["train", "model.net", "--recipe", "r.yaml", "--out", "run"], 1, words);
    };
    refused("freeze: [Conv, Conv.9]", &["N0608", "r.yaml:1:16", "`Conv.9`", "`FC.2`"]);
    refused("freeze: [Conv, FC, FC.2]", &["N0608", "r.yaml:1:9", "nothing to train"]);
    refused("loss: mse(image, input)", &["N0608", "r.yaml:1:7", "`image`", "`logits` (10)"]);
    refused("loss: nll", &["N0608", "LogSoftmax"]);
    refused("loss: {name: cross_entropy, class_weights: [1, 2]}", &["N0608", "r.yaml:1:44", "10 numbers"]);
    refused("epohcs: 1", &["N0602", "r.yaml:1:1", "did you mean `epochs`?"]);
    refused("split: {validation: 0.99999}", &["N0608", "r.yaml:1:21"]);
    refused("batch: [", &["N0601"]);
    check_refused(&place, &["train", "model.net", "--recipe", "none.yaml"], 2, &["N0804", "none.yaml"]);
    assert!(!place.path("run").exists());
}

#[test]
fn losses_train() {
    let place = Place::with(NETWORK);
    place.write("both.net", "Conv(1,4,3,pad=1) -> ReLU -> ( FC as logits | Conv(4,1,1) -> Sigmoid as image )\n");
    let losses = [
        ("model.net", "hinge"),
        ("model.net", "margin_ranking"),
        ("model.net", "{name: cross_entropy, label_smoothing: 0.1, class_weights: [1,2,1,1,1,1,1,1,1,3]}"),
        ("model.net", "mse(logits, labels)"),
        ("both.net", "0.3 mse(image, input) + 0.7 cross_entropy(logits)"),
    ];
    for (n, (file, loss)) in losses.into_iter().enumerate() {
        place.write("r.yaml", &format!("loss: {loss}\nsplit: {{fraction: 0.02}}\nepochs: 3\noptimizer: adamax\n"));
        place.result(&["train", file, "--recipe", "r.yaml", "--out", &n.to_string(), "--format", "json"]);
        let lines = metrics(&place, &n.to_string());
        let loss_of = |epoch: usize| lines[epoch]["train"]["loss"].as_f64().unwrap();
        assert!(loss_of(2) < loss_of(0), "{loss}: {lines:?}");
        let evaluation = place.result(&["eval", &n.to_string(), "--format", "json"]);
        assert!(evaluation["loss"].as_f64().unwrap().is_finite());
    }
}

#[test]
fn what_is_ill_is_said_at_the_line_of_its_layer() {
    let place = Place::with(NETWORK);
    place.write(
        "still.net",
        "Flatten -> FC(_,8) -> ReLU\n  -> FC(_,8) -> ReLU -> ( FC as logits | FC(_,3) as spare )\n",
    );
    let output = place.netc(&["train", "still.net", "--train-fraction", "0.02", "--epochs", "1", "--out", "a"]);
    let message = text(&output.stderr);
    assert!(message.contains("warning[no-gradient]") && message.contains("still.net:2:42"), "{message}");
    assert_eq!(message.matches("warning[no-gradient]").count(), 1, "{message}");
    let lr = ["--train-fraction", "0.05", "--epochs", "3", "--optimizer", "sgd", "--lr", "2", "--out", "b"];
    let output = place.netc(&[&["train", "model.net"][..], &lr].concat());
    assert!(text(&output.stderr).contains("warning[dead-relu]"), "{}", text(&output.stderr));
}

#[test]
fn quiet_prints_the_result_alone() {
    let place = Place::with(NETWORK);
    let output = place.netc(&["train", "model.net", "--train-fraction", "0.02", "--epochs", "1", "-q", "--out", "run"]);
    assert_eq!(text(&output.stderr), "");
    assert!(text(&output.stdout).starts_with("test  loss "));
}
