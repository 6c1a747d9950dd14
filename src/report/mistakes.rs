//! Images taken for another class -> a figure, lines for a terminal, JSON.

use serde_json::{Value as Json, json};

use super::image_grid::{CaptionedImage, ImageGrid};
use super::layers::aligned;
use super::raster::Raster;
use crate::data::Images;
use crate::train::Mistake;

/// Images that are larger are drawn smaller.
const LARGEST: u32 = 128;

/// Mistakes of one network over a part of a data set.
#[derive(Clone, Copy)]
pub struct Mistakes<'a> {
    pub mistakes: &'a [Mistake],
    pub classes: &'a [String],
    pub images: &'a dyn Images,
}

impl Mistakes<'_> {
    /// The images, with the true class, the one they are taken for and its probability.
    pub fn figure(&self, title: &str) -> ImageGrid {
        ImageGrid { title: title.into(), images: self.mistakes.iter().map(|mistake| self.captioned(mistake)).collect() }
    }

    fn captioned(&self, mistake: &Mistake) -> CaptionedImage {
        let [label, predicted] = self.names(mistake);
        let lines = vec![label.into(), format!("{predicted} {}", percent(mistake.probability))];
        CaptionedImage { raster: image(self.images, mistake.image), lines }
    }

    /// The true class and the predicted one.
    pub fn names(&self, mistake: &Mistake) -> [&str; 2] {
        [mistake.label, mistake.predicted].map(|class| self.classes[class].as_str())
    }

    /// A line for each.
    pub fn to_text(&self) -> String {
        let mut lines = vec![["image", "true", "predicted", "probability", "loss"].map(String::from)];
        lines.extend(self.mistakes.iter().map(|mistake| {
            let [label, predicted] = self.names(mistake).map(String::from);
            let (probability, loss) = (format!("{:.4}", mistake.probability), format!("{:.4}", mistake.loss));
            [mistake.image.to_string(), label, predicted, probability, loss]
        }));
        format!("\nwrongest images\n{}", aligned(&lines))
    }

    /// `[{"index", "true", "predicted", "probability", "loss"}]`
    pub fn to_json(&self) -> Json {
        let of = |mistake: &Mistake| {
            let [label, predicted] = self.names(mistake);
            let (probability, loss) = (mistake.probability, mistake.loss);
            json!({"index": mistake.image, "true": label, "predicted": predicted, "probability": probability, "loss": loss})
        };
        self.mistakes.iter().map(of).collect()
    }
}

/// An image of a data set, not too large to be shown beside others.
pub fn image(images: &dyn Images, index: usize) -> Raster {
    let mut pixels = vec![0; images.size()];
    images.read(index, &mut pixels);
    Raster::of(images.shape(), &pixels).within(LARGEST)
}

/// `98 %`
pub fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}
