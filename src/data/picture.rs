//! An image file -> pixels in the shape that a network reads.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::fit::fit;
use super::stream::expect_plain;
use super::{ImageShape, Images, ending};
use crate::diagnostic::{Code, Diagnostic};

/// What decoding one image may take of memory, in bytes.
const MEMORY: u64 = 512 << 20;
/// The longest side of an image.
const SIDE: u32 = 1 << 15;
/// The largest file of one image, in bytes.
const FILE: u64 = 256 << 20;

/// The file extensions of images that can be read.
pub const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "pgm", "ppm", "pnm"];

/// What the files of a publisher are, so that others are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    format: Option<ImageFormat>,
    /// Height and width.
    size: Option<[usize; 2]>,
}

impl Rule {
    /// Any image.
    pub const ANY: Self = Self { format: None, size: None };
    pub const JPEG: Self = Self { format: Some(ImageFormat::Jpeg), size: None };

    /// Of that height and width.
    pub const fn sized(self, size: [usize; 2]) -> Self {
        Self { size: Some(size), ..self }
    }
}

/// Reads an image in `shape`: resized, grey repeated to RGB. An image stored in colour whose pixels are all grey is grey.
///
/// # Errors
/// N0804 where the file cannot be read, N0702 where it is no image, N0704 where colour would turn grey.
pub fn read(path: &Path, shape: ImageShape) -> Result<Vec<u8>, Diagnostic> {
    read_as(path, shape, Rule::ANY)
}

/// Reads an image that is as the rule has it.
///
/// # Errors
/// As [`read`], and N0702 for an image of another kind.
pub fn read_as(path: &Path, shape: ImageShape, rule: Rule) -> Result<Vec<u8>, Diagnostic> {
    let image = Arc::new(Picture::of(&decode(path, rule)?));
    let name = path.display().to_string();
    let fitted = fit(&name, image, Some(shape))?;
    let mut pixels = vec![0; fitted.size()];
    fitted.read(0, &mut pixels);
    Ok(pixels)
}

fn decode(path: &Path, rule: Rule) -> Result<DynamicImage, Diagnostic> {
    let bytes = read_file(path)?;
    let reached = Cell::new(0);
    let source = Watched { bytes: Cursor::new(&bytes), reached: &reached };
    let damaged = |fault: &dyn std::fmt::Display| damaged(path, fault);
    let mut reader = ImageReader::new(source).with_guessed_format().map_err(|fault| damaged(&fault))?;
    check_format(reader.format(), rule, &bytes).map_err(|fault| damaged(&fault))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    reader.limits(limits);
    let image = reader
        .decode()
        .map_err(|fault| damaged(&format_args!("{fault} (by byte {} of {})", reached.get(), bytes.len())))?;
    let size = [image.height() as usize, image.width() as usize];
    match rule.size.filter(|wanted| *wanted != size) {
        None => Ok(image),
        Some([height, width]) => {
            Err(damaged(&format_args!("it has {}x{} pixels instead of {height}x{width}", size[0], size[1])))
        }
    }
}

fn damaged(path: &Path, fault: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("`{}` is not an image that can be read: {fault}", path.display());
    Diagnostic::error(Code::DATA_DAMAGED, message).remark(format!("images are {}", EXTENSIONS.join(", ")))
}

fn read_file(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = vec![];
    let opened = expect_plain(path).and_then(|_| File::open(path));
    let read = opened.and_then(|file| file.take(FILE + 1).read_to_end(&mut bytes));
    read.map_err(|fault| {
        let message = format!("cannot read `{}`: {fault}", path.display());
        Diagnostic::error(Code::READ, message).remark("name an image file, or a folder of images")
    })?;
    match bytes.len() as u64 {
        0 => Err(damaged(path, &"the file is empty (0 bytes)")),
        1..=FILE => Ok(bytes),
        _ => Err(damaged(path, &format_args!("the file has more than {FILE} bytes"))),
    }
}

/// What the content of a file says of its format, as far as the decoder does not mind it.
fn check_format(format: Option<ImageFormat>, rule: Rule, bytes: &[u8]) -> Result<(), String> {
    match (rule.format, format) {
        (Some(wanted), found) if found != Some(wanted) => {
            let name = |format: ImageFormat| format.extensions_str().first().unwrap_or(&"").to_uppercase();
            let found = found.map_or("no known format".into(), name);
            Err(format!("byte 0 begins {found}, where the publisher has {}", name(wanted)))
        }
        (_, Some(format)) => ending::check(format, bytes),
        _ => Ok(()),
    }
}

/// Bytes whose reader's place can be seen while it is at work.
struct Watched<'a> {
    bytes: Cursor<&'a Vec<u8>>,
    reached: &'a Cell<u64>,
}

impl Watched<'_> {
    fn note<T>(&mut self, result: T) -> T {
        self.reached.set(self.reached.get().max(self.bytes.position()));
        result
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.bytes.read(buffer);
        self.note(result)
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
        self.note(());
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let result = self.bytes.seek(position);
        self.note(result)
    }
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
        let (values, _) = rgb.as_raw().as_chunks::<3>();
        let channels = if values.iter().all(|[red, green, blue]| red == green && green == blue) { 1 } else { 3 };
        let mut pixels = vec![0; channels * width * height];
        for (channel, plane) in pixels.chunks_exact_mut((width * height).max(1)).enumerate() {
            plane.iter_mut().zip(values).for_each(|(pixel, value)| *pixel = value[channel]);
        }
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
