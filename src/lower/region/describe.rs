//! A region -> what it runs and where its memory lies, for people.

use std::ops::Range;

use super::build::Built;
use super::plan::{BufferId, Layout};
use crate::graph::Graph;
use crate::kernel::{Line, groups_of};

/// A region's steps and its memory for one batch.
#[derive(Clone, Debug)]
pub struct RegionPlan {
    /// The graph's nodes that it runs.
    pub nodes: Range<usize>,
    pub steps: Vec<StepPlan>,
    /// In training, in order of their place.
    pub buffers: Vec<BufferPlan>,
    /// Of the whole memory, in training and in evaluation.
    pub bytes: [usize; 2],
}

#[derive(Clone, Debug)]
pub struct StepPlan {
    pub node: usize,
    /// Nodes behind it that it runs too.
    pub absorbed: Vec<usize>,
    /// How it computes.
    pub kernel: &'static str,
}

#[derive(Clone, Debug)]
pub struct BufferPlan {
    pub name: String,
    /// Where it lies; buffers that are never alive together share places.
    pub bytes: Range<usize>,
}

/// The plan of a region for so many images.
pub(super) fn describe(graph: &Graph, nodes: Range<usize>, built: &Built, images: usize) -> RegionPlan {
    let groups = groups_of(images);
    let layouts = [true, false].map(|training| Layout::new(&built.buffers, groups, training));
    let steps = built.steps.iter().map(|placed| StepPlan {
        node: placed.wiring.node,
        absorbed: placed.absorbed.clone(),
        kernel: placed.step.kernel(),
    });
    let mut buffers: Vec<BufferPlan> = names(graph, built)
        .into_iter()
        .map(|(id, name)| (name, layouts[0].range(id)))
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(name, lines)| BufferPlan { name, bytes: lines.start * size_of::<Line>()..lines.end * size_of::<Line>() })
        .collect();
    buffers.sort_by_key(|buffer| (buffer.bytes.start, buffer.bytes.end));
    let bytes = layouts.map(|layout| layout.lines * size_of::<Line>());
    RegionPlan { nodes, steps: steps.collect(), buffers, bytes }
}

/// What each buffer is.
fn names(graph: &Graph, built: &Built) -> Vec<(BufferId, String)> {
    let mut names: Vec<(BufferId, String)> = vec![];
    let mut name = |id: BufferId, what: String| {
        if names.iter().all(|(known, _)| *known != id) {
            names.push((id, what));
        }
    };
    for (index, entry) in built.entries.iter().enumerate() {
        name(entry.value, format!("input {index}"));
        entry.gradient.into_iter().for_each(|id| name(id, format!("gradient of input {index}")));
    }
    for placed in &built.steps {
        let (path, wiring) = (&graph.nodes[placed.wiring.node].path, &placed.wiring);
        name(wiring.output, path.clone());
        wiring.output_gradient.into_iter().for_each(|id| name(id, format!("gradient of {path}")));
        name(wiring.saved, format!("saved by {path}"));
        name(wiring.forward_scratch, format!("scratch of {path}"));
        name(wiring.backward_scratch, format!("scratch of {path}, backward"));
    }
    names
}
