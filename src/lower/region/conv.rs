//! `Conv` and `ConvT` in a region.

use super::pass::Pass;
use super::step::{Needs, Operand, Size, Step};
use crate::kernel::activation::mask;
use crate::kernel::around::{After, Around, Start};
use crate::kernel::conv::{self, Geometry, bias_gradient};
use crate::kernel::winograd::Winograd;
use crate::layer::{Activation, Conv, ConvT, Op, Shape};

pub(super) struct ConvStep {
    kernel: conv::Conv,
    /// Where that is the faster way.
    winograd: Option<Winograd>,
    /// A transposed convolution runs the sums the other way.
    transposed: bool,
    relu: bool,
    bias: bool,
}

impl ConvStep {
    /// None where the shapes are no maps.
    pub fn new(conv: &Conv, input: Shape, output: Shape) -> Option<Self> {
        let geometry = geometry_of(conv, input, output)?;
        let winograd = Winograd::new(&geometry);
        Some(Self { kernel: conv::Conv::new(geometry), winograd, transposed: false, relu: false, bias: conv.bias })
    }

    /// A transposed convolution makes what a convolution of the same weight reads.
    pub fn transposed(conv: &ConvT, input: Shape, output: Shape) -> Option<Self> {
        let geometry = transposed_geometry_of(conv, input, output)?;
        Some(Self { kernel: conv::Conv::new(geometry), winograd: None, transposed: true, relu: false, bias: conv.bias })
    }

    fn weights(&self) -> usize {
        self.kernel.geometry().weights()
    }
}

pub(super) fn geometry_of(conv: &Conv, input: Shape, output: Shape) -> Option<Geometry> {
    Some(Geometry {
        input: conv.input,
        output: conv.output,
        input_size: size_of(input)?,
        output_size: size_of(output)?,
        kernel: conv.kernel,
        stride: conv.stride,
        pad: conv.pad.map(|[before, _]| before),
        dilation: conv.dilation,
        groups: conv.groups,
    })
}

/// Of the convolution whose transpose it is.
pub(super) fn transposed_geometry_of(conv: &ConvT, input: Shape, output: Shape) -> Option<Geometry> {
    Some(Geometry {
        input: conv.output,
        output: conv.input,
        input_size: size_of(output)?,
        output_size: size_of(input)?,
        kernel: conv.kernel,
        stride: conv.stride,
        pad: conv.pad,
        dilation: [1, 1],
        groups: 1,
    })
}

fn size_of(shape: Shape) -> Option<[usize; 2]> {
    match shape {
        Shape::Map { height, width, .. } => Some([height, width]),
        _ => None,
    }
}

impl Step for ConvStep {
    fn needs(&self, threads: usize) -> Needs {
        let needs = Needs { inputs: true, output: self.relu, ..Needs::default() };
        match &self.winograd {
            Some(winograd) => {
                let sums = winograd.scratch_lines(threads);
                let backward_scratch = Size::fixed(sums.max(winograd.gradient_lines(threads)));
                Needs { forward_scratch: Size::fixed(sums), backward_scratch, ..needs }
            }
            None => {
                let sums = self.kernel.scratch_lines(threads);
                let backward_scratch = Size { group: self.kernel.gradient_lines(), fixed: sums };
                Needs { forward_scratch: Size::fixed(sums), backward_scratch, ..needs }
            }
        }
    }

    fn kernel(&self) -> &'static str {
        match self.winograd {
            Some(Winograd::FourOfThree(_)) => "Winograd F(4x4, 3x3)",
            Some(Winograd::ThreeOfFive(_)) => "Winograd F(3x3, 5x5)",
            Some(Winograd::FourOfFive(_)) => "Winograd F(4x4, 5x5)",
            None => "direct",
        }
    }

    fn absorb(&mut self, next: &Op) -> bool {
        let takes = *next == Op::Activation(Activation::Relu) && !self.relu;
        self.relu |= takes;
        takes
    }

    fn ends_in_relu(&self) -> bool {
        self.relu
    }

    fn masks_by(&self) -> Option<Operand> {
        Some(Operand::Input)
    }

    fn forward(&self, pass: &Pass) {
        let (weight, bias) = pass.params().split_at(self.weights());
        let start = if self.bias { Start::Bias(bias) } else { Start::Zero };
        let around = Around { start, after: After::relu(self.relu) };
        let (x, mut y, mut scratch) = (pass.input(0), pass.output_mut(), pass.forward_scratch());
        match &self.winograd {
            Some(winograd) => winograd.sum(pass.machine, &x, weight, around, &mut y, &mut scratch),
            None if self.transposed => self.kernel.spread(pass.machine, &x, weight, around, &mut y, &mut scratch),
            None => self.kernel.sum(pass.machine, &x, weight, around, &mut y, &mut scratch),
        }
    }

    fn backward(&self, pass: &Pass) {
        if self.relu && !pass.masked() {
            mask(pass.machine, &pass.output(), &mut pass.output_gradient_mut());
        }
        let (x, dy) = (pass.input(0), pass.output_gradient());
        let mut gradients = pass.gradients();
        let (dweight, dbias) = gradients.split_at_mut(self.weights());
        bias_gradient(pass.machine, &dy, dbias, pass.groups());
        let mut scratch = pass.backward_scratch();
        match &self.winograd {
            Some(winograd) => winograd.weight_gradient(pass.machine, &x, &dy, dweight, &mut scratch),
            None => {
                let [read, made] = if self.transposed { [&*dy, &*x] } else { [&*x, &*dy] };
                self.kernel.weight_gradient(pass.machine, read, made, dweight, &mut scratch);
            }
        }
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        let weight = &pass.params()[..self.weights()];
        let around = Around { after: pass.mask(&x), ..Around::sum(add) };
        match &self.winograd {
            Some(winograd) => winograd.spread(pass.machine, &dy, weight, around, &mut dx, &mut scratch),
            None if self.transposed => self.kernel.sum(pass.machine, &dy, weight, around, &mut dx, &mut scratch),
            None => self.kernel.spread(pass.machine, &dy, weight, around, &mut dx, &mut scratch),
        }
    }
}
