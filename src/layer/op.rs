//! Layers with every size known: what stands in a graph's nodes and what lowering reads.
//!
//! Sizes of maps are `[height, width]`. Formulas and parameter shapes are PyTorch's.

use super::shape::Shape;

/// A layer with every size known.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Conv(Conv),
    ConvT(ConvT),
    /// Max pooling; of equal values the first in row order wins, as in PyTorch.
    MaxPool(Window),
    /// Average pooling; padded zeros count as values.
    AvgPool(Window),
    GlobalAvgPool,
    Fc(Fc),
    Recurrent(Recurrent),
    /// Map or vector to sequence.
    Seq(Seq),
    /// Per channel, or feature; in training by the batch's statistics.
    BatchNorm,
    /// Over all values of an image; scale and shift for each value.
    LayerNorm,
    /// Over each of so many groups of channels.
    GroupNorm {
        groups: usize,
    },
    /// Zeroes values with probability `p`, the rest scaled by 1/(1-p); whole channels with `channels`.
    Dropout {
        p: f64,
        channels: bool,
    },
    Activation(Activation),
    /// Over the features, or over the channels of a map.
    Softmax,
    LogSoftmax,
    Flatten,
    /// The same values in memory order, in another shape (the node's output).
    Reshape,
    /// Each pixel so many times in both directions (nearest).
    Upsample {
        factor: [usize; 2],
    },
    /// Zeros around a map: rows above and below, columns left and right.
    Pad {
        pad: [usize; 2],
    },
    Identity,
    /// Several inputs, at least two.
    Merge(Merge),
}

/// Convolution: CxHxW to output x H' x W'. Weight: output x input/groups x kernel; bias: output.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    pub input: usize,
    pub output: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// For height and width, the zeros before and after.
    pub pad: [[usize; 2]; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
    pub bias: bool,
    pub constraint: Option<Constraint>,
}

/// Transposed convolution. Weight: input x output x kernel; bias: output.
/// H' = (H - 1) stride - 2 pad + kernel + output_pad.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvT {
    pub input: usize,
    pub output: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: [usize; 2],
    pub output_pad: [usize; 2],
    pub bias: bool,
}

/// A pooling window.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub pad: [usize; 2],
}

/// Fully connected layer over a vector. Weight: output x input; bias: output.
#[derive(Clone, Debug, PartialEq)]
pub struct Fc {
    pub input: usize,
    pub output: usize,
    pub constraint: Option<Constraint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    Lstm,
    Gru,
    /// tanh
    Rnn,
}

impl Cell {
    /// How many rows of `hidden` its weights have; PyTorch's order: LSTM i, f, g, o; GRU r, z, n.
    pub fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru => 3,
            Cell::Rnn => 1,
        }
    }
}

/// Recurrent layers over a sequence, PyTorch's gates and parameters, zero initial state.
/// Dropout stands between layers, not after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrent {
    pub cell: Cell,
    pub input: usize,
    pub hidden: usize,
    pub layers: usize,
    pub bidirectional: bool,
    /// All steps, or the final state of each direction, joined.
    pub all_steps: bool,
    pub dropout: f64,
}

/// How a map or vector becomes a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seq {
    /// Rows of so many values in memory order; of a sequence too.
    Features(usize),
    /// H*W steps of C.
    Positions,
    /// H steps of C*W, channel-major.
    Rows,
    /// C steps of H*W.
    Channels,
}

impl Seq {
    /// The sequence that it makes of an input that it fits.
    pub fn output(self, input: Shape) -> Shape {
        let count = input.count();
        match (self, input) {
            (Seq::Features(k), _) => Shape::sequence(count / k, k),
            (Seq::Rows, Shape::Map { height, .. }) => Shape::sequence(height, count / height),
            (Seq::Channels, _) => Shape::sequence(input.features(), input.positions()),
            (Seq::Positions | Seq::Rows, _) => Shape::sequence(input.positions(), input.features()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Relu,
    LeakyRelu {
        slope: f64,
    },
    /// alpha = 1
    Elu,
    /// by the error function
    Gelu,
    Silu,
    Tanh,
    Sigmoid,
}

/// How several values become one. `Add` and `Mul` also take vectors of C beside maps of CxHxW.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    Add,
    Mul,
    Max,
    Mean,
    /// Along channels, or features.
    Concat,
}

/// What holds for one unit's whole weight (bias aside) after each optimizer step; Keras' kernel constraints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constraint {
    /// w / (eps + |w|)
    UnitNorm,
    /// w min(|w|, max) / (eps + |w|)
    MaxNorm(f64),
}

/// A tensor that a layer owns.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// PyTorch's suffix, `weight_ih_l0`.
    pub name: String,
    pub shape: Vec<usize>,
    pub init: Init,
    /// False for running statistics.
    pub trained: bool,
}

impl Param {
    pub fn trained(name: impl Into<String>, shape: &[usize], init: Init) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), init, trained: true }
    }

    pub fn buffer(name: impl Into<String>, shape: &[usize], init: Init) -> Self {
        Self { trained: false, ..Self::trained(name, shape, init) }
    }

    /// How many numbers it holds; the largest number where that is beyond counting.
    pub fn count(&self) -> usize {
        self.shape.iter().fold(1, |count: usize, &size| count.saturating_mul(size))
    }
}

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    Zeros,
    Ones,
    /// Uniform in (-bound, bound).
    Uniform {
        bound: f64,
    },
}

impl Init {
    /// PyTorch's start of a convolution or linear layer: kaiming_uniform(a = sqrt 5) on the weight, and the same
    /// bound 1/sqrt(fan_in) on the bias.
    pub fn fan_in(fan_in: usize) -> Self {
        Init::Uniform { bound: 1.0 / (fan_in as f64).sqrt() }
    }
}

impl Op {
    /// The tensors it owns, in PyTorch's order, when it reads `input`.
    pub fn params(&self, input: Shape) -> Vec<Param> {
        match self {
            Op::Conv(conv) => conv.params(),
            Op::ConvT(conv) => conv.params(),
            Op::Fc(fc) => fc.params(),
            Op::Recurrent(recurrent) => recurrent.params(),
            Op::BatchNorm => batch_norm_params(input.features()),
            Op::LayerNorm => affine_params(&input.dims()),
            Op::GroupNorm { .. } => affine_params(&[input.features()]),
            _ => vec![],
        }
    }

    /// Multiply-adds for one image: the products of convolutions, `FC` and gates.
    pub fn macs(&self, input: Shape, output: Shape) -> u64 {
        let product = |factors: &[usize]| factors.iter().fold(1, |n: u64, &factor| n.saturating_mul(factor as u64));
        match self {
            Op::Conv(c) => product(&[output.count(), c.input / c.groups, c.kernel[0], c.kernel[1]]),
            Op::ConvT(c) => product(&[input.count(), c.output, c.kernel[0], c.kernel[1]]),
            Op::Fc(fc) => product(&[fc.input, fc.output]),
            Op::Recurrent(r) => (input.positions() as u64).saturating_mul(r.macs_per_step()),
            _ => 0,
        }
    }
}

impl Conv {
    /// Whether each output channel reads the one input channel of its number.
    pub fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.input && self.groups == self.output
    }

    fn params(&self) -> Vec<Param> {
        let [height, width] = self.kernel;
        let init = Init::fan_in(self.input / self.groups * height * width);
        weight_and_bias(&[self.output, self.input / self.groups, height, width], self.bias.then_some(self.output), init)
    }
}

impl ConvT {
    fn params(&self) -> Vec<Param> {
        let [height, width] = self.kernel;
        // PyTorch takes the fan from the weight's second size, which is the output here.
        let init = Init::fan_in(self.output * height * width);
        weight_and_bias(&[self.input, self.output, height, width], self.bias.then_some(self.output), init)
    }
}

impl Fc {
    fn params(&self) -> Vec<Param> {
        weight_and_bias(&[self.output, self.input], Some(self.output), Init::fan_in(self.input))
    }
}

impl Recurrent {
    pub fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// How many values layer `layer` reads at each step.
    pub fn input_of(&self, layer: usize) -> usize {
        if layer == 0 { self.input } else { self.hidden * self.directions() }
    }

    fn params(&self) -> Vec<Param> {
        let rows = self.cell.gates() * self.hidden;
        let init = Init::fan_in(self.hidden);
        let of_direction = |layer: usize, suffix: &str| {
            let param = |name: &str, shape: &[usize]| Param::trained(format!("{name}_l{layer}{suffix}"), shape, init);
            [
                param("weight_ih", &[rows, self.input_of(layer)]),
                param("weight_hh", &[rows, self.hidden]),
                param("bias_ih", &[rows]),
                param("bias_hh", &[rows]),
            ]
        };
        let directions = &["", "_reverse"][..self.directions()];
        (0..self.layers).flat_map(|layer| directions.iter().flat_map(move |d| of_direction(layer, d))).collect()
    }

    fn macs_per_step(&self) -> u64 {
        let rows = (self.cell.gates() * self.hidden * self.directions()) as u64;
        let of_layer = |layer| rows.saturating_mul((self.input_of(layer) + self.hidden) as u64);
        (0..self.layers).map(of_layer).fold(0, u64::saturating_add)
    }
}

fn weight_and_bias(weight: &[usize], bias: Option<usize>, init: Init) -> Vec<Param> {
    let bias = bias.map(|units| Param::trained("bias", &[units], init));
    std::iter::once(Param::trained("weight", weight, init)).chain(bias).collect()
}

fn affine_params(shape: &[usize]) -> Vec<Param> {
    vec![Param::trained("weight", shape, Init::Ones), Param::trained("bias", shape, Init::Zeros)]
}

fn batch_norm_params(features: usize) -> Vec<Param> {
    let mut params = affine_params(&[features]);
    params.push(Param::buffer("running_mean", &[features], Init::Zeros));
    params.push(Param::buffer("running_var", &[features], Init::Ones));
    params
}
