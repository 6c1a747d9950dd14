//! How each class is told from the others: a table, the confusion matrix, ROC curves.

use super::super::confusion::ConfusionPlot;
use super::super::figure::Figure as _;
use super::super::layers::grouped;
use super::super::line_plot::roc_curves;
use super::figures::four_places;
use super::record::RunRecord;
use super::section::{Body, Figure, Section, Table};

/// Width and height of the plot of ROC curves.
const ROC: (u32, u32) = (440, 420);

/// Precision, recall, F1, area and images of each class.
pub fn table(record: &RunRecord) -> Result<Option<Section>, String> {
    let evaluation = record.evaluation;
    if evaluation.accuracy.is_none() {
        return Ok(None);
    }
    let mut rows: Vec<Vec<String>> = vec![];
    for class in &evaluation.per_class {
        let figures = [class.precision, class.recall, class.f1].map(four_places);
        let area = class.roc_area.map_or("–".into(), four_places);
        rows.push([class.label.clone()].into_iter().chain(figures).chain([area, grouped(class.support)]).collect());
    }
    let means = [evaluation.precision, evaluation.recall, evaluation.f1].map(Option::unwrap_or_default);
    let images = evaluation.per_class.iter().map(|class| class.support).sum();
    let mean = ["mean".to_string()].into_iter().chain(means.map(four_places));
    rows.push(mean.chain([String::new(), grouped(images)]).collect());
    let table = Table::new(["class", "precision", "recall", "F1", "ROC area", "images"], rows);
    let section = Section::new("classes", "Classes", "On the test part.").with(Body::Table(table));
    Ok(Some(section.repeated_by(format!("netc eval {}", record.shell_path()))))
}

pub fn confusion(record: &RunRecord) -> Result<Option<Section>, String> {
    if record.evaluation.accuracy.is_none() {
        return Ok(None);
    }
    let plot = ConfusionPlot::of("", record.evaluation);
    let alt = format!("confusion matrix of {} classes, most often confused: {}", plot.labels.len(), confused(&plot));
    let caption = format!("Rows are true classes, columns predicted ones. Most often confused: {}.", confused(&plot));
    let section = Section::new("confusion", "Confusion matrix", &caption);
    let figure = Figure::drawn(&plot, plot.size(), alt, "")?;
    Ok(Some(section.with(figure).repeated_by(record.pictures())))
}

/// The pairs of classes that are confused most often: `Shirt as Coat (31)`.
fn confused(plot: &ConfusionPlot) -> String {
    let cells = plot.counts.iter().enumerate().flat_map(|(row, counts)| {
        counts.iter().enumerate().filter(move |(column, count)| *column != row && **count > 0).map(move |c| (row, c))
    });
    let mut cells: Vec<(usize, usize, u64)> = cells.map(|(row, (column, count))| (row, column, *count)).collect();
    cells.sort_by_key(|cell| std::cmp::Reverse(cell.2));
    let name = |(row, column, count): &(usize, usize, u64)| {
        format!("{} as {} ({count})", plot.labels[*row], plot.labels[*column])
    };
    let names: Vec<String> = cells.iter().take(3).map(name).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

pub fn roc(record: &RunRecord) -> Result<Option<Section>, String> {
    let plot = roc_curves("", record.evaluation);
    if plot.lines.is_empty() {
        return Ok(None);
    }
    let areas: Vec<&str> = plot.lines.iter().map(|line| line.name.as_str()).filter(|name| !name.is_empty()).collect();
    let alt = format!("ROC curves of each class against the rest, with their areas: {}", areas.join(", "));
    let grey = if areas.len() < plot.lines.len() { "; those with the smallest areas have names" } else { "" };
    let caption = format!("Each class against the rest, with the area under its curve{grey}.");
    let section = Section::new("roc", "ROC by class", &caption).with(Figure::drawn(&plot, ROC, alt, "")?);
    Ok(Some(section.repeated_by(format!("netc eval {} --roc --pictures pictures", record.shell_path()))))
}
