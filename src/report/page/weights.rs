//! The weights of each layer -> histograms.

use super::super::histogram::Histograms;
use super::super::layers::grouped;
use super::record::RunRecord;
use super::section::{Figure, Section};
use crate::train::layer_weights;

/// Width and height of a histogram.
const SIZE: (u32, u32) = (420, 220);
/// How many layers are drawn at most.
const LAYERS: usize = 24;

pub fn histograms(record: &RunRecord) -> Result<Option<Section>, String> {
    let mut layers = layer_weights(record.graph, record.store, record.mask.as_deref());
    layers.retain(|(_, weights)| !weights.is_empty());
    let all = layers.len();
    if all == 0 {
        return Ok(None);
    }
    let caption = match all > LAYERS {
        true => format!("Of the first {LAYERS} of {all} layers, as they were tested."),
        false => "Of each layer, as they were tested.".to_string(),
    };
    let mut section = Section::new("weights", "Weights", &caption).wide();
    for (path, weights) in layers.into_iter().take(LAYERS) {
        let count = grouped(weights.len() as u64);
        let alt = format!("histogram of the {count} weights of {path}");
        let histogram = Histograms { panels: vec![(format!("{path}: {count} weights"), weights)] };
        section = section.with(Figure::drawn(&histogram, SIZE, alt, "")?);
    }
    Ok(Some(section.repeated_by(record.pictures())))
}
