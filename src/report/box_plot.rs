//! Numbers by class -> box plots, one panel for each kind of number.

use plotters::backend::DrawingBackend;
use plotters::chart::ChartBuilder;
use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::palette::colour;
use crate::data::{ClassSpread, Quartiles};

/// The height of one box with its label, and of a panel's title and axis, in pixels.
const ROW: u32 = 26;
const FRAME: u32 = 90;
/// The width of one panel.
const PANEL: u32 = 520;
/// The width of a letter in a label.
const LETTER: u32 = 8;

/// Box plots beside each other, with a row for each class.
#[derive(Clone, Debug)]
pub struct BoxPlots {
    pub classes: Vec<String>,
    pub panels: Vec<Panel>,
}

/// Box plots over one axis.
#[derive(Clone, Debug)]
pub struct Panel {
    pub title: String,
    /// Each class's, where it has numbers; whiskers reach to the smallest and the largest one.
    pub boxes: Vec<Option<Quartiles>>,
}

impl Figure for BoxPlots {
    fn size(&self) -> (u32, u32) {
        (PANEL * self.panels.len().max(1) as u32, FRAME + ROW * self.classes.len().max(1) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let places = area.split_evenly((1, self.panels.len().max(1)));
        places.iter().zip(&self.panels).try_for_each(|(area, panel)| self.draw_panel(area, panel))
    }
}

impl BoxPlots {
    /// The means and the variances of each class's images.
    pub fn of(classes: &[String], spreads: &[ClassSpread]) -> Self {
        let panel = |title: &str, values: fn(&ClassSpread) -> &Vec<f64>| Panel {
            title: title.into(),
            boxes: spreads.iter().map(|spread| Quartiles::of(values(spread))).collect(),
        };
        let panels = vec![
            panel("mean of each image", |spread| &spread.means),
            panel("variance of each image", |spread| &spread.variances),
        ];
        Self { classes: classes.to_vec(), panels }
    }

    /// Each panel as a figure of its own.
    pub fn apart(self) -> impl Iterator<Item = Self> {
        let Self { classes, panels } = self;
        panels.into_iter().map(move |panel| Self { classes: classes.clone(), panels: vec![panel] })
    }

    fn draw_panel<B: DrawingBackend>(&self, area: Area<'_, B>, panel: &Panel) -> Result<(), String> {
        let longest = self.classes.iter().map(|class| class.chars().count()).max().unwrap_or(0) as u32;
        let range = range(&panel.boxes);
        let mut chart = ChartBuilder::on(area)
            .caption(&panel.title, (FONT, 18))
            .margin(8)
            .margin_left(8 + (LETTER * longest).min(PANEL / 2))
            .x_label_area_size(30)
            .build_cartesian_2d(range.clone(), -0.5..self.classes.len() as f64 - 0.5)
            .map_err(text)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().y_labels(0).light_line_style(WHITE).label_style((FONT, 14)).draw().map_err(text)?;
        for (row, drawn) in panel.boxes.iter().enumerate().filter_map(|(row, drawn)| Some((row, drawn.as_ref()?))) {
            let shapes = shapes(drawn, self.height_of(row));
            chart.draw_series(shapes.1).map_err(text)?;
            chart.draw_series(shapes.0).map_err(text)?;
        }
        let style = (FONT, 14).into_font().color(&BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        for (row, class) in self.classes.iter().enumerate() {
            let (x, y) = chart.backend_coord(&(range.start, self.height_of(row)));
            let [left, top] = [area.get_pixel_range().0.start, area.get_pixel_range().1.start];
            area.draw_text(class, &style, (x - left - 6, y - top)).map_err(text)?;
        }
        Ok(())
    }

    /// The first class stands at the top.
    fn height_of(&self, row: usize) -> f64 {
        (self.classes.len() - 1 - row) as f64
    }
}

type Point = (f64, f64);

/// The box, and the lines: the median, both whiskers and their ends.
fn shapes(drawn: &Quartiles, y: f64) -> ([Rectangle<Point>; 1], [PathElement<Point>; 5]) {
    let Quartiles { min, q1, median, q3, max } = *drawn;
    let line = |from: Point, to: Point| PathElement::new(vec![from, to], colour(0));
    let upright = |x: f64, half: f64| line((x, y - half), (x, y + half));
    let lines = [
        line((min, y), (q1, y)),
        line((q3, y), (max, y)),
        upright(min, 0.15),
        upright(max, 0.15),
        upright(median, 0.25),
    ];
    ([Rectangle::new([(q1, y - 0.25), (q3, y + 0.25)], colour(0).stroke_width(1))], lines)
}

/// From the smallest to the largest number, with a little room.
fn range(boxes: &[Option<Quartiles>]) -> std::ops::Range<f64> {
    let least = boxes.iter().flatten().map(|drawn| drawn.min).fold(f64::INFINITY, f64::min);
    let most = boxes.iter().flatten().map(|drawn| drawn.max).fold(f64::NEG_INFINITY, f64::max);
    match least < most {
        true => least - 0.03 * (most - least)..most + 0.03 * (most - least),
        false => 0.0..1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    #[test]
    fn every_class_has_a_box_in_every_panel() {
        let boxes = vec![Quartiles::of(&[0.1, 0.2, 0.3, 0.4]), None, Quartiles::of(&[0.5, 0.6])];
        let panel = |title: &str| Panel { title: title.into(), boxes: boxes.clone() };
        let classes = ["cat", "dog & cow", "hen"].map(String::from).to_vec();
        let plots = BoxPlots { classes, panels: vec![panel("mean"), panel("variance")] };
        let text = svg(&plots).expect("drawn");
        for part in ["mean", "variance", "cat", "dog &amp; cow", "hen"] {
            assert!(text.contains(part), "{part}");
        }
        let image = image::load_from_memory(&png(&plots).expect("drawn")).expect("a picture").to_rgb8();
        assert_eq!(image.dimensions(), plots.size());
        let dark = image.pixels().filter(|pixel| pixel.0.iter().all(|&value| value < 120)).count();
        assert!(dark > 500, "{dark} pixels of letters and axes");
    }

    #[test]
    fn nothing_to_draw_is_drawn_empty() {
        let plots =
            BoxPlots { classes: vec!["one".into()], panels: vec![Panel { title: "mean".into(), boxes: vec![None] }] };
        assert!(svg(&plots).is_ok());
    }
}
