//! Activations: y = f(x) and dx = f'(x) dy, line by line.

use super::gradient::{LINES, put};
use super::isa::Kernel;
use super::lane::Lane;
use super::line::Line;
use super::machine::Machine;

/// The functions that have a kernel; formulas are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    Relu,
    LeakyRelu { slope: f32 },
    Elu,
    Gelu,
    Silu,
    Tanh,
    Sigmoid,
}

impl Activation {
    pub fn forward(self, machine: &Machine, x: &[Line], y: &mut [Line]) {
        machine.team.chunks(y, LINES, |index, y, _| {
            let x = &x[index * LINES..][..y.len()];
            machine.isa.run(Forward { activation: self, x, y });
        });
    }

    /// dx = f' dy, or added to what `dx` holds; `x` and `y` are what [`Activation::forward`] read and made.
    pub fn backward(self, machine: &Machine, [x, y, dy]: [&[Line]; 3], dx: &mut [Line], add: bool) {
        machine.team.chunks(dx, LINES, |index, dx, _| {
            let [x, y, dy] = [x, y, dy].map(|lines| &lines[index * LINES..][..dx.len()]);
            machine.isa.run(Backward { activation: self, x, y, dy, dx, add });
        });
    }
}

struct Forward<'a> {
    activation: Activation,
    x: &'a [Line],
    y: &'a mut [Line],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        match self.activation {
            Activation::Relu => each::<L>(self.x, self.y, L::positive),
            Activation::LeakyRelu { slope } => {
                each::<L>(self.x, self.y, |x| x.where_greater(L::zero(), x, x.mul(L::splat(slope))));
            }
            Activation::Elu => {
                each::<L>(self.x, self.y, |x| x.where_greater(L::zero(), x, x.exp().sub(L::splat(1.0))));
            }
            Activation::Gelu => each::<L>(self.x, self.y, |x| x.mul(normal_share(x))),
            Activation::Silu => each::<L>(self.x, self.y, |x| x.mul(x.sigmoid())),
            Activation::Tanh => each::<L>(self.x, self.y, L::tanh),
            Activation::Sigmoid => each::<L>(self.x, self.y, L::sigmoid),
        }
    }
}

#[inline(always)]
fn each<L: Lane>(x: &[Line], y: &mut [Line], f: impl Fn(L) -> L) {
    for (x, y) in x.iter().zip(y) {
        f(L::load(x)).store(y);
    }
}

/// The standard normal distribution's share below x.
#[inline(always)]
fn normal_share<L: Lane>(x: L) -> L {
    x.mul(L::splat(std::f32::consts::FRAC_1_SQRT_2)).erf().mul_add(L::splat(0.5), L::splat(0.5))
}

struct Backward<'a> {
    activation: Activation,
    x: &'a [Line],
    y: &'a [Line],
    dy: &'a [Line],
    dx: &'a mut [Line],
    add: bool,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let one = L::splat(1.0);
        match self.activation {
            Activation::Relu => self.each::<L>(|_, y, dy| y.pass_positive(dy)),
            Activation::LeakyRelu { slope } => {
                self.each::<L>(|x, _, dy| x.where_greater(L::zero(), dy, dy.mul(L::splat(slope))));
            }
            Activation::Elu => self.each::<L>(|x, y, dy| x.where_greater(L::zero(), dy, dy.mul(y.add(one)))),
            Activation::Gelu => self.each::<L>(|x, _, dy| dy.mul(gelu_slope(x))),
            Activation::Silu => self.each::<L>(|x, y, dy| {
                let share = x.sigmoid();
                dy.mul(y.neg_mul_add(share, share.add(y)))
            }),
            Activation::Tanh => self.each::<L>(|_, y, dy| dy.mul(y.neg_mul_add(y, one))),
            Activation::Sigmoid => self.each::<L>(|_, y, dy| dy.mul(y.neg_mul_add(y, y))),
        }
    }
}

impl Backward<'_> {
    #[inline(always)]
    fn each<L: Lane>(self, slope: impl Fn(L, L, L) -> L) {
        for (((x, y), dy), dx) in self.x.iter().zip(self.y).zip(self.dy).zip(self.dx) {
            let gradient = slope(L::load(x), L::load(y), L::load(dy));
            put(gradient, dx, self.add);
        }
    }
}

/// Phi(x) + x phi(x)
#[inline(always)]
fn gelu_slope<L: Lane>(x: L) -> L {
    let bell = x.mul(x).mul(L::splat(-0.5)).exp().mul(L::splat(0.398_942_3));
    x.mul_add(bell, normal_share(x))
}

/// The gradient of what a layer made before its ReLU: dy where y > 0, else 0.
pub fn mask(machine: &Machine, y: &[Line], dy: &mut [Line]) {
    machine.team.chunks(dy, LINES, |index, dy, _| {
        machine.isa.run(Mask { y: &y[index * LINES..][..dy.len()], dy });
    });
}

struct Mask<'a> {
    y: &'a [Line],
    dy: &'a mut [Line],
}

impl Kernel for Mask<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (y, dy) in self.y.iter().zip(self.dy) {
            L::load(y).pass_positive(L::load(dy)).store(dy);
        }
    }
}
