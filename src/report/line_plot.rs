//! Lines over two axes -> a figure: the curves of a run, ROC curves.

use std::ops::Range;

use plotters::backend::DrawingBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::element::PathElement;
use plotters::series::LineSeries;
use plotters::style::{BLACK, Color, Palette, Palette99, WHITE};

use super::figure::{Area, FONT, Figure, text};
use crate::train::{ClassReport, EpochMetrics, Evaluation, Figures};

/// Width and height in pixels.
const SIZE: (u32, u32) = (760, 440);

/// Lines with names over two axes.
#[derive(Clone, Debug)]
pub struct LinePlot {
    pub title: String,
    /// What runs across, and what runs up.
    pub axes: [&'static str; 2],
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    /// x and y.
    pub points: Vec<[f64; 2]>,
}

/// A figure over epochs, of the training part and, where it was measured, of the validation part.
pub fn curves(
    title: &str,
    figure: &'static str,
    metrics: &[EpochMetrics],
    of: fn(&Figures) -> Option<f64>,
) -> LinePlot {
    let line = |name: &str, part: fn(&EpochMetrics) -> Option<Figures>| Line {
        name: name.into(),
        points: metrics.iter().filter_map(|m| Some([m.epoch as f64, of(&part(m)?)?])).collect(),
    };
    let mut lines =
        vec![line("training", |metrics| Some(metrics.train)), line("validation", |metrics| metrics.validation)];
    lines.retain(|line| !line.points.is_empty());
    LinePlot { title: title.into(), axes: ["epoch", figure], lines }
}

/// The ROC curve of each class against the rest, with its area.
pub fn roc_curves(title: &str, evaluation: &Evaluation) -> LinePlot {
    let line = |(class, report): (usize, &ClassReport)| {
        let roc = evaluation.scores.roc(class)?;
        Some(Line { name: format!("{} {:.3}", report.label, roc.area), points: roc.points })
    };
    let lines = evaluation.per_class.iter().enumerate().filter_map(line).collect();
    LinePlot { title: title.into(), axes: ["others taken for the class", "of the class found"], lines }
}

impl Figure for LinePlot {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, (FONT, 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(56)
            .build_cartesian_2d(self.range(0), self.range(1))
            .map_err(text)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.axes[0]).y_desc(self.axes[1]).label_style((FONT, 13)).draw().map_err(text)?;
        for (n, line) in self.lines.iter().enumerate() {
            let style = Palette99::pick(n).stroke_width(2);
            let points = line.points.iter().filter(|point| point[1].is_finite()).map(|&[x, y]| (x, y));
            let drawn = chart.draw_series(LineSeries::new(points, style)).map_err(text)?;
            drawn.label(&line.name).legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], style));
        }
        let mut legend = chart.configure_series_labels();
        let legend = legend.position(SeriesLabelPosition::MiddleRight).label_font((FONT, 13));
        legend.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw().map_err(text)
    }
}

impl LinePlot {
    /// From the smallest to the largest number of an axis.
    fn range(&self, axis: usize) -> Range<f64> {
        let numbers = self.lines.iter().flat_map(|line| &line.points).map(|point| point[axis]);
        let finite = numbers.filter(|number| number.is_finite());
        let ends = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        match ends {
            [low, high] if low < high => low..high,
            [low, _] if low.is_finite() => low - 0.5..low + 0.5,
            _ => 0.0..1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    #[test]
    fn lines_have_names_and_axes() {
        let figures = |loss| Figures { loss, accuracy: None };
        let metrics = [(1, 0.9, None), (2, 0.5, Some(0.6)), (3, f64::NAN, None)].map(|(epoch, loss, validation)| {
            EpochMetrics { epoch, train: figures(loss), validation: validation.map(figures) }
        });
        let plot = curves("a < b", "loss", &metrics, |figures| Some(figures.loss));
        let drawn = svg(&plot).expect("drawn");
        for part in ["a &lt; b", "epoch", "loss", "training", "validation"] {
            assert!(drawn.contains(part), "{part}");
        }
        let image = image::load_from_memory(&png(&plot).expect("drawn")).expect("a picture");
        assert_eq!((image.width(), image.height()), SIZE);
    }

    #[test]
    fn nothing_to_draw_is_drawn_empty() {
        assert!(svg(&curves("none", "accuracy", &[], |figures| figures.accuracy)).is_ok());
    }
}
