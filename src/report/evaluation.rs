//! An evaluation -> text for a terminal, and ROC curves as text and JSON.

use serde_json::{Value as Json, json};

use crate::train::{Evaluation, Figures, Roc};

/// `loss 0.3123  accuracy 88.90 %`
pub fn described(figures: Figures) -> String {
    match figures.accuracy {
        Some(accuracy) => format!("loss {:.4}  accuracy {:.2} %", figures.loss, 100.0 * accuracy),
        None => format!("loss {:.4}", figures.loss),
    }
}

/// The figures, a line for each class, and the confusion matrix.
pub fn evaluation(evaluation: &Evaluation) -> String {
    let top5 = evaluation.top5.map(|top5| format!("  top-5 {:.2} %", 100.0 * top5)).unwrap_or_default();
    let figures = format!("{}{top5}\n", described(evaluation.figures()));
    if evaluation.per_class.is_empty() {
        return figures;
    }
    let width = label_width(evaluation);
    format!("{figures}\n{}\nconfusion (rows: true class)\n{}", classes(evaluation, width), confusion(evaluation, width))
}

fn label_width(evaluation: &Evaluation) -> usize {
    let widths = evaluation.per_class.iter().map(|class| class.label.chars().count());
    widths.max().unwrap_or(0).max("mean".len())
}

fn classes(evaluation: &Evaluation, width: usize) -> String {
    let mut text = format!("{:width$}  precision  recall      F1  ROC area  images\n", "");
    for class in &evaluation.per_class {
        let area = class.roc_area.map_or("-".to_string(), |area| format!("{area:.4}"));
        text += &format!(
            "{:width$}  {:>9.4}  {:>6.4}  {:>6.4}  {area:>8}  {:>6}\n",
            class.label, class.precision, class.recall, class.f1, class.support
        );
    }
    let mean = [evaluation.precision, evaluation.recall, evaluation.f1].map(Option::unwrap_or_default);
    text + &format!("{:width$}  {:>9.4}  {:>6.4}  {:>6.4}\n", "mean", mean[0], mean[1], mean[2])
}

fn confusion(evaluation: &Evaluation, width: usize) -> String {
    let largest = evaluation.confusion.iter().flatten().max().copied().unwrap_or(0);
    let cell = largest.to_string().len().max(2);
    let row = |(class, counts): (usize, &Vec<u64>)| {
        let label = &evaluation.per_class[class].label;
        let counts: Vec<String> = counts.iter().map(|count| format!("{count:>cell$}")).collect();
        format!("{label:width$}  {}\n", counts.join(" "))
    };
    evaluation.confusion.iter().enumerate().map(row).collect()
}

/// The shares of the others that are accepted, at which a curve is read in text.
const ACCEPTED: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];

/// A line for each class: which share of it is found where so many of the others are taken for it.
pub fn roc_text(evaluation: &Evaluation) -> String {
    let width = label_width(evaluation);
    let heads: Vec<String> = ACCEPTED.iter().map(|share| format!("{:>6}", format!("{} %", 100.0 * share))).collect();
    let head = format!(
        "\nROC: of each class found, by the share of others taken for it\n{:width$}  {}\n",
        "",
        heads.join("  ")
    );
    let row = |(class, report): (usize, &crate::train::ClassReport)| {
        let cell = |share: &f64| match evaluation.scores.roc(class) {
            Some(roc) => format!("{:>6.4}", found_at(&roc, *share)),
            None => format!("{:>6}", "-"),
        };
        let cells: Vec<String> = ACCEPTED.iter().map(cell).collect();
        format!("{:width$}  {}\n", report.label, cells.join("  "))
    };
    head + &evaluation.per_class.iter().enumerate().map(row).collect::<String>()
}

/// The height of a curve at `share`, on the lines between its points.
fn found_at(roc: &Roc, share: f64) -> f64 {
    let after = roc.points.partition_point(|point| point[0] <= share);
    let [x0, y0] = roc.points[after - 1];
    match roc.points.get(after) {
        Some([x1, y1]) => y0 + (y1 - y0) * (share - x0) / (x1 - x0),
        None => y0,
    }
}

/// `[{"label", "area", "points": [[false, true], ...]}]`, null where a class or its rest has no images.
pub fn roc_json(evaluation: &Evaluation) -> Json {
    let of_class = |(class, report): (usize, &crate::train::ClassReport)| match evaluation.scores.roc(class) {
        Some(roc) => json!({ "label": report.label, "area": roc.area, "points": roc.points }),
        None => json!({ "label": report.label, "area": null, "points": [] }),
    };
    evaluation.per_class.iter().enumerate().map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_between_their_points() {
        let roc = Roc { points: vec![[0.0, 0.0], [0.0, 0.5], [0.1, 0.5], [0.3, 0.9], [1.0, 1.0]], area: 0.8 };
        let read = [0.0, 0.05, 0.1, 0.2, 1.0].map(|share| (found_at(&roc, share) * 1e6).round() / 1e6);
        assert_eq!(read, [0.5, 0.5, 0.5, 0.7, 1.0]);
    }
}
