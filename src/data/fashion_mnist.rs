//! Fashion-MNIST's four IDX files, in any of the places that people keep them -> a data set.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chosen::Parts;
use super::fault::{Absent, damaged, unreadable};
use super::idx::{self, Idx};
use super::{Class, DataFolder, Dataset, Follow, Found, ImageShape, Images, Native, Selection};
use crate::diagnostic::Diagnostic;

pub const NAME: &str = "fashion-mnist";
pub const NATIVE: ImageShape = [1, 28, 28];
pub const CLASSES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// Images and labels of the training part, then of the test part.
const FILES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// Below the data folder: the publisher's files alone, in a folder of their own, as torchvision leaves them.
pub const PLACES: [&str; 4] = ["", "fashion-mnist", "FashionMNIST/raw", "fashion-mnist/raw"];

/// The set in the four files of the first place that has them all, which is looked for when it is opened.
///
/// # Errors
/// N0705 and N0706 for a selection that does not fit it; opening it, N0701 where no place has the files, N0702 and
/// N0804 for the files, N0704 for the shape.
pub fn find(folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    let (folder, selection) = (folder.clone(), selection.clone());
    let classes = selection.count(NAME, &CLASSES.map(Class::named))?;
    let open = move |shape, _: Follow| open(&folder, shape, &selection);
    Ok(Found { native: Native { shape: Some(NATIVE), classes }, open: Box::new(open) })
}

/// The folder of the files.
///
/// # Errors
/// N0701 where no place has them all.
pub fn locate(folder: &DataFolder) -> Result<PathBuf, Diagnostic> {
    let [images, ..] = find_files(folder)?;
    Ok(images.parent().map_or_else(PathBuf::new, Path::to_path_buf))
}

fn open(folder: &DataFolder, shape: Option<ImageShape>, selection: &Selection) -> Result<Dataset, Diagnostic> {
    let [train_images, train_labels, test_images, test_labels] = find_files(folder)?;
    let train = Arc::new(read_part(&train_images, &train_labels)?);
    let test = Arc::new(read_part(&test_images, &test_labels)?);
    let parts = Parts { classes: CLASSES.map(String::from).to_vec(), train, test };
    parts.select(NAME, selection)?.fit(NAME, shape)
}

/// One part, as its files hold it.
struct Part {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Images for Part {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> ImageShape {
        NATIVE
    }

    fn label(&self, index: usize) -> usize {
        usize::from(self.labels[index])
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.pixels[index * self.size()..][..self.size()]);
    }
}

fn read_part(images: &Path, labels: &Path) -> Result<Part, Diagnostic> {
    let Idx { dimensions: [count, height, width], elements: pixels } = idx::read(images, "images")?;
    if [1, height, width] != NATIVE {
        return Err(damaged(images, format_args!("bytes 8 to 15 say {height}x{width} pixels instead of 28x28")));
    }
    if count == 0 {
        return Err(damaged(images, "byte 4 begins the number of images, which is 0"));
    }
    let labels = read_labels(labels, count, images)?;
    Ok(Part { pixels, labels })
}

fn read_labels(path: &Path, images: usize, images_path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let Idx { dimensions: [count], elements: labels } = idx::read(path, "labels")?;
    if count != images {
        let fault =
            format!("byte 4 begins the number of labels, {count}, but {} holds {images} images", images_path.display());
        return Err(damaged(path, fault));
    }
    match labels.iter().position(|&label| usize::from(label) >= CLASSES.len()) {
        Some(at) => Err(damaged(path, format_args!("byte {} is the label {}; labels are 0 to 9", 8 + at, labels[at]))),
        None => Ok(labels),
    }
}

fn find_files(folder: &DataFolder) -> Result<[PathBuf; 4], Diagnostic> {
    let Some(root) = folder.path() else { return Err(absent().no_folder()) };
    let places: Vec<PathBuf> = places(root).collect();
    let mut incomplete = None;
    for place in &places {
        match find_in(place)? {
            Ok(files) => return Ok(files),
            Err(missing) if missing.len() < FILES.len() => {
                let lacks = format!("{} has no {}, packed (.gz) or not", place.display(), missing.join(", no "));
                incomplete = incomplete.or(Some(lacks));
            }
            Err(_) => {}
        }
    }
    Err(absent().missing(folder, &places, incomplete))
}

fn places(root: &Path) -> impl Iterator<Item = PathBuf> {
    PLACES.iter().map(move |place| if place.is_empty() { root.to_path_buf() } else { root.join(place) })
}

/// The four files in `place`, or the names of those that are not there.
fn find_in(place: &Path) -> Result<Result<[PathBuf; 4], Vec<&'static str>>, Diagnostic> {
    let mut files = FILES.map(|_| PathBuf::new());
    let mut missing = vec![];
    for (name, file) in FILES.iter().copied().zip(&mut files) {
        match find_file(place, name)? {
            Some(found) => *file = found,
            None => missing.push(name),
        }
    }
    Ok(if missing.is_empty() { Ok(files) } else { Err(missing) })
}

/// The file, unpacked or else packed.
fn find_file(place: &Path, name: &str) -> Result<Option<PathBuf>, Diagnostic> {
    for path in [place.join(name), place.join(format!("{name}.gz"))] {
        match fs::metadata(&path) {
            Ok(_) => return Ok(Some(path)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

fn absent() -> Absent<'static> {
    let files = format!("{}; packed (.gz) or not", FILES.join(", "));
    Absent { name: NAME, files, place: NAME, origin: "https://github.com/zalandoresearch/fashion-mnist" }
}
