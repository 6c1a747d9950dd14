//! Recipes: every key is read and written again; every mistake has its code, its place and what was meant.

use netc::diagnostic::{Style, render};
use netc::source::SourceMap;
use netc::train::{Recipe, read_recipe};

fn read(text: &str) -> Result<Recipe, String> {
    let mut sources = SourceMap::new();
    let file = sources.add("recipe.yaml", None, text);
    let read = read_recipe(&sources, &[file]).map(|(recipe, _)| recipe);
    read.map_err(|faults| faults.iter().map(|fault| render(fault, &sources, Style::Plain)).collect())
}

/// Everything that the language page lists.
const ALL: &str = "
dataset: fashion-mnist
data: {most_common: 10, classes: [n01641577, 3, Bag], test_from_train: 500}
split: {validation: 0.1, fraction: 0.5, choose: hardest, seed: 3}
normalise: {mean: [0.5], std: [0.25]}
augment: [{flip: horizontal, p: 0.5}, {flip: vertical, p: 0.5}, {shift: 4}, {crop: 4}, {rotate: 10}, {colour: 0.2}, {cutout: 8}, {mixup: 0.2}]
epochs: 15
batch: 32
seed: 1
optimizer: {name: sgd, lr: 0.01, momentum: 0.9, nesterov: true, weight_decay: 1e-4}
schedule: {name: plateau, warmup: 1, gamma: 0.5, patience: 2, min_lr: 1e-5}
loss: 0.5 mse(image, input) + 0.5 cross_entropy(logits)
clip: 1.0
ema: 0.999
validate: {every: 2, patience: 5, metric: accuracy}
init_from: weights.safetensors
freeze: [Conv, Stage.1]
";

#[test]
fn every_key_is_read_and_written_again() {
    let texts = [
        ALL,
        "",
        "# nothing\n",
        "optimizer: rmsprop\nschedule: cosine\nloss: hinge",
        "optimizer: {name: adamw, lr: 0.1, betas: [0.8, 0.9], eps: 1e-6}",
        "optimizer: {name: rmsprop, alpha: 0.9, momentum: 0.1}\nloss: {name: margin_ranking, margin: 0.5}",
        "loss: {name: cross_entropy, label_smoothing: 0.1, class_weights: [1, 2, 3]}\nnormalise: none",
        "schedule: {name: step, step: 5, gamma: 0.2}\nnormalise: auto",
    ];
    for text in texts {
        let recipe = read(text).unwrap_or_else(|faults| panic!("{faults}"));
        let written = recipe.to_yaml();
        let again = read(&written).unwrap_or_else(|faults| panic!("{written}\n{faults}"));
        assert_eq!((&again, again.to_yaml()), (&recipe, written.clone()), "{written}");
        let json = serde_json::to_string(&recipe).unwrap();
        assert_eq!(serde_json::from_str::<Recipe>(&json).unwrap(), recipe, "{json}");
    }
    assert_eq!(read("").unwrap(), Recipe::default());
    let all = read(ALL).unwrap();
    assert_eq!((all.augment.len(), all.split.validation, all.freeze.len()), (8, 0.1, 2));
}

#[test]
fn defaults_are_pytorchs() {
    let decay = |name: &str| read(&format!("optimizer: {name}")).unwrap().optimizer.weight_decay;
    assert_eq!((decay("adam"), decay("adamw"), read("").unwrap().optimizer.lr), (0.0, 0.01, 0.001));
}

/// Holds that a recipe has one mistake: its code, line and column, and words of its message.
fn check(text: &str, code: &str, place: [usize; 2], words: &[&str]) {
    let faults = read(text).expect_err(text);
    let [line, column] = place;
    assert!(faults.contains(&format!("error[{code}]")), "{text}: {code} is not in\n{faults}");
    assert!(faults.contains(&format!("recipe.yaml:{line}:{column}\n")), "{text}: {line}:{column} is not in\n{faults}");
    words.iter().for_each(|word| assert!(faults.contains(word), "{text}: `{word}` is not in\n{faults}"));
    assert_eq!(faults.matches("error[").count(), 1, "{text}:\n{faults}");
}

#[test]
fn mistakes_have_code_place_and_what_was_meant() {
    check("epochs: [1", "N0601", [1, 11], &["not YAML"]);
    check("epohcs: 3", "N0602", [1, 1], &["did you mean `epochs`?", "the keys are `dataset`"]);
    check("seed: 1\noptimizer:\n  learning_rate: 0.1", "N0602", [3, 3], &["`optimizer` has no key"]);
    check("split: {valid: 0.1}", "N0602", [1, 9], &["did you mean `validation`?"]);
    check("epochs: ten", "N0603", [1, 9], &["a whole number from 1 to 1000000", "is text"]);
    check("epochs:", "N0603", [1, 7], &["is nothing"]);
    check("- epochs", "N0603", [1, 1], &["the recipe"]);
    check("split: 0.1", "N0603", [1, 8], &["settings"]);
    check("optimizer: {betas: [0.9]}", "N0603", [1, 20], &["two numbers"]);
    check("optimizer: {betas: [0.9, high]}", "N0603", [1, 26], &["is text"]);
    check("augment: [{flip: horizontal}, {shift: 2, crop: 2}]", "N0603", [1, 31], &["has 2 of them"]);
    check("augment: [{flip: vertial}]", "N0605", [1, 18], &["`flip` cannot be `vertial`", "did you mean `vertical`?"]);
    check("augment: [{flop: horizontal}]", "N0602", [1, 12], &["did you mean `flip`?"]);
    check("normalise: {mean: 0.5, std: [1]}", "N0603", [1, 19], &["`mean` must be a list"]);
    check("normalise: {mean: [0.5], sdt: [1]}", "N0602", [1, 26], &["did you mean `std`?"]);
    check("normalise: {mean: [0.5]}", "N0612", [1, 13], &["lacks `std`"]);
    check("normalise: {mean: [0.5], mean: [1], std: [1]}", "N0607", [1, 26], &["first here"]);
    check("normalise: {mean: [0.5], std: [0]}", "N0604", [1, 32], &["above 0"]);
    check("normalise: atuo", "N0605", [1, 12], &["did you mean `auto`?"]);
    check("augment: [{shift: 1.5}]", "N0604", [1, 19], &["a whole number from 0 to 32768"]);
    check("augment: [{flip: vertical, p: 1.5}]", "N0604", [1, 31], &["a number from 0 to 1"]);
    check("augment: [{crop: 1, p: 0.5}]", "N0606", [1, 24], &["`crop` does not use `p`"]);
    check("augment: [{mixup: 0}]", "N0604", [1, 19], &["above 0"]);
    check("epochs: !foo 1", "N0601", [1, 9], &["no tags"]);
    check("clip: 1e300", "N0604", [1, 7], &["beyond 32-bit numbers"]);
    check("optimizer: {name: sgd, nesterov: true}", "N0603", [1, 34], &["needs a `momentum`"]);
    check("loss: cross_entropy(logits, label_smoothing=2)", "N0609", [1, 45], &["cannot be 2"]);
    check("loss: hinge(a, margin=1, margin=2)", "N0609", [1, 26], &["given twice"]);
    check("seed: 0.5", "N0604", [1, 7], &["is 0.5"]);
    check("seed: 18446744073709551616", "N0604", [1, 7], &["a whole number from 0 on"]);
    check("batch: 0", "N0604", [1, 8], &["from 1 to 65536"]);
    check("optimizer: {lr: -1}", "N0604", [1, 17], &["a number above 0"]);
    check("ema: 1.0", "N0604", [1, 6], &["below 1"]);
    check("optimizer: {lr: .nan}", "N0604", [1, 17], &["`lr`"]);
    check("optimizer: adma", "N0605", [1, 12], &["did you mean `adam`?"]);
    check("schedule: {name: cosin}", "N0605", [1, 18], &["did you mean `cosine`?"]);
    check("split: {choose: hard}", "N0605", [1, 17], &["did you mean `hardest`?"]);
    check("optimizer: {name: adam, momentum: 0.9}", "N0606", [1, 25], &["`adam` does not use `momentum`"]);
    check("schedule: {name: cosine, gamma: 0.9}", "N0606", [1, 26], &["`cosine` does not use `gamma`"]);
    check("loss: {name: hinge, label_smoothing: 0.9}", "N0606", [1, 21], &["`hinge` does not use"]);
    check("seed: 1\nseed: 2", "N0607", [2, 1], &["first here"]);
    check("loss: croos_entropy", "N0609", [1, 7], &["no criterion", "did you mean `cross_entropy`?"]);
    check("loss: 0.5 mse(image, input) + x(logits)", "N0609", [1, 31], &["`x` is no criterion"]);
}

#[test]
fn several_mistakes_are_all_found() {
    let faults = read("epochs: 0\nbatch: x\noptimizer: {name: adam, alpha: 1}\nseeed: 1\n").unwrap_err();
    assert_eq!(faults.matches("error[").count(), 4, "{faults}");
}

#[test]
fn hostile_texts_are_refused() {
    let deep = format!("split: {}", "[".repeat(100_000));
    let wide = format!("freeze: [{}]", "a, ".repeat(100_000));
    for text in [&*deep, "a: &a [*a]", "\u{0}", "%YAML 9", "? [a]\n: 1", "!!binary x", "{a: 1}}", "'", "- - - -"] {
        read(text).expect_err(text);
    }
    assert!(read(&wide).is_ok());
}
