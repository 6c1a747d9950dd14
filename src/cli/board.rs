//! `--tensorboard`: a training as it goes on -> event files in the run's folder. What cannot be written ends them, and not
//! the training.

use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Severity, cannot_write};
use crate::graph::Graph;
use crate::lower::Store;
use crate::report::tensorboard::{EventFile, Value, has_events, histogram, picture, remove_events, scalar, text};
use crate::report::{Figure, NetworkPlot, png};
use crate::train::{EpochMetrics, Figures, RunFolder, Trainer};

/// How the name of the file with the test figures ends. It is replaced by each test, which may come twice for one epoch.
const TEST: &str = ".test";

/// The event files of a run.
#[derive(Debug)]
pub struct Board {
    folder: PathBuf,
    file: Option<EventFile>,
}

impl Board {
    /// Goes on with a run's event files from the epoch that the trainer is in: what earlier ones have of it is forgotten.
    pub fn open(run: &RunFolder, trainer: &Trainer, warn: &mut dyn FnMut(Diagnostic)) -> Self {
        let mut board = Self { folder: run.path().join("tensorboard"), file: None };
        let begun = board.begin(trainer);
        board.file = board.kept(begun, warn);
        board
    }

    fn begin(&self, trainer: &Trainer) -> io::Result<EventFile> {
        let is_new = !has_events(&self.folder);
        let mut file = EventFile::begin(&self.folder, "")?;
        if is_new {
            file.add(0, of_network(trainer))?;
        } else {
            file.forget_from(trainer.position().epoch + 1)?;
        }
        Ok(file)
    }

    /// The end of an epoch, as curves.
    pub fn epoch(&mut self, metrics: &EpochMetrics, warn: &mut dyn FnMut(Diagnostic)) {
        let mut values = of_part("train", metrics.train);
        values.extend(metrics.validation.map(|figures| of_part("validation", figures)).unwrap_or_default());
        self.add(metrics.epoch, values, warn);
    }

    /// The parameters at the end of an epoch, as histograms, and the learning rate of its last step.
    pub fn parameters(&mut self, epoch: u64, rate: f64, store: &Store<f32>, warn: &mut dyn FnMut(Diagnostic)) {
        let trained = store.entries().iter().filter(|entry| entry.trained);
        let weights = trained.map(|entry| histogram(&format!("weights/{}", entry.name), store.value(entry)));
        let values = [scalar("learning_rate", rate)].into_iter().chain(weights).collect();
        self.add(epoch, values, warn);
    }

    /// The test part, after so many epochs.
    pub fn test(&mut self, epoch: u64, figures: Figures, warn: &mut dyn FnMut(Diagnostic)) {
        if self.file.is_some() {
            let written = write_test(&self.folder, epoch, figures);
            self.kept(written, warn);
        }
    }

    fn add(&mut self, epoch: u64, values: Vec<Value>, warn: &mut dyn FnMut(Diagnostic)) {
        if let Some(mut file) = self.file.take() {
            let written = file.add(epoch, values).map(|()| file);
            self.file = self.kept(written, warn);
        }
    }

    /// What was done, unless it was refused, which is told.
    fn kept<T>(&self, done: io::Result<T>, warn: &mut dyn FnMut(Diagnostic)) -> Option<T> {
        let told = |fault| {
            let refused = cannot_write(&self.folder, &fault).remark("training goes on without TensorBoard's files");
            warn(Diagnostic { severity: Severity::Warning, ..refused });
        };
        done.map_err(told).ok()
    }
}

fn write_test(folder: &Path, epoch: u64, figures: Figures) -> io::Result<()> {
    remove_events(folder, TEST)?;
    EventFile::begin(folder, TEST)?.add(epoch, of_part("test", figures))
}

fn of_part(part: &str, figures: Figures) -> Vec<Value> {
    let accuracy = figures.accuracy.map(|accuracy| scalar(&format!("accuracy/{part}"), accuracy));
    [scalar(&format!("loss/{part}"), figures.loss)].into_iter().chain(accuracy).collect()
}

/// The network's text, the recipe, and the drawn network where it fits a picture.
fn of_network(trainer: &Trainer) -> Vec<Value> {
    let texts = [text("network", trainer.network()), text("recipe", &trainer.recipe().to_yaml())];
    texts.into_iter().chain(drawn(trainer.graph())).collect()
}

fn drawn(graph: &Graph) -> Option<Value> {
    let plot = NetworkPlot::of(graph).and_then(NetworkPlot::for_png).ok()?;
    Some(picture("network", png(&plot).ok()?, plot.size()))
}
