//! The network: its text, its layers, what checking it warns of.

use super::super::figure::Figure as _;
use super::super::layers::grouped;
use super::super::network_plot::NetworkPlot;
use super::record::RunRecord;
use super::section::{Body, Figure, Section, Table};
use crate::graph::{Graph, Node, Value};

/// How many layers are drawn at most.
const DRAWN: usize = 300;

pub fn text(record: &RunRecord) -> Result<Option<Section>, String> {
    let caption = "The text of network.net, with imports inlined.";
    let section = Section::new("network", "Network", caption).with(Body::Text(record.metadata().network.clone()));
    let file = record.shell_file("network.net");
    Ok(Some(section.repeated_by(format!("netc show {file} {}", setting(record)))))
}

/// The drawing, of a network that a page has room for.
pub fn drawn(record: &RunRecord) -> Result<Option<Section>, String> {
    let count = record.graph.nodes.len();
    if count > DRAWN {
        return Ok(None);
    }
    let plot = NetworkPlot::of(record.graph)?;
    let caption = "Blocks are boxes around their layers; shapes stand on the arrows.";
    let alt = format!("the network's {count} layers and what each reads");
    let section = Section::new("drawing", "Drawing", caption).with(Figure::drawn(&plot, plot.size(), alt, "")?);
    let file = record.shell_file("network.net");
    let command = format!("netc show {file} {} --format svg --out network.svg", setting(record));
    Ok(Some(section.wide().repeated_by(command)))
}

/// `--input 3x32x32 --classes 10`, by which the text makes the run's network.
fn setting(record: &RunRecord) -> String {
    format!("--input {} --classes {}", record.graph.input, record.graph.classes)
}

pub fn layers(record: &RunRecord) -> Result<Option<Section>, String> {
    let graph = record.graph;
    let mut rows = vec![vec!["input".into(), String::new(), graph.input.to_string(), String::new(), String::new()]];
    rows.extend(graph.nodes.iter().map(|node| row(graph, node)));
    let macs = graph.nodes.iter().map(|node| node.macs).sum();
    let total = [graph.trained_count() as u64, macs].map(grouped);
    rows.push(["total".into(), String::new(), String::new()].into_iter().chain(total).collect());
    let table = Table { words: 3, ..Table::new(["layer", "reads", "makes", "parameters", "multiply-adds"], rows) };
    let section = Section::new("layers", "Layers", "In the order in which they run.").with(Body::Table(table));
    Ok(Some(section.repeated_by(format!("netc check {} {}", record.shell_file("network.net"), setting(record)))))
}

fn row(graph: &Graph, node: &Node) -> Vec<String> {
    let name = |value: &Value| match value {
        Value::Input => "input".to_string(),
        Value::Node(index) => graph.nodes[*index].path.clone(),
    };
    let reads: Vec<String> = node.inputs.iter().map(name).collect();
    let parameters = node.params.iter().filter(|param| param.trained).map(|param| param.count() as u64).sum();
    let count = |number: u64| if number == 0 { String::new() } else { grouped(number) };
    vec![node.path.clone(), reads.join(", "), node.output.to_string(), count(parameters), count(node.macs)]
}

pub fn warnings(record: &RunRecord) -> Result<Option<Section>, String> {
    if record.warnings.is_empty() {
        return Ok(None);
    }
    let section = Section::new("warnings", "Warnings", "What checking the network warns of.").wide();
    let section = section.with(Body::Text(record.warnings.join("\n").trim_end().to_string()));
    Ok(Some(section.repeated_by(format!("netc check {} {}", record.shell_file("network.net"), setting(record)))))
}
