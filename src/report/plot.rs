//! Lines over two axes -> an SVG picture.

use std::fmt::Write;

/// Width and height of a picture, and the margins around what is drawn: left, top, right, bottom.
const SIZE: [f64; 2] = [640.0, 360.0];
const MARGINS: [f64; 4] = [64.0, 36.0, 150.0, 44.0];
/// Colours that people with any sight tell apart (Okabe and Ito 2008).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#b8a900"];
/// Ticks of an axis, at least.
const TICKS: f64 = 4.0;

/// A line with its name; points are [x, y].
pub struct Line {
    pub name: String,
    pub points: Vec<[f64; 2]>,
}

/// Draws lines over axes that hold all points, with a legend.
pub fn plot(title: &str, axes: [&str; 2], lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points).filter(|point| point[1].is_finite());
    let ranges = [0, 1].map(|axis| range(points().map(|point| point[axis])));
    let frame = Frame { ranges };
    let mut svg = begin(title, SIZE);
    frame.axes(&mut svg, axes);
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> =
            line.points.iter().filter(|point| point[1].is_finite()).map(|&point| frame.place(point)).collect();
        let _ = writeln!(
            svg,
            r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points="{}"/>"#,
            points.join(" ")
        );
    }
    legend(&mut svg, lines);
    svg + "</svg>\n"
}

/// The head of a picture of that size with its title.
pub fn begin(title: &str, [width, height]: [f64; 2]) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{}\" y=\"22\" font-size=\"14\">{title}</text>\n",
        MARGINS[0]
    )
}

/// Text as it may stand in XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// From the smallest to the largest number; around a single one a little more.
fn range(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
    match (low.is_finite(), low < high) {
        (false, _) => [0.0, 1.0],
        (true, true) => [low, high],
        (true, false) => [low - 0.5, high + 0.5],
    }
}

/// Where numbers lie in the picture.
struct Frame {
    ranges: [[f64; 2]; 2],
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        let [low, high] = self.ranges[0];
        MARGINS[0] + (value - low) / (high - low) * (SIZE[0] - MARGINS[0] - MARGINS[2])
    }

    fn y(&self, value: f64) -> f64 {
        let [low, high] = self.ranges[1];
        SIZE[1] - MARGINS[3] - (value - low) / (high - low) * (SIZE[1] - MARGINS[1] - MARGINS[3])
    }

    fn place(&self, [x, y]: [f64; 2]) -> String {
        format!("{:.1},{:.1}", self.x(x), self.y(y))
    }

    fn axes(&self, svg: &mut String, [across, up]: [&str; 2]) {
        let ([left, right], [bottom, top]) = (self.ranges[0].map(|x| self.x(x)), self.ranges[1].map(|y| self.y(y)));
        for tick in ticks(self.ranges[0]) {
            let x = self.x(tick);
            let text = format!(r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{tick}</text>"#, bottom + 16.0);
            let _ = writeln!(svg, r##"<path stroke="#ddd" d="M{x:.1} {bottom:.1}V{top:.1}"/>{text}"##);
        }
        for tick in ticks(self.ranges[1]) {
            let y = self.y(tick);
            let text = format!(r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{tick}</text>"#, left - 6.0, y + 4.0);
            let _ = writeln!(svg, r##"<path stroke="#ddd" d="M{left:.1} {y:.1}H{right:.1}"/>{text}"##);
        }
        let _ = writeln!(svg, r#"<path stroke="black" fill="none" d="M{left:.1} {top:.1}V{bottom:.1}H{right:.1}"/>"#);
        let middle = (left + right) / 2.0;
        let _ = writeln!(svg, r#"<text x="{middle:.1}" y="{:.1}" text-anchor="middle">{across}</text>"#, SIZE[1] - 8.0);
        let middle = (top + bottom) / 2.0;
        let turned = format!(r#"transform="rotate(-90 14 {middle:.1})" text-anchor="middle""#);
        let _ = writeln!(svg, r#"<text x="14" y="{middle:.1}" {turned}>{up}</text>"#);
    }
}

/// Round numbers within a range.
fn ticks([low, high]: [f64; 2]) -> Vec<f64> {
    let rough = (high - low) / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [5.0, 2.0, 1.0].into_iter().map(|digit| digit * power).find(|step| *step <= rough).unwrap_or(power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    let digits = (-step.log10().floor()).max(0.0) as i32;
    let scale = 10f64.powi(digits);
    (first..=last).map(|count| (count as f64 * step * scale).round() / scale).collect()
}

fn legend(svg: &mut String, lines: &[Line]) {
    let x = SIZE[0] - MARGINS[2] + 12.0;
    for (n, (line, colour)) in lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let y = MARGINS[1] + 8.0 + 18.0 * n as f64;
        let name = escaped(&line.name);
        let _ = writeln!(
            svg,
            r#"<path stroke="{colour}" stroke-width="3" d="M{x:.1} {y:.1}h16"/><text x="{:.1}" y="{:.1}">{name}</text>"#,
            x + 22.0,
            y + 4.0
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        assert_eq!(ticks([0.0, 1.0]), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks([1.0, 30.0]), [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(ticks([0.31, 0.34]), [0.31, 0.315, 0.32, 0.325, 0.33, 0.335, 0.34]);
    }

    #[test]
    fn a_picture_is_xml_whatever_the_names_are() {
        let line = Line { name: "a < b & \"c\"".into(), points: vec![[1.0, 0.5], [2.0, f64::NAN], [3.0, 0.25]] };
        let svg = plot("x > y", ["epoch", "loss"], &[line]);
        assert!(svg.contains("a &lt; b &amp; &quot;c&quot;") && svg.contains("x &gt; y") && !svg.contains("NaN"));
        assert_eq!(svg.matches("<polyline").count(), 1);
        let empty = plot("nothing", ["epoch", "loss"], &[]);
        assert!(empty.ends_with("</svg>\n") && !empty.contains("inf"));
    }
}
