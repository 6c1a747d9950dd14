//! The last bytes of an image file -> whether it was cut off. Decoders fill in what they miss.

use image::ImageFormat;

/// The last chunk of a PNG file: its name and checksum.
const PNG_END: &[u8] = b"IEND\xaeB`\x82";

/// Holds that a file of this format is whole, as far as its decoder does not mind.
///
/// # Errors
/// Says at which byte the file ends.
pub fn check(format: ImageFormat, bytes: &[u8]) -> Result<(), String> {
    let whole = match format {
        ImageFormat::Jpeg => ends_jpeg(bytes),
        ImageFormat::Png => bytes.windows(PNG_END.len()).rev().any(|window| window == PNG_END),
        ImageFormat::Gif => bytes.iter().rev().find(|&&byte| byte != 0) == Some(&b';'),
        ImageFormat::WebP => ends_webp(bytes),
        _ => true,
    };
    match whole {
        true => Ok(()),
        false => Err(format!("it is cut off: byte {} is the last one, without an end marker", bytes.len())),
    }
}

/// The last scan is followed by the marker of the end.
fn ends_jpeg(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    matches!((last(0xda), last(0xd9)), (Some(scan), Some(end)) if scan < end)
}

/// As many bytes follow as bytes 4 to 7 say.
fn ends_webp(bytes: &[u8]) -> bool {
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    size.is_some_and(|size| bytes.len() as u64 >= 8 + u64::from(size))
}
