//! The archive as it was downloaded -> its six batches, read in passing; nothing is unpacked to disk.

use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path};

use tar::{Archive, Entry};

use super::batch::Records;
use super::{BATCHES, Batches, LARGEST, Version};
use crate::data::fault::damaged;
use crate::data::stream::Stream;
use crate::diagnostic::Diagnostic;

/// No archive holds more than these bytes; the publisher's hold 186 MB.
const LIMIT: u64 = 1 << 30;
/// Nor more entries than these.
const ENTRIES: usize = 1000;

/// The training and the test part.
///
/// # Errors
/// N0804 where the file cannot be read; N0702 where it is no such archive, an entry's path leads out of it, or a batch is
/// missing, comes twice or is damaged.
pub fn read(path: &Path, version: &Version) -> Result<[Records; 2], Diagnostic> {
    let mut archive = Archive::new(Stream::open(path, LIMIT)?);
    let mut batches = match read_batches(path, &mut archive, version) {
        Ok(batches) => batches,
        Err(Failed::Found(diagnostic)) => return Err(*diagnostic),
        Err(Failed::Reading(error)) => return Err(cut_off(&archive.into_inner(), &error)),
    };
    let mut all = Batches::default();
    for (index, batch) in BATCHES.iter().enumerate() {
        let file = version.file(batch);
        let Some(bytes) = batches[index].take() else {
            return Err(damaged(path, format_args!("the archive has no {}/{file}", version.folder)));
        };
        all.add(index, version, &path.join(version.folder).join(file), &bytes)?;
    }
    Ok(all.parts)
}

/// Why batches could not be read.
enum Failed {
    Reading(io::Error),
    Found(Box<Diagnostic>),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Reading(error)
    }
}

impl From<Diagnostic> for Failed {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Found(Box::new(diagnostic))
    }
}

fn cut_off(stream: &Stream, error: &io::Error) -> Diagnostic {
    match error.kind() {
        ErrorKind::FileTooLarge => stream.failed(error),
        _ => stream.fault(format_args!("the archive is cut off or damaged by byte {}: {error}", stream.position())),
    }
}

/// The bytes of each batch that is there.
fn read_batches(path: &Path, archive: &mut Archive<Stream>, version: &Version) -> Result<[Option<Vec<u8>>; 6], Failed> {
    let mut batches = [const { None }; 6];
    for (number, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        let Some(index) = batch_of(path, &entry, version)? else { continue };
        if batches[index].is_some() || number > ENTRIES {
            return Err(fault(path, &entry, "comes twice in the archive, or too late").into());
        }
        batches[index] = Some(read_entry(path, &mut entry)?);
    }
    Ok(batches)
}

type Packed<'a, 'b> = Entry<'a, Stream<'b>>;

/// The number of the batch that an entry holds, if it holds one.
fn batch_of(path: &Path, entry: &Packed, version: &Version) -> Result<Option<usize>, Diagnostic> {
    let name = entry.path().map_err(|error| fault(path, entry, &format!("has no name: {error}")))?.into_owned();
    let inside = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    if !name.components().all(inside) {
        return Err(fault(path, entry, "leads out of the archive"));
    }
    let name: std::path::PathBuf = name.components().filter(|part| *part != Component::CurDir).collect();
    let index = BATCHES.iter().position(|batch| name == Path::new(version.folder).join(version.file(batch)));
    match index.is_some() && !entry.header().entry_type().is_file() {
        true => Err(fault(path, entry, "is not a plain file")),
        false => Ok(index),
    }
}

fn read_entry(path: &Path, entry: &mut Packed) -> Result<Vec<u8>, Diagnostic> {
    let size = entry.size();
    if size > LARGEST {
        return Err(fault(path, entry, &format!("has {size} bytes; no batch has more than {LARGEST}")));
    }
    let mut bytes = vec![];
    let read = entry.take(LARGEST).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 == size => Ok(bytes),
        Ok(_) => Err(fault(path, entry, &format!("ends at byte {} of {size}", bytes.len()))),
        Err(error) => Err(fault(path, entry, &format!("ends at byte {} of {size}: {error}", bytes.len()))),
    }
}

fn fault(path: &Path, entry: &Packed, what: &str) -> Diagnostic {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let place = entry.raw_header_position();
    damaged(path, format_args!("the entry `{name}` (byte {place}, unpacked) {what}"))
}
