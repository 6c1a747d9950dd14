//! A confusion matrix -> a figure: rows are true classes, darker where more of the row's images are.

use plotters::backend::DrawingBackend;
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, FontTransform, IntoFont, RGBColor, TextStyle, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::raster::{Placed, Raster};
use crate::train::Evaluation;

/// The side of a cell with its count, in pixels.
const CELL: u32 = 44;
/// More classes than these are drawn as a picture without counts and labels.
const LABELLED: usize = 30;
/// The side of such a picture comes near this.
const PICTURE: u32 = 600;
/// The title's height, and the width of a letter.
const TITLE: u32 = 28;
const LETTER: u32 = 8;
const GAP: u32 = 6;

/// The matrix of an evaluation.
#[derive(Clone, Debug)]
pub struct ConfusionPlot {
    pub title: String,
    pub labels: Vec<String>,
    pub counts: Vec<Vec<u64>>,
}

impl ConfusionPlot {
    pub fn of(title: &str, evaluation: &Evaluation) -> Self {
        let labels = evaluation.per_class.iter().map(|class| class.label.clone()).collect();
        Self { title: title.into(), labels, counts: evaluation.confusion.clone() }
    }

    fn is_labelled(&self) -> bool {
        self.labels.len() <= LABELLED
    }

    /// What the labels take at the left and above.
    fn margin(&self) -> u32 {
        let longest = self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as u32;
        if self.is_labelled() { (LETTER * longest + 2 * GAP).min(200) } else { GAP }
    }

    fn title_height(&self) -> u32 {
        if self.title.is_empty() { 0 } else { TITLE }
    }

    fn side(&self) -> u32 {
        let classes = self.labels.len() as u32;
        if self.is_labelled() { CELL } else { (PICTURE / classes).max(1) }
    }

    /// The part of a row's images that is in a cell, as a colour.
    fn shade(&self, row: usize, column: usize) -> [u8; 3] {
        let light = (255.0 - 200.0 * self.share(row, column)) as u8;
        [light, light, 255]
    }

    fn share(&self, row: usize, column: usize) -> f64 {
        self.counts[row][column] as f64 / self.counts[row].iter().sum::<u64>().max(1) as f64
    }

    fn draw_row<B: DrawingBackend>(&self, area: Area<'_, B>, row: usize) -> Result<(), String> {
        let (margin, cell) = (self.margin() as i32, CELL as i32);
        let top = self.title_height() as i32 + margin + row as i32 * cell;
        for (column, count) in self.counts[row].iter().enumerate() {
            let left = margin + column as i32 * cell;
            let ([red, green, blue], share) = (self.shade(row, column), self.share(row, column));
            let corners = [(left, top), (left + cell - 1, top + cell - 1)];
            area.draw(&Rectangle::new(corners, RGBColor(red, green, blue).filled())).map_err(text)?;
            let ink = if share > 0.5 { WHITE } else { BLACK };
            let style = centred((FONT, 14).into_font().color(&ink), HPos::Center);
            area.draw_text(&count.to_string(), &style, (left + cell / 2, top + cell / 2)).map_err(text)?;
        }
        self.draw_labels(area, row, top + cell / 2)
    }

    /// A row's label, and its column's.
    fn draw_labels<B: DrawingBackend>(&self, area: Area<'_, B>, row: usize, middle: i32) -> Result<(), String> {
        let style = centred((FONT, 14).into_font().color(&BLACK), HPos::Right);
        let edge = (self.margin() - GAP) as i32;
        area.draw_text(&self.labels[row], &style, (edge, middle)).map_err(text)?;
        let turned = (FONT, 14).into_font().transform(FontTransform::Rotate270).color(&BLACK);
        let title = self.title_height() as i32;
        let place = (middle - title, title + edge);
        area.draw_text(&self.labels[row], &centred(turned, HPos::Left), place).map_err(text)
    }
}

fn centred(style: TextStyle<'_>, across: HPos) -> TextStyle<'_> {
    style.pos(Pos::new(across, VPos::Center))
}

impl Figure for ConfusionPlot {
    fn size(&self) -> (u32, u32) {
        let width = self.margin() + self.side() * self.labels.len() as u32 + GAP;
        (width, width + self.title_height())
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        area.draw_text(&self.title, &(FONT, 16).into_font().color(&BLACK), (GAP as i32, GAP as i32)).map_err(text)?;
        let rows = if self.is_labelled() { self.labels.len() } else { 0 };
        (0..rows).try_for_each(|row| self.draw_row(area, row))
    }

    fn images(&self) -> Vec<Placed> {
        if self.is_labelled() {
            return vec![];
        }
        let classes = self.labels.len();
        let raster = Raster::drawn(classes, classes, |at| self.shade(at / classes, at % classes));
        vec![Placed { raster, left: self.margin(), top: self.margin() + self.title_height(), scale: self.side() }]
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    #[test]
    fn every_count_and_label_is_drawn() {
        let labels = ["cat", "dog & cow"].map(String::from).to_vec();
        let plot = ConfusionPlot { title: "run".into(), labels, counts: vec![vec![37, 1], vec![0, 58]] };
        let drawn = svg(&plot).expect("drawn");
        for part in ["37", "58", "cat", "dog &amp; cow", "run"] {
            assert!(drawn.contains(part), "{part}");
        }
        assert!(png(&plot).is_ok());
    }

    #[test]
    fn many_classes_are_one_picture() {
        let counts: Vec<Vec<u64>> =
            (0..200).map(|row| (0..200).map(|column| u64::from(row == column)).collect()).collect();
        let plot = ConfusionPlot { title: "run".into(), labels: vec!["class".into(); 200], counts };
        let drawn = svg(&plot).expect("drawn");
        assert!(drawn.len() < 20_000 && drawn.contains("<image "), "{} bytes", drawn.len());
        let image = image::load_from_memory(&png(&plot).expect("drawn")).expect("a picture").to_rgb8();
        assert_eq!(image.pixels().filter(|pixel| pixel.0 == [55, 55, 255]).count(), 200 * 3 * 3);
    }
}
