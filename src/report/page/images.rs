//! Images of a run: those it gets most wrong, those it draws again, and how each class's pixels spread.

use super::super::box_plot::BoxPlots;
use super::super::figure::Figure as _;
use super::super::mistakes::{Mistakes, image, percent};
use super::super::raster::Raster;
use super::record::{RunRecord, quoted};
use super::section::{Body, Figure, Picture, Section, Shot};
use crate::data::{Images, spreads_among};
use crate::train::{Mistake, Reconstruction};

/// How many of the wrongest images are shown.
const WRONGEST: usize = 24;
/// The width of a box plot.
const BOXES: u32 = 440;
/// No image is larger on its longer side.
const LARGEST: u32 = 128;
/// A space at which no line ends.
const NO_BREAK: &str = "\u{a0}";
/// How many bytes of training images are looked at.
const LOOKED_AT: usize = 512 << 20;

pub fn wrongest(record: &RunRecord) -> Result<Option<Section>, String> {
    let mistakes = record.evaluation.scores.wrongest(WRONGEST);
    if record.evaluation.accuracy.is_none() || mistakes.is_empty() {
        return Ok(None);
    }
    let (classes, images) = (&record.metadata().classes, &*record.dataset.test);
    let all = Mistakes { mistakes: &mistakes, classes, images };
    let shots = mistakes.iter().map(|mistake| shot(&all, mistake)).collect::<Result<_, _>>()?;
    let caption = "Test images taken for another class, those with the largest loss first: the true class, \
                   the predicted one with its probability, the image's number.";
    let command = format!("netc eval {} --wrongest {WRONGEST} --pictures pictures", record.shell_path());
    let section = Section::new("wrongest", "Wrongest images", caption).with(Body::Gallery(shots));
    Ok(Some(section.wide().repeated_by(command)))
}

fn shot(all: &Mistakes, mistake: &Mistake) -> Result<Shot, String> {
    let [label, predicted] = all.names(mistake);
    let said = format!("{predicted} {}", percent(mistake.probability).replace(' ', NO_BREAK));
    let alt = format!("test image {}, {label}, taken for {said}", mistake.image);
    let lines = vec![label.to_string(), format!("→ {said}"), format!("no. {}", mistake.image)];
    Ok(Shot { pictures: vec![Picture::of(&image(all.images, mistake.image), alt)?], lines })
}

pub fn reconstructed(record: &RunRecord) -> Result<Option<Section>, String> {
    if record.reconstructions.is_empty() {
        return Ok(None);
    }
    let mut shots = vec![];
    for Reconstruction { image: number, made } in &record.reconstructions {
        let input = image(&*record.dataset.test, *number);
        let made = Raster::of(record.dataset.shape(), made).within(LARGEST);
        let pictures = vec![
            Picture::of(&input, format!("test image {number}"))?,
            Picture::of(&made, format!("what the network makes of test image {number}"))?,
        ];
        shots.push(Shot { pictures, lines: vec![format!("no. {number}")] });
    }
    let caption = "Test images, each beside what the network makes of it.";
    let section = Section::new("reconstructions", "Reconstructions", caption).with(Body::Gallery(shots));
    Ok(Some(section.wide()))
}

/// Box plots of the training images' means and variances.
pub fn spread(record: &RunRecord) -> Result<Option<Section>, String> {
    let dataset = record.dataset;
    let chosen = first_of_each(&*dataset.train, dataset.classes.len());
    let spreads = spreads_among(&*dataset.train, &chosen, dataset.classes.len());
    let first = if chosen.len() < dataset.train.len() { "the first training images" } else { "the training images" };
    let caption = format!("Over {first} of each class, pixels in [0, 1]: quartiles, whiskers to both ends.");
    let mut section = Section::new("pixels", "Pixels by class", &caption).wide();
    for plots in BoxPlots::of(&dataset.classes, &spreads).apart() {
        let size = (BOXES, plots.size().1);
        let alt = format!("box plots of the {} of each class", plots.panels[0].title);
        section = section.with(Figure::drawn(&plots, size, alt, "")?);
    }
    let recipe = &record.metadata().recipe;
    Ok(Some(match recipe.data.is_all() {
        true => {
            let (name, shape) = (quoted(&recipe.dataset), dataset.shape().map(|size| size.to_string()).join("x"));
            section.repeated_by(format!("netc data stats {name} --input {shape} --plot pixels.svg"))
        }
        false => section,
    }))
}

/// The first images of each class: all, or so many that no more bytes than those are read.
fn first_of_each(images: &dyn Images, classes: usize) -> Vec<usize> {
    let most = (LOOKED_AT / images.size().max(1) / classes.max(1)).max(1);
    let mut counts = vec![0; classes];
    let is_chosen = |image: &usize| {
        let count = &mut counts[images.label(*image)];
        *count += 1;
        *count <= most
    };
    (0..images.len()).filter(is_chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Black images of a megabyte, of two classes in turn.
    struct Large(usize);

    impl Images for Large {
        fn len(&self) -> usize {
            self.0
        }

        fn shape(&self) -> [usize; 3] {
            [1, 1024, 1024]
        }

        fn label(&self, index: usize) -> usize {
            index % 2
        }

        fn read(&self, _: usize, out: &mut [u8]) {
            out.fill(0);
        }
    }

    #[test]
    fn so_many_images_of_each_class_are_looked_at() {
        assert_eq!(first_of_each(&Large(500), 2).len(), 500);
        assert_eq!(first_of_each(&Large(2000), 2), (0..512).collect::<Vec<_>>());
    }
}
