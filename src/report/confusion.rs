//! A confusion matrix -> a figure: rows are true classes, darker where more of the row's images are.

use plotters::backend::DrawingBackend;
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, FontTransform, IntoFont, RGBColor, TextStyle, WHITE};

use super::figure::{Area, FONT, Figure, text};
use crate::train::Evaluation;

/// The side of a cell, and what title and labels take, in pixels.
const CELL: i32 = 44;
const LABELS: i32 = 150;

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

    fn draw_row<B: DrawingBackend>(&self, area: Area<'_, B>, row: usize) -> Result<(), String> {
        let whole = self.counts[row].iter().sum::<u64>().max(1) as f64;
        let top = LABELS + row as i32 * CELL;
        for (column, &count) in self.counts[row].iter().enumerate() {
            let (left, share) = (LABELS + column as i32 * CELL, count as f64 / whole);
            let light = (255.0 - 200.0 * share) as u8;
            let corners = [(left, top), (left + CELL - 1, top + CELL - 1)];
            area.draw(&Rectangle::new(corners, RGBColor(light, light, 255).filled())).map_err(text)?;
            let ink = if share > 0.5 { WHITE } else { BLACK };
            let style = centred((FONT, 13).into_font().color(&ink), HPos::Center);
            area.draw_text(&count.to_string(), &style, (left + CELL / 2, top + CELL / 2)).map_err(text)?;
        }
        let middle = top + CELL / 2;
        let style = centred((FONT, 14).into_font().color(&BLACK), HPos::Right);
        area.draw_text(&self.labels[row], &style, (LABELS - 6, middle)).map_err(text)?;
        let turned = (FONT, 14).into_font().transform(FontTransform::Rotate270).color(&BLACK);
        area.draw_text(&self.labels[row], &centred(turned, HPos::Left), (middle, LABELS - 6)).map_err(text)
    }
}

fn centred(style: TextStyle<'_>, across: HPos) -> TextStyle<'_> {
    style.pos(Pos::new(across, VPos::Center))
}

impl Figure for ConfusionPlot {
    fn size(&self) -> (u32, u32) {
        let side = (LABELS + CELL * self.labels.len() as i32 + 16) as u32;
        (side, side)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        area.draw_text(&self.title, &(FONT, 16).into_font().color(&BLACK), (8, 8)).map_err(text)?;
        (0..self.labels.len()).try_for_each(|row| self.draw_row(area, row))
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
}
