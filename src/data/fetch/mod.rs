//! A data set's name -> its publisher's files in the data folder, checked.

mod catalogue;
mod checksum;
mod download;
mod unpack;
mod verify;

pub use catalogue::{Published, published};
pub use verify::{Checked, verify};

use std::fs;
use std::path::{Path, PathBuf};

use super::DataFolder;
use crate::diagnostic::{Code, Diagnostic};
use catalogue::{Download, Unpack};
use download::download;

/// Whoever follows a download.
pub trait Follow {
    /// A file begins; so many bytes of it are there, of so many, where that is known.
    fn begin(&mut self, _file: &str, _there: u64, _size: Option<u64>) {}
    /// So many bytes more have come.
    fn add(&mut self, _bytes: u64) {}
    /// The file is whole and is being unpacked.
    fn unpack(&mut self, _file: &str) {}
}

/// Nobody follows.
pub struct Unseen;

impl Follow for Unseen {}

/// Downloads the files of a set that are not there yet, and unpacks what is read unpacked; says where they are.
/// `mirror` is a place that has all of them under the publisher's names.
///
/// # Errors
/// N0701 without a data folder, N0703 for a set that is not downloaded, N0707 for what could not be had, N0803 for what
/// could not be written, N0702 for an archive that holds something else.
pub fn fetch(
    name: &str,
    folder: &DataFolder,
    mirror: Option<&str>,
    follow: &mut dyn Follow,
) -> Result<Vec<PathBuf>, Diagnostic> {
    let published = published(name).ok_or_else(|| not_published(name))?;
    let Some(root) = folder.path() else { return Err(no_folder()) };
    let place = root.join(published.folder);
    if let Some(found) = elsewhere(published, folder, &place) {
        return Ok(vec![found]);
    }
    fs::create_dir_all(&place).map_err(|error| unwritable(&place, &error))?;
    let mut paths = vec![];
    for file in published.downloads {
        let url = mirror.map_or(file.url.into(), |mirror| format!("{}/{}", mirror.trim_end_matches('/'), file.name));
        paths.push(fetch_file(file, &url, &place, follow).map_err(|error| by_hand(error, published, &place))?);
    }
    Ok(paths)
}

/// Where the set is in another layout than its downloads'.
fn elsewhere(published: &Published, folder: &DataFolder, place: &Path) -> Option<PathBuf> {
    let found = super::locate(published.name, folder).ok().flatten()?;
    let downloaded = |file: &Download| found == place.join(file.name) || found.join(file.name).exists();
    (!published.downloads.iter().any(downloaded)).then_some(found)
}

fn fetch_file(file: &Download, url: &str, place: &Path, follow: &mut dyn Follow) -> Result<PathBuf, Diagnostic> {
    let path = place.join(file.name);
    let unpacked = match file.unpack {
        Unpack::No => None,
        Unpack::Zip { top } | Unpack::TarInZip { top, .. } => Some(place.join(top)),
    };
    if let Some(unpacked) = unpacked.as_ref().filter(|path| path.is_dir()) {
        return Ok(unpacked.clone());
    }
    download(file, url, &path, follow)?;
    if unpacked.is_some() {
        follow.unpack(file.name);
    }
    match file.unpack {
        Unpack::No => Ok(path),
        Unpack::Zip { top } => unpack::zip(&path, top, place),
        Unpack::TarInZip { entry, top } => unpack::tar_in_zip(&path, entry, top, place),
    }
}

/// Says how to do it without a network.
fn by_hand(error: Diagnostic, published: &Published, place: &Path) -> Diagnostic {
    if error.id.as_str() != Code::UNREACHABLE.id {
        return error;
    }
    let mut error = error.remark("without a network, get these files elsewhere and put them where they belong:");
    for file in published.downloads {
        let unpack = if file.unpack == Unpack::No { "" } else { ", then fetch again to unpack it" };
        error = error.remark(format!("{} -> {}{unpack}", file.url, place.join(file.name).display()));
    }
    error
}

fn not_published(name: &str) -> Diagnostic {
    let error = Diagnostic::error(Code::DATA_UNKNOWN, format!("there is nothing to download for `{name}`"));
    error.remark("fashion-mnist, cifar10, caltech101 and tiny-imagenet can be downloaded; `sketches` needs no files")
}

fn no_folder() -> Diagnostic {
    Diagnostic::error(Code::DATA_MISSING, "there is no folder to download to")
        .remark("neither `--data-dir`, NETC_DATA, XDG_DATA_HOME nor HOME names one; give `--data-dir DIR`")
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::WRITE, format!("cannot write `{}`: {error}", path.display()))
        .remark("name a folder with `--data-dir` that you may write to and that has room")
}
