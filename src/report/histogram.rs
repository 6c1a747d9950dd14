//! Weights, before and after -> histograms below each other, over one axis.

use plotters::backend::DrawingBackend;
use plotters::chart::ChartBuilder;
use plotters::element::Rectangle;
use plotters::style::{Color, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::palette::colour;

/// Width of the figure and height of one histogram, in pixels.
const SIZE: (u32, u32) = (760, 260);
/// Bars of a histogram; an odd number, so that one stands on zero.
const BARS: usize = 101;

/// Histograms with titles, over the same range around zero.
#[derive(Clone, Debug)]
pub struct Histograms {
    pub panels: Vec<(String, Vec<f32>)>,
}

impl Figure for Histograms {
    fn size(&self) -> (u32, u32) {
        (SIZE.0, SIZE.1 * self.panels.len().max(1) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        let values = self.panels.iter().flat_map(|(_, values)| values);
        let largest = values.filter(|value| value.is_finite()).fold(0.0f64, |most, value| most.max(value.abs().into()));
        let range = if largest > 0.0 { largest } else { 1.0 };
        let places = area.split_evenly((self.panels.len().max(1), 1));
        places.iter().zip(&self.panels).try_for_each(|(area, (title, values))| draw_panel(area, title, values, range))
    }
}

fn draw_panel<B: DrawingBackend>(area: Area<'_, B>, title: &str, values: &[f32], range: f64) -> Result<(), String> {
    let counts = counts(values, range);
    let highest = counts.iter().max().copied().unwrap_or(0).max(1);
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(64)
        .build_cartesian_2d(-range..range, 0.0..1.05 * highest as f64)
        .map_err(text)?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE).y_desc("weights").label_style((FONT, 13));
    mesh.y_label_formatter(&|count| format!("{count:.0}")).x_label_formatter(&tick).draw().map_err(text)?;
    let width = 2.0 * range / BARS as f64;
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, &count)| {
        let left = -range + bar as f64 * width;
        Rectangle::new([(left, 0.0), (left + width, count as f64)], colour(0).filled())
    });
    chart.draw_series(bars).map_err(text)?;
    Ok(())
}

/// A number of the axis; zero without a sign.
fn tick(number: &f64) -> String {
    if number.abs() < 1e-9 { "0".into() } else { format!("{:.3}", number).trim_end_matches('0').to_string() }
}

/// How many values fall on each bar.
fn counts(values: &[f32], range: f64) -> Vec<usize> {
    let mut counts = vec![0; BARS];
    for value in values.iter().filter(|value| value.is_finite()) {
        let place = (f64::from(*value) + range) / (2.0 * range) * BARS as f64;
        counts[(place as usize).min(BARS - 1)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    #[test]
    fn every_value_falls_on_a_bar_and_the_middle_one_is_zero() {
        let counts = counts(&[-1.0, 1.0, 0.0, 0.009, -0.009, 0.5], 1.0);
        assert_eq!((counts[0], counts[BARS - 1], counts[BARS / 2]), (1, 1, 3));
        assert_eq!(counts.iter().sum::<usize>(), 6);
    }

    #[test]
    fn panels_have_titles() {
        let panels = vec![("before: 3 weights".to_string(), vec![-0.1, 0.2, 0.0]), ("after".into(), vec![])];
        let histograms = Histograms { panels };
        let drawn = svg(&histograms).expect("drawn");
        assert!(drawn.contains("before: 3 weights") && drawn.contains("after"));
        let image = image::load_from_memory(&png(&histograms).expect("drawn")).expect("a picture");
        assert_eq!((image.width(), image.height()), histograms.size());
    }
}
