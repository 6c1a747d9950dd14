//! The embedded data set: ten classes of garments, drawn by a program, in grey or colour and at any size.
//!
//! Image n of a part is made from (part, n) alone, whatever the seed of a run; classes are those of Fashion-MNIST.

mod canvas;
mod dice;
mod outline;
mod scene;
mod shoes;
mod texture;
mod tops;
mod wardrobe;

use std::sync::Arc;

use super::chosen::Parts;
use super::fit::{check, no_channels};
use super::kept::keep;
use super::{Class, Dataset, Follow, Found, ImageShape, Images, Native, Selection, Statistics, fashion_mnist};
use crate::diagnostic::Diagnostic;
use crate::random::{Purpose, key};
use canvas::Canvas;
use dice::Dice;
use wardrobe::GARMENTS;

pub const NAME: &str = "sketches";
pub const NATIVE: ImageShape = [1, 28, 28];
pub const CLASSES: usize = fashion_mnist::CLASSES.len();
const TRAIN: usize = 10_000;
const TEST: usize = 2_000;
/// Images of the training and of the test part.
pub const IMAGES: [usize; 2] = [TRAIN, TEST];

/// Mean and deviation of the training part in grey at 28x28, used at every size.
const GREY: [f32; 2] = [0.29403448, 0.27333608];
/// The same of each channel in colour at 32x32.
const COLOUR: [[f32; 3]; 2] = [[0.2943714, 0.29363737, 0.2939391], [0.27786624, 0.27548638, 0.2786335]];

/// The set, with images in the shape asked for, or 1x28x28 without one. Images are drawn when they are first read.
///
/// # Errors
/// N0705 and N0706 for a selection that does not fit it; opening it, N0704 for a shape that is neither grey nor colour.
pub fn find(selection: &Selection) -> Result<Found, Diagnostic> {
    let selection = selection.clone();
    let classes = selection.count(NAME, &fashion_mnist::CLASSES.map(Class::named))?;
    let open = move |shape, _: Follow| open(shape, &selection);
    Ok(Found { native: Native { shape: None, classes }, open: Box::new(open) })
}

fn open(shape: Option<ImageShape>, selection: &Selection) -> Result<Dataset, Diagnostic> {
    let shape = shape.unwrap_or(NATIVE);
    check(NAME, shape)?;
    let [mean, deviation] = match shape[0] {
        1 => GREY.map(|value| vec![value]),
        3 => COLOUR.map(Vec::from),
        _ => return Err(no_channels(NAME, NATIVE, shape)),
    };
    let part = |number, len| -> Arc<dyn Images> { keep(Part { number, len, shape }) };
    let classes = fashion_mnist::CLASSES.map(String::from).to_vec();
    let parts = Parts { classes, train: part(0, TRAIN), test: part(1, TEST) }.select(NAME, selection)?;
    Ok(Dataset {
        name: NAME.into(),
        classes: parts.classes,
        train: parts.train,
        test: parts.test,
        statistics: Statistics { mean, deviation },
    })
}

struct Part {
    number: u64,
    len: usize,
    shape: ImageShape,
}

impl Images for Part {
    fn len(&self) -> usize {
        self.len
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Every ten images in a row hold each class once.
    fn label(&self, index: usize) -> usize {
        (index * 7 + index / 10) % GARMENTS.len()
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        let [channels, height, width] = self.shape;
        let mut dice = Dice::new(key(0, Purpose::Sketch, self.number, index as u64));
        let garment = &GARMENTS[self.label(index)];
        let pieces = (garment.cut)(&mut dice);
        scene::draw(&mut dice, &pieces, garment.usual, &mut Canvas::new(channels, height, width), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(part: &dyn Images, index: usize) -> Vec<u8> {
        let mut out = vec![0; part.size()];
        part.read(index, &mut out);
        out
    }

    #[test]
    fn the_constants_are_the_training_parts() {
        for shape in [NATIVE, [3, 32, 32]] {
            let set = open(Some(shape), &Selection::default()).expect("the shape is allowed");
            let drawn = Statistics::of(&*set.train);
            let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
            let Statistics { mean, deviation } = &set.statistics;
            assert!(close(mean, &drawn.mean) && close(deviation, &drawn.deviation), "{drawn:?}");
        }
    }

    #[test]
    fn every_class_is_as_frequent_and_classes_are_mixed() {
        let set = open(None, &Selection::default()).expect("needs nothing");
        for (part, len) in [(&set.train, TRAIN), (&set.test, TEST)] {
            let labels: Vec<usize> = (0..part.len()).map(|index| part.label(index)).collect();
            assert_eq!(labels.len(), len);
            let tens = labels.chunks(10).map(|ten| ten.iter().fold(0, |seen, label| seen | 1 << label));
            assert!(tens.into_iter().all(|seen| seen == 0b11_1111_1111));
            assert!(labels.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn images_depend_on_part_and_number_alone() {
        let (one, other) = (
            open(None, &Selection::default()).expect("needs nothing"),
            open(None, &Selection::default()).expect("needs nothing"),
        );
        assert_ne!(image(&*one.train, 0), image(&*one.test, 0));
        assert_ne!(image(&*one.train, 0), image(&*one.train, 10));
        let later: Vec<Vec<u8>> = [41, 7].map(|index| image(&*one.train, index)).to_vec();
        let sooner: Vec<Vec<u8>> = [7, 41].map(|index| image(&*other.train, index)).to_vec();
        assert_eq!([&later[0], &later[1]], [&sooner[1], &sooner[0]]);
    }

    /// Drawing uses nothing that differs between machines, so neither do the images.
    #[test]
    fn images_are_the_same_everywhere() {
        let hash = |shape: ImageShape| {
            let set = open(Some(shape), &Selection::default()).expect("the shape is allowed");
            let bytes = (0..20).flat_map(|index| image(&*set.train, index));
            bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
        };
        assert_eq!([hash(NATIVE), hash([3, 32, 32])], [0x61ca_27ba_cd23_5f25, 0xfe40_e4ce_2250_ab8e]);
    }

    #[test]
    fn pictures_of_any_size_show_the_same() {
        let mean = |shape: ImageShape| {
            let set = open(Some(shape), &Selection::default()).expect("the shape is allowed");
            (0..10)
                .map(|index| {
                    image(&*set.test, index).iter().map(|&x| f64::from(x)).sum::<f64>() / set.test.size() as f64
                })
                .collect()
        };
        let (small, large): (Vec<f64>, Vec<f64>) = (mean([1, 28, 28]), mean([1, 70, 56]));
        assert!(small.iter().zip(&large).all(|(a, b)| (a - b).abs() < 2.0), "{small:?} {large:?}");
        let error =
            open(Some([2, 28, 28]), &Selection::default()).err().expect("two channels are neither grey nor colour");
        assert_eq!(error.message, "the network reads 2x28x28, but the images of `sketches` are 1x28x28");
    }
}
