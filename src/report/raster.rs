//! An image of a data set -> RGB pixels, a PNG file, a `data:` address.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage, imageops};

use super::figure::text;

/// Pixels in colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster(RgbImage);

/// A raster in a figure, each pixel a square of `scale` pixels.
#[derive(Clone, Debug)]
pub struct Placed {
    pub raster: Raster,
    pub left: u32,
    pub top: u32,
    pub scale: u32,
}

impl Raster {
    /// Of an image of channels, height and width, channel by channel; grey is repeated.
    pub fn of([channels, height, width]: [usize; 3], pixels: &[u8]) -> Self {
        let plane = height * width;
        let value = |channel: usize, at: usize| pixels[channel.min(channels - 1) * plane + at];
        Self::drawn(width, height, |at| [0, 1, 2].map(|channel| value(channel, at)))
    }

    /// Of `colour`, which is told each place, row after row.
    pub fn drawn(width: usize, height: usize, colour: impl Fn(usize) -> [u8; 3]) -> Self {
        let place = |x: u32, y: u32| y as usize * width + x as usize;
        Self(RgbImage::from_fn(width as u32, height as u32, |x, y| image::Rgb(colour(place(x, y)))))
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    /// The same where its longer side is at most `side`, else made smaller to that.
    pub fn within(self, side: u32) -> Self {
        let (width, height) = self.size();
        let longer = width.max(height);
        if longer <= side {
            return self;
        }
        let scaled = |length: u32| (length * side / longer).max(1);
        Self(imageops::thumbnail(&self.0, scaled(width), scaled(height)))
    }

    /// How often a pixel is repeated so that the longer side comes near `side`, and is no smaller than it is.
    pub fn scale_to(&self, side: u32) -> u32 {
        let (width, height) = self.size();
        (side / width.max(height).max(1)).max(1)
    }

    /// A PNG file.
    ///
    /// # Errors
    /// What the library could not encode.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let mut file = Cursor::new(vec![]);
        self.0.write_to(&mut file, ImageFormat::Png).map_err(text)?;
        Ok(file.into_inner())
    }

    /// A `data:` address of the PNG file.
    ///
    /// # Errors
    /// What the library could not encode.
    pub fn data_uri(&self) -> Result<String, String> {
        Ok(format!("data:image/png;base64,{}", STANDARD.encode(self.png()?)))
    }
}

impl Placed {
    /// An element of an SVG text.
    ///
    /// # Errors
    /// What the library could not encode.
    pub fn svg(&self) -> Result<String, String> {
        let (width, height) = self.raster.size();
        let [width, height] = [width, height].map(|side| side * self.scale);
        let (left, top, address) = (self.left, self.top, self.raster.data_uri()?);
        Ok(format!(
            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" style=\"image-rendering:pixelated\" href=\"{address}\"/>\n"
        ))
    }

    /// Draws it over an image; what reaches beyond is left out.
    pub fn put_on(&self, image: &mut RgbImage) {
        let (width, height) = self.raster.size();
        let (right, bottom) = (self.left + width * self.scale, self.top + height * self.scale);
        for y in self.top..bottom.min(image.height()) {
            for x in self.left..right.min(image.width()) {
                let pixel = self.raster.0.get_pixel((x - self.left) / self.scale, (y - self.top) / self.scale);
                image.put_pixel(x, y, *pixel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_survives_as_a_png_file() {
        let raster = Raster::of([3, 1, 2], &[255, 0, 10, 20, 30, 40]);
        let read = image::load_from_memory(&raster.png().expect("encoded")).expect("a picture").to_rgb8();
        assert_eq!(read.into_raw(), [255, 10, 30, 0, 20, 40]);
        assert_eq!(Raster::of([1, 1, 2], &[7, 8]).0.into_raw(), [7, 7, 7, 8, 8, 8]);
    }

    #[test]
    fn large_images_become_smaller_and_small_ones_stay() {
        let raster = |width, height| Raster::drawn(width, height, |_| [1, 2, 3]);
        assert_eq!(raster(400, 200).within(128).size(), (128, 64));
        assert_eq!(raster(28, 28).within(128).size(), (28, 28));
        assert_eq!([raster(28, 28).scale_to(96), raster(300, 300).scale_to(96)], [3, 1]);
    }

    #[test]
    fn a_placed_image_is_enlarged_without_smoothing() {
        let raster = Raster::of([1, 1, 2], &[0, 255]);
        let placed = Placed { raster, left: 1, top: 0, scale: 2 };
        let mut image = RgbImage::from_pixel(4, 2, image::Rgb([9, 9, 9]));
        placed.put_on(&mut image);
        let row: Vec<u8> = image.rows().next().expect("a row").map(|pixel| pixel.0[0]).collect();
        assert_eq!(row, [9, 0, 0, 255]);
        assert!(placed.svg().expect("encoded").contains("width=\"4\" height=\"2\""));
    }
}
