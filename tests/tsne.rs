//! `netc tsne` as a user runs it, and t-SNE beside scikit-learn's where that is installed.

mod place;
mod real_data;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use netc::data::{DataFolder, Environment, open};
use netc::embedding::{Points, trustworthiness, tsne};
use netc::graph::check;
use netc::kernel::Machine;
use netc::lower::Fusion;
use netc::source::SourceMap;
use netc::train::{Checkpoint, RunFolder, Values};
use place::{Place, check_refused, text};
use real_data::real_data;
use serde_json::{Value as Json, json};

const NETWORK: &str = "block Stage(out) = Conv(_, out, 5, stride=4) as inner -> ReLU\n\
                       Stage(4) as stage -> FC(_, 12) -> Tanh as code -> FC\n";

fn place() -> Place {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "2", "--out", "run"]);
    place
}

#[test]
fn any_layer_label_and_block_can_be_laid_out() {
    let place = place();
    let lay_out = |at: &str| {
        let given = ["tsne", "run", "--at", at, "--images", "60", "--perplexity", "8", "--format", "json"];
        place.result(&given)
    };
    let of_stage = lay_out("stage");
    for (at, values) in [
        ("pixels", 784),
        ("Stage.1.inner", 144),
        ("stage", 144),
        ("FC", 12),
        ("code", 12),
        ("FC.2", 10),
        ("logits", 10),
    ] {
        let found = lay_out(at);
        assert_eq!((&found["values"], &found["at"]), (&json!(values), &json!(at)));
        assert!(found["trustworthiness"].as_f64().is_some_and(|trust| (0.5..=1.0).contains(&trust)), "{at}");
    }
    assert_eq!(lay_out("Stage.1")["points"], of_stage["points"]);
    assert_eq!(lay_out("Stage.1.ReLU")["points"], of_stage["points"]);
}

#[test]
fn images_are_drawn_by_class_and_seed_and_places_repeat() {
    let place = place();
    let with = |more: &[&str]| {
        let common = ["tsne", "run", "--at", "code", "--images", "100", "--format", "json"];
        place.result(&[&common[..], more].concat())
    };
    let found = with(&[]);
    let points = found["points"].as_array().expect("points");
    assert_eq!((points.len(), &found["test_images"], &found["exaggerated_steps"]), (100, &json!(2000), &json!(21)));
    let bags = points.iter().filter(|point| point["class"] == "Bag").count();
    assert_eq!(bags, 10);
    assert_eq!(with(&["--threads", "1"])["points"], found["points"]);
    assert_ne!(with(&["--seed", "1"])["points"][0]["image"], Json::Null);
    let images =
        |found: &Json| found["points"].as_array().map(|p| p.iter().map(|p| p["image"].clone()).collect::<Vec<_>>());
    assert_ne!(images(&with(&["--seed", "1"])), images(&found));
}

#[test]
fn pictures_and_the_text_say_what_is_laid_out() {
    let place = place();
    let said = place.netc(&["tsne", "run", "--at", "code", "--images", "90", "--plot", "a.svg", "--plot", "a.png"]);
    let said = text(&said.stdout);
    for part in [
        "sketches: code of run, 12 values",
        "90 of 2000 test images",
        "20 of them exaggerated",
        "(12 neighbours) 0.",
        "a.png",
    ] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    let drawn = text(&place.read("a.svg"));
    for part in ["sketches: code of run", "t-SNE of 90 test images, perplexity 30", "Ankle boot"] {
        assert!(drawn.contains(part), "{part}");
    }
    assert!(image::load_from_memory(&place.read("a.png")).is_ok());
    let few = text(&place.netc(&["tsne", "--dataset", "sketches", "--images", "20", "--perplexity", "5"]).stdout);
    assert!(few.contains("trustworthiness needs more than 24 images"), "{few}");
}

#[test]
fn what_cannot_be_laid_out_is_refused() {
    let place = place();
    check_refused(&place, &["tsne", "run", "--at", "Stage.1.iner"], 1, &["N0203", "did you mean `Stage.1.inner`?"]);
    check_refused(&place, &["tsne", "--dataset", "sketches", "--at", "FC"], 1, &["N0203", "name a run"]);
    check_refused(&place, &["tsne", "run", "--images", "30"], 1, &["N0706", "more than 30 images"]);
    check_refused(&place, &["tsne", "run", "--images", "40", "--plot", "a.gif"], 2, &["N0803", ".svg"]);
    check_refused(
        &place,
        &["tsne", "run", "--images", "40", "--plot", "nowhere/a.svg"],
        2,
        &["N0803", "nowhere/a.svg"],
    );
    check_refused(&place, &["tsne", "run", "--perplexity", "1"], 2, &["a number above 1"]);
    check_refused(&place, &["tsne"], 2, &["RUN|CHECKPOINT"]);
    check_refused(&place, &["tsne", "nowhere"], 2, &["N0804", "nowhere"]);
}

#[test]
fn the_commands_of_the_page_run() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tsne.md")).expect("the page");
    let place = Place::with("Conv(_, 8, 5, stride=4) -> ReLU -> FC(_, 32) -> ReLU as code -> FC\n");
    let examples: Vec<&str> = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for line in examples.iter().flat_map(|example| example.lines()) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let output = place.netc(&words);
        assert!(line.starts_with("netc ") && output.status.success(), "{line}: {}", text(&output.stderr));
    }
}

/// Reads values (images x values) as f32 from the standard input; places by scikit-learn in so many seconds, its
/// trustworthiness of them, and of the places that stand in a file.
const BESIDE: &str = "
import json, sys, time
import numpy as np
from sklearn.manifold import TSNE, trustworthiness
count, given = int(sys.argv[1]), np.array(json.load(open(sys.argv[2])), dtype=np.float32)
values = np.frombuffer(sys.stdin.buffer.read(), dtype='<f4').reshape(count, -1)
began = time.perf_counter()
places = TSNE(init='pca', perplexity=30, n_jobs=-1).fit_transform(values)
seconds = time.perf_counter() - began
trust = lambda places: float(trustworthiness(values, places, n_neighbors=12))
print(json.dumps({'places': places.tolist(), 'seconds': seconds, 'own': trust(places), 'given': trust(given)}))
";

/// What scikit-learn says of `values` and `places`; none where this machine has none.
fn beside(values: &Values, places: &[[f32; 2]]) -> Option<Json> {
    let python = std::env::var("NETC_PYTHON").unwrap_or("python3".into());
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(json!(places).to_string().as_bytes()).expect("written");
    let mut command = Command::new(python);
    command.args(["-c", BESIDE, &places.len().to_string()]).arg(file.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let bytes: Vec<u8> = values.numbers.iter().flat_map(|value| value.to_le_bytes()).collect();
    let _ = child.stdin.take()?.write_all(&bytes);
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn the_plane_is_to_be_trusted_as_scikit_learns_is() {
    let set = open("sketches", &DataFolder::none(), None).expect("sketches");
    let values = Values::of_pixels(&*set.test, &(0..400).collect::<Vec<_>>()).expect("pixels");
    let points = Points::new(400, &values.numbers);
    let places = tsne(&points, 30.0, || {});
    let trust = trustworthiness(&points, &places, 12).expect("enough images");
    let Some(beside) = beside(&values, &places) else {
        return println!("skipped: python3 (or NETC_PYTHON) has no scikit-learn");
    };
    let number = |key: &str| beside[key].as_f64().expect("a number");
    assert!((trust - number("given")).abs() < 1e-6, "{trust} {beside}");
    assert!(trust > number("own") - 0.01, "{trust} {}", number("own"));
    let theirs: Vec<[f32; 2]> = serde_json::from_value(beside["places"].clone()).expect("places");
    let ours = trustworthiness(&points, &theirs, 12).expect("enough images");
    assert!((ours - number("own")).abs() < 1e-6, "{ours} {}", number("own"));
}

/// 5,000 test images of Fashion-MNIST, by both, in turn:
/// `cargo test --release --test tsne -- --ignored --nocapture`
#[test]
#[ignore = "minutes; prints the figures of docs/tsne.md"]
fn five_thousand_images_are_as_trusted_and_laid_out_as_fast_as_by_scikit_learn() {
    let Some(folder) = real_data("fashion-mnist") else { return };
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ji2022/model4.net");
    let place = Place::with(&fs::read_to_string(model).expect("the model"));
    let run =
        ["--dataset", "fashion-mnist", "--epochs", "3", "--out", "run", "--data-dir", &folder.display().to_string()];
    place.result(&[&["train", "model.net", "--quiet", "--format", "json"][..], &run].concat());
    let checkpoint = Checkpoint::load(&RunFolder::checkpoint_of(&place.path("run")).expect("a run")).expect("a run");
    let mut sources = SourceMap::new();
    let file = sources.add("model.net", None, checkpoint.metadata.network.as_str());
    let graph = check(&mut sources, file, &checkpoint.metadata.given()).graph.expect("a network");
    let folder = DataFolder::resolve(Some(&folder), &Environment::default());
    let set = open("fashion-mnist", &folder, None).expect("fashion-mnist");
    let chosen: Vec<usize> = (0..5000).collect();
    let fusion = Fusion::On(Arc::new(Machine::new(1)));
    let learnt = Values::at("ReLU.3", (&checkpoint, &graph), (&set.test, &chosen), &fusion, |_| ()).expect("values");
    for (name, values) in [("pixels", Values::of_pixels(&*set.test, &chosen).expect("pixels")), ("ReLU.3", learnt)] {
        measure(name, &values, chosen.len());
    }
}

/// Three times each, in turn; medians.
fn measure(name: &str, values: &Values, count: usize) {
    let mut figures: [Vec<f64>; 4] = Default::default();
    for _ in 0..3 {
        let began = Instant::now();
        let points = Points::new(count, &values.numbers);
        let places = tsne(&points, 30.0, || {});
        figures[0].push(began.elapsed().as_secs_f64());
        let Some(beside) = beside(values, &places) else {
            return println!("skipped: python3 (or NETC_PYTHON) has no scikit-learn");
        };
        let keys = ["seconds", "given", "own"];
        figures.iter_mut().skip(1).zip(keys).for_each(|(of, key)| of.push(beside[key].as_f64().expect("a number")));
        println!("{name}: {figures:.4?}");
    }
    let [seconds, their_seconds, trust, their_trust] = figures.map(median);
    println!("{name}, netc: {seconds:.1} s, {trust:.4}; scikit-learn: {their_seconds:.1} s, {their_trust:.4}");
    assert!(trust > their_trust - 0.01 && seconds < 2.0 * their_seconds);
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
