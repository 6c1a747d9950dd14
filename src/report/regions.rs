//! The regions of a program -> tables of their steps and of their memory.

use std::fmt::Write;

use super::layers::{aligned, grouped};
use crate::graph::Graph;
use crate::lower::PartPlan;

/// What runs as one, step by step, with the memory that each buffer takes in training.
pub fn region_tables(graph: &Graph, parts: &[PartPlan], batch: usize) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            PartPlan::Node(node) => {
                let _ = writeln!(text, "{}: in dfdx's operations", graph.nodes[*node].path);
            }
            PartPlan::Region(region) => {
                let (first, last) = (&graph.nodes[region.nodes.start].path, &graph.nodes[region.nodes.end - 1].path);
                let [training, evaluation] = region.bytes.map(mebibytes);
                let _ = writeln!(
                    text,
                    "region {first} .. {last}: batch {batch}, {training} MiB in training, {evaluation} MiB in evaluation"
                );
                text.push_str(&steps(graph, region));
                text.push_str(&buffers(region));
            }
        }
    }
    text
}

fn steps(graph: &Graph, region: &crate::lower::RegionPlan) -> String {
    let mut lines = vec![["step", "layer", "with", "kernel"].map(String::from).to_vec()];
    for (index, step) in region.steps.iter().enumerate() {
        let with: Vec<&str> = step.absorbed.iter().map(|&node| graph.nodes[node].name).collect();
        let path = graph.nodes[step.node].path.clone();
        lines.push(vec![index.to_string(), path, with.join(", "), step.kernel.to_string()]);
    }
    aligned(&lines)
}

fn buffers(region: &crate::lower::RegionPlan) -> String {
    let mut lines = vec![["buffer", "bytes", "from", "to"].map(String::from).to_vec()];
    for buffer in &region.buffers {
        let [from, to] = [buffer.bytes.start, buffer.bytes.end].map(|at| grouped(at as u64));
        lines.push(vec![buffer.name.clone(), grouped(buffer.bytes.len() as u64), from, to]);
    }
    aligned(&lines)
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / (1 << 20) as f64)
}
