//! The files of a set that are there -> whether they are the publisher's.

use std::path::PathBuf;

use super::catalogue::{Known, published};
use super::checksum::md5;
use crate::data::DataFolder;
use crate::data::fault::unreadable;
use crate::diagnostic::Diagnostic;

/// A file with its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub path: PathBuf,
    pub md5: String,
    pub published: &'static str,
}

impl Checked {
    pub fn is_right(&self) -> bool {
        self.md5 == self.published
    }
}

/// All files of a set whose checksum its publisher gives and that are there.
///
/// # Errors
/// N0804 for one that cannot be read.
pub fn verify(name: &str, folder: &DataFolder) -> Result<Vec<Checked>, Diagnostic> {
    let (Some(published), Some(root)) = (published(name), folder.path()) else { return Ok(vec![]) };
    let downloads = published.downloads.iter().map(|file| (file.name, file.md5));
    let known: Vec<(&str, &'static str)> =
        downloads.chain(published.others.iter().map(|Known { path, md5 }| (*path, *md5))).collect();
    let mut checked = vec![];
    let folders = [""].iter().chain(published.folders);
    let below = |place: &&str| {
        let place = root.join(place);
        folders.clone().map(move |folder| place.join(folder))
    };
    for place in published.places.iter().flat_map(below) {
        for (name, published) in &known {
            let path = place.join(name);
            if path.is_file() {
                let md5 = md5(&path).map_err(|error| unreadable(&path, &error))?;
                checked.push(Checked { path, md5, published });
            }
        }
    }
    Ok(checked)
}
