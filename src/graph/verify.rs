//! The consistency of a [`Graph`]: whatever lowering relies on, checked from each node's operation alone.

use super::{Graph, Node, Value};
use crate::layer::{Conv, ConvT, Fc, Merge, Op, Recurrent, Seq, Shape, Window, Window1};

/// Whether every node reads what was made before it, has the parameters and makes the shape that its operation says;
/// otherwise an internal error that names the node.
pub fn verify(graph: &Graph) -> Result<(), String> {
    for (index, node) in graph.nodes.iter().enumerate() {
        check_node(graph, index, node).map_err(|broken| format!("internal error: node `{}`: {broken}", node.path))?;
    }
    for output in &graph.outputs {
        check_value(graph, graph.nodes.len(), output.value)
            .map_err(|broken| format!("internal error: output `{}`: {broken}", output.name))?;
    }
    if graph.outputs.is_empty() { Err("internal error: a graph without outputs".into()) } else { Ok(()) }
}

fn check_value(graph: &Graph, before: usize, value: Value) -> Result<Shape, String> {
    match value {
        Value::Input => Ok(graph.input),
        Value::Node(at) if at < before => Ok(graph.nodes[at].output),
        Value::Node(at) => Err(format!("it reads node {at}, which does not stand before it")),
    }
}

fn check_node(graph: &Graph, index: usize, node: &Node) -> Result<(), String> {
    let inputs = node.inputs.iter().map(|&value| check_value(graph, index, value)).collect::<Result<Vec<_>, _>>()?;
    let merges = matches!(node.op, Op::Merge(_));
    if merges != (inputs.len() > 1) || inputs.is_empty() {
        return Err(format!("it reads {} values", inputs.len()));
    }
    if !makes(&node.op, &inputs, node.output) {
        return Err(format!("its operation does not make {} of {inputs:?}", node.output));
    }
    match node.params == node.op.params(inputs[0]) {
        true => Ok(()),
        false => Err("its parameters are not those of its operation".into()),
    }
}

/// Whether the operation makes this shape of these inputs.
fn makes(op: &Op, inputs: &[Shape], output: Shape) -> bool {
    let input = inputs[0];
    match op {
        Op::Conv(conv) => conv_output(conv, input) == Some(output),
        Op::ConvT(conv) => conv_transposed_output(conv, input) == Some(output),
        Op::MaxPool(window) | Op::AvgPool(window) => pool_output(window, input) == Some(output),
        Op::GlobalAvgPool => is_map(input) && output == Shape::vector(input.features()),
        Op::Fc(Fc { input: features, output: made, .. }) => {
            input == Shape::vector(*features) && output == Shape::vector(*made)
        }
        Op::Recurrent(recurrent) => recurrent_output(recurrent, input) == Some(output),
        Op::Seq(seq) => seq_fits(*seq, input) && seq.output(input) == output,
        Op::GroupNorm { groups } => output == input && input.features().is_multiple_of(*groups),
        Op::Flatten => output == Shape::vector(input.count()),
        Op::Reshape => output.count() == input.count(),
        Op::Upsample { factor } => resized(input, |[h, w]| [h * factor[0], w * factor[1]]) == Some(output),
        Op::Pad { pad } => resized(input, |[h, w]| [h + 2 * pad[0], w + 2 * pad[1]]) == Some(output),
        Op::Merge(merge) => merges(*merge, inputs, output),
        Op::BatchNorm | Op::LayerNorm | Op::Dropout { .. } | Op::Activation(_) => output == input,
        Op::Softmax | Op::LogSoftmax | Op::Identity => output == input,
    }
}

fn is_map(shape: Shape) -> bool {
    matches!(shape, Shape::Map { .. })
}

fn resized(input: Shape, size: impl Fn([usize; 2]) -> [usize; 2]) -> Option<Shape> {
    let Shape::Map { channels, height, width } = input else { return None };
    let [height, width] = size([height, width]);
    Some(Shape::map(channels, height, width))
}

fn conv_output(conv: &Conv, input: Shape) -> Option<Shape> {
    let Shape::Map { channels, height, width } = input else { return None };
    let divides = conv.input.is_multiple_of(conv.groups) && conv.output.is_multiple_of(conv.groups);
    let places = |axis: usize, size: usize| {
        let window = Window1 {
            kernel: conv.kernel[axis],
            stride: conv.stride[axis],
            pad: conv.pad[axis],
            dilation: conv.dilation[axis],
        };
        window.places(size)
    };
    let output = Shape::map(conv.output, places(0, height)?, places(1, width)?);
    (channels == conv.input && divides).then_some(output)
}

fn conv_transposed_output(conv: &ConvT, input: Shape) -> Option<Shape> {
    let Shape::Map { channels, height, width } = input else { return None };
    let side = |axis: usize, size: usize| {
        let grown = (size - 1) * conv.stride[axis] + conv.kernel[axis] + conv.output_pad[axis];
        grown.checked_sub(2 * conv.pad[axis]).filter(|&side| side > 0)
    };
    (channels == conv.input).then_some(Shape::map(conv.output, side(0, height)?, side(1, width)?))
}

fn pool_output(window: &Window, input: Shape) -> Option<Shape> {
    let Shape::Map { channels, height, width } = input else { return None };
    let places = |axis: usize, size: usize| {
        let pad = [window.pad[axis]; 2];
        Window1 { kernel: window.kernel[axis], stride: window.stride[axis], pad, dilation: 1 }.places(size)
    };
    Some(Shape::map(channels, places(0, height)?, places(1, width)?))
}

fn recurrent_output(recurrent: &Recurrent, input: Shape) -> Option<Shape> {
    let Shape::Sequence { steps, features } = input else { return None };
    let width = recurrent.hidden * recurrent.directions();
    let output = if recurrent.all_steps { Shape::sequence(steps, width) } else { Shape::vector(width) };
    (features == recurrent.input).then_some(output)
}

fn seq_fits(seq: Seq, input: Shape) -> bool {
    match seq {
        Seq::Features(k) => input.count().is_multiple_of(k),
        Seq::Positions | Seq::Rows | Seq::Channels => is_map(input),
    }
}

fn merges(merge: Merge, inputs: &[Shape], output: Shape) -> bool {
    let features = || inputs.iter().map(|input| input.features()).sum::<usize>();
    let joined = |input: &Shape| match (*input, output) {
        (Shape::Map { height, width, .. }, Shape::Map { height: h, width: w, .. }) => height == h && width == w,
        (Shape::Sequence { steps, .. }, Shape::Sequence { steps: t, .. }) => steps == t,
        (Shape::Vector { .. }, Shape::Vector { .. }) => true,
        _ => false,
    };
    let per_channel = |input: Shape| is_map(output) && input == Shape::vector(output.features());
    match merge {
        Merge::Concat => output.features() == features() && inputs.iter().all(joined),
        Merge::Add | Merge::Mul => {
            inputs.contains(&output) && inputs.iter().all(|&input| input == output || per_channel(input))
        }
        Merge::Max | Merge::Mean => inputs.iter().all(|&input| input == output),
    }
}

#[cfg(test)]
mod tests {
    use super::verify;
    use crate::graph::{Given, Graph, Value, check};
    use crate::layer::Shape;
    use crate::source::SourceMap;

    fn graph() -> Graph {
        let mut sources = SourceMap::new();
        let file = sources.add("a.net", None, "Conv(1,8,3) -> skip(ReLU) -> LSTM(8, 10) -> FC");
        check(&mut sources, file, &Given::default()).graph.unwrap()
    }

    fn check_broken(change: impl Fn(&mut Graph), expected: &str) {
        let mut graph = graph();
        change(&mut graph);
        assert_eq!(verify(&graph).unwrap_err(), expected);
    }

    #[test]
    fn a_checked_graph_is_consistent() {
        assert_eq!(verify(&graph()), Ok(()));
    }

    #[test]
    fn what_is_broken_is_named() {
        check_broken(
            |graph| graph.nodes[1].inputs = vec![Value::Node(2)],
            "internal error: node `ReLU`: it reads node 2, which does not stand before it",
        );
        check_broken(|graph| graph.nodes[2].inputs.truncate(1), "internal error: node `Add`: it reads 1 values");
        check_broken(
            |graph| graph.nodes[5].output = Shape::vector(11),
            "internal error: node `FC`: its operation does not make 11 of [Vector { features: 10 }]",
        );
        check_broken(
            |graph| drop(graph.nodes[0].params.pop()),
            "internal error: node `Conv`: its parameters are not those of its operation",
        );
        check_broken(|graph| graph.outputs.clear(), "internal error: a graph without outputs");
    }
}
