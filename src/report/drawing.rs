//! Graph -> its drawing: a table, or the languages of Graphviz and Mermaid.

use std::fmt::Write;

use super::layers::{aligned, grouped};
use crate::graph::{Graph, Node, Value};

/// One line for each node: its number and path, what it reads and makes, parameters and multiply-adds.
pub fn graph_table(graph: &Graph) -> String {
    let mut lines = vec![["", "layer", "reads", "makes", "parameters", "multiply-adds"].map(String::from).to_vec()];
    for (index, node) in graph.nodes.iter().enumerate() {
        let reads: Vec<String> = node.inputs.iter().map(|&value| name_of(value)).collect();
        lines.push(vec![
            index.to_string(),
            node.path.clone(),
            reads.join(", "),
            node.output.to_string(),
            count(node_params(node)),
            count(node.macs),
        ]);
    }
    let mut text = format!("input {}\n{}", graph.input, aligned(&lines));
    for output in &graph.outputs {
        let _ = writeln!(text, "output {} = {}, {}", output.name, name_of(output.value), graph.shape(output.value));
    }
    text
}

fn name_of(value: Value) -> String {
    match value {
        Value::Input => "input".into(),
        Value::Node(index) => index.to_string(),
    }
}

fn node_params(node: &Node) -> u64 {
    node.params.iter().filter(|param| param.trained).map(|param| param.count() as u64).sum()
}

fn count(number: u64) -> String {
    if number == 0 { String::new() } else { grouped(number) }
}

/// What stands in a node: its name, then parameters and multiply-adds where there are some.
fn node_lines(node: &Node) -> Vec<String> {
    let mut lines = vec![node.name.to_string()];
    let (params, macs) = (node_params(node), node.macs);
    lines.extend((params > 0).then(|| format!("{} parameters", grouped(params))));
    lines.extend((macs > 0).then(|| format!("{} multiply-adds", grouped(macs))));
    lines
}

/// A language of boxes in boxes and arrows.
trait Language {
    fn begin(&self) -> &'static str;
    fn node(&self, id: &str, lines: &[String]) -> String;
    fn begin_block(&self, number: usize, name: &str) -> String;
    fn end_block(&self) -> &'static str;
    fn arrow(&self, from: &str, to: &str, label: &str) -> String;
    fn end(&self) -> &'static str;
}

struct Dot;

impl Language for Dot {
    fn begin(&self) -> &'static str {
        "digraph network {\n  node [shape=box]\n"
    }

    fn node(&self, id: &str, lines: &[String]) -> String {
        format!("{id} [label=\"{}\"]", lines.join("\\n"))
    }

    fn begin_block(&self, number: usize, name: &str) -> String {
        format!("subgraph cluster_{number} {{ label=\"{name}\"")
    }

    fn end_block(&self) -> &'static str {
        "}"
    }

    fn arrow(&self, from: &str, to: &str, label: &str) -> String {
        format!("{from} -> {to} [label=\"{label}\"]")
    }

    fn end(&self) -> &'static str {
        "}\n"
    }
}

struct Mermaid;

impl Language for Mermaid {
    fn begin(&self) -> &'static str {
        "flowchart TB\n"
    }

    fn node(&self, id: &str, lines: &[String]) -> String {
        format!("{id}[\"{}\"]", lines.join("<br>"))
    }

    fn begin_block(&self, number: usize, name: &str) -> String {
        format!("subgraph block{number} [\"{name}\"]")
    }

    fn end_block(&self) -> &'static str {
        "end"
    }

    fn arrow(&self, from: &str, to: &str, label: &str) -> String {
        format!("{from} -->|{label}| {to}")
    }

    fn end(&self) -> &'static str {
        ""
    }
}

/// For Graphviz: blocks are clusters, shapes stand on the arrows.
pub fn dot(graph: &Graph) -> String {
    draw(graph, &Dot)
}

/// For Mermaid: blocks are subgraphs, shapes stand on the arrows.
pub fn mermaid(graph: &Graph) -> String {
    draw(graph, &Mermaid)
}

fn draw(graph: &Graph, language: &dyn Language) -> String {
    let mut text = language.begin().to_string();
    let mut line = |depth: usize, content: &str| {
        let _ = writeln!(text, "{}{content}", "  ".repeat(depth + 1));
    };
    line(0, &language.node("input", &["input".into()]));
    let (mut open, mut blocks): (&[String], usize) = (&[], 0);
    for (index, node) in graph.nodes.iter().enumerate() {
        let common = open.iter().zip(&node.block).take_while(|(a, b)| a == b).count();
        (common..open.len()).rev().for_each(|depth| line(depth, language.end_block()));
        for (depth, name) in node.block.iter().enumerate().skip(common) {
            line(depth, &language.begin_block(blocks, name));
            blocks += 1;
        }
        open = &node.block;
        line(open.len(), &language.node(&id_of(Value::Node(index)), &node_lines(node)));
    }
    (0..open.len()).rev().for_each(|depth| line(depth, language.end_block()));
    for output in &graph.outputs {
        line(0, &language.node(&output_id(&output.name), std::slice::from_ref(&output.name)));
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        for &value in &node.inputs {
            let label = graph.shape(value).to_string();
            line(0, &language.arrow(&id_of(value), &id_of(Value::Node(index)), &label));
        }
    }
    for output in &graph.outputs {
        let label = graph.shape(output.value).to_string();
        line(0, &language.arrow(&id_of(output.value), &output_id(&output.name), &label));
    }
    text.push_str(language.end());
    text
}

fn id_of(value: Value) -> String {
    match value {
        Value::Input => "input".into(),
        Value::Node(index) => format!("n{index}"),
    }
}

fn output_id(name: &str) -> String {
    format!("output_{name}")
}
