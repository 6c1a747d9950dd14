//! `netc predict`: a checkpoint and image files -> their classes.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use super::compute::Compute;
use super::files::files_of;
use super::network::of_checkpoint;
use super::progress::pass;
use super::terminal::Terminal;
use super::{Failure, Outcome};
use crate::data::picture;
use crate::diagnostic::Diagnostic;
use crate::train::{Checkpoint, Prediction, Predictor};

/// Images that run at once.
const BATCH: usize = 64;

/// Classify images with a run or checkpoint
#[derive(Args, Debug)]
pub struct Predict {
    /// A run's folder, or a checkpoint
    #[arg(value_name = "RUN|CHECKPOINT")]
    checkpoint: PathBuf,
    /// Image files, and folders of them
    #[arg(required = true, value_name = "IMAGE|FOLDER")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

impl Predict {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let fusion = self.compute.start();
        let checkpoint = Checkpoint::of(&self.checkpoint)?;
        let network = of_checkpoint(&checkpoint, terminal)?;
        let predictor = Predictor::new(&network.graph, checkpoint, &fusion)?;
        let paths = image_files(&self.images)?;
        let (predictions, status) = predict(&predictor, &paths, terminal);
        terminal.print(&self.written(&predictor, &predictions));
        if status == 0 { Ok(()) } else { Err(Failure::Reported(status)) }
    }

    fn written(&self, predictor: &Predictor, predictions: &[(&PathBuf, Prediction)]) -> String {
        match self.format {
            Format::Json => {
                let each = predictions.iter().map(|(path, prediction)| to_json(predictor, path, prediction));
                format!("{}\n", Json::Array(each.collect()))
            }
            Format::Csv => {
                let lines = predictions.iter().map(|(path, prediction)| to_csv(predictor, path, prediction));
                let classes = predictor.classes().iter().map(|class| quoted(class));
                let head: Vec<String> =
                    ["path", "label", "score"].map(String::from).into_iter().chain(classes).collect();
                std::iter::once(head.join(",") + "\n").chain(lines).collect()
            }
            Format::Text => {
                let line = |(path, prediction): &(&PathBuf, Prediction)| {
                    let label = &predictor.classes()[prediction.class];
                    format!("{}  {label}  {:.4}\n", path.display(), prediction.scores[prediction.class])
                };
                predictions.iter().map(line).collect()
            }
        }
    }
}

/// Runs the images that can be read, batch by batch; the others are reported, and give the status.
fn predict<'p>(
    predictor: &Predictor,
    paths: &'p [PathBuf],
    terminal: &Terminal,
) -> (Vec<(&'p PathBuf, Prediction)>, u8) {
    let bar = pass("predict", paths.len() as u64);
    let mut status = 0;
    let mut predictions = vec![];
    for batch in paths.chunks(BATCH) {
        let mut images: Vec<f32> = vec![];
        let mut read: Vec<&PathBuf> = vec![];
        for path in batch {
            match predictor.read(path) {
                Ok(image) => {
                    images.extend(image);
                    read.push(path);
                }
                Err(diagnostic) => {
                    bar.suspend(|| terminal.show(&diagnostic, &Default::default()));
                    status = status.max(diagnostic.status());
                }
            }
        }
        if !read.is_empty() {
            predictions.extend(read.into_iter().zip(predictor.predict(&images)));
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    (predictions, status)
}

fn to_json(predictor: &Predictor, path: &Path, prediction: &Prediction) -> Json {
    let scores = predictor.classes().iter().cloned().zip(prediction.scores.iter().map(|score| json!(score)));
    json!({
        "path": path.display().to_string(),
        "label": predictor.classes()[prediction.class],
        "score": prediction.scores[prediction.class],
        "scores": scores.collect::<serde_json::Map<_, _>>(),
    })
}

/// Path, label, score and the scores of all classes, as RFC 4180 has it.
fn to_csv(predictor: &Predictor, path: &Path, prediction: &Prediction) -> String {
    let label = &predictor.classes()[prediction.class];
    let score = prediction.scores[prediction.class];
    let scores = prediction.scores.iter().map(f32::to_string);
    let cells = [quoted(&path.display().to_string()), quoted(label), score.to_string()].into_iter().chain(scores);
    cells.collect::<Vec<_>>().join(",") + "\n"
}

/// A cell, in quotes where its text would end it.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

/// The image files that the paths name; of a folder all that are below it, by name.
fn image_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    let advice = format!("images are {}", picture::EXTENSIONS.join(", "));
    files_of(paths, "image", &advice, is_image)
}

/// By its name; hidden files are none.
fn is_image(path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return false;
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| picture::EXTENSIONS.contains(&extension.as_str()))
}
