//! A file in IDX format, packed with gzip or not -> its bytes.
//!
//! The format: two zero bytes, the type of the elements (8: unsigned byte), the number of dimensions, each dimension as
//! a big-endian 32-bit number, then the elements. No number in a file is trusted with memory.

use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic};

/// The elements of a file, and its dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<const N: usize> {
    pub dimensions: [usize; N],
    pub elements: Vec<u8>,
}

/// Reads a file of unsigned bytes in `N` dimensions, which `what` names in messages ("images").
///
/// # Errors
/// N0804 for a file that cannot be read, N0702 for one that holds anything else.
pub fn read<const N: usize>(path: &Path, what: &str) -> Result<Idx<N>, Diagnostic> {
    let mut reader = Reader::open(path)?;
    reader.expect_magic(N, what)?;
    let mut dimensions = [0; N];
    for dimension in &mut dimensions {
        *dimension = reader.expect_number()? as usize;
    }
    let elements = reader.expect_elements(&dimensions, what)?;
    reader.expect_end(&dimensions)?;
    Ok(Idx { dimensions, elements })
}

/// The error for a file whose content is not what it should be.
pub fn damaged(path: &Path, fault: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::DATA_DAMAGED, format!("{}: {fault}", path.display()))
        .remark("fetch the file again from its publisher")
}

/// The error for a file that cannot be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let error = Diagnostic::error(Code::READ, format!("cannot read {}: {error}", path.display()));
    error.remark("put the publisher's file there, with permission to read it; `--data-dir DIR` names another folder")
}

/// A file with the number of bytes read so far, after unpacking.
struct Reader<'a> {
    path: &'a Path,
    source: Box<dyn Read>,
    packed: bool,
    position: usize,
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

impl<'a> Reader<'a> {
    fn open(path: &'a Path) -> Result<Self, Diagnostic> {
        let mut file = File::open(path).map(BufReader::new).map_err(|error| unreadable(path, &error))?;
        let start = file.fill_buf().map_err(|error| unreadable(path, &error))?;
        if start.is_empty() {
            return Err(damaged(path, "the file is empty (0 bytes)"));
        }
        let packed = start.starts_with(&GZIP);
        let source: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { path, source, packed, position: 0 })
    }

    fn expect_magic(&mut self, dimensions: usize, what: &str) -> Result<(), Diagnostic> {
        let (found, expected) = (self.expect_number()?, 0x0800 + dimensions as u32);
        match found == expected {
            true => Ok(()),
            false => Err(self
                .fault(format_args!("byte 0 begins no IDX file of {what}: {found:#010x} instead of {expected:#010x}"))),
        }
    }

    fn expect_number(&mut self) -> Result<u32, Diagnostic> {
        let bytes = self.take(4)?;
        let number: Result<[u8; 4], _> = bytes.try_into();
        number
            .map(u32::from_be_bytes)
            .map_err(|_| self.fault(format_args!("the header ends at byte {}", self.position)))
    }

    fn expect_elements(&mut self, dimensions: &[usize], what: &str) -> Result<Vec<u8>, Diagnostic> {
        let count = dimensions.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let elements = self.take(count.unwrap_or(usize::MAX))?;
        match Some(elements.len()) == count {
            true => Ok(elements),
            false => Err(self.fault(format_args!(
                "the data end at byte {}, though the header promises {} {what}{}",
                self.position,
                dimensions[0],
                count.map_or(String::new(), |count| format!(", {} bytes", self.position - elements.len() + count)),
            ))),
        }
    }

    fn expect_end(&mut self, dimensions: &[usize]) -> Result<(), Diagnostic> {
        let end = self.position;
        match self.take(1)?.is_empty() {
            true => Ok(()),
            false => Err(self.fault(format_args!("more data follow byte {end}, where {} ends", sizes(dimensions)))),
        }
    }

    /// The next `count` bytes, or fewer at the end; memory grows with what is there, not with `count`.
    fn take(&mut self, count: usize) -> Result<Vec<u8>, Diagnostic> {
        let mut bytes = Vec::new();
        let result = self.source.by_ref().take(count as u64).read_to_end(&mut bytes);
        self.position += bytes.len();
        result.map(|_| bytes).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Diagnostic {
        match error.kind() {
            ErrorKind::UnexpectedEof if self.packed => {
                self.fault(format_args!("the gzip file is cut off, after byte {}", self.position))
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidData if self.packed => {
                self.fault(format_args!("the gzip data are damaged after byte {}: {error}", self.position))
            }
            _ => unreadable(self.path, error),
        }
    }

    fn fault(&self, fault: std::fmt::Arguments<'_>) -> Diagnostic {
        damaged(self.path, format_args!("{fault}{}", if self.packed { " (bytes count unpacked)" } else { "" }))
    }
}

fn sizes(dimensions: &[usize]) -> String {
    dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}
