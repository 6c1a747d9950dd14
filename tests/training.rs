//! `netc train`, `eval` and `predict` as a user runs them.

mod place;
mod real_data;

use std::fs;
use std::path::Path;
use std::process::Command;

use real_data::real_data;
use serde_json::{Value, json};

use place::{Place, check_refused, text};

const LINE: &str = "Conv(1,20,3) -> Pool(4) -> Conv(20,40,5) -> LSTM(20,10) -> FC\n";

#[test]
fn the_line_of_the_readme_trains_and_its_run_holds_all_files() {
    let place = Place::with(LINE);
    let result = place.train(&["--epochs", "2", "--out", "run"]);
    assert_eq!((&result["run"], &result["epochs"], &result["validation"]), (&"run".into(), &2.into(), &Value::Null));
    assert!(result["test"]["accuracy"].as_f64().unwrap() >= 0.0 && result["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(fs::read_to_string(place.path("run/network.net")).unwrap(), LINE);
    let metrics = fs::read_to_string(place.path("run/metrics.jsonl")).unwrap();
    let lines: Vec<Value> = metrics.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[1]["epoch"], &lines[1]["train"]), (&2.into(), &result["train"]));
    assert!(fs::read_to_string(place.path("run/recipe.yaml")).unwrap().contains("dataset: sketches"));
    assert!(place.path("run/timing.jsonl").is_file() && place.path("run/checkpoints/last.safetensors").is_file());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let place = Place::with(LINE);
    let runs = [("a", "1", "1"), ("b", "1", "2"), ("d", "1", "3"), ("c", "2", "1")];
    for (name, seed, threads) in runs {
        place.train(&["--epochs", "1", "--out", name, "--seed", seed, "--threads", threads]);
    }
    let bytes = |name: &str, file: &str| fs::read(place.path(name).join(file)).unwrap();
    for file in ["metrics.jsonl", "checkpoints/last.safetensors"] {
        assert!(bytes("a", file) == bytes("b", file) && bytes("a", file) == bytes("d", file), "{file}");
        assert!(bytes("a", file) != bytes("c", file), "{file}");
    }
}

#[test]
fn eval_says_what_training_said() {
    let place = Place::with(LINE);
    let result = place.train(&["--epochs", "1", "--out", "run"]);
    for path in ["run", "run/checkpoints/last.safetensors"] {
        let output = place.netc(&["eval", path, "--format", "json"]);
        let evaluation: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(evaluation["accuracy"], result["test"]["accuracy"]);
        assert_eq!(evaluation["loss"], result["test"]["loss"]);
        assert_eq!(evaluation["confusion"].as_array().unwrap().len(), 10);
        let support: u64 =
            evaluation["per_class"].as_array().unwrap().iter().map(|c| c["support"].as_u64().unwrap()).sum();
        assert_eq!(support, 2000);
    }
    assert!(text(&place.netc(&["eval", "run"]).stdout).contains("confusion (rows: true class)"));
    let evaluation = place.result(&["eval", "run", "--roc", "--format", "json"]);
    for (class, roc) in evaluation["per_class"].as_array().unwrap().iter().zip(evaluation["roc"].as_array().unwrap()) {
        assert_eq!((&class["label"], &class["roc_area"]), (&roc["label"], &roc["area"]));
        let points = roc["points"].as_array().unwrap();
        assert_eq!((&points[0], &points[points.len() - 1]), (&json!([0.0, 0.0]), &json!([1.0, 1.0])));
    }
    place.result(&["eval", "run", "--pictures", "drawn", "--format", "json"]);
    for picture in ["roc", "confusion", "loss", "accuracy"] {
        assert!(text(&place.read(&format!("drawn/{picture}.svg"))).contains("</svg>"), "{picture}");
        assert!(image::open(place.path(&format!("drawn/{picture}.png"))).is_ok(), "{picture}");
    }
    assert!(evaluation["top5"].as_f64() > evaluation["accuracy"].as_f64());
}

#[test]
fn predict_reads_pictures_and_reports_what_is_none() {
    let place = Place::with(LINE);
    place.train(&["--epochs", "1", "--out", "run"]);
    fs::create_dir(place.path("images")).unwrap();
    let picture = image::GrayImage::from_fn(40, 40, |x, y| image::Luma([(x * y % 256) as u8]));
    picture.save(place.path("images/a.png")).unwrap();
    image::RgbImage::from_pixel(40, 40, image::Rgb([250, 10, 10])).save(place.path("red.png")).unwrap();
    fs::write(place.path("text.png"), "no picture").unwrap();
    let output = place.netc(&["predict", "run", "images", "--format", "json"]);
    let predictions: Value = serde_json::from_slice(&output.stdout).unwrap();
    let scores: f64 = predictions[0]["scores"].as_object().unwrap().values().map(|score| score.as_f64().unwrap()).sum();
    assert!((scores - 1.0).abs() < 1e-5, "{predictions}");
    assert_eq!(predictions[0]["scores"][predictions[0]["label"].as_str().unwrap()], predictions[0]["score"]);
    fs::copy(place.path("images/a.png"), place.path("images/b, \"c\".png")).unwrap();
    let csv = text(&place.netc(&["predict", "run", "images", "--format", "csv"]).stdout);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("path,label,score,") && lines[1].starts_with("images/a.png,"));
    assert!(lines[2].starts_with("\"images/b, \"\"c\"\".png\","), "{csv}");
    assert_eq!(lines[1].split(',').count(), 13);
    check_refused(&place, &["predict", "run", "red.png"], 1, &["N0704", "red.png"]);
    check_refused(&place, &["predict", "run", "text.png"], 1, &["N0702", "text.png"]);
    check_refused(&place, &["predict", "run", "none.png"], 2, &["N0804", "none.png"]);
}

#[test]
fn what_cannot_be_trained_is_refused_before_a_run_is_made() {
    let place = Place::with(LINE);
    fs::write(place.path("choice.net"), "Conv(1,{8|16},3) -> FC\n").unwrap();
    fs::write(place.path("blocks.net"), "block A = ReLU\n").unwrap();
    fs::write(place.path("colour.net"), "input 3x32x32\nConv(3,8,3) -> FC(7)\n").unwrap();
    fs::create_dir(place.path("taken")).unwrap();
    let out = |file| ["train", file, "--out", "run"];
    check_refused(&place, &out("missing.net"), 2, &["N0804", "missing.net"]);
    check_refused(&place, &out("choice.net"), 1, &["N0506", "choice.net:1:8"]);
    check_refused(&place, &out("blocks.net"), 1, &["N0109"]);
    check_refused(&place, &out("colour.net"), 1, &["N0406", "7 scores for 10 classes"]);
    check_refused(&place, &["train", "model.net", "--out", "taken"], 2, &["N0802", "--out"]);
    check_refused(&place, &["train", "model.net", "--dataset", "fashion-mnits"], 2, &["N0703", "fashion-mnist"]);
    for epochs in ["--epochs=0", "--epochs=-1", "--epochs=ten"] {
        check_refused(&place, &["train", "model.net", epochs], 2, &["--epochs", "a whole number from 1 to 1000000"]);
    }
    check_refused(&place, &["train", "model.net", "--lr", "nan"], 2, &["--lr"]);
    let unfit = |recipe: &str, words: &[&str]| {
        place.write("r.yaml", recipe);
        check_refused(&place, &["train", "model.net", "--recipe", "r.yaml", "--out", "run"], 1, words);
    };
    unfit("validate: {patience: 3}\n", &["N0608", "there is none", "r.yaml:1:11", "--val-fraction"]);
    unfit(
        "augment: [{flip: vertical}, {crop: 28}]\n",
        &["N0608", "nothing of images of 28x28", "r.yaml:1:36", "at most 27"],
    );
    unfit("augment: [{mixup: 0.2}, {mixup: 0.4}]\n", &["N0608", "`mixup` stands twice", "r.yaml:1:25"]);
    unfit("schedule: {name: cosine, min_lr: 5}\n", &["N0608", "above the rate", "r.yaml:1:11"]);
    unfit("freeze: [Pool]\n", &["N0608", "nothing to train", "r.yaml:1:10"]);
    unfit("freeze: [conv]\n", &["N0608", "did you mean `Conv`?"]);
    place.write("r.yaml", "dataset: fashion-mnits\n");
    check_refused(&place, &["train", "model.net", "--recipe", "r.yaml"], 2, &["N0703", "r.yaml:1:10"]);
    check_refused(&place, &["train", "model.net", "--allow-other-cpu"], 2, &["--allow-other-cpu"]);
    unfit("augment: [{cutout: 29}]\n", &["N0608", "at most 28"]);
    check_refused(
        &place,
        &["train", "model.net", "--val-every", "2", "--out", "run"],
        1,
        &["N0608", "validation part"],
    );
    assert!(!place.path("run").exists());
}

#[test]
fn data_that_is_missing_or_damaged_says_what_to_do() {
    let place = Place::with(LINE);
    let files =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    let train = ["train", "model.net", "--dataset", "fashion-mnist", "--data-dir", "data", "--out", "run"];
    fs::create_dir_all(place.path("data/fashion-mnist")).unwrap();
    check_refused(&place, &train, 2, &["N0701", "train-images-idx3-ubyte", "data/fashion-mnist", "--data-dir"]);
    for file in files {
        fs::write(place.path("data/fashion-mnist").join(file), [0, 0, 8, 3, 0, 0]).unwrap();
    }
    check_refused(&place, &train, 1, &["N0702", "train-images-idx3-ubyte"]);
    assert!(!place.path("run").exists());
}

#[test]
fn a_run_with_clashing_imports_can_be_evaluated() {
    let place = Place::with("use \"./mid.net\"\nlet w = 20\nlet same = 5\nHead -> FC(w) -> ReLU -> FC\n");
    fs::write(place.path("mid.net"), "use \"./lib.net\"\nblock Head = Unit(25)\n").unwrap();
    let lib = "let w = 7\nlet same = 3\nblock Unit(w_2) = Conv(1, 4, 3, pad=same) -> FC(w) -> ReLU -> FC(w_2)\n";
    fs::write(place.path("lib.net"), lib).unwrap();
    let result = place.train(&["--epochs", "1", "--out", "run"]);
    let output = place.netc(&["eval", "run", "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let evaluation: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(evaluation["accuracy"], result["test"]["accuracy"]);
}

#[test]
fn who_closes_stderr_misses_lines_and_loses_nothing() {
    let place = Place::with(LINE);
    let mut child = Command::new(env!("CARGO_BIN_EXE_netc"))
        .args(["train", "model.net", "--train-fraction", "0.02", "--epochs", "2", "--out", "run"])
        .current_dir(place.folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(text(&place.read("run/metrics.jsonl")).lines().count(), 2);
}

#[test]
fn parameters_that_are_no_numbers_are_no_success() {
    let place = Place::with(LINE);
    let train = [
        "train",
        "model.net",
        "--train-fraction",
        "0.02",
        "--batch",
        "65536",
        "--optimizer",
        "rmsprop",
        "--lr",
        "1e38",
        "--epochs",
        "1",
        "--out",
    ];
    check_refused(&place, &[&train[..], &["run"]].concat(), 1, &["N0806", "--lr 1e37", "no checkpoint"]);
}

#[test]
fn a_validation_loss_that_is_no_number_is_no_success() {
    let place = Place::with("Conv(1,4,5,stride=4) -> Conv(4,8,3) -> FC\n");
    place.write(
        "r.yaml",
        "batch: 65536\nsplit: {fraction: 0.02, validation: 0.05}\noptimizer: {name: rmsprop, lr: 1e20}\n",
    );
    let train = ["train", "model.net", "--recipe", "r.yaml", "--epochs", "1", "--out", "run"];
    check_refused(&place, &train, 1, &["N0806", "the validation loss is", "--lr 1e19"]);
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let place = Place::with(LINE);
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return println!("skipped: no /dev/full");
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    let output = command.args(["check", "model.net"]).current_dir(place.folder.path()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("N0803"));
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    #[cfg(unix)]
    check_refused(&Place::with(LINE), &["eval", "/dev/zero"], 2, &["N0804", "not a plain file"]);
    let place = Place::with(LINE);
    place.train(&["--epochs", "1", "--out", "run"]);
    let whole = fs::read(place.path("run/checkpoints/last.safetensors")).unwrap();
    fs::write(place.path("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("empty.safetensors"), "").unwrap();
    fs::create_dir(place.path("folder")).unwrap();
    check_refused(&place, &["eval", "model.net"], 1, &["N0801", "model.net"]);
    check_refused(&place, &["eval", "cut.safetensors"], 1, &["N0801", "cut.safetensors"]);
    check_refused(&place, &["predict", "empty.safetensors", "a.png"], 1, &["N0801", "empty.safetensors"]);
    check_refused(&place, &["eval", "folder"], 2, &["N0807", "folder"]);
    check_refused(&place, &["eval", "nowhere"], 2, &["N0804", "nowhere"]);
}

#[test]
fn a_full_disk_ends_with_a_message_and_leaves_no_half_checkpoint() {
    let place = Place::with(LINE);
    let limited = format!(
        "trap '' XFSZ && ulimit -f 20 && exec '{}' train model.net --epochs 1 --train-fraction 0.01 --out run",
        env!("CARGO_BIN_EXE_netc")
    );
    let Ok(output) = Command::new("bash").args(["-c", &limited]).current_dir(place.folder.path()).output() else {
        return println!("skipped: no shell that limits the size of files");
    };
    let message = text(&output.stderr);
    if message.contains("ulimit") {
        return println!("skipped: the size of files cannot be limited here");
    }
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("N0803") && message.contains("free some space"), "{message}");
    assert_eq!(fs::read_dir(place.path("run/checkpoints")).unwrap().count(), 0);
}

#[test]
fn fashion_mnist_trains_where_its_files_are() {
    let Some(data) = real_data("fashion-mnist") else { return };
    let data = fs::canonicalize(data).unwrap();
    let place = Place::with("Conv(1,8,5) -> ReLU -> Pool(4) -> FC\n");
    let folder = data.display().to_string();
    let result = place.train(&["--dataset", "fashion-mnist", "--data-dir", &folder, "--epochs", "2", "--out", "run"]);
    assert!(result["test"]["accuracy"].as_f64().unwrap() > 0.5, "{result}");
    assert!(Path::new(&place.path("run/checkpoints/last.safetensors")).is_file());
}
