//! One node of the graph -> its dfdx operations: the one place where layers are told apart.

use std::collections::HashMap;

use dfdx::tensor::{PutTape, SplitTape, Tape};

use super::activation::{lower_activation, lower_log_softmax, lower_softmax};
use super::batch::Draw;
use super::conv::{lower_conv, lower_conv_t, lower_fc, patches_of, transposed_patches_of};
use super::dropout::{Masks, lower_dropout};
use super::element::{Element, Flat, Flow};
use super::merge::{lower_decided_max, lower_merge};
use super::norm::{Moments, eval_batch_norm, lower_group_norm, lower_layer_norm, train_batch_norm};
use super::patches::Patches;
use super::pool::{Windows, lower_avg_pool, lower_global_avg_pool, lower_max_pool, sliding_of};
use super::recurrent::lower_recurrent;
use super::shape::{lower_seq, padding, upsampling};
use crate::graph::{Graph, Node, Value};
use crate::layer::{Conv, Merge, Op, Shape};

/// What a node needs at each run and what depends on sizes alone.
pub(super) enum Plan<E: Element> {
    Nothing,
    Gather(Patches<E>),
    Windows(Windows),
}

impl<E: Element> Plan<E> {
    pub fn new(graph: &Graph, node: &Node) -> Self {
        let (Some(input), Some(output)) = (map_dims(graph.shape(node.inputs[0])), map_dims(node.output)) else {
            return Plan::Nothing;
        };
        let size = [output[1], output[2]];
        match &node.op {
            Op::Conv(conv) if is_pointwise(conv) => Plan::Nothing,
            Op::Conv(conv) => Plan::Gather(patches_of(conv, input, size)),
            Op::ConvT(conv) => Plan::Gather(transposed_patches_of(conv, input, size)),
            Op::MaxPool(window) => Plan::Windows(Windows::new(window, input, size)),
            Op::AvgPool(window) => {
                let sliding = sliding_of(window, input, size);
                Plan::Gather(Patches::new(sliding.positions(), sliding.outside()))
            }
            Op::Upsample { factor } => Plan::Gather(upsampling(input, *factor)),
            Op::Pad { pad } => Plan::Gather(padding(input, *pad)),
            _ => Plan::Nothing,
        }
    }
}

fn map_dims(shape: Shape) -> Option<[usize; 3]> {
    match shape {
        Shape::Map { channels, height, width } => Some([channels, height, width]),
        _ => None,
    }
}

/// Its patches are the values as they lie.
fn is_pointwise(conv: &Conv) -> bool {
    conv.kernel == [1, 1] && conv.stride == [1, 1] && conv.pad == [[0, 0]; 2]
}

/// Values of nodes by which the layers that read them decide.
pub(super) type Deciders<E> = HashMap<usize, Flow<E>>;

/// A node with all that it reads beside the values.
pub(super) struct Layer<'a, E: Element> {
    pub graph: &'a Graph,
    pub index: usize,
    pub plan: &'a Plan<E>,
    pub params: &'a [Flat<E>],
    /// In training only.
    pub draw: Option<Draw>,
    pub deciders: &'a Deciders<E>,
}

impl<E: Element> Layer<'_, E> {
    /// The node's value; of a `BatchNorm` in training, the batch's statistics too.
    pub fn lower<T: Tape<E, E::Dev>>(&self, values: Vec<Flow<E>>, tape: T) -> (Flow<E, T>, Option<Moments<E>>) {
        if let Op::Merge(merge) = &self.node().op {
            return (self.lower_merge(*merge, values, tape), None);
        }
        let x = values[0].clone().put_tape(tape);
        if self.node().op == Op::BatchNorm && self.draw.is_some() {
            let (value, moments) = train_batch_norm(x, self.params, self.input());
            return (value, Some(moments));
        }
        (self.lower_single(x), None)
    }

    fn lower_merge<T: Tape<E, E::Dev>>(&self, merge: Merge, values: Vec<Flow<E>>, tape: T) -> Flow<E, T> {
        let node = self.node();
        let inputs: Vec<Shape> = node.inputs.iter().map(|&value| self.graph.shape(value)).collect();
        let values = values.iter().map(|value| value.retaped::<T>()).collect();
        let deciders: Option<Vec<Flow<E>>> = match merge {
            Merge::Max => (0..inputs.len()).map(|n| self.decider(n)).collect(),
            _ => None,
        };
        let merged = match deciders {
            Some(deciders) => lower_decided_max(values, deciders),
            None => lower_merge(merge, values, &inputs, node.output),
        };
        let (merged, own) = merged.split_tape();
        merged.put_tape(tape.merge(own))
    }

    fn lower_single<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>) -> Flow<E, T> {
        let (params, input, output) = (self.params, self.input(), self.node().output);
        match &self.node().op {
            Op::Conv(conv) => lower_conv(self.gather(x), conv, params, output),
            Op::ConvT(conv) => lower_conv_t(self.gather(x), conv, params, output),
            Op::MaxPool(_) => self.max_pool(x),
            Op::AvgPool(window) => lower_avg_pool(self.gather(x), window, output),
            Op::GlobalAvgPool => lower_global_avg_pool(x, input),
            Op::Fc(fc) => lower_fc(x, fc, params),
            Op::Recurrent(recurrent) => lower_recurrent(x, recurrent, params, self.masks(recurrent.dropout)),
            Op::Seq(seq) => lower_seq(x, *seq, input),
            Op::BatchNorm => eval_batch_norm(x, params, input),
            Op::LayerNorm => lower_layer_norm(x, params),
            Op::GroupNorm { groups } => lower_group_norm(x, *groups, params, input),
            Op::Dropout { p, channels } => self.dropout(x, *p, *channels),
            Op::Activation(activation) => lower_activation(x, *activation, self.decider(0)),
            Op::Softmax => lower_softmax(x, input),
            Op::LogSoftmax => lower_log_softmax(x, input),
            Op::Upsample { .. } | Op::Pad { .. } => self.gather(x),
            Op::Flatten | Op::Reshape | Op::Identity | Op::Merge(_) => x,
        }
    }

    /// What the layer decides by in place of its input, if anything is set for it.
    fn decider(&self, input: usize) -> Option<Flow<E>> {
        match self.node().inputs[input] {
            Value::Input => None,
            Value::Node(index) => self.deciders.get(&index).cloned(),
        }
    }

    fn node(&self) -> &Node {
        &self.graph.nodes[self.index]
    }

    fn input(&self) -> Shape {
        self.graph.shape(self.node().inputs[0])
    }

    /// The image wants no gradient, so its patches are constants.
    fn gather<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>) -> Flow<E, T> {
        match self.plan {
            Plan::Gather(patches) if self.node().inputs[0] == Value::Input => patches.gather_constant(x),
            Plan::Gather(patches) => patches.gather(x),
            _ => x,
        }
    }

    fn max_pool<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>) -> Flow<E, T> {
        match self.plan {
            Plan::Windows(windows) => lower_max_pool(x, self.decider(0), windows),
            _ => x,
        }
    }

    fn dropout<T: Tape<E, E::Dev>>(&self, x: Flow<E, T>, p: f64, channels: bool) -> Flow<E, T> {
        match self.masks(p) {
            Some(masks) => lower_dropout(x, masks, channels, self.input()),
            None => x,
        }
    }

    /// Masks in training, where something is to be dropped.
    fn masks(&self, p: f64) -> Option<Masks> {
        let draw = self.draw.filter(|_| p > 0.0)?;
        Some(Masks { draw, node: self.index, p })
    }
}
