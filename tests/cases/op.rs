//! A layer's JSON in a fixture -> its `Op`.

use netc::layer::{Activation, Cell, Conv, ConvT, Fc, Merge, Op, Recurrent, Seq, Shape, Window};
use serde_json::Value as Json;

pub fn op_of(json: &Json, input: Shape) -> Op {
    match text(&json["op"]) {
        "conv" => Op::Conv(conv(json, input)),
        "conv_t" => Op::ConvT(conv_t(json, input)),
        "max_pool" => Op::MaxPool(window(json)),
        "avg_pool" => Op::AvgPool(window(json)),
        "global_avg_pool" => Op::GlobalAvgPool,
        "fc" => Op::Fc(Fc { input: input.count(), output: size(&json["out"]), constraint: None }),
        "recurrent" => Op::Recurrent(recurrent(json, input)),
        "seq" => Op::Seq(seq(json)),
        "batch_norm" => Op::BatchNorm,
        "layer_norm" => Op::LayerNorm,
        "group_norm" => Op::GroupNorm { groups: size(&json["groups"]) },
        "dropout" => Op::Dropout { p: json["p"].as_f64().unwrap(), channels: flag(&json["channels"]) },
        "activation" => Op::Activation(activation(json)),
        "softmax" => Op::Softmax,
        "log_softmax" => Op::LogSoftmax,
        "flatten" => Op::Flatten,
        "reshape" => Op::Reshape,
        "upsample" => Op::Upsample { factor: pair(&json["factor"]) },
        "pad" => Op::Pad { pad: pair(&json["pad"]) },
        "identity" => Op::Identity,
        "merge" => Op::Merge(merge(json)),
        other => panic!("no layer {other}"),
    }
}

pub fn size(json: &Json) -> usize {
    usize::try_from(json.as_u64().unwrap()).unwrap()
}

pub fn sizes(json: &Json) -> Vec<usize> {
    json.as_array().unwrap().iter().map(size).collect()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn flag(json: &Json) -> bool {
    json.as_bool().unwrap()
}

fn pair(json: &Json) -> [usize; 2] {
    [size(&json[0]), size(&json[1])]
}

fn conv(json: &Json, input: Shape) -> Conv {
    Conv {
        input: input.features(),
        output: size(&json["out"]),
        kernel: pair(&json["kernel"]),
        stride: pair(&json["stride"]),
        pad: [pair(&json["pad"][0]), pair(&json["pad"][1])],
        dilation: pair(&json["dilation"]),
        groups: size(&json["groups"]),
        bias: flag(&json["bias"]),
        constraint: None,
    }
}

fn conv_t(json: &Json, input: Shape) -> ConvT {
    ConvT {
        input: input.features(),
        output: size(&json["out"]),
        kernel: pair(&json["kernel"]),
        stride: pair(&json["stride"]),
        pad: pair(&json["pad"]),
        output_pad: pair(&json["output_pad"]),
        bias: flag(&json["bias"]),
    }
}

fn window(json: &Json) -> Window {
    Window { kernel: pair(&json["kernel"]), stride: pair(&json["stride"]), pad: pair(&json["pad"]) }
}

fn recurrent(json: &Json, input: Shape) -> Recurrent {
    Recurrent {
        cell: match text(&json["cell"]) {
            "lstm" => Cell::Lstm,
            "gru" => Cell::Gru,
            _ => Cell::Rnn,
        },
        input: input.features(),
        hidden: size(&json["hidden"]),
        layers: size(&json["layers"]),
        bidirectional: flag(&json["bidirectional"]),
        all_steps: flag(&json["all_steps"]),
        dropout: json["dropout"].as_f64().unwrap(),
    }
}

fn seq(json: &Json) -> Seq {
    match text(&json["by"]) {
        "features" => Seq::Features(size(&json["k"])),
        "positions" => Seq::Positions,
        "rows" => Seq::Rows,
        _ => Seq::Channels,
    }
}

fn activation(json: &Json) -> Activation {
    match text(&json["kind"]) {
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LeakyRelu { slope: json["slope"].as_f64().unwrap() },
        "elu" => Activation::Elu,
        "gelu" => Activation::Gelu,
        "silu" => Activation::Silu,
        "tanh" => Activation::Tanh,
        _ => Activation::Sigmoid,
    }
}

fn merge(json: &Json) -> Merge {
    match text(&json["kind"]) {
        "add" => Merge::Add,
        "mul" => Merge::Mul,
        "max" => Merge::Max,
        "mean" => Merge::Mean,
        _ => Merge::Concat,
    }
}
