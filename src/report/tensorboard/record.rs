//! A message -> a record of a TFRecord file: the length and its check, the message and its check, little end first.

/// What is added to a check once it is turned.
const MASK: u32 = 0xa282_ead8;

/// The message as a record.
pub fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), message, &masked(message)].concat()
}

/// CRC-32C, turned right by 15 bits and masked, so that a check of what holds checks differs from it.
fn masked(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn a_record_is_framed_as_tensorflow_does() {
        let expected = [&[3, 0, 0, 0, 0, 0, 0, 0][..], &LENGTH, b"abc", &CONTENT].concat();
        assert_eq!(record(b"abc"), expected);
    }

    /// TensorFlow's own.
    const LENGTH: [u8; 4] = [0xb0, 0x99, 0x49, 0x0e];
    const CONTENT: [u8; 4] = [0x6e, 0x57, 0xf1, 0x21];
}
