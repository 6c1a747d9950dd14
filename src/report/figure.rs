//! A figure that draws itself -> an SVG text or a PNG file.
//!
//! Letters come from a font in the binary, so a figure looks the same on a machine without any.

use std::fmt::Display;
use std::io::Cursor;
use std::sync::Once;

use image::{ImageFormat, RgbImage};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::{FontStyle, register_font};

use super::raster::Placed;

/// The font's name in all figures.
pub const FONT: &str = "sans-serif";

/// A place to draw on.
pub type Area<'a, B> = &'a DrawingArea<B, Shift>;

/// What can be drawn at a size of its own.
pub trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// # Errors
    /// What the library could not draw.
    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String>;

    /// Images that lie on what is drawn.
    fn images(&self) -> Vec<Placed> {
        vec![]
    }
}

/// The figure as SVG.
///
/// # Errors
/// What the library could not draw.
pub fn svg(figure: &impl Figure) -> Result<String, String> {
    svg_of(figure, figure.size())
}

/// The figure as SVG of another width and height than its own, which it must be able to fill.
///
/// # Errors
/// What the library could not draw.
pub fn svg_of(figure: &impl Figure, size: (u32, u32)) -> Result<String, String> {
    register();
    let mut text = String::new();
    draw(figure, SVGBackend::with_string(&mut text, size).into_drawing_area())?;
    let images: String = figure.images().iter().map(Placed::svg).collect::<Result<_, _>>()?;
    let end = text.rfind("</svg>").unwrap_or(text.len());
    text.insert_str(end, &images);
    Ok(text)
}

/// The figure as a PNG file.
///
/// # Errors
/// What the library could not draw.
pub fn png(figure: &impl Figure) -> Result<Vec<u8>, String> {
    register();
    let (width, height) = figure.size();
    let mut pixels = vec![255; 3 * width as usize * height as usize];
    draw(figure, BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area())?;
    let mut image = RgbImage::from_raw(width, height, pixels).ok_or("the picture has no pixels")?;
    figure.images().iter().for_each(|placed| placed.put_on(&mut image));
    let mut file = Cursor::new(vec![]);
    image.write_to(&mut file, ImageFormat::Png).map_err(text)?;
    Ok(file.into_inner())
}

fn draw<B: DrawingBackend>(figure: &impl Figure, area: DrawingArea<B, Shift>) -> Result<(), String> {
    figure.draw(&area)?;
    area.present().map_err(text)
}

/// An error of the library, as text.
pub fn text(error: impl Display) -> String {
    error.to_string()
}

/// Makes the font known, once in a process.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let known = register_font(FONT, style, epaint_default_fonts::UBUNTU_LIGHT);
            debug_assert!(known.is_ok(), "the font in the binary is whole");
        }
    });
}
