//! A checkpoint, images and a place in its network -> the values there, as in evaluation.

use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::memory::refuse;
use crate::data::{Images, Loader};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::lower::{Fusion, Program, Store};

/// Images that run at once.
const BATCH: usize = 64;

/// The values of images at a place: equally many of each, image after image.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub of_image: usize,
    pub numbers: Vec<f32>,
}

impl Values {
    /// What the checkpoint's network makes at `place`, a path or label of `graph`, which is that of its network.
    ///
    /// # Errors
    /// N0203 for a place that the network does not have, N0805 where the checkpoint does not fit it, N0806 where a value is
    /// no number, N0814 where the values do not fit in memory.
    pub fn at(
        place: &str,
        (checkpoint, graph): (&Checkpoint, &Graph),
        (images, chosen): (&Arc<dyn Images>, &[usize]),
        fusion: &Fusion,
        mut watch: impl FnMut(u64),
    ) -> Result<Self, Diagnostic> {
        let value = graph.value_at(place)?;
        let cut = graph.up_to(value, place);
        let of_image = graph.shape(value).count();
        check_memory(of_image, chosen.len())?;
        let mut store = Store::init(&cut, 0);
        checkpoint.fill(&mut store)?;
        let program = Program::with(&cut, fusion);
        let mut numbers = Vec::with_capacity(of_image * chosen.len());
        let preparation = checkpoint.metadata.preparation(BATCH, false);
        for batch in Loader::new(images.clone(), chosen.to_vec(), preparation) {
            numbers.extend_from_slice(&program.forward(&store, &batch.inputs).values[0]);
            watch(batch.len() as u64);
        }
        match numbers.iter().all(|number| number.is_finite()) {
            true => Ok(Self { of_image, numbers }),
            false => Err(Diagnostic::error(Code::NOT_FINITE, format!("`{place}` makes what is no number"))
                .remark("the network was trained too far or too fast: take an earlier checkpoint")),
        }
    }

    /// The images' own bytes, from 0 to 1.
    ///
    /// # Errors
    /// N0814 where they do not fit in memory.
    pub fn of_pixels(images: &dyn Images, chosen: &[usize]) -> Result<Self, Diagnostic> {
        check_memory(images.size(), chosen.len())?;
        let mut pixels = vec![0; images.size()];
        let mut numbers = Vec::with_capacity(pixels.len() * chosen.len());
        for &image in chosen {
            images.read(image, &mut pixels);
            numbers.extend(pixels.iter().map(|&byte| f32::from(byte) / 255.0));
        }
        Ok(Self { of_image: pixels.len(), numbers })
    }
}

/// Values are kept as `f32`, and as `f64` about their mean.
fn check_memory(of_image: usize, images: usize) -> Result<(), Diagnostic> {
    let needed = 12 * (of_image as u64).saturating_mul(images as u64);
    refuse("the values need", needed, |_| format!("take fewer images, as in `--images {}`", (images / 4).max(1)))
}
