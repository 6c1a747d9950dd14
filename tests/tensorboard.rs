//! Event files of runs: their records and checks, read by a reader written here; and read back by TensorBoard itself, where
//! a Python with it is at hand (`NETC_TENSORBOARD_PYTHON`, else `python3`).

mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use place::{Place, text};

const NETWORK: &str = "input 1x28x28\nFlatten -> FC(784, 12) -> ReLU -> FC\n";

/// What EventAccumulator makes of a folder, as JSON.
const ACCUMULATOR: &str = "
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0, 'tensors': 0, 'images': 0})
events.Reload()
tags = events.Tags()
print(json.dumps({
    'scalars': {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
    'histograms': {
        tag: [[e.step, e.histogram_value.num, len(e.histogram_value.bucket)] for e in events.Histograms(tag)]
        for tag in tags['histograms']
    },
    'texts': {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags['tensors']},
    'images': {tag: [[e.step, e.width] for e in events.Images(tag)] for tag in tags['images']},
}))
";

/// A run of four epochs whose third and fourth came twice, as after a kill.
fn killed_run() -> Place {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "2", "--val-fraction", "0.1", "--out", "run", "--tensorboard"]);
    let checkpoint = place.path("run/checkpoints/last.safetensors");
    let kept = std::fs::read(&checkpoint).expect("a checkpoint is there");
    for _ in 0..2 {
        std::fs::write(&checkpoint, &kept).expect("a checkpoint can be written");
        place.result(&["train", "--resume", "run", "--epochs", "4", "--tensorboard", "--format", "json"]);
    }
    place.result(&["train", "--resume", "run", "--tensorboard", "--format", "json"]);
    place
}

#[test]
fn each_epoch_has_its_figures_once_however_the_run_went_on() {
    let place = killed_run();
    let found = curves(&place.path("run/tensorboard"));
    let lines = text(&place.read("run/metrics.jsonl"));
    let metrics: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for part in ["train", "validation"] {
        for figure in ["loss", "accuracy"] {
            let expected =
                metrics.iter().map(|line| (line["epoch"].as_i64(), line[part][figure].as_f64().map(|x| x as f32)));
            let tag = format!("{figure}/{part}");
            let points = found[&tag].iter().map(|&(step, value)| (Some(step), Some(value)));
            assert!(points.eq(expected), "{tag}: {:?}", found[&tag]);
        }
    }
    assert_eq!(found["learning_rate"], [1, 2, 3, 4].map(|epoch| (epoch, 0.001)));
    assert_eq!(found["loss/test"].len(), 1);
    assert_eq!(found["loss/test"][0].0, 4);
}

#[test]
fn tensorboard_reads_scalars_histograms_texts_and_the_picture() {
    let python = std::env::var_os("NETC_TENSORBOARD_PYTHON").map_or("python3".into(), PathBuf::from);
    let known = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        return println!("skipped: `{}` has no tensorboard", python.display());
    }
    let place = killed_run();
    let folder = place.path("run/tensorboard");
    let output = Command::new(&python).args(["-c", ACCUMULATOR]).arg(&folder).output().expect("Python starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for (tag, points) in curves(&folder) {
        let points: Vec<serde_json::Value> =
            points.iter().map(|&(step, value)| serde_json::json!([step, f64::from(value)])).collect();
        assert_eq!(read["scalars"][&tag], serde_json::json!(points), "{tag}");
    }
    let weights: Vec<serde_json::Value> = (1..=4).map(|epoch| serde_json::json!([epoch, 784.0 * 12.0, 64])).collect();
    assert_eq!(read["histograms"]["weights/FC.weight"], serde_json::json!(weights), "{}", read["histograms"]);
    assert_eq!(read["histograms"].as_object().map(|tags| tags.len()), Some(4));
    let network: String = NETWORK.lines().map(|line| format!("    {line}\n")).collect();
    assert_eq!(read["texts"]["network/text_summary"], network);
    assert!(read["texts"]["recipe/text_summary"].as_str().is_some_and(|recipe| recipe.contains("    optimizer:")));
    assert_eq!(read["images"]["network"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_pages_commands_write_event_files() {
    let page = include_str!("../docs/training.md");
    let section = page.split("\n## TensorBoard\n").nth(1).expect("the page has a section for it");
    let place = Place::with(NETWORK);
    for command in section.lines().filter_map(|line| line.strip_prefix("netc ")).take(2) {
        let few = ["--train-fraction", "0.02"];
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = place.netc(&[&arguments[..], if command.contains("--resume") { &[] } else { &few }].concat());
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
    }
    assert_eq!(curves(&place.path("runs/first/tensorboard"))["loss/train"].len(), 5);
}

#[test]
fn a_folder_that_cannot_be_written_is_one_warning() {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "1", "--out", "run"]);
    place.write("run/tensorboard", "in the way");
    let output = place.netc(&["train", "--resume", "run", "--epochs", "3", "--tensorboard"]);
    let message = text(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert_eq!(message.matches("warning[N0803]").count(), 1, "{message}");
    assert_eq!(text(&place.read("run/metrics.jsonl")).lines().count(), 3);
}

#[test]
fn without_the_flag_nothing_is_written() {
    let place = Place::with(NETWORK);
    place.train(&["--epochs", "1", "--out", "run"]);
    assert!(!place.path("run/tensorboard").exists());
}

/// The points of each curve, as TensorBoard has them after all that is to be forgotten.
fn curves(folder: &Path) -> BTreeMap<String, Vec<(i64, f32)>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut curves: BTreeMap<String, Vec<(i64, f32)>> = BTreeMap::new();
    for file in files {
        let messages = records(&std::fs::read(&file).expect("a file"));
        let version = fields(&messages[0]).into_iter().find(|field| field.0 == 3);
        assert_eq!(version.map(|field| field.2), Some(b"brain.Event:2".to_vec()), "{}", file.display());
        messages.iter().for_each(|message| follow(message, &mut curves));
    }
    curves
}

/// Adds an event's numbers to the curves; the beginning of a session cuts them.
fn follow(message: &[u8], curves: &mut BTreeMap<String, Vec<(i64, f32)>>) {
    let event = fields(message);
    let step = event.iter().find(|field| field.0 == 2).map_or(0, |field| field.1 as i64);
    if event.iter().any(|field| field.0 == 7) {
        curves.values_mut().for_each(|points| points.retain(|point| point.0 < step));
    }
    for (_, _, summary) in event.iter().filter(|field| field.0 == 5) {
        for (_, _, value) in fields(summary) {
            let parts = fields(&value);
            let tag = parts.iter().find(|part| part.0 == 1).map(|part| text(&part.2)).unwrap_or_default();
            if let Some(number) = parts.iter().find(|part| part.0 == 2) {
                curves.entry(tag).or_default().push((step, f32::from_bits(number.1 as u32)));
            }
        }
    }
}

/// The messages of a TFRecord file, whose checks hold.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = vec![];
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(bytes[..8].try_into().expect("a length")) as usize;
        assert_eq!(bytes[8..12], masked(&bytes[..8]), "the length's check");
        assert_eq!(bytes[12 + length..16 + length], masked(&bytes[12..12 + length]), "the message's check");
        messages.push(bytes[12..12 + length].to_vec());
        bytes = &bytes[16 + length..];
    }
    messages
}

/// CRC-32C bit by bit, masked as TensorFlow does.
fn masked(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The fields of a protobuf message: number, value where it is a number, bytes where it has a length.
fn fields(mut message: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let mut fields = vec![];
    while !message.is_empty() {
        let key = varint(&mut message);
        let mut number = 0;
        let mut bytes = vec![];
        match key & 7 {
            0 => number = varint(&mut message),
            kind @ (1 | 5) => {
                let (value, rest) = message.split_at(if kind == 1 { 8 } else { 4 });
                number = value.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
                message = rest;
            }
            2 => {
                let length = varint(&mut message) as usize;
                let (value, rest) = message.split_at(length);
                bytes = value.to_vec();
                message = rest;
            }
            kind => panic!("{kind} is no kind of field"),
        }
        fields.push((key >> 3, number, bytes));
    }
    fields
}

fn varint(message: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = message[0];
        *message = &message[1..];
        number |= u64::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return number;
        }
    }
}
