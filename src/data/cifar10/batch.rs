//! A batch of the binary version -> labels and pixels.
//!
//! A record is one byte for the label and 3,072 for the image: red, green and blue, rows from the top.

use std::path::Path;

use super::{CLASSES, NATIVE};
use crate::data::fault::damaged;
use crate::data::{ImageShape, Images};
use crate::diagnostic::Diagnostic;

/// Bytes of an image.
pub const PIXELS: usize = NATIVE[0] * NATIVE[1] * NATIVE[2];
const RECORD: usize = 1 + PIXELS;

/// Images with labels.
#[derive(Debug, Default)]
pub struct Records {
    pub labels: Vec<u8>,
    pub pixels: Vec<u8>,
}

impl Images for Records {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> ImageShape {
        NATIVE
    }

    fn label(&self, index: usize) -> usize {
        usize::from(self.labels[index])
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.pixels[index * PIXELS..][..PIXELS]);
    }
}

/// Adds the records of a file.
///
/// # Errors
/// N0702 where it holds no whole records, or one with a label that is none.
pub fn parse(path: &Path, bytes: &[u8], out: &mut Records) -> Result<(), Diagnostic> {
    if bytes.is_empty() {
        return Err(damaged(path, "the file is empty (0 bytes)"));
    }
    out.labels.reserve(bytes.len() / RECORD);
    out.pixels.reserve_exact(bytes.len() / RECORD * PIXELS);
    for (number, record) in bytes.chunks(RECORD).enumerate() {
        let start = number * RECORD;
        let (label, pixels) = (record[0], &record[1..]);
        if usize::from(label) >= CLASSES.len() {
            return Err(damaged(
                path,
                format_args!("record {number} (byte {start}) has the label {label}; labels are 0 to 9"),
            ));
        }
        if pixels.len() < PIXELS {
            let fault = format_args!("record {number} (byte {start}) ends at byte {} of {RECORD}", record.len());
            return Err(damaged(path, fault));
        }
        out.labels.push(label);
        out.pixels.extend_from_slice(pixels);
    }
    Ok(())
}
