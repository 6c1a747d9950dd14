//! A network that draws its input again, and images -> what it makes of them, in bytes.

use crate::data::{Images, Loader, Preparation};
use crate::lower::{Criterion, Loss, Program, Store};

/// An image and what a network makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconstruction {
    /// Its number in the part.
    pub image: usize,
    /// In the image's shape, channel by channel; what is beyond black and white is cut off.
    pub made: Vec<u8>,
}

/// What becomes of `count` images of a part, evenly spread; none where no output is compared with the image.
pub fn reconstructions(
    program: &Program<f32>,
    store: &Store<f32>,
    loss: &Loss,
    images: std::sync::Arc<dyn Images>,
    preparation: Preparation,
    count: usize,
) -> Vec<Reconstruction> {
    let term = loss.terms.iter().find(|term| term.criterion == Criterion::Mse);
    let Some(output) = term.map(|term| term.output) else { return vec![] };
    let count = count.min(images.len());
    let chosen: Vec<usize> = (0..count).map(|number| number * images.len() / count).collect();
    let size = images.size();
    let of_batch = |batch: crate::data::Batch| {
        let values = program.forward(store, &batch.inputs).values.swap_remove(output);
        let each = batch.images.into_iter().zip(values.chunks_exact(size).map(bytes).collect::<Vec<_>>());
        each.map(|(image, made)| Reconstruction { image, made }).collect::<Vec<_>>()
    };
    Loader::new(images, chosen, preparation).flat_map(of_batch).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().map(|value| (255.0 * value.clamp(0.0, 1.0)).round() as u8).collect()
}
