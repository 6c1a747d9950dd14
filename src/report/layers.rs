//! Report -> the layer table of `netc check`.

use crate::graph::{LayerReport, Report};
use crate::source::SourceMap;

/// One line for each layer: where, what it makes, parameters, multiply-adds; adapters in brackets.
pub fn layer_table(report: &Report, sources: &SourceMap) -> String {
    let name = sources.file(report.file).name();
    let Some(input) = report.input.filter(|_| !report.library) else {
        return format!("{name}: a library of blocks\n");
    };
    let mut lines = vec![["layer", "output", "parameters", "multiply-adds"].map(String::from)];
    lines.push(["input".into(), input.to_string(), String::new(), String::new()]);
    lines.extend(report.layers.iter().map(row));
    let totals = [report.params(), report.macs()].map(|total| grouped(total.unwrap_or_default()));
    let [params, macs] = totals;
    lines.push(["total".into(), String::new(), params, macs]);
    format!("{name}\n{}", aligned(&lines))
}

fn row(layer: &LayerReport) -> [String; 4] {
    let indent = "  ".repeat(layer.block.len());
    let name = if layer.implicit { format!("{indent}({})", layer.name) } else { format!("{indent}{}", layer.name) };
    match layer.cost {
        Some(cost) => [name, cost.output.to_string(), blank_zero(cost.params), blank_zero(cost.macs)],
        None => [name, "?".into(), String::new(), String::new()],
    }
}

fn blank_zero(count: u64) -> String {
    if count == 0 { String::new() } else { grouped(count) }
}

/// `21,630`
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns of equal width: numbers to the right, words to the left, as the last line has them.
pub fn aligned<S: AsRef<[String]>>(lines: &[S]) -> String {
    let columns = lines.first().map_or(0, |line| line.as_ref().len());
    let width = |column: usize| lines.iter().map(|line| line.as_ref()[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let numbers: Vec<bool> = (0..columns)
        .map(|column| column > 0 && lines.iter().skip(1).all(|line| is_number(&line.as_ref()[column])))
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for ((cell, &width), &number) in line.as_ref().iter().zip(&widths).zip(&numbers) {
            row.push_str(&if number { format!("  {cell:>width$}") } else { format!("  {cell:<width$}") });
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// A number, a shape, or nothing.
fn is_number(cell: &str) -> bool {
    cell == "?" || cell.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | 'x'))
}
