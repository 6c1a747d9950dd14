//! Image files with classes -> a data set, decoded once.

mod cache;
mod listing;

pub use listing::{check_name, folders, images, lines, plain_files};

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::class::Class;
use super::picture::{self, Rule};
use super::selection::{Chosen, Listed, Selection, TestImages};
use super::{DataFolder, Dataset, Follow, Found, ImageShape, Images, Native, Statistics};
use crate::diagnostic::{Code, Diagnostic};
use cache::Cache;

/// What decoded images may take of memory, in bytes.
const MEMORY: usize = 8 << 30;

/// The shape of images of different sizes, where a network asks for none.
pub const USUAL: ImageShape = [3, 32, 32];

/// An image file and the number of its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: PathBuf,
    pub class: usize,
}

/// A set of image files.
#[derive(Debug)]
pub struct FileSet {
    /// As messages name it.
    pub name: String,
    pub classes: Vec<Class>,
    pub train: Vec<File>,
    /// None where the set has no test part of its own.
    pub test: Option<Vec<File>>,
    pub native: ImageShape,
    /// What each file must be.
    pub rule: Rule,
}

impl FileSet {
    /// The files that a selection wants, to be decoded when the set is opened.
    ///
    /// # Errors
    /// N0705 and N0706 for a selection that does not fit; opening the set, N0702 and N0804 for files, N0704 for a shape
    /// and N0708 for images that do not fit in memory.
    pub fn select(self, folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
        let parts = self.parts(selection)?;
        let native = Native { shape: Some(self.native), classes: parts.classes.len() };
        let decoder = Decoder { cache: Cache::new(folder), name: self.name, rule: self.rule };
        let open = move |shape: Option<ImageShape>, follow| parts.open(&decoder, shape.unwrap_or(self.native), follow);
        Ok(Found { native, open: Box::new(open) })
    }

    fn parts(&self, selection: &Selection) -> Result<Parts, Diagnostic> {
        let labels = |files: &[File]| -> Vec<usize> { files.iter().map(|file| file.class).collect() };
        let (train, test) = (labels(&self.train), self.test.as_deref().map(labels));
        let listed = Listed { name: &self.name, classes: &self.classes, train: &train, test: test.as_deref() };
        let Chosen { classes, train, test } = selection.choose(&listed)?;
        let pick = |files: &[File], numbers: Vec<usize>| -> Vec<File> {
            let class = |file: &File| classes.iter().position(|class| *class == file.class).unwrap_or_default();
            let file = |number: usize| &files[number];
            numbers.into_iter().map(file).map(|file| File { path: file.path.clone(), class: class(file) }).collect()
        };
        let test = match test {
            TestImages::Own(images) => pick(self.test.as_deref().unwrap_or_default(), images),
            TestImages::FromTrain(images) => pick(&self.train, images),
        };
        let names = classes.iter().map(|&class| self.classes[class].name.clone()).collect();
        Ok(Parts { classes: names, train: pick(&self.train, train), test })
    }
}

/// The files that are used.
struct Parts {
    classes: Vec<String>,
    train: Vec<File>,
    test: Vec<File>,
}

impl Parts {
    fn open(self, decoder: &Decoder, shape: ImageShape, follow: Follow) -> Result<Dataset, Diagnostic> {
        super::fit::check(&decoder.name, shape)?;
        // A publisher's images are in colour; of a folder, all may be grey.
        if shape[0] != 3 && (shape[0] != 1 || decoder.rule != Rule::ANY) {
            return Err(super::fit::no_channels(&decoder.name, [3, shape[1], shape[2]], shape));
        }
        let images = self.train.len() + self.test.len();
        let bytes = images.saturating_mul(shape.iter().product());
        if bytes > MEMORY {
            return Err(too_large(&decoder.name, images, shape, bytes));
        }
        let train = Arc::new(decoder.decode(&self.train, shape, follow)?);
        let test = Arc::new(decoder.decode(&self.test, shape, follow)?);
        let statistics = Statistics::of(&*train);
        Ok(Dataset { name: decoder.name.clone(), classes: self.classes, train, test, statistics })
    }
}

fn too_large(name: &str, images: usize, [channels, height, width]: ImageShape, bytes: usize) -> Diagnostic {
    let gib = bytes as f64 / f64::from(1 << 30);
    let message =
        format!("the {images} images of `{name}` take {gib:.1} GiB at {channels}x{height}x{width}, more than 8 GiB");
    Diagnostic::error(Code::TOO_LARGE, message).remark("let the network read smaller images, or choose fewer classes")
}

/// Decodes files, or takes what was decoded before.
struct Decoder {
    cache: Cache,
    name: String,
    rule: Rule,
}

impl Decoder {
    fn decode(&self, files: &[File], shape: ImageShape, follow: Follow) -> Result<Decoded, Diagnostic> {
        let key = cache::key(files, shape)?;
        let size = shape.iter().product::<usize>() * files.len();
        let pixels = match self.cache.load(&key, size) {
            Some(pixels) => pixels,
            None => {
                let pixels = self.read(files, shape, size, follow)?;
                self.cache.save(&key, &pixels);
                pixels
            }
        };
        Ok(Decoded { shape, labels: files.iter().map(|file| file.class).collect(), pixels })
    }

    /// Reads all files, in parallel; of those that cannot be read, the first one is the error.
    fn read(&self, files: &[File], shape: ImageShape, size: usize, follow: Follow) -> Result<Vec<u8>, Diagnostic> {
        let mut pixels = vec![0; size];
        let one_more = follow(files.len() as u64);
        let images = pixels.par_chunks_exact_mut(shape.iter().product()).zip(files);
        let read = |(out, file): (&mut [u8], &File)| {
            let image = picture::read_as(&file.path, shape, self.rule);
            one_more();
            image.map(|image| out.copy_from_slice(&image)).err()
        };
        let faults: Vec<Diagnostic> = images.filter_map(read).collect();
        let more = faults.len().saturating_sub(1);
        match faults.into_iter().next() {
            None => Ok(pixels),
            Some(fault) if more == 0 => Err(fault),
            Some(fault) => Err(fault.remark(format!("{more} more files of `{}` cannot be used", self.name))),
        }
    }
}

/// Images in memory.
struct Decoded {
    shape: ImageShape,
    labels: Vec<usize>,
    pixels: Vec<u8>,
}

impl Images for Decoded {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn label(&self, index: usize) -> usize {
        self.labels[index]
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.pixels[index * self.size()..][..self.size()]);
    }
}
