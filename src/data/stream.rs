//! A file, packed with gzip or not -> its unpacked bytes, counted and limited.

use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::fault::{damaged, unreadable};
use crate::diagnostic::Diagnostic;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Holds that a file of a set is a plain one: a pipe could keep its reader waiting for ever.
///
/// # Errors
/// What the system says of a file that is not there, else that it is no plain one.
pub fn expect_plain(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::metadata(path)?;
    match metadata.is_file() {
        true => Ok(metadata),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a plain file")),
    }
}

/// Reads a file; after `limit` unpacked bytes it fails, as no file of any set is as large.
pub struct Stream<'a> {
    path: &'a Path,
    source: Box<dyn Read>,
    packed: bool,
    position: u64,
    limit: u64,
}

impl<'a> Stream<'a> {
    /// # Errors
    /// N0804 for a file that cannot be read, N0702 for an empty one.
    pub fn open(path: &'a Path, limit: u64) -> Result<Self, Diagnostic> {
        let opened = expect_plain(path).and_then(|_| File::open(path));
        let mut file = opened.map(BufReader::new).map_err(|error| unreadable(path, &error))?;
        let start = file.fill_buf().map_err(|error| unreadable(path, &error))?;
        if start.is_empty() {
            return Err(damaged(path, "the file is empty (0 bytes)"));
        }
        let packed = start.starts_with(&GZIP);
        let source: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { path, source, packed, position: 0, limit })
    }

    /// Unpacked bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next `count` bytes, or fewer at the end; memory grows with what is there, not with `count`.
    ///
    /// # Errors
    /// Those of [`Stream::failed`].
    pub fn take_bytes(&mut self, count: usize) -> Result<Vec<u8>, Diagnostic> {
        let mut bytes = Vec::new();
        let result = self.by_ref().take(count as u64).read_to_end(&mut bytes);
        result.map(|_| bytes).map_err(|error| self.failed(&error))
    }

    /// What a failed read means: N0702 for packed data that cannot be unpacked, else N0804.
    pub fn failed(&self, error: &io::Error) -> Diagnostic {
        match error.kind() {
            ErrorKind::FileTooLarge => self.fault(format_args!("more than {} bytes come out of it", self.limit)),
            ErrorKind::UnexpectedEof if self.packed => self.fault(format_args!(
                "the gzip file is cut off, or has stray bytes at its end, after byte {}",
                self.position
            )),
            ErrorKind::InvalidInput | ErrorKind::InvalidData if self.packed => {
                self.fault(format_args!("the gzip data are damaged after byte {}: {error}", self.position))
            }
            _ => unreadable(self.path, error),
        }
    }

    /// N0702 for this file.
    pub fn fault(&self, fault: std::fmt::Arguments<'_>) -> Diagnostic {
        damaged(self.path, format_args!("{fault}{}", if self.packed { " (bytes count unpacked)" } else { "" }))
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.position += count as u64;
        if self.position > self.limit { Err(ErrorKind::FileTooLarge.into()) } else { Ok(count) }
    }
}
