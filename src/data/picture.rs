//! An image file -> pixels in the shape that a network reads.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageReader, Limits};

use super::fit::fit;
use super::{ImageShape, Images};
use crate::diagnostic::{Code, Diagnostic};

/// What decoding one image may take of memory, in bytes.
const MEMORY: u64 = 512 << 20;
/// The longest side of an image.
const SIDE: u32 = 1 << 15;

/// The file extensions of images that can be read.
pub const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "pgm", "ppm", "pnm"];

/// Reads an image in `shape`: resized, grey repeated to RGB. An image stored in colour whose pixels are all grey is grey.
///
/// # Errors
/// N0804 where the file cannot be read, N0702 where it is no image, N0704 where colour would turn grey.
pub fn read(path: &Path, shape: ImageShape) -> Result<Vec<u8>, Diagnostic> {
    let image = Arc::new(Picture::of(&decode(path)?));
    let name = path.display().to_string();
    let fitted = fit(&name, image, Some(shape))?;
    let mut pixels = vec![0; fitted.size()];
    fitted.read(0, &mut pixels);
    Ok(pixels)
}

fn decode(path: &Path) -> Result<DynamicImage, Diagnostic> {
    let file = File::open(path).map_err(|fault| {
        let message = format!("cannot read `{}`: {fault}", path.display());
        Diagnostic::error(Code::READ, message).remark("name an image file, or a folder of images")
    })?;
    let damaged = |fault: &dyn std::fmt::Display| {
        let message = format!("`{}` is not an image that can be read: {fault}", path.display());
        Diagnostic::error(Code::DATA_DAMAGED, message).remark(format!("images are {}", EXTENSIONS.join(", ")))
    };
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|fault| damaged(&fault))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    reader.limits(limits);
    reader.decode().map_err(|fault| damaged(&fault))
}

/// One image, channel by channel.
struct Picture {
    shape: ImageShape,
    pixels: Vec<u8>,
}

impl Picture {
    fn of(image: &DynamicImage) -> Self {
        let rgb = image.to_rgb8();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let grey = rgb.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]);
        let channels = if grey { 1 } else { 3 };
        let pixels = (0..channels).flat_map(|channel| rgb.pixels().map(move |pixel| pixel.0[channel])).collect();
        Self { shape: [channels, height, width], pixels }
    }
}

impl Images for Picture {
    fn len(&self) -> usize {
        1
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn label(&self, _: usize) -> usize {
        0
    }

    fn read(&self, _: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.pixels);
    }
}
