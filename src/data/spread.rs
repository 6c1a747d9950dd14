//! Images -> how brightness and contrast spread over the images of each class.

use rayon::prelude::*;

use super::Images;

/// Of each image of a class, in rising order: the mean of its pixels in [0, 1], and their variance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassSpread {
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
}

/// Smallest, quartiles and largest of some numbers.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Quartiles {
    pub min: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub max: f64,
}

impl Quartiles {
    /// Of numbers in rising order, interpolated linearly; none of none.
    pub fn of(sorted: &[f64]) -> Option<Self> {
        let last = sorted.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Some(Self { min: sorted[0], q1: at(0.25), median: at(0.5), q3: at(0.75), max: sorted[last] })
    }
}

/// The spread of each of so many classes.
pub fn spreads(images: &dyn Images, classes: usize) -> Vec<ClassSpread> {
    spreads_among(images, &(0..images.len()).collect::<Vec<_>>(), classes)
}

/// The spread of each of so many classes over some of the images, by number.
pub fn spreads_among(images: &dyn Images, chosen: &[usize], classes: usize) -> Vec<ClassSpread> {
    let figures: Vec<[f64; 2]> = chosen
        .par_iter()
        .map_init(|| vec![0; images.size()], |pixels, &image| mean_and_variance(images, image, pixels))
        .collect();
    let mut spreads = vec![ClassSpread::default(); classes];
    for (&image, [mean, variance]) in chosen.iter().zip(figures) {
        let spread = &mut spreads[images.label(image)];
        spread.means.push(mean);
        spread.variances.push(variance);
    }
    for spread in &mut spreads {
        spread.means.sort_by(f64::total_cmp);
        spread.variances.sort_by(f64::total_cmp);
    }
    spreads
}

fn mean_and_variance(images: &dyn Images, image: usize, pixels: &mut [u8]) -> [f64; 2] {
    images.read(image, pixels);
    let count = pixels.len() as f64;
    let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
    let squares: u64 = pixels.iter().map(|&pixel| u64::from(pixel) * u64::from(pixel)).sum();
    let mean = sum as f64 / count;
    [mean / 255.0, (squares as f64 / count - mean * mean).max(0.0) / (255.0 * 255.0)]
}

#[cfg(test)]
mod tests {
    use super::super::{DataFolder, open};
    use super::*;

    #[test]
    fn quartiles_are_interpolated() {
        let quartiles = Quartiles::of(&[0.0, 1.0, 2.0, 10.0]).expect("numbers");
        assert_eq!(quartiles, Quartiles { min: 0.0, q1: 0.75, median: 1.5, q3: 4.0, max: 10.0 });
        assert_eq!(Quartiles::of(&[]), None);
    }

    #[test]
    fn each_image_counts_for_its_class() {
        let set = open("sketches", &DataFolder::none(), Some([1, 8, 8])).expect("drawn");
        let spreads = spreads(&*set.test, 10);
        assert!(spreads.iter().all(|spread| spread.means.len() == 200 && spread.variances.len() == 200));
        assert!(spreads.iter().all(|spread| spread.means.is_sorted() && spread.means[0] >= 0.0));
        assert!(spreads.iter().any(|spread| spread.variances[199] > 0.01));
    }
}
