//! Data set's name -> images with labels, in two parts, and their statistics.
//!
//! Reads the publishers' own files; one set is drawn by a program and needs none. Knows nothing of networks: a wanted
//! image shape comes in as three numbers.

mod augment;
mod batches;
mod caltech101;
mod chosen;
mod cifar10;
mod class;
mod ending;
mod fashion_mnist;
mod fault;
pub mod fetch;
mod files;
mod fit;
mod folder;
mod idx;
mod image_folder;
mod kept;
mod normalise;
pub mod picture;
mod selection;
pub mod sketches;
mod split;
mod spread;
mod statistics;
mod stream;
mod tiny_imagenet;
mod worker;

pub use augment::{Augment, Augmentation, Axis, Mixed};
pub use batches::{Batch, Loader, Preparation, shuffle};
pub use class::{Class, ClassKey};
pub use folder::{DataFolder, Environment};
pub use normalise::Normalise;
pub use selection::Selection;
pub use split::{stratified, stratified_count};
pub use spread::{ClassSpread, Quartiles, spreads, spreads_among};
pub use statistics::Statistics;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};

/// Channels, height and width of an image.
pub type ImageShape = [usize; 3];

/// Images of one shape, each with the number of its class.
pub trait Images: Send + Sync {
    fn len(&self) -> usize;

    fn shape(&self) -> ImageShape;

    /// The class of image `index`, which is below `len`.
    fn label(&self, index: usize) -> usize;

    /// Writes image `index` to `out`, which holds the shape's product: channel by channel, rows from the top.
    fn read(&self, index: usize, out: &mut [u8]);

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of one image.
    fn size(&self) -> usize {
        self.shape().iter().product()
    }
}

/// A data set, its images in the shape that was asked for.
#[derive(Clone)]
pub struct Dataset {
    pub name: String,
    pub classes: Vec<String>,
    pub train: Arc<dyn Images>,
    pub test: Arc<dyn Images>,
    /// Of the training part, as it is read.
    pub statistics: Statistics,
}

impl Dataset {
    pub fn shape(&self) -> ImageShape {
        self.train.shape()
    }

    /// At most so many of the test images, of each class in proportion, as the seed draws them.
    pub fn some_of_test(&self, count: usize, seed: u64) -> Vec<usize> {
        stratified_count(&chosen::labels(&self.test), count, seed).1
    }
}

/// Called with the number of image files before they are decoded; what it gives is called after each of them.
pub type Follow = fn(images: u64) -> Box<dyn Fn() + Send + Sync>;

/// Follows nothing.
pub fn unfollowed(_: u64) -> Box<dyn Fn() + Send + Sync> {
    Box::new(|| {})
}

/// A data set that is known by its name: what can be said before its images are read, and how they are.
pub struct Found {
    pub native: Native,
    open: Box<dyn FnOnce(Option<ImageShape>, Follow) -> Result<Dataset, Diagnostic>>,
}

/// What is known of a data set before it is opened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Native {
    /// The shape of its images; none where they are drawn in the shape that is asked for.
    pub shape: Option<ImageShape>,
    pub classes: usize,
}

impl Found {
    /// Reads the images, in `shape` or, without one, as they are. Image files are decoded only if they were not before.
    ///
    /// # Errors
    /// N0704 for a shape that the images cannot take, N0701, N0702 and N0804 for files, N0706 for too few images.
    pub fn open(self, shape: Option<ImageShape>, follow: Follow) -> Result<Dataset, Diagnostic> {
        (self.open)(shape, follow)
    }
}

/// What is known by a name.
struct Set {
    name: &'static str,
    find: fn(&DataFolder, &Selection) -> Result<Found, Diagnostic>,
    /// Where its files are; none for a set that has none.
    locate: Option<fn(&DataFolder) -> Result<PathBuf, Diagnostic>>,
}

const fn files(
    name: &'static str,
    find: fn(&DataFolder, &Selection) -> Result<Found, Diagnostic>,
    locate: fn(&DataFolder) -> Result<PathBuf, Diagnostic>,
) -> Set {
    Set { name, find, locate: Some(locate) }
}

/// One row for each data set.
const SETS: &[Set] = &[
    Set { name: sketches::NAME, find: |_, selection| sketches::find(selection), locate: None },
    files(fashion_mnist::NAME, fashion_mnist::find, fashion_mnist::locate),
    files(cifar10::NAME, cifar10::find, cifar10::locate),
    files(caltech101::NAME, caltech101::find, caltech101::locate),
    files(tiny_imagenet::NAME, tiny_imagenet::find, tiny_imagenet::locate),
];

/// The names of the data sets.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|set| set.name)
}

/// Finds a data set by its name, or a folder with one subfolder of images for each class by its path.
///
/// # Errors
/// N0703 for an unknown name, N0701 for a path that leads nowhere, N0705 and N0706 for a selection that does not fit it,
/// and what its files make known.
pub fn find(name: &str, folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    match SETS.iter().find(|set| set.name == name) {
        Some(set) => (set.find)(folder, selection),
        None if Path::new(name).is_dir() => image_folder::find(Path::new(name), folder, selection),
        None if name.contains(std::path::MAIN_SEPARATOR) => Err(no_such_folder(name)),
        None => Err(unknown(name)),
    }
}

/// The folder or archive that a set is read from; none for one that needs no files.
///
/// # Errors
/// N0703 for an unknown name, N0701 where its files are not found.
pub fn locate(name: &str, folder: &DataFolder) -> Result<Option<PathBuf>, Diagnostic> {
    match SETS.iter().find(|set| set.name == name) {
        Some(set) => set.locate.map(|locate| locate(folder)).transpose(),
        None => Err(unknown(name)),
    }
}

/// Opens all of a data set, as [`find`] and [`Found::open`] do.
///
/// # Errors
/// Theirs.
pub fn open(name: &str, folder: &DataFolder, shape: Option<ImageShape>) -> Result<Dataset, Diagnostic> {
    find(name, folder, &Selection::default())?.open(shape, unfollowed)
}

fn no_such_folder(path: &str) -> Diagnostic {
    let kind = if Path::new(path).exists() { "is a file, not a folder" } else { "is not there" };
    Diagnostic::error(Code::DATA_MISSING, format!("the folder `{path}` {kind}"))
        .remark("a folder has one subfolder of images for each class, or `train` and `test` with such subfolders")
}

fn unknown(name: &str) -> Diagnostic {
    let names: Vec<String> = names().map(|known| format!("`{known}`")).collect();
    let error = Diagnostic::error(Code::DATA_UNKNOWN, format!("there is no data set `{name}`"));
    match nearest(name) {
        Some(known) => error.remark(format!("did you mean `{known}`?")),
        None => error,
    }
    .remark(format!(
        "the data sets are {}, and any folder with one subfolder of images for each class",
        names.join(", ")
    ))
}

/// The known name that `name` is likely to stand for.
fn nearest(name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let asked = letters(name);
    let likeness = |known: &str| match asked.len() >= 4 && letters(known).contains(&asked) {
        true => 1.0,
        false => strsim::normalized_damerau_levenshtein(&letters(known), &asked),
    };
    let scored = names().map(|known| (likeness(known), known));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score >= 0.6).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let likely = [("fashion_mnist", "fashion-mnist"), ("FashionMNIST", "fashion-mnist"), ("sketch", "sketches")];
        for (name, meant) in likely {
            let error = open(name, &DataFolder::none(), None).err().expect(name);
            assert_eq!(error.id.as_str(), "N0703");
            assert_eq!(error.message, format!("there is no data set `{name}`"));
            assert_eq!(error.notes[0], format!("did you mean `{meant}`?"));
            assert_eq!(
                error.notes[1],
                "the data sets are `sketches`, `fashion-mnist`, `cifar10`, `caltech101`, `tiny-imagenet`, and any folder with one subfolder of images for each class"
            );
        }
        assert_eq!(open("imdb", &DataFolder::none(), None).err().expect("unknown").notes.len(), 1);
    }
}
