//! Activations and softmax: element by element, or over scores; the shape stays.

use super::signature::{Default, Kind};
use super::{Activation, Layer, Op, keep, with_default};

pub const RELU: Layer = Layer {
    elsewhere: &["Relu", "relu"],
    ..Layer::new("ReLU", "max(x, 0)", |_, context| keep(Op::Activation(Activation::Relu), context))
};

pub const LEAKY_RELU: Layer = Layer {
    parameters: &[with_default("slope", Kind::Number, Default::Number(0.01))],
    elsewhere: &["leaky_relu", "LReLU"],
    ..Layer::new("LeakyReLU", "x above 0, slope x below", |args, context| {
        keep(Op::Activation(Activation::LeakyRelu { slope: args.number("slope") }), context)
    })
};

pub const ELU: Layer = Layer {
    elsewhere: &["elu"],
    ..Layer::new("ELU", "x above 0, exp(x) - 1 below", |_, context| keep(Op::Activation(Activation::Elu), context))
};

pub const GELU: Layer = Layer {
    elsewhere: &["gelu"],
    ..Layer::new("GELU", "x times the normal distribution function, by erf", |_, context| {
        keep(Op::Activation(Activation::Gelu), context)
    })
};

pub const SILU: Layer = Layer {
    elsewhere: &["swish", "silu"],
    ..Layer::new("SiLU", "x times its sigmoid", |_, context| keep(Op::Activation(Activation::Silu), context))
};

pub const TANH: Layer = Layer {
    elsewhere: &["tanh"],
    ..Layer::new("Tanh", "hyperbolic tangent", |_, context| keep(Op::Activation(Activation::Tanh), context))
};

pub const SIGMOID: Layer = Layer {
    elsewhere: &["sigmoid", "Logistic"],
    ..Layer::new("Sigmoid", "1 / (1 + exp(-x))", |_, context| keep(Op::Activation(Activation::Sigmoid), context))
};

pub const SOFTMAX: Layer = Layer {
    elsewhere: &["softmax", "Softmax2d"],
    ..Layer::new("Softmax", "exp(x) over its sum: over the scores, or over channels", |_, context| {
        keep(Op::Softmax, context)
    })
};

pub const LOG_SOFTMAX: Layer = Layer {
    elsewhere: &["log_softmax"],
    ..Layer::new("LogSoftmax", "the logarithm of softmax", |_, context| keep(Op::LogSoftmax, context))
};
