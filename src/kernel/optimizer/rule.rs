//! The rules' formulas, those of `torch.optim`, for sixteen parameters p with their gradients g.

use crate::lane::Lane;
use crate::line::LANES;

/// Sixteen numbers of the state for each sixteen parameters: the first of a rule's vectors, and the second.
pub type State<'a> = [&'a mut [[f32; LANES]]; 2];

/// How a rule moves parameters.
pub trait Formula: Copy {
    /// How many numbers of state each parameter has.
    const NUMBERS: usize;

    /// The parameters after the step; their state, which moves as well, is the n-th.
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L;
}

/// p -= lr g
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    pub lr: f32,
}

/// b = momentum b + g, p -= lr b; with Nesterov p -= lr (g + momentum b).
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    pub lr: f32,
    pub momentum: f32,
    pub nesterov: bool,
}

/// The moments, then p -= step m / (sqrt(v) + eps). With r the square root of 1 - b2^t, `step` is r times the learning
/// rate over 1 - b1^t, and `eps` r times the recipe's (Kingma and Ba 2015, the end of section 2).
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    pub step: f32,
    pub moments: Moments,
    pub eps: f32,
}

/// The first moment, u = max(b2 u, |g| + eps), p -= step m / u; `step` is the learning rate over 1 - b1^t.
#[derive(Clone, Copy, Debug)]
pub struct Adamax {
    pub step: f32,
    pub moments: Moments,
    pub eps: f32,
}

/// The moments, then p -= (now g + next m) / (sqrt(v) + eps); `now` and `next` are Adam's r times the learning rate
/// times the shares of gradient and moment (Dozat 2016), `eps` as Adam's.
#[derive(Clone, Copy, Debug)]
pub struct Nadam {
    pub now: f32,
    pub next: f32,
    pub moments: Moments,
    pub eps: f32,
}

/// v = alpha v + rest g^2, p -= lr g / (sqrt(v) + eps)
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    pub lr: f32,
    pub alpha: f32,
    pub rest: f32,
    pub eps: f32,
}

/// v as above, b = momentum b + g / (sqrt(v) + eps), p -= lr b
#[derive(Clone, Copy, Debug)]
pub struct RmsMomentum {
    pub lr: f32,
    pub alpha: f32,
    pub rest: f32,
    pub eps: f32,
    pub momentum: f32,
}

/// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub betas: [f32; 2],
    /// 1 - b1 and 1 - b2, rounded once.
    pub rests: [f32; 2],
}

impl Moments {
    #[inline(always)]
    fn first<L: Lane>(self, g: L, state: &mut [f32; LANES]) -> L {
        follow([self.betas[0], self.rests[0]], g, state)
    }

    #[inline(always)]
    fn second<L: Lane>(self, g: L, state: &mut [f32; LANES]) -> L {
        follow([self.betas[1], self.rests[1]], g.mul(g), state)
    }
}

/// state = decay state + rest x, which it answers.
#[inline(always)]
fn follow<L: Lane>([decay, rest]: [f32; 2], x: L, state: &mut [f32; LANES]) -> L {
    let followed = L::splat(decay).mul_add(L::from_array(state), L::splat(rest).mul(x));
    followed.write(state);
    followed
}

impl Formula for Sgd {
    const NUMBERS: usize = 0;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, _: &mut State, _: usize) -> L {
        L::splat(self.lr).neg_mul_add(g, p)
    }
}

impl Formula for Momentum {
    const NUMBERS: usize = 1;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let momentum = L::splat(self.momentum);
        let b = follow([self.momentum, 1.0], g, &mut state[0][n]);
        let moved = if self.nesterov { momentum.mul_add(b, g) } else { b };
        L::splat(self.lr).neg_mul_add(moved, p)
    }
}

impl Formula for Adam {
    const NUMBERS: usize = 2;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let m = self.moments.first(g, &mut state[0][n]);
        let v = self.moments.second(g, &mut state[1][n]);
        p.sub(L::splat(self.step).mul(m).div(v.sqrt().add(L::splat(self.eps))))
    }
}

impl Formula for Adamax {
    const NUMBERS: usize = 2;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let m = self.moments.first(g, &mut state[0][n]);
        let second = &mut state[1][n];
        let size = g.max(L::zero().sub(g)).add(L::splat(self.eps));
        let u = L::splat(self.moments.betas[1]).mul(L::from_array(second)).max(size);
        u.write(second);
        // Behind the last parameter u may be 0, and what comes of it is never stored.
        p.sub(L::splat(self.step).mul(m).div(u))
    }
}

impl Formula for Nadam {
    const NUMBERS: usize = 2;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let m = self.moments.first(g, &mut state[0][n]);
        let v = self.moments.second(g, &mut state[1][n]);
        let moved = L::splat(self.now).mul_add(g, L::splat(self.next).mul(m));
        p.sub(moved.div(v.sqrt().add(L::splat(self.eps))))
    }
}

impl Formula for RmsProp {
    const NUMBERS: usize = 1;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let v = follow([self.alpha, self.rest], g.mul(g), &mut state[0][n]);
        p.sub(L::splat(self.lr).mul(g).div(v.sqrt().add(L::splat(self.eps))))
    }
}

impl Formula for RmsMomentum {
    const NUMBERS: usize = 2;

    #[inline(always)]
    fn moved<L: Lane>(&self, p: L, g: L, state: &mut State, n: usize) -> L {
        let v = follow([self.alpha, self.rest], g.mul(g), &mut state[0][n]);
        let scaled = g.div(v.sqrt().add(L::splat(self.eps)));
        let b = follow([self.momentum, 1.0], scaled, &mut state[1][n]);
        L::splat(self.lr).neg_mul_add(b, p)
    }
}
