//! Metrics of a run and evaluations -> pictures in SVG: curves, ROC, confusion matrix.

use std::fmt::Write;

use super::plot::{Line, begin, escaped, plot};
use crate::train::{EpochMetrics, Evaluation, Figures};

/// A figure over epochs, of the training part and, where it was measured, of the validation part.
pub fn curves(title: &str, figure: &str, metrics: &[EpochMetrics], of: fn(&Figures) -> Option<f64>) -> String {
    let line = |name: &str, part: fn(&EpochMetrics) -> Option<Figures>| Line {
        name: name.into(),
        points: metrics.iter().filter_map(|m| Some([m.epoch as f64, of(&part(m)?)?])).collect(),
    };
    let lines = [line("training", |metrics| Some(metrics.train)), line("validation", |metrics| metrics.validation)];
    let lines: Vec<Line> = lines.into_iter().filter(|line| !line.points.is_empty()).collect();
    plot(title, ["epoch", figure], &lines)
}

/// The ROC curve of each class against the rest.
pub fn roc(title: &str, evaluation: &Evaluation) -> String {
    let line = |(class, report): (usize, &crate::train::ClassReport)| {
        let roc = evaluation.scores.roc(class)?;
        Some(Line { name: format!("{} {:.3}", report.label, roc.area), points: roc.points })
    };
    let lines: Vec<Line> = evaluation.per_class.iter().enumerate().filter_map(line).collect();
    plot(title, ["others taken for the class", "of the class found"], &lines)
}

/// Width of a cell, and what the labels take.
const CELL: f64 = 40.0;
const LABELS: f64 = 120.0;

/// The confusion matrix: rows are true classes, darker where more of the row's images are.
pub fn confusion(title: &str, evaluation: &Evaluation) -> String {
    let classes = evaluation.confusion.len() as f64;
    let mut svg = begin(title, [LABELS + classes * CELL + 20.0, LABELS + classes * CELL + 20.0]);
    for (row, counts) in evaluation.confusion.iter().enumerate() {
        let whole = counts.iter().sum::<u64>().max(1) as f64;
        let y = LABELS + row as f64 * CELL;
        let label = escaped(&evaluation.per_class[row].label);
        let _ = writeln!(svg, r#"<text x="{}" y="{}" text-anchor="end">{label}</text>"#, LABELS - 6.0, y + 25.0);
        let (x, y_of_column) = (LABELS + row as f64 * CELL + 25.0, LABELS - 6.0);
        let turned = format!(r#"transform="rotate(-60 {x} {y_of_column})""#);
        let _ = writeln!(svg, r#"<text x="{x}" y="{y_of_column}" {turned}>{label}</text>"#);
        for (column, &count) in counts.iter().enumerate() {
            cell(&mut svg, [LABELS + column as f64 * CELL, y], count, count as f64 / whole);
        }
    }
    svg + "</svg>\n"
}

fn cell(svg: &mut String, [x, y]: [f64; 2], count: u64, share: f64) {
    let light = (255.0 - 200.0 * share).round();
    let ink = if share > 0.5 { "white" } else { "black" };
    let _ = writeln!(
        svg,
        r#"<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" stroke="white" fill="rgb({light},{light},255)"/><text x="{}" y="{}" text-anchor="middle" fill="{ink}">{count}</text>"#,
        x + CELL / 2.0,
        y + 25.0
    );
}
