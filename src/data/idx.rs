//! A file in IDX format, packed with gzip or not -> its bytes.
//!
//! The format: two zero bytes, the type of the elements (8: unsigned byte), the number of dimensions, each dimension as
//! a big-endian 32-bit number, then the elements. No number in a file is trusted with memory.

use std::path::Path;

use super::stream::Stream;
use crate::diagnostic::Diagnostic;

/// More bytes than any file of a set has; the largest one of Fashion-MNIST has 47 MB.
const LIMIT: u64 = 256 << 20;

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
    let mut reader = Reader { stream: Stream::open(path, LIMIT)? };
    reader.expect_magic(N, what)?;
    let mut dimensions = [0; N];
    for dimension in &mut dimensions {
        *dimension = reader.expect_number()? as usize;
    }
    let elements = reader.expect_elements(&dimensions, what)?;
    reader.expect_end(&dimensions)?;
    Ok(Idx { dimensions, elements })
}

/// A file, as its parts are expected.
struct Reader<'a> {
    stream: Stream<'a>,
}

impl Reader<'_> {
    fn expect_magic(&mut self, dimensions: usize, what: &str) -> Result<(), Diagnostic> {
        let (found, expected) = (self.expect_number()?, 0x0800 + dimensions as u32);
        match found == expected {
            true => Ok(()),
            false => Err(self
                .stream
                .fault(format_args!("byte 0 begins no IDX file of {what}: {found:#010x} instead of {expected:#010x}"))),
        }
    }

    fn expect_number(&mut self) -> Result<u32, Diagnostic> {
        let bytes = self.stream.take_bytes(4)?;
        let number: Result<[u8; 4], _> = bytes.try_into();
        number
            .map(u32::from_be_bytes)
            .map_err(|_| self.stream.fault(format_args!("the header ends at byte {}", self.stream.position())))
    }

    fn expect_elements(&mut self, dimensions: &[usize], what: &str) -> Result<Vec<u8>, Diagnostic> {
        let count = dimensions.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let elements = self.stream.take_bytes(count.unwrap_or(usize::MAX))?;
        match Some(elements.len()) == count {
            true => Ok(elements),
            false => Err(self.stream.fault(format_args!(
                "the data end at byte {}, though the header promises {} {what}{}",
                self.stream.position(),
                dimensions[0],
                count.map_or(String::new(), |count| format!(
                    ", {} bytes",
                    self.stream.position() - elements.len() as u64 + count as u64
                )),
            ))),
        }
    }

    fn expect_end(&mut self, dimensions: &[usize]) -> Result<(), Diagnostic> {
        let end = self.stream.position();
        match self.stream.take_bytes(1)?.is_empty() {
            true => Ok(()),
            false => {
                Err(self.stream.fault(format_args!("more data follow byte {end}, where {} ends", sizes(dimensions))))
            }
        }
    }
}

fn sizes(dimensions: &[usize]) -> String {
    dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}
