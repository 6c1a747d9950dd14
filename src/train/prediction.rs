//! A checkpoint and images -> the class of each image.

use std::path::Path;

use super::checkpoint::Checkpoint;
use super::figures::winners;
use super::scores::probabilities;
use crate::data::picture;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::lower::{Fusion, Program, Store};

/// What the network says of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The class with the largest score.
    pub class: usize,
    /// Probabilities of all classes: the softmax of the scores.
    pub scores: Vec<f32>,
}

/// A trained network with all that it needs to read images.
pub struct Predictor {
    program: Program<f32>,
    store: Store<f32>,
    checkpoint: Checkpoint,
    scores: usize,
}

impl Predictor {
    /// `graph` is that of the checkpoint's network.
    ///
    /// # Errors
    /// N0805 where the checkpoint does not fit the graph, or the network has no class scores.
    pub fn new(graph: &Graph, checkpoint: Checkpoint, fusion: &Fusion) -> Result<Self, Diagnostic> {
        let mut store = Store::init(graph, 0);
        checkpoint.fill(&mut store)?;
        let program = Program::with(graph, fusion);
        let Some(scores) = program.scores() else {
            let message = format!("the network of `{}` makes no class scores", checkpoint.path.display());
            return Err(Diagnostic::error(Code::MISMATCH, message)
                .remark("name an output `logits` with a score for each class"));
        };
        Ok(Self { program, store, checkpoint, scores })
    }

    pub fn classes(&self) -> &[String] {
        &self.checkpoint.metadata.classes
    }

    /// Reads an image file as the network wants it, normalised.
    ///
    /// # Errors
    /// N0804, N0702, N0704.
    pub fn read(&self, path: &Path) -> Result<Vec<f32>, Diagnostic> {
        let metadata = &self.checkpoint.metadata;
        let pixels = picture::read(path, metadata.input)?;
        let plane = metadata.input[1] * metadata.input[2];
        let normalised = pixels.chunks_exact(plane).zip(metadata.mean.iter().zip(&metadata.deviation));
        Ok(normalised
            .flat_map(|(plane, (&mean, &deviation))| plane.iter().map(move |&byte| normal(byte, mean, deviation)))
            .collect())
    }

    /// The classes of images that [`Predictor::read`] has read, one after the other.
    pub fn predict(&self, images: &[f32]) -> Vec<Prediction> {
        let classes = self.classes().len();
        let outputs = self.program.forward(&self.store, images);
        let probabilities = probabilities(&outputs.values[self.scores], classes, self.program.scores_softmax());
        let winners = winners(&probabilities, classes);
        let each = probabilities.chunks_exact(classes).zip(winners);
        each.map(|(scores, class)| Prediction { class, scores: scores.to_vec() }).collect()
    }
}

fn normal(byte: u8, mean: f32, deviation: f32) -> f32 {
    (f32::from(byte) / 255.0 - mean) / if deviation > 0.0 { deviation } else { 1.0 }
}
