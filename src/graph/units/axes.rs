//! Units that are removed -> what is left of each tensor, axis by axis, and each layer with the sizes that are left.

use super::{Tie, Units};
use crate::graph::{Graph, Node};
use crate::layer::{Conv, ConvT, Fc, Op, Recurrent, Seq};

/// Which indices of each axis of a tensor are left; the axes behind these are whole.
pub type TensorAxes = Vec<Vec<bool>>;

impl Units {
    /// What is left of each node's tensors, in the order of its parameters, without the ties that are `dead`.
    pub fn axes(&self, graph: &Graph, dead: &[bool]) -> Vec<Vec<TensorAxes>> {
        let of_node = |(index, node): (usize, &Node)| self.axes_of(index, node, dead);
        graph.nodes.iter().enumerate().map(of_node).collect()
    }

    fn axes_of(&self, index: usize, node: &Node, dead: &[bool]) -> Vec<TensorAxes> {
        let read = left(&self.reads[index], dead);
        let made = || self.left_of(index, 0, dead);
        let axes = match &node.op {
            Op::Conv(conv) if conv.is_depthwise() => vec![vec![made()]; 2],
            Op::Conv(conv) if conv.groups > 1 => vec![],
            Op::Conv(_) | Op::Fc(_) => vec![vec![made(), read], vec![made()]],
            Op::ConvT(_) => vec![vec![read, made()], vec![made()]],
            Op::Recurrent(recurrent) => self.recurrent_axes(index, recurrent, read, dead),
            Op::BatchNorm => vec![vec![read]; 4],
            _ => vec![],
        };
        let whole = std::iter::repeat_with(Vec::new);
        axes.into_iter().chain(whole).take(node.params.len()).collect()
    }

    fn recurrent_axes(&self, index: usize, op: &Recurrent, read: Vec<bool>, dead: &[bool]) -> Vec<TensorAxes> {
        let directions = op.directions();
        let left_of = |part: usize| self.left_of(index, part, dead);
        let of_part = |part: usize| {
            let input = match part / directions {
                0 => read.clone(),
                layer => (0..directions).flat_map(|d| left_of((layer - 1) * directions + d)).collect(),
            };
            let (units, rows) = (left_of(part), left_of(part).repeat(op.cell.gates()));
            [vec![rows.clone(), input], vec![rows.clone(), units], vec![rows.clone()], vec![rows]]
        };
        (0..op.layers * directions).flat_map(of_part).collect()
    }

    /// Which units of a layer are left.
    fn left_of(&self, node: usize, part: usize, dead: &[bool]) -> Vec<bool> {
        let bank = self.banks.iter().find(|bank| (bank.node, bank.part) == (node, part));
        bank.map_or(vec![], |bank| left(&bank.units, dead))
    }

    /// Each node's layer with the sizes that are left.
    pub fn reduced(&self, graph: &Graph, dead: &[bool]) -> Vec<Op> {
        let of_node = |(index, node): (usize, &Node)| {
            let input = count(&left(&self.reads[index], dead));
            let output = count(&self.left_of(index, 0, dead));
            match &node.op {
                Op::Conv(conv) => {
                    let groups = if conv.is_depthwise() { output } else { conv.groups };
                    Op::Conv(Conv { input, output, groups, ..conv.clone() })
                }
                Op::ConvT(conv) => Op::ConvT(ConvT { input, output, ..conv.clone() }),
                Op::Fc(fc) => Op::Fc(Fc { input, output, ..fc.clone() }),
                Op::Recurrent(op) => Op::Recurrent(Recurrent { input, hidden: output, ..op.clone() }),
                Op::Seq(Seq::Features(k)) => Op::Seq(Seq::Features(self.step(graph, index, dead).unwrap_or(*k))),
                op => op.clone(),
            }
        };
        graph.nodes.iter().enumerate().map(of_node).collect()
    }

    /// The values of the one step that a `Seq(k)` makes of a map or vector of units; none where it makes several.
    fn step(&self, graph: &Graph, index: usize, dead: &[bool]) -> Option<usize> {
        let node = &graph.nodes[index];
        let positions = graph.shape(node.inputs[0]).positions();
        (node.output.positions() == 1).then(|| positions * count(&left(&self.reads[index], dead)))
    }
}

fn left(units: &[Tie], dead: &[bool]) -> Vec<bool> {
    units.iter().map(|&unit| !dead[unit]).collect()
}

fn count(left: &[bool]) -> usize {
    left.iter().filter(|left| **left).count()
}
