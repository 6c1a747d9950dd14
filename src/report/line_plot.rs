//! Lines over two axes -> a figure: the curves of a run, ROC curves.

use std::ops::Range;

use plotters::backend::DrawingBackend;
use plotters::chart::{ChartBuilder, ChartContext, SeriesLabelPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::PathElement;
use plotters::series::LineSeries;
use plotters::style::{BLACK, Color, RGBColor, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::palette;
use super::thin::thinned;
use crate::train::{ClassReport, EpochMetrics, Evaluation, Figures, Roc};

/// Width and height in pixels.
const SIZE: (u32, u32) = (760, 440);
/// Lines of so few points have a dot at each.
const DOTS: usize = 40;
/// The axis that has whole numbers.
const EPOCH: &str = "epoch";
const GREY: RGBColor = RGBColor(160, 160, 160);

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
    /// A line without one is drawn thin, in grey and without a legend.
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
    LinePlot { title: title.into(), axes: [EPOCH, figure], lines }
}

/// The ROC curve of each class against the rest, with its area; of many classes those with the smallest areas have names.
pub fn roc_curves(title: &str, evaluation: &Evaluation) -> LinePlot {
    let classes = evaluation.per_class.iter().enumerate();
    let curves: Vec<(&ClassReport, Roc)> =
        classes.filter_map(|(class, report)| Some((report, evaluation.scores.roc(class)?))).collect();
    let mut areas: Vec<f64> = curves.iter().map(|(_, roc)| roc.area).collect();
    areas.sort_by(f64::total_cmp);
    let largest = areas.get(palette::COUNT - 1).copied().unwrap_or(1.0);
    let line = |(report, roc): (&ClassReport, Roc)| {
        let name = if roc.area <= largest { format!("{} {:.3}", report.label, roc.area) } else { String::new() };
        Line { name, points: roc.points }
    };
    let lines = curves.into_iter().map(line).collect();
    LinePlot { title: title.into(), axes: ["others taken for the class", "of the class found"], lines }
}

impl Figure for LinePlot {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let mut builder = ChartBuilder::on(area);
        builder.margin(12).x_label_area_size(40).y_label_area_size(56);
        if !self.title.is_empty() {
            builder.caption(&self.title, (FONT, 18));
        }
        let mut chart = builder.build_cartesian_2d(self.range(0), self.range(1)).map_err(text)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.axes[0]).y_desc(self.axes[1]).label_style((FONT, 13));
        mesh.light_line_style(WHITE).bold_line_style(BLACK.mix(0.12));
        if self.axes[0] == EPOCH {
            mesh.x_label_formatter(&whole);
        }
        mesh.draw().map_err(text)?;
        self.draw_lines(&mut chart)?;
        let mut legend = chart.configure_series_labels();
        let legend = legend.position(self.emptiest_corner()).label_font((FONT, 13));
        legend.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw().map_err(text)
    }
}

/// A whole number; nothing for others.
fn whole(number: &f64) -> String {
    if (number - number.round()).abs() < 1e-6 { format!("{number:.0}") } else { String::new() }
}

/// What the lines lie in.
type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;

impl LinePlot {
    /// Lines without a name first, below the others.
    fn draw_lines<B: DrawingBackend>(&self, chart: &mut ChartContext<'_, B, Plane>) -> Result<(), String> {
        let size = chart.plotting_area().dim_in_pixel();
        let grey = self.lines.iter().filter(|line| line.name.is_empty()).map(|line| (line, GREY.stroke_width(1)));
        let named = self.lines.iter().filter(|line| !line.name.is_empty()).enumerate();
        let named = named.map(|(number, line)| (line, palette::colour(number).stroke_width(2)));
        for (line, style) in grey.chain(named) {
            let points = thinned(&line.points, [self.range(0), self.range(1)], size);
            let dots = if self.axes[0] == EPOCH && points.len() <= DOTS { 3 } else { 0 };
            let points = points.into_iter().map(|[x, y]| (x, y));
            let series = LineSeries::new(points, style.filled()).point_size(dots);
            let drawn = chart.draw_series(series).map_err(text)?;
            if !line.name.is_empty() {
                drawn.label(&line.name).legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], style));
            }
        }
        Ok(())
    }

    /// Where the fewest points are, for the legend.
    fn emptiest_corner(&self) -> SeriesLabelPosition {
        use SeriesLabelPosition::{LowerLeft, LowerRight, UpperLeft, UpperRight};
        let [across, up] = [self.range(0), self.range(1)];
        let [middle, centre] = [&across, &up].map(|range| (range.start + range.end) / 2.0);
        let count = |right: bool, upper: bool| {
            let points =
                self.lines.iter().flat_map(|line| thinned(&line.points, [across.clone(), up.clone()], (40, 40)));
            points.filter(|[x, y]| (*x >= middle) == right && (*y >= centre) == upper).count()
        };
        let corners = [
            (UpperRight, count(true, true)),
            (LowerRight, count(true, false)),
            (UpperLeft, count(false, true)),
            (LowerLeft, count(false, false)),
        ];
        corners.into_iter().min_by_key(|(_, count)| *count).map_or(UpperRight, |(corner, _)| corner)
    }

    /// From the smallest to the largest number of an axis.
    fn range(&self, axis: usize) -> Range<f64> {
        let numbers = self.lines.iter().flat_map(|line| &line.points).map(|point| point[axis]);
        let finite = numbers.filter(|number| number.is_finite());
        let ends = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        match ends {
            [low, high] if low < high => low..high,
            [low, _] if low.is_finite() && axis == 0 => low - 0.5..low + 0.5,
            [low, _] if low.is_finite() => {
                let room = 0.1 * low.abs().max(1e-3);
                low - room..low + room
            }
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
