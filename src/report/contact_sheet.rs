//! Images by class -> a sheet with a row for each class.

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, IntoFont, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::raster::{Placed, Raster};

/// No image is shown smaller than so many pixels on its longer side.
const SHOWN: usize = 64;
const GAP: u32 = 4;
const LETTER: u32 = 9;

/// Images of one shape, a row for each class.
#[derive(Clone, Debug)]
pub struct ContactSheet {
    /// Channels, height and width.
    pub shape: [usize; 3],
    pub rows: Vec<SheetRow>,
}

/// Images of one class, channel by channel.
#[derive(Clone, Debug)]
pub struct SheetRow {
    pub label: String,
    pub images: Vec<Vec<u8>>,
}

impl Figure for ContactSheet {
    fn size(&self) -> (u32, u32) {
        let [width, height] = self.cell();
        let columns = self.rows.iter().map(|row| row.images.len()).max().unwrap_or(0) as u32;
        (self.margin() + columns * width + GAP, (self.rows.len() as u32 * height).max(1) + GAP)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let height = self.cell()[1];
        let style = (FONT, 16).into_font().color(&BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        for (number, row) in self.rows.iter().enumerate() {
            let top = GAP + number as u32 * height;
            let place = ((self.margin() - 2 * GAP) as i32, (top + (height - GAP) / 2) as i32);
            area.draw_text(&row.label, &style, place).map_err(text)?;
        }
        Ok(())
    }

    fn images(&self) -> Vec<Placed> {
        let [width, height] = self.cell();
        let of_row = |(number, row): (u32, &SheetRow)| {
            let top = GAP + number * height;
            let placed = |(column, pixels): (u32, &Vec<u8>)| {
                let (raster, left) = (Raster::of(self.shape, pixels), self.margin() + column * width);
                Placed { raster, left, top, scale: self.scale() as u32 }
            };
            (0..).zip(&row.images).map(placed).collect::<Vec<_>>()
        };
        (0..).zip(&self.rows).flat_map(of_row).collect()
    }
}

impl ContactSheet {
    /// How often each pixel is repeated.
    fn scale(&self) -> usize {
        let [_, height, width] = self.shape;
        (SHOWN / height.max(width).max(1)).max(1)
    }

    /// Width and height of an image with the gap after it.
    fn cell(&self) -> [u32; 2] {
        let [_, height, width] = self.shape;
        [width, height].map(|side| (side * self.scale()) as u32 + GAP)
    }

    /// Where images begin.
    fn margin(&self) -> u32 {
        let longest = self.rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0) as u32;
        LETTER * longest + 3 * GAP
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::png;
    use super::*;

    #[test]
    fn images_stand_in_their_rows_and_colours() {
        let red: Vec<u8> = [[255; 4], [0; 4], [0; 4]].concat();
        let row = |label: &str, images: usize| SheetRow { label: label.into(), images: vec![red.clone(); images] };
        let sheet = ContactSheet { shape: [3, 2, 2], rows: vec![row("cat", 3), row("dog", 1)] };
        let image = image::load_from_memory(&png(&sheet).expect("drawn")).expect("a picture").to_rgb8();
        assert_eq!(image.dimensions(), sheet.size());
        let reds = image.pixels().filter(|pixel| pixel.0 == [255, 0, 0]).count();
        assert_eq!(reds, 4 * 64 * 64);
    }
}
