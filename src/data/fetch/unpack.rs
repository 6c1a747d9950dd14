//! An archive -> the folder in it, complete or not at all.
//!
//! It is unpacked into a folder beside its place, which gets its name at the end. No entry may lead out of it.

use flate2::read::GzDecoder;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use tar::EntryType;
use zip::ZipArchive;
use zip::result::ZipError;

use super::unwritable;
use crate::data::fault::{damaged, unreadable};
use crate::diagnostic::Diagnostic;

/// No archive holds more bytes, nor more entries.
const BYTES: u64 = 4 << 30;
const ENTRIES: usize = 500_000;

/// The folder `top` of a zip file, as a folder in `place`.
///
/// # Errors
/// N0702 where the archive holds something else, N0803 where its files cannot be written.
pub fn zip(path: &Path, top: &str, place: &Path) -> Result<PathBuf, Diagnostic> {
    let mut archive = open_zip(path)?;
    into_folder(top, place, |beside| {
        let mut writer = Writer::new(path, beside);
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| broken(path, &error))?;
            let (name, is_folder) = (PathBuf::from(entry.name()), entry.is_dir());
            if entry.is_symlink() {
                return Err(damaged(path, format_args!("the entry `{}` is a link", name.display())));
            }
            writer.add(&name, is_folder, &mut entry)?;
        }
        Ok(())
    })
}

/// The folder `top` of the packed tar file that is the entry `entry` of a zip file, as a folder in `place`.
///
/// # Errors
/// As [`zip`].
pub fn tar_in_zip(path: &Path, entry: &str, top: &str, place: &Path) -> Result<PathBuf, Diagnostic> {
    let mut outer = open_zip(path)?;
    let packed = outer.by_name(entry).map_err(|error| broken(path, &error))?;
    let mut archive = tar::Archive::new(GzDecoder::new(packed));
    into_folder(top, place, |beside| {
        let mut writer = Writer::new(path, beside);
        let cut_off = |error: io::Error| damaged(path, format_args!("{entry} in it is damaged: {error}"));
        for inner in archive.entries().map_err(cut_off)? {
            let mut inner = inner.map_err(cut_off)?;
            let name = inner.path().map_err(cut_off)?.into_owned();
            let is_folder = match inner.header().entry_type() {
                EntryType::Directory => true,
                EntryType::Regular | EntryType::Continuous => false,
                EntryType::XGlobalHeader => continue,
                _ => return Err(damaged(path, format_args!("the entry `{}` is a link", name.display()))),
            };
            writer.add(&name, is_folder, &mut inner)?;
        }
        Ok(())
    })
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, Diagnostic> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| broken(path, &error))
}

fn broken(path: &Path, error: &ZipError) -> Diagnostic {
    damaged(path, format_args!("the archive is damaged: {error}"))
}

/// Lets `unpack` write to a folder beside the place, and then moves `top` of it there.
fn into_folder(
    top: &str,
    place: &Path,
    unpack: impl FnOnce(&Path) -> Result<(), Diagnostic>,
) -> Result<PathBuf, Diagnostic> {
    let beside = tempfile::Builder::new().prefix(".netc-").tempdir_in(place);
    let beside = beside.map_err(|error| unwritable(place, &error))?;
    unpack(beside.path())?;
    let target = place.join(top);
    fs::rename(beside.path().join(top), &target).map_err(|error| unwritable(&target, &error))?;
    Ok(target)
}

/// Writes entries below a folder, and counts what it wrote.
struct Writer<'a> {
    archive: &'a Path,
    folder: &'a Path,
    bytes: u64,
    entries: usize,
}

impl<'a> Writer<'a> {
    fn new(archive: &'a Path, folder: &'a Path) -> Self {
        Self { archive, folder, bytes: 0, entries: 0 }
    }

    fn add(&mut self, name: &Path, is_folder: bool, source: &mut dyn Read) -> Result<(), Diagnostic> {
        if !name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(damaged(self.archive, format_args!("the entry `{}` leads out of the archive", name.display())));
        }
        self.entries += 1;
        let path = self.folder.join(name);
        let folder = if is_folder { path.as_path() } else { path.parent().unwrap_or(self.folder) };
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        if !is_folder {
            let mut out = File::create_new(&path).map_err(|error| unwritable(&path, &error))?;
            let limit = BYTES - self.bytes + 1;
            self.bytes += io::copy(&mut source.take(limit), &mut out).map_err(|error| {
                damaged(self.archive, format_args!("the entry `{}` cannot be unpacked: {error}", name.display()))
            })?;
        }
        match self.bytes > BYTES || self.entries > ENTRIES {
            true => Err(damaged(self.archive, format_args!("more than {BYTES} bytes or {ENTRIES} files are in it"))),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(vec![]));
        for (name, bytes) in entries {
            archive.start_file(*name, SimpleFileOptions::default()).expect("started");
            archive.write_all(bytes).expect("written");
        }
        archive.finish().expect("finished").into_inner()
    }

    fn tarred(name: &str, kind: EntryType) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(2);
        header.set_cksum();
        let packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        let mut archive = tar::Builder::new(packed);
        archive.append(&header, &b"ab"[..]).expect("written");
        archive.into_inner().and_then(|packed| packed.finish()).expect("finished")
    }

    /// Unpacks `archive`: what the file `a/b.txt` then holds, or the message; what was left beside it.
    fn unpacked(archive: &[u8], unpack: fn(&Path, &Path) -> Result<PathBuf, Diagnostic>) -> Result<String, String> {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("x.zip");
        fs::write(&path, archive).expect("written");
        let outcome = unpack(&path, place.path());
        let left = fs::read_dir(place.path()).expect("the folder").count();
        assert_eq!(left, 1 + usize::from(outcome.is_ok()), "nothing else is left");
        let folder = outcome.map_err(|error| error.message.replace(&path.display().to_string(), "x.zip"))?;
        Ok(fs::read_to_string(folder.join("b.txt")).expect("the file"))
    }

    #[test]
    fn archives_are_unpacked() {
        let both: [&[u8]; 2] =
            [&zipped(&[("a/b.txt", b"ab")]), &zipped(&[("c/a.tgz", &tarred("a/b.txt", EntryType::Regular))])];
        assert_eq!(unpacked(both[0], |path, place| zip(path, "a", place)), Ok("ab".into()));
        assert_eq!(unpacked(both[1], |path, place| tar_in_zip(path, "c/a.tgz", "a", place)), Ok("ab".into()));
    }

    #[test]
    fn nothing_leads_out_of_an_archive() {
        let check = |archive: &[u8], fault: &str| {
            let error = unpacked(archive, |path, place| zip(path, "a", place)).expect_err(fault);
            assert!(error.starts_with("x.zip: ") && error.contains(fault), "{error}");
        };
        check(&zipped(&[("a/b.txt", b"ab"), ("../evil", b"x")]), "the entry `../evil` leads out of the archive");
        check(&zipped(&[("/evil", b"x")]), "leads out of the archive");
        check(b"PK", "the archive is damaged");
        let check_inner = |inner: Vec<u8>, fault: &str| {
            let archive = zipped(&[("a.tgz", &inner)]);
            let error = unpacked(&archive, |path, place| tar_in_zip(path, "a.tgz", "a", place)).expect_err(fault);
            assert!(error.contains(fault), "{error}");
        };
        check_inner(tarred("../evil", EntryType::Regular), "the entry `../evil` leads out of the archive");
        check_inner(tarred("a/b.txt", EntryType::Symlink), "the entry `a/b.txt` is a link");
        check_inner(b"no archive".to_vec(), "a.tgz in it is damaged");
    }
}
