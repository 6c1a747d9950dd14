//! Images with lines of text below them -> a figure in rows and columns.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, IntoFont, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::raster::{Placed, Raster};

/// An image's longer side comes near this.
const SHOWN: u32 = 96;
const COLUMNS: usize = 6;
const GAP: u32 = 12;
/// The height of a line, and the width of a letter.
const LINE: u32 = 17;
const LETTER: u32 = 8;

/// Images of one size, as many lines below each.
#[derive(Clone, Debug)]
pub struct ImageGrid {
    pub title: String,
    pub images: Vec<CaptionedImage>,
}

#[derive(Clone, Debug)]
pub struct CaptionedImage {
    pub raster: Raster,
    pub lines: Vec<String>,
}

impl ImageGrid {
    /// Width and height of an image as it is shown.
    fn shown(&self) -> [u32; 2] {
        self.images.first().map_or([SHOWN; 2], |image| {
            let ((width, height), scale) = (image.raster.size(), image.raster.scale_to(SHOWN));
            [width * scale, height * scale]
        })
    }

    /// Width and height of an image with its lines and the gap after it.
    fn cell(&self) -> [u32; 2] {
        let [width, height] = self.shown();
        let lines = self.images.iter().flat_map(|image| &image.lines);
        let longest = lines.map(|line| line.chars().count()).max().unwrap_or(0) as u32;
        let count = self.images.iter().map(|image| image.lines.len()).max().unwrap_or(0) as u32;
        [width.max(LETTER * longest) + GAP, height + 6 + LINE * count + GAP]
    }

    /// The left upper corner of each cell.
    fn corners(&self) -> impl Iterator<Item = ([u32; 2], &CaptionedImage)> {
        let [width, height] = self.cell();
        let corner = move |number: usize| {
            let (row, column) = (number / COLUMNS, number % COLUMNS);
            [GAP + column as u32 * width, LINE + GAP + row as u32 * height]
        };
        self.images.iter().enumerate().map(move |(number, image)| (corner(number), image))
    }
}

impl Figure for ImageGrid {
    fn size(&self) -> (u32, u32) {
        let [width, height] = self.cell();
        let (columns, rows) = (self.images.len().clamp(1, COLUMNS), self.images.len().div_ceil(COLUMNS).max(1));
        (GAP + columns as u32 * width, LINE + GAP + rows as u32 * height)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let style = (FONT, 14).into_font().color(&BLACK).pos(Pos::new(HPos::Left, VPos::Top));
        area.draw_text(&self.title, &style, (GAP as i32, 6)).map_err(text)?;
        let height = self.shown()[1];
        for ([left, top], image) in self.corners() {
            for (number, line) in (0..).zip(&image.lines) {
                let place = (left as i32, (top + height + 6 + number * LINE) as i32);
                area.draw_text(line, &style, place).map_err(text)?;
            }
        }
        Ok(())
    }

    fn images(&self) -> Vec<Placed> {
        let placed = |([left, top], image): ([u32; 2], &CaptionedImage)| Placed {
            raster: image.raster.clone(),
            left,
            top,
            scale: image.raster.scale_to(SHOWN),
        };
        self.corners().map(placed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    #[test]
    fn every_image_stands_above_its_lines() {
        let image = |name: &str| CaptionedImage {
            raster: Raster::drawn(2, 2, |_| [255, 0, 0]),
            lines: vec![name.into(), "is <b>".into()],
        };
        let grid = ImageGrid { title: "run".into(), images: (0..8).map(|n| image(&format!("image {n}"))).collect() };
        let drawn = svg(&grid).expect("drawn");
        assert_eq!((drawn.matches("<image ").count(), drawn.matches("is &lt;b&gt;").count()), (8, 8));
        assert!(drawn.trim_end().ends_with("</svg>"));
        let picture = image::load_from_memory(&png(&grid).expect("drawn")).expect("a picture").to_rgb8();
        assert_eq!(picture.dimensions(), grid.size());
        assert_eq!(picture.pixels().filter(|pixel| pixel.0 == [255, 0, 0]).count(), 8 * 96 * 96);
    }

    #[test]
    fn nothing_to_draw_is_drawn_empty() {
        assert!(svg(&ImageGrid { title: String::new(), images: vec![] }).is_ok());
    }
}
