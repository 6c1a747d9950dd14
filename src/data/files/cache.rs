//! Decoded images <-> a file in the user's cache folder, known by what it was decoded from.
//!
//! The file: a magic number with the version, the key, the length, a checksum, the pixels. It is written beside its place
//! and renamed, so processes may share the folder; one that is damaged counts as absent and is written again. Without a
//! folder, or where it cannot be written, nothing is kept.

use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::File;
use crate::data::fault::unreadable;
use crate::data::stream::expect_plain;
use crate::data::{DataFolder, ImageShape};
use crate::diagnostic::Diagnostic;

/// Changes whenever the same files would decode to other pixels.
const MAGIC: &[u8; 16] = b"netc images 1\n\0\0";
const HEADER: usize = MAGIC.len() + 32 + 8 + 4;

/// What images were decoded from.
pub type Key = [u8; 32];

/// The digest of the files' paths, sizes and times of change, and of the shape.
///
/// # Errors
/// N0804 for a file that is not there, or no plain file.
pub fn key(files: &[File], shape: ImageShape) -> Result<Key, Diagnostic> {
    let mut digest = Sha256::new();
    digest.update(MAGIC);
    shape.iter().for_each(|size| digest.update(size.to_le_bytes()));
    for File { path, .. } in files {
        let metadata = expect_plain(path).map_err(|error| unreadable(path, &error))?;
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let full = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let name = full.as_os_str().as_encoded_bytes();
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update(metadata.len().to_le_bytes());
        digest.update(changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
    }
    Ok(digest.finalize().into())
}

/// A folder of decoded images, if there is one.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    pub fn new(folder: &DataFolder) -> Self {
        Self { folder: folder.cache().map(Path::to_path_buf) }
    }

    /// The pixels kept under `key`, if they are there, whole and `size` bytes.
    pub fn load(&self, key: &Key, size: usize) -> Option<Vec<u8>> {
        let path = self.path(key)?;
        if fs::metadata(&path).ok()?.len() != (HEADER + size) as u64 {
            return None;
        }
        let mut bytes = fs::read(path).ok()?;
        let pixels = bytes.get(HEADER..)?;
        (pixels.len() == size && bytes[..HEADER] == header(key, pixels)).then(|| bytes.split_off(HEADER))
    }

    /// Keeps the pixels, where that is possible.
    pub fn save(&self, key: &Key, pixels: &[u8]) {
        if let Some(path) = self.path(key) {
            // Whoever cannot keep images decodes them again.
            let _ = write(&path, &header(key, pixels), pixels);
        }
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        let name: String = key[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.as_ref().map(|folder| folder.join(format!("{name}.images")))
    }
}

fn header(key: &Key, pixels: &[u8]) -> Vec<u8> {
    let checksum = crc32fast::hash(pixels);
    [&MAGIC[..], key, &(pixels.len() as u64).to_le_bytes(), &checksum.to_le_bytes()].concat()
}

fn write(path: &Path, header: &[u8], pixels: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = tempfile::Builder::new().prefix(".netc-").tempfile_in(folder)?;
    beside.write_all(header)?;
    beside.write_all(pixels)?;
    beside.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_what_is_damaged_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache { folder: Some(folder.path().join("new")) };
        let key = [7; 32];
        assert_eq!(cache.load(&key, 3), None);
        cache.save(&key, &[1, 2, 3]);
        assert_eq!(cache.load(&key, 3), Some(vec![1, 2, 3]));
        assert_eq!(cache.load(&key, 4), None);
        let mut other = key;
        other[31] = 8;
        assert_eq!(cache.path(&key), cache.path(&other));
        assert_eq!(cache.load(&other, 3), None);
        let path = cache.path(&key).expect("a path");
        let whole = fs::read(&path).expect("the file");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).expect("written");
            assert_eq!(cache.load(&key, 3), None, "byte {at}");
        }
        cache.save(&key, &[4, 5, 6]);
        assert_eq!(cache.load(&key, 3), Some(vec![4, 5, 6]));
    }

    #[test]
    fn keys_depend_on_files_and_shape() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.png");
        fs::write(&path, b"ab").expect("written");
        let file = |name: &str| File { path: folder.path().join(name), class: 0 };
        let of = |files: &[File], shape| key(files, shape).expect("they are there");
        let first = of(&[file("a.png")], [3, 2, 2]);
        assert_eq!(of(&[file("a.png")], [3, 2, 2]), first);
        assert_ne!(of(&[file("a.png")], [3, 2, 3]), first);
        assert_ne!(of(&[file("a.png"), file("a.png")], [3, 2, 2]), first);
        fs::write(&path, b"abc").expect("written");
        assert_ne!(of(&[file("a.png")], [3, 2, 2]), first);
        assert_eq!(key(&[file("b.png")], [3, 2, 2]).unwrap_err().id.as_str(), "N0804");
    }
}
