//! CIFAR-10's six batches, in any of the publisher's versions and the places that people keep them -> a data set.

mod archive;
mod batch;
mod pickle;
mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chosen::Parts;
use super::fault::{Absent, damaged, unreadable};
use super::stream::Stream;
use super::{Class, DataFolder, Dataset, Follow, Found, ImageShape, Native, Selection};
use crate::diagnostic::Diagnostic;
use batch::Records;

pub const NAME: &str = "cifar10";
pub const NATIVE: ImageShape = [3, 32, 32];
pub const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The batches; the last one is the test part.
const BATCHES: [&str; 6] =
    ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];

/// No batch is larger than these bytes; the publisher's are 31 MB.
const LARGEST: u64 = 256 << 20;

/// Below the data folder: where the batches' folder or the archive may be.
pub const PLACES: [&str; 4] = ["", "cifar10", "cifar-10", "CIFAR10"];

/// Adds the records of one batch; the path is for messages.
type Parse = fn(&Path, &[u8], &mut Records) -> Result<(), Diagnostic>;

/// One of the publisher's versions.
struct Version {
    folder: &'static str,
    archive: &'static str,
    /// Of a batch's file name.
    suffix: &'static str,
    parse: Parse,
}

/// The folders of the unpacked batches in such a place.
pub const FOLDERS: [&str; 2] = ["cifar-10-batches-bin", "cifar-10-batches-py"];

const VERSIONS: [Version; 2] = [
    Version { folder: FOLDERS[0], archive: "cifar-10-binary.tar.gz", suffix: ".bin", parse: batch::parse },
    Version { folder: FOLDERS[1], archive: "cifar-10-python.tar.gz", suffix: "", parse: python::parse },
];

impl Version {
    fn file(&self, batch: &str) -> String {
        format!("{batch}{}", self.suffix)
    }
}

/// Where the batches are.
enum Source {
    Folder(PathBuf, &'static Version),
    Archive(PathBuf, &'static Version),
}

/// The set in the first place that has it, which is looked for when it is opened.
///
/// # Errors
/// N0705 and N0706 for a selection that does not fit it; opening it, N0701 where no place has all of it, N0702 and N0804
/// for the files, N0704 for the shape.
pub fn find(folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    let (folder, selection) = (folder.clone(), selection.clone());
    let classes = selection.count(NAME, &CLASSES.map(Class::named))?;
    let open = move |shape, _: Follow| open(&folder, shape, &selection);
    Ok(Found { native: Native { shape: Some(NATIVE), classes }, open: Box::new(open) })
}

fn open(folder: &DataFolder, shape: Option<ImageShape>, selection: &Selection) -> Result<Dataset, Diagnostic> {
    let [train, test] = match source(folder)? {
        Source::Folder(folder, version) => read_folder(&folder, version)?,
        Source::Archive(path, version) => archive::read(&path, version)?,
    };
    let parts = Parts { classes: CLASSES.map(String::from).to_vec(), train: Arc::new(train), test: Arc::new(test) };
    parts.select(NAME, selection)?.fit(NAME, shape)
}

/// The training and the test part.
fn read_folder(folder: &Path, version: &Version) -> Result<[Records; 2], Diagnostic> {
    let mut batches = Batches::default();
    for (index, batch) in BATCHES.iter().enumerate() {
        let path = folder.join(version.file(batch));
        let mut stream = Stream::open(&path, LARGEST)?;
        let bytes = stream.take_bytes(usize::MAX)?;
        batches.add(index, version, &path, &bytes)?;
    }
    Ok(batches.parts)
}

/// What the batches hold, one after the other.
#[derive(Default)]
struct Batches {
    /// The training and the test part.
    parts: [Records; 2],
    /// Records of the first batch.
    size: Option<usize>,
}

impl Batches {
    /// Adds batch number `index`.
    ///
    /// # Errors
    /// N0702 where it is damaged, or has not as many records as the first one: it was cut off between two of them.
    fn add(&mut self, index: usize, version: &Version, path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
        let part = &mut self.parts[usize::from(index == BATCHES.len() - 1)];
        let before = part.labels.len();
        (version.parse)(path, bytes, part)?;
        let records = part.labels.len() - before;
        let size = *self.size.get_or_insert(records);
        match records == size {
            true => Ok(()),
            false => Err(damaged(
                path,
                format_args!("it ends after {records} records, but {} has {size}", version.file(BATCHES[0])),
            )),
        }
    }
}

/// The folder of the batches, or the archive.
///
/// # Errors
/// N0701 where no place has all of it.
pub fn locate(folder: &DataFolder) -> Result<PathBuf, Diagnostic> {
    let (Source::Folder(path, _) | Source::Archive(path, _)) = source(folder)?;
    Ok(path)
}

fn source(folder: &DataFolder) -> Result<Source, Diagnostic> {
    let Some(root) = folder.path() else { return Err(absent().no_folder()) };
    let mut incomplete = None;
    let places: Vec<PathBuf> = PLACES.map(|place| root.join(place)).into_iter().collect();
    for base in &places {
        let folders =
            VERSIONS.iter().flat_map(|version| [(base.join(version.folder), version), (base.clone(), version)]);
        for (place, version) in folders {
            match missing_in(&place, version)?.as_slice() {
                [] => return Ok(Source::Folder(place, version)),
                missing if missing.len() < BATCHES.len() => {
                    let lacks = format!("{} has no {}", place.display(), missing.join(", no "));
                    incomplete = incomplete.or(Some(lacks));
                }
                _ => {}
            }
        }
        for version in &VERSIONS {
            let archive = base.join(version.archive);
            if is_there(&archive)? {
                return Ok(Source::Archive(archive, version));
            }
        }
    }
    Err(absent().missing(folder, &places, incomplete))
}

/// The batches that are not in `place`.
fn missing_in(place: &Path, version: &Version) -> Result<Vec<String>, Diagnostic> {
    let mut missing = vec![];
    for file in BATCHES.map(|batch| version.file(batch)) {
        if !is_there(&place.join(&file))? {
            missing.push(file);
        }
    }
    Ok(missing)
}

fn is_there(path: &Path) -> Result<bool, Diagnostic> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn absent() -> Absent<'static> {
    let names = VERSIONS.each_ref().map(|version| format!("{} (or its folder {})", version.archive, version.folder));
    Absent { name: NAME, files: names.join(" or "), place: "", origin: "https://www.cs.toronto.edu/~kriz/cifar.html" }
}
