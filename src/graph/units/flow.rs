//! A graph's nodes, in order -> the unit that each feature of each value comes from.

use super::ties::Ties;
use super::{Bank, Tie};
use crate::graph::{Graph, Node, Value};
use crate::layer::{Conv, Merge, Op, Recurrent, Seq, Shape};

/// Units followed through a graph.
pub struct Flow {
    pub banks: Vec<Bank>,
    /// The unit of each feature that a node reads; of its first input.
    pub reads: Vec<Vec<Tie>>,
    pub ties: Ties,
}

/// What flows while a graph is followed.
struct Follower<'g> {
    graph: &'g Graph,
    flow: Flow,
    /// The unit of each feature of the image, and of what each node makes.
    image: Vec<Tie>,
    made: Vec<Vec<Tie>>,
}

impl Flow {
    pub fn through(graph: &Graph) -> Self {
        let mut ties = Ties::default();
        let image: Vec<Tie> = (0..graph.input.features()).map(|_| ties.add()).collect();
        image.iter().for_each(|&channel| ties.fix(channel, "its units are tied to the image's channels"));
        let flow = Flow { banks: vec![], reads: vec![], ties };
        let mut follower = Follower { graph, flow, image, made: vec![] };
        for (index, node) in graph.nodes.iter().enumerate() {
            let read = follower.made_by(node.inputs[0]);
            let made = follower.follow(index, node, &read);
            debug_assert_eq!(made.len(), node.output.features());
            follower.flow.reads.push(read);
            follower.made.push(made);
        }
        for output in &graph.outputs {
            let units = follower.made_by(output.value);
            follower.fix(&units, "its units are an output of the network");
        }
        follower.flow
    }
}

impl Follower<'_> {
    fn made_by(&self, value: Value) -> Vec<Tie> {
        match value {
            Value::Input => self.image.clone(),
            Value::Node(index) => self.made[index].clone(),
        }
    }

    fn fix(&mut self, units: &[Tie], reason: &'static str) {
        units.iter().for_each(|&unit| self.flow.ties.fix(unit, reason));
    }

    /// The units of what a node makes.
    fn follow(&mut self, index: usize, node: &Node, read: &[Tie]) -> Vec<Tie> {
        match &node.op {
            Op::Conv(conv) => self.conv(index, conv, read),
            Op::ConvT(conv) => self.bank(index, 0, conv.output),
            Op::Fc(fc) => self.bank(index, 0, fc.output),
            Op::Recurrent(recurrent) => self.recurrent(index, recurrent),
            Op::Merge(merge) => self.merge(*merge, node),
            Op::Flatten => flattened(self.graph.shape(node.inputs[0]), read),
            Op::Seq(seq) => self.sequence(*seq, node, read),
            Op::Reshape => self.without_units(node, read, "`Reshape` reads their values in memory order"),
            Op::LayerNorm | Op::GroupNorm { .. } => self.whole(read, "a norm over several units reads them"),
            Op::Softmax | Op::LogSoftmax => self.whole(read, "a softmax over them reads them"),
            _ => read.to_vec(),
        }
    }

    /// Units that a layer reads as a whole.
    fn whole(&mut self, read: &[Tie], reason: &'static str) -> Vec<Tie> {
        self.fix(read, reason);
        read.to_vec()
    }

    /// What has no units of its own, and lets none of those that it reads go.
    fn without_units(&mut self, node: &Node, read: &[Tie], reason: &'static str) -> Vec<Tie> {
        self.fix(read, reason);
        let made: Vec<Tie> = (0..node.output.features()).map(|_| self.flow.ties.add()).collect();
        self.fix(&made, "its units are tied to values that belong to no unit");
        made
    }

    fn bank(&mut self, node: usize, part: usize, count: usize) -> Vec<Tie> {
        let units: Vec<Tie> = (0..count).map(|_| self.flow.ties.add()).collect();
        self.flow.banks.push(Bank { node, part, units: units.clone() });
        units
    }

    fn conv(&mut self, index: usize, conv: &Conv, read: &[Tie]) -> Vec<Tie> {
        let units = self.bank(index, 0, conv.output);
        if conv.is_depthwise() {
            read.iter().zip(&units).for_each(|(&read, &unit)| self.flow.ties.tie(read, unit));
        } else if conv.groups > 1 {
            self.fix(read, "a convolution in groups reads them");
            self.fix(&units, "it is a convolution in groups");
        }
        units
    }

    fn recurrent(&mut self, index: usize, recurrent: &Recurrent) -> Vec<Tie> {
        let directions = recurrent.directions();
        let parts = recurrent.layers * directions;
        let banks: Vec<Vec<Tie>> = (0..parts).map(|part| self.bank(index, part, recurrent.hidden)).collect();
        banks[parts - directions..].concat()
    }

    fn merge(&mut self, merge: Merge, node: &Node) -> Vec<Tie> {
        let inputs: Vec<Vec<Tie>> = node.inputs.iter().map(|&input| self.made_by(input)).collect();
        if merge == Merge::Concat {
            return inputs.concat();
        }
        for input in &inputs[1..] {
            inputs[0].iter().zip(input).for_each(|(&a, &b)| self.flow.ties.tie(a, b));
        }
        inputs[0].clone()
    }

    fn sequence(&mut self, seq: Seq, node: &Node, read: &[Tie]) -> Vec<Tie> {
        let input = self.graph.shape(node.inputs[0]);
        let Shape::Sequence { steps, .. } = node.output else { return read.to_vec() };
        match (seq, input) {
            (Seq::Positions, _) => read.to_vec(),
            (Seq::Rows, Shape::Map { width, .. }) => spread(read, width),
            (Seq::Features(_), Shape::Map { .. } | Shape::Vector { .. }) if steps == 1 => flattened(input, read),
            _ => self.without_units(node, read, "`Seq` cuts their values in memory order"),
        }
    }
}

/// Each unit so many times in a row.
fn spread(units: &[Tie], times: usize) -> Vec<Tie> {
    units.iter().flat_map(|&unit| std::iter::repeat_n(unit, times)).collect()
}

/// The units of the values of an image in memory order.
fn flattened(shape: Shape, units: &[Tie]) -> Vec<Tie> {
    match shape {
        Shape::Sequence { steps, .. } => units.repeat(steps),
        _ => spread(units, shape.positions()),
    }
}
