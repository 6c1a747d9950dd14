//! A file -> its MD5, which is what the publishers of these sets give.

use md5::{Digest, Md5};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::data::stream::expect_plain;

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

/// The MD5 of a file, in hexadecimal digits.
pub fn md5(path: &Path) -> io::Result<String> {
    expect_plain(path)?;
    let mut file = File::open(path)?;
    let mut digest = Md5::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => digest.update(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_rfc_1321s() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text");
        std::fs::write(&path, "message digest").expect("written");
        assert_eq!(md5(&path).expect("read"), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
