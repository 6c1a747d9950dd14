//! Where a layer decides (the sign before a ReLU, the largest of a window or of branches), by which values, and where two
//! programs decide differently.

use netc::graph::{Graph, Node, Output, Value};
use netc::layer::{Activation, Merge, Op, Shape, Window};

/// The graph with what its deciding layers read, and what batch norms read, as further outputs, and which nodes those are.
pub fn watched(graph: &Graph) -> (Graph, Vec<usize>) {
    let watching = |node: &&Node| decides(&node.op) || node.op == Op::BatchNorm;
    let mut nodes: Vec<usize> = graph.nodes.iter().filter(watching).flat_map(|node| read(&node.inputs)).collect();
    nodes.sort();
    nodes.dedup();
    let mut watched = graph.clone();
    let output = |&node: &usize| Output { name: format!("value {node}"), value: Value::Node(node) };
    watched.outputs.extend(nodes.iter().map(output));
    (watched, nodes)
}

fn decides(op: &Op) -> bool {
    matches!(
        op,
        Op::Activation(Activation::Relu | Activation::LeakyRelu { .. }) | Op::MaxPool(_) | Op::Merge(Merge::Max)
    )
}

fn read(inputs: &[Value]) -> impl Iterator<Item = usize> {
    inputs.iter().filter_map(|value| match value {
        Value::Input => None,
        Value::Node(index) => Some(*index),
    })
}

/// Two values of which rounding makes the one or the other larger, or one and zero: they differ by `apart`, which is small
/// beside `scale`.
pub struct Tie {
    pub layer: String,
    pub apart: f32,
    pub scale: f32,
}

/// The values of a node for all images.
pub type Values<'a> = &'a dyn Fn(usize) -> &'a [f32];

/// Every decision of a graph that two programs take differently.
pub fn ties<'a>(graph: &Graph, a: Values<'a>, b: Values<'a>) -> Vec<Tie> {
    let deciding = graph.nodes.iter().filter(|node| decides(&node.op) && !node.inputs.contains(&Value::Input));
    deciding.flat_map(|node| node_ties(graph, node, a, b)).collect()
}

fn node_ties<'a>(graph: &Graph, node: &Node, a: Values<'a>, b: Values<'a>) -> Vec<Tie> {
    let of = |values: Values<'a>| -> Vec<&'a [f32]> { read(&node.inputs).map(values).collect() };
    let sizes = Sizes::of(graph, node.inputs[0], a);
    let (a, b) = (of(a), of(b));
    let found = match &node.op {
        Op::MaxPool(window) => pool_ties(window, [graph.shape(node.inputs[0]), node.output], a[0], b[0], &sizes),
        Op::Merge(_) => branch_ties(&a, &b),
        _ => sign_ties(a[0], b[0], &sizes),
    };
    found.into_iter().map(|(apart, scale)| Tie { layer: node.path.clone(), apart, scale }).collect()
}

/// How large the numbers are whose rounding a layer's input carries. What a batch norm makes carries the rounding of what it
/// reads, which may be large beside its deviation: that size, times the deviation's inverse.
struct Sizes {
    largest: f32,
    /// One for each channel behind a batch norm.
    channels: Vec<f32>,
    positions: usize,
}

impl Sizes {
    fn of<'a>(graph: &Graph, value: Value, values: Values<'a>) -> Self {
        let Value::Node(index) = value else { return Self { largest: 0.0, channels: vec![], positions: 1 } };
        let channels = norm_before(graph, index).map_or(vec![], |norm| normed(graph, norm, values));
        Self { largest: largest(values(index)), channels, positions: graph.nodes[index].output.positions() }
    }

    /// Beside value `n`; none where no batch norm is near.
    fn normed(&self, n: usize) -> Option<f32> {
        (!self.channels.is_empty()).then(|| self.channels[n / self.positions % self.channels.len()])
    }
}

/// The batch norm that a value comes out of, but for layers that only choose among its values.
fn norm_before(graph: &Graph, index: usize) -> Option<usize> {
    let node = &graph.nodes[index];
    match (&node.op, node.inputs[0]) {
        (Op::BatchNorm, Value::Node(_)) => Some(index),
        (Op::Activation(Activation::Relu) | Op::MaxPool(_), Value::Node(before)) => norm_before(graph, before),
        _ => None,
    }
}

/// Of each channel of a map or vector, the largest number before the norm in units of those behind it, by the ranges of both.
fn normed<'a>(graph: &Graph, norm: usize, values: Values<'a>) -> Vec<f32> {
    let (shape, Some(before)) = (graph.nodes[norm].output, read(&graph.nodes[norm].inputs).next()) else {
        return vec![];
    };
    let channel = |node: usize, channel: usize| {
        let of_image = move |image: &'a [f32]| &image[channel * shape.positions()..][..shape.positions()];
        values(node).chunks_exact(shape.count()).flat_map(of_image).copied()
    };
    let range = |values: &mut dyn Iterator<Item = f32>| {
        let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(x), high.max(x)));
        high - low
    };
    let size = |n: usize| {
        let large = channel(before, n).fold(0.0, |large: f32, x| large.max(x.abs()));
        large * range(&mut channel(norm, n)) / range(&mut channel(before, n)).max(f32::MIN_POSITIVE)
    };
    if matches!(shape, Shape::Sequence { .. }) { vec![] } else { (0..shape.features()).map(size).collect() }
}

/// How far candidates are apart, and how large the larger one is.
type Apart = (f32, f32);

/// The two programs' values, beside the largest one of the layer.
fn sign_ties(a: &[f32], b: &[f32], sizes: &Sizes) -> Vec<Apart> {
    let differing = (0..a.len()).filter(|&n| (a[n] > 0.0) != (b[n] > 0.0));
    differing.map(|n| ((a[n] - b[n]).abs(), sizes.normed(n).unwrap_or(0.0).max(sizes.largest))).collect()
}

/// The candidates as the first program has them. Beside a ReLU's zero a value is small where it is so beside the largest one.
fn between(values: &[f32], [i, j]: [usize; 2], sizes: &Sizes) -> Apart {
    let (low, high) = (values[i].min(values[j]), values[i].max(values[j]));
    let scale = if low == 0.0 { sizes.largest } else { high.abs().max(low.abs()) };
    (high - low, scale.max(sizes.normed(i).unwrap_or(0.0)))
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()))
}

fn pool_ties(window: &Window, [input, output]: [Shape; 2], a: &[f32], b: &[f32], sizes: &Sizes) -> Vec<Apart> {
    let (Shape::Map { channels, height, width }, Shape::Map { height: rows, width: columns, .. }) = (input, output)
    else {
        return vec![];
    };
    let planes = a.len() / (height * width);
    assert_eq!(planes % channels, 0);
    let mut found = vec![];
    for plane in 0..planes {
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let places = inside(window, [row, column], [height, width]);
            let places: Vec<usize> = places.map(|place| plane * height * width + place).collect();
            let chosen = [a, b].map(|values| first_largest(values, &places));
            if chosen[0] != chosen[1] {
                found.push(between(a, chosen, sizes));
            }
        }
    }
    found
}

/// The places of a plane that a window covers.
fn inside(window: &Window, at: [usize; 2], size: [usize; 2]) -> impl Iterator<Item = usize> {
    let span = [0, 1].map(|axis| {
        let start = (at[axis] * window.stride[axis]) as isize - window.pad[axis] as isize;
        (start..start + window.kernel[axis] as isize).filter(move |&place| place >= 0 && (place as usize) < size[axis])
    });
    let [rows, columns] = span;
    rows.flat_map(move |row| columns.clone().map(move |column| row as usize * size[1] + column as usize))
}

fn first_largest(values: &[f32], places: &[usize]) -> usize {
    places
        .iter()
        .copied()
        .reduce(|best, place| if values[place] > values[best] { place } else { best })
        .expect("a window")
}

/// Of each value, which branches have the largest.
fn branch_ties(a: &[&[f32]], b: &[&[f32]]) -> Vec<Apart> {
    let chosen = |values: &[&[f32]], n: usize| -> Vec<bool> {
        let largest = values.iter().map(|branch| branch[n]).fold(f32::NEG_INFINITY, f32::max);
        values.iter().map(|branch| branch[n] == largest).collect()
    };
    let differs = |&n: &usize| chosen(a, n) != chosen(b, n);
    let apart = |n: usize| {
        let mut values: Vec<f32> = a.iter().map(|branch| branch[n]).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        (values[0] - values[1], values[0].abs().max(values[1].abs()))
    };
    (0..a[0].len()).filter(differs).map(apart).collect()
}
