//! Caltech101's folders of JPEG files -> a data set.

use std::path::PathBuf;

use super::fault::{Absent, damaged};
use super::files::{self, File, FileSet, USUAL};
use super::picture::Rule;
use super::{Class, DataFolder, Found, Selection};
use crate::diagnostic::Diagnostic;

pub const NAME: &str = "caltech101";

const FOLDER: &str = "101_ObjectCategories";
/// Pictures of no category.
const BACKGROUND: &str = "BACKGROUND_Google";
/// What the names of all images begin with.
const START: &str = "image_";

/// Below the data folder: where the folder of categories may be, as the publisher packs it and as torchvision leaves it.
pub const PLACES: [&str; 5] = ["", "caltech101", "caltech-101", "Caltech101", "caltech101/caltech-101"];

/// Finds the folder of categories and lists its files.
///
/// # Errors
/// N0701 where it is not there, N0702 where it holds anything else, N0705 and N0706 for a selection that does not fit.
pub fn find(folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    let place = locate(folder)?;
    let mut classes = vec![];
    let mut train = vec![];
    for (name, path) in files::folders(&place)?.into_iter().filter(|(name, _)| name != BACKGROUND) {
        let images = files::images(&path)?;
        if images.is_empty() {
            return Err(damaged(&path, "the category has no image; the publisher's have 31 and more"));
        }
        for path in images {
            files::check_name(&path, START)?;
            train.push(File { path, class: classes.len() });
        }
        classes.push(Class::named(name));
    }
    if train.is_empty() {
        return Err(damaged(&place, "there is no folder of images in it"));
    }
    FileSet { name: NAME.into(), classes, train, test: None, native: USUAL, rule: Rule::JPEG }.select(folder, selection)
}

/// The folder of categories.
///
/// # Errors
/// N0701 where it is not there.
pub fn locate(folder: &DataFolder) -> Result<PathBuf, Diagnostic> {
    let absent = Absent {
        name: NAME,
        files: format!("the folder {FOLDER} with a folder of images for each category"),
        place: NAME,
        origin: "https://data.caltech.edu/records/mzrjq-6wc02",
    };
    let Some(root) = folder.path() else { return Err(absent.no_folder()) };
    let mut places: Vec<PathBuf> = PLACES.iter().map(|place| root.join(place).join(FOLDER)).collect();
    if root.file_name().is_some_and(|name| name == FOLDER) {
        places.push(root.to_path_buf());
    }
    match places.iter().find(|place| place.is_dir()) {
        Some(place) => Ok(place.clone()),
        None => Err(absent.missing(folder, &places, None)),
    }
}
