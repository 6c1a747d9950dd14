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

use super::fit::{check, no_channels};
use super::kept::keep;
use super::{Dataset, ImageShape, Images, Statistics, fashion_mnist};
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

/// Mean and deviation of the training part in grey at 28x28, used at every size.
const GREY: [f32; 2] = [0.0, 1.0];
/// The same of each channel in colour at 32x32.
const COLOUR: [[f32; 3]; 2] = [[0.0; 3], [1.0; 3]];

/// The set with images in `shape`, or 1x28x28 without one. Images are drawn when they are first read.
///
/// # Errors
/// N0704 for a shape that is neither grey nor colour.
pub fn open(shape: Option<ImageShape>) -> Result<Dataset, Diagnostic> {
    let shape = shape.unwrap_or(NATIVE);
    check(NAME, shape)?;
    let [mean, deviation] = match shape[0] {
        1 => GREY.map(|value| vec![value]),
        3 => COLOUR.map(Vec::from),
        _ => return Err(no_channels(NAME, NATIVE, shape)),
    };
    let part = |number, len| -> Arc<dyn Images> { keep(Part { number, len, shape }) };
    Ok(Dataset {
        name: NAME.into(),
        classes: fashion_mnist::CLASSES.map(String::from).to_vec(),
        train: part(0, TRAIN),
        test: part(1, TEST),
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
        (index * 7 + index / 10 * 3) % GARMENTS.len()
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        let [channels, height, width] = self.shape;
        let mut dice = Dice::new(key(0, Purpose::Sketch, self.number, index as u64));
        let pieces = GARMENTS[self.label(index)](&mut dice);
        let mirror = dice.sign();
        scene::draw(&mut dice, &pieces, mirror, &mut Canvas::new(channels, height, width), out);
    }
}

#[cfg(test)]
mod dump {
    use super::*;
    use rayon::prelude::*;
    #[test]
    #[ignore]
    fn dump() {
        for (suffix, shape) in [("grey", NATIVE), ("rgb", [3, 64, 64])] {
            let set = open(Some(shape)).unwrap();
            let started = std::time::Instant::now();
            for (name, part) in [("train", &set.train), ("test", &set.test)] {
                let n = if suffix == "rgb" { 200 } else { part.len() };
                let all: Vec<u8> = (0..n)
                    .into_par_iter()
                    .flat_map_iter(|i| {
                        let mut o = vec![0; part.size()];
                        part.read(i, &mut o);
                        o
                    })
                    .collect();
                let labels: Vec<u8> = (0..n).map(|i| part.label(i) as u8).collect();
                std::fs::write(format!("/tmp/sk-{suffix}-{name}.bin"), all).unwrap();
                std::fs::write(format!("/tmp/sk-{suffix}-{name}.lab"), labels).unwrap();
            }
            println!("{suffix} {:?} {:?}", started.elapsed(), Statistics::of(&*set.train));
        }
    }
}
