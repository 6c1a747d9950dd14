//! Points of the plane by class -> a figure, with a colour for each class and a legend.

use plotters::backend::DrawingBackend;
use plotters::element::{Circle, Cross, Rectangle, TriangleMarker};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, ShapeStyle, WHITE};

use super::figure::{Area, FONT, Figure, text};
use super::palette;

/// The side of the plot, what the title takes, and the gap around, in pixels.
const SIDE: i32 = 640;
const TITLE: i32 = 56;
const GAP: i32 = 14;
/// The legend: a row, rows of one column, a letter, and letters of a name.
const ROW: i32 = 18;
const ROWS: usize = 34;
const LETTER: i32 = 8;
const LETTERS: usize = 22;
/// Half the width of a mark in the plot, and in the legend.
const MARK: i32 = 2;
const LEGEND_MARK: i32 = 5;

/// Points of the plane, each of a class. Classes after the tenth have the same colours in other marks, after the fortieth
/// the same marks again.
#[derive(Clone, Debug)]
pub struct ScatterPlot {
    /// Two lines above the plot.
    pub title: [String; 2],
    pub classes: Vec<String>,
    /// Place and class of each point.
    pub points: Vec<([f32; 2], usize)>,
}

impl Figure for ScatterPlot {
    fn size(&self) -> (u32, u32) {
        let width = SIDE + 2 * GAP + self.columns() as i32 * self.column();
        (width as u32, (SIDE + TITLE + GAP) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        for (line, (title, size)) in self.title.iter().zip([18, 14]).enumerate() {
            let place = (GAP, 10 + 24 * line as i32);
            area.draw_text(title, &(FONT, size).into_font().color(&BLACK), place).map_err(text)?;
        }
        let frame = [(GAP, TITLE), (GAP + SIDE, TITLE + SIDE)];
        area.draw(&Rectangle::new(frame, BLACK.mix(0.3))).map_err(text)?;
        let place = self.placing();
        for &(point, class) in &self.points {
            draw_mark(area, place(point), class, MARK)?;
        }
        self.draw_legend(area)
    }
}

impl ScatterPlot {
    fn columns(&self) -> usize {
        self.classes.len().div_ceil(ROWS)
    }

    /// The width of a column of the legend.
    fn column(&self) -> i32 {
        let longest = self.classes.iter().map(|class| class.chars().count().min(LETTERS)).max().unwrap_or(0);
        3 * GAP + LETTER * longest as i32
    }

    /// Where points are drawn: the smallest square around all of them fills the frame.
    fn placing(&self) -> impl Fn([f32; 2]) -> (i32, i32) {
        let ends = [0, 1].map(|axis| {
            let numbers = self.points.iter().map(|(point, _)| point[axis]);
            numbers.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
        });
        let widest = ends.iter().map(|[low, high]| high - low).fold(f32::MIN_POSITIVE, f32::max);
        let scale = (SIDE - 2 * GAP) as f32 / widest;
        move |point| {
            let middle = ends.map(|[low, high]| low / 2.0 + high / 2.0);
            let [x, y] = [0, 1].map(|axis| (scale * (point[axis] - middle[axis])) as i32);
            (GAP + SIDE / 2 + x, TITLE + SIDE / 2 - y)
        }
    }

    fn draw_legend<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        let style = (FONT, 14).into_font().color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        for (class, name) in self.classes.iter().enumerate() {
            let left = SIDE + 2 * GAP + (class / ROWS) as i32 * self.column();
            let middle = TITLE + ROW / 2 + (class % ROWS) as i32 * ROW;
            draw_mark(area, (left + LEGEND_MARK, middle), class, LEGEND_MARK)?;
            area.draw_text(&shortened(name), &style, (left + 2 * LEGEND_MARK + 8, middle)).map_err(text)?;
        }
        Ok(())
    }
}

fn draw_mark<B: DrawingBackend>(area: Area<'_, B>, at: (i32, i32), class: usize, half: i32) -> Result<(), String> {
    let style: ShapeStyle = palette::colour(class).filled();
    match class / palette::COUNT % 4 {
        0 => area.draw(&Circle::new(at, half, style)),
        1 => area.draw(&Cross::new(at, half, style)),
        2 => area.draw(&TriangleMarker::new(at, half + 1, style)),
        _ => area.draw(&Rectangle::new([(at.0 - half, at.1 - half), (at.0 + half, at.1 + half)], style)),
    }
    .map_err(text)
}

fn shortened(name: &str) -> String {
    match name.chars().count() > LETTERS {
        true => name.chars().take(LETTERS - 2).chain("..".chars()).collect(),
        false => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{png, svg};
    use super::*;

    fn plot(classes: usize) -> ScatterPlot {
        let points = (0..4 * classes).map(|n| ([(n as f32).sin(), 3.0 * (n as f32).cos()], n % classes)).collect();
        let names = (0..classes).map(|class| format!("class <{class}> with quite a long name"));
        ScatterPlot { title: ["set & place".into(), "many".into()], classes: names.collect(), points }
    }

    #[test]
    fn points_have_the_colours_of_their_classes_and_classes_a_legend() {
        let drawn = svg(&plot(3)).expect("drawn");
        for part in ["set &amp; place", "many", "class &lt;2&gt; with quite.."] {
            assert!(drawn.contains(part), "{part}");
        }
        // Four points of each class and its mark in the legend.
        assert_eq!(drawn.matches("fill=\"#D95F02\"").count(), 5);
        let image = image::load_from_memory(&png(&plot(3)).expect("drawn")).expect("a picture");
        assert_eq!((image.width(), image.height()), plot(3).size());
    }

    #[test]
    fn many_classes_and_no_points_can_be_drawn() {
        assert!(plot(200).size().0 > plot(10).size().0);
        assert!(svg(&plot(200)).is_ok_and(|drawn| drawn.contains("&lt;199&gt;")));
        for points in [vec![], vec![([1.0, 1.0], 0)]] {
            assert!(svg(&ScatterPlot { points, ..plot(1) }).is_ok());
        }
    }
}
