//! Images of one shape -> images of the shape that is asked for.
//!
//! Sizes are resampled, grey is repeated to RGB. RGB never turns grey.

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage};
use std::sync::Arc;

use super::kept::keep;
use super::{ImageShape, Images};
use crate::diagnostic::{Code, Diagnostic};

/// More values than these are no image that anything here could train on.
const LIMIT: usize = 1 << 24;

/// The images in the shape `wanted`; as they are where that is none, or theirs.
///
/// # Errors
/// N0704 where they cannot have it; `name` is the data set's.
pub fn fit(name: &str, images: Arc<dyn Images>, wanted: Option<ImageShape>) -> Result<Arc<dyn Images>, Diagnostic> {
    let native = images.shape();
    let Some(wanted) = wanted.filter(|wanted| *wanted != native) else { return Ok(images) };
    check(name, wanted)?;
    let [channels, height, width] = wanted;
    let sized = match native[1..] == wanted[1..] {
        true => images,
        false => keep(Resized { images, height, width }),
    };
    match (native[0], channels) {
        (from, to) if from == to => Ok(sized),
        (1, 3) => Ok(Arc::new(Repeated { images: sized })),
        _ => Err(no_channels(name, native, wanted)),
    }
}

/// Holds that images of that shape can be: not empty, and of a size that fits in memory.
///
/// # Errors
/// N0704.
pub fn check(name: &str, [channels, height, width]: ImageShape) -> Result<(), Diagnostic> {
    let size = channels.checked_mul(height).and_then(|size| size.checked_mul(width));
    match size {
        Some(1..=LIMIT) => Ok(()),
        _ => Err(Diagnostic::error(
            Code::DATA_SHAPE,
            format!("the images of `{name}` cannot be brought to {channels}x{height}x{width}"),
        )
        .remark(format!("an image has at least one value and at most {LIMIT}"))),
    }
}

/// The error for channels that the images do not have.
pub fn no_channels(name: &str, native: ImageShape, wanted: ImageShape) -> Diagnostic {
    let text = |[channels, height, width]: ImageShape| format!("{channels}x{height}x{width}");
    let (native_text, wanted_text) = (text(native), text(wanted));
    let error = Diagnostic::error(
        Code::DATA_SHAPE,
        format!("the network reads {wanted_text}, but the images of `{name}` are {native_text}"),
    );
    match (native[0], wanted[0]) {
        (3, 1) => error.remark("colour images are not turned grey silently: let the network read 3 channels"),
        _ => error.remark("images are resized, and grey is repeated to 3 channels; nothing else is changed"),
    }
}

/// Bilinear, with the filter as wide as the step where images get smaller: torchvision's `Resize` as it stands.
struct Resized {
    images: Arc<dyn Images>,
    height: usize,
    width: usize,
}

impl Images for Resized {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn shape(&self) -> ImageShape {
        [self.images.shape()[0], self.height, self.width]
    }

    fn label(&self, index: usize) -> usize {
        self.images.label(index)
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        let [_, height, width] = self.images.shape();
        let mut source = vec![0; self.images.size()];
        self.images.read(index, &mut source);
        let planes = source.chunks_exact(height * width);
        for (plane, out) in planes.zip(out.chunks_exact_mut(self.height * self.width)) {
            resize(plane, [height, width], out, [self.height, self.width]);
        }
    }
}

/// One plane; both sizes are at most `LIMIT`, so they fit the library's 32 bits.
fn resize(plane: &[u8], [height, width]: [usize; 2], out: &mut [u8], [new_height, new_width]: [usize; 2]) {
    let source = GrayImage::from_raw(width as u32, height as u32, plane.to_vec())
        .expect("internal error: a plane holds height x width bytes");
    let source = DynamicImage::ImageLuma8(source);
    let resized = source.resize_exact(new_width as u32, new_height as u32, FilterType::Triangle);
    out.copy_from_slice(resized.as_bytes());
}

/// Grey images as RGB.
struct Repeated {
    images: Arc<dyn Images>,
}

impl Images for Repeated {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn shape(&self) -> ImageShape {
        let [_, height, width] = self.images.shape();
        [3, height, width]
    }

    fn label(&self, index: usize) -> usize {
        self.images.label(index)
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        let plane = self.images.size();
        self.images.read(index, &mut out[..plane]);
        out.copy_within(..plane, plane);
        out.copy_within(..plane, 2 * plane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One image whose value at (c, y, x) is 40 c + 20 y + x.
    struct Ramp(ImageShape);

    impl Images for Ramp {
        fn len(&self) -> usize {
            1
        }

        fn shape(&self) -> ImageShape {
            self.0
        }

        fn label(&self, _: usize) -> usize {
            7
        }

        fn read(&self, _: usize, out: &mut [u8]) {
            let [_, height, width] = self.0;
            for (at, value) in out.iter_mut().enumerate() {
                let (c, y, x) = (at / (height * width), at / width % height, at % width);
                *value = (40 * c + 20 * y + x) as u8;
            }
        }
    }

    fn read(native: ImageShape, wanted: ImageShape) -> Vec<u8> {
        let images = fit("ramp", Arc::new(Ramp(native)), Some(wanted)).expect("fits");
        assert_eq!((images.shape(), images.len(), images.label(0)), (wanted, 1, 7));
        let mut out = vec![0; images.size()];
        images.read(0, &mut out);
        out
    }

    #[test]
    fn sizes_are_resampled_and_grey_is_repeated() {
        assert_eq!(read([1, 2, 2], [1, 2, 2]), [0, 1, 20, 21]);
        assert_eq!(read([1, 1, 2], [3, 1, 2]), [0, 1, 0, 1, 0, 1]);
        assert_eq!(read([1, 4, 1], [1, 2, 1]), [14, 46]);
        assert_eq!(read([1, 2, 1], [3, 4, 1]), [0, 5, 15, 20, 0, 5, 15, 20, 0, 5, 15, 20]);
        assert_eq!(read([3, 1, 1], [3, 2, 1]), [0, 0, 40, 40, 80, 80]);
    }

    #[test]
    fn what_images_cannot_be_is_an_error() {
        let check = |native, wanted, message: &str| {
            let error = fit("ramp", Arc::new(Ramp(native)), Some(wanted)).err().expect(message);
            assert_eq!((error.id.as_str(), error.message.as_str()), ("N0704", message));
        };
        check([3, 2, 2], [1, 2, 2], "the network reads 1x2x2, but the images of `ramp` are 3x2x2");
        check([1, 2, 2], [4, 2, 2], "the network reads 4x2x2, but the images of `ramp` are 1x2x2");
        check([1, 2, 2], [1, 0, 2], "the images of `ramp` cannot be brought to 1x0x2");
        let wide = usize::MAX;
        check([1, 2, 2], [1, 2, wide], &format!("the images of `ramp` cannot be brought to 1x2x{wide}"));
    }
}
