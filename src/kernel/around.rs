//! What is around a sum of products: what it starts from, and what follows it.

use super::lane::{Lane, Numbers};
use super::line::Line;

#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub start: Start<'a>,
    pub after: After<'a>,
}

impl<'a> Around<'a> {
    /// The sum alone; or added to what the output holds.
    pub fn sum(add: bool) -> Self {
        Self { start: if add { Start::Held } else { Start::Zero }, after: After::Nothing }
    }

    /// A number for each channel, and perhaps a ReLU.
    pub fn layer(bias: &'a [f32], relu: bool) -> Self {
        Self { start: Start::Bias(bias), after: After::relu(relu) }
    }

    /// Writes part `part` of sums of one channel to `out`, which begins at line `at` of the output; those beyond `out` are
    /// dropped.
    #[inline(always)]
    pub fn finish<N: Numbers, const T: usize>(
        self,
        channel: usize,
        mut sums: [N; T],
        at: usize,
        out: &mut [Line],
        part: usize,
    ) {
        match self.start {
            Start::Zero => {}
            Start::Held => {
                for (sum, out) in sums.iter_mut().zip(&*out) {
                    *sum = sum.add(N::load_part(out, part));
                }
            }
            Start::Bias(bias) => {
                let bias = N::splat(bias[channel]);
                for sum in &mut sums {
                    *sum = sum.add(bias);
                }
            }
        }
        for (n, (sum, out)) in sums.iter().zip(out).enumerate() {
            self.after.apply_part(*sum, at + n, part).store_part(out, part);
        }
    }
}

/// What a sum is added to.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    Zero,
    /// What the output holds.
    Held,
    /// A number for each channel.
    Bias(&'a [f32]),
}

/// What becomes of a sum.
#[derive(Clone, Copy)]
pub enum After<'a> {
    Nothing,
    Relu,
    /// Zero where the line in the same place is not positive: the way back through the ReLU that made these lines.
    Where(&'a [Line]),
}

impl After<'_> {
    pub fn relu(relu: bool) -> Self {
        if relu { Self::Relu } else { Self::Nothing }
    }

    /// Of a sum whose line is number `at` of the output.
    #[inline(always)]
    pub fn apply<L: Lane>(self, sum: L, at: usize) -> L {
        self.apply_part(sum, at, 0)
    }

    /// As [`After::apply`], of part `part` of the line.
    #[inline(always)]
    pub fn apply_part<N: Numbers>(self, sum: N, at: usize, part: usize) -> N {
        match self {
            Self::Nothing => sum,
            Self::Relu => sum.positive(),
            Self::Where(lines) => N::load_part(&lines[at], part).pass_positive(sum),
        }
    }
}
