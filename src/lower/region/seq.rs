//! `Seq(by=positions)` and `Seq(by=rows)` of a map in a region; the others are the memory as it lies.

use super::pass::Pass;
use super::step::{Needs, Step};
use crate::kernel::swap::Swap;
use crate::layer::{Seq, Shape};

pub(super) struct SeqStep {
    kernel: Swap,
}

impl SeqStep {
    /// None where nothing moves.
    pub fn new(seq: Seq, input: Shape) -> Option<Self> {
        let Shape::Map { channels, height, width } = input else { return None };
        let kernel = match seq {
            Seq::Positions => Swap { outer: channels, inner: height * width, run: 1 },
            Seq::Rows => Swap { outer: channels, inner: height, run: width },
            Seq::Features(_) | Seq::Channels => return None,
        };
        Some(Self { kernel })
    }
}

impl Step for SeqStep {
    fn needs(&self, _threads: usize) -> Needs {
        Needs::default()
    }

    fn forward(&self, pass: &Pass) {
        self.kernel.forward(pass.machine, &pass.input(0), &mut pass.output_mut());
    }

    fn backward(&self, pass: &Pass) {
        let Some((mut dx, add)) = pass.input_gradient(0) else { return };
        self.kernel.backward(pass.machine, &pass.output_gradient(), &mut dx, add);
    }
}
