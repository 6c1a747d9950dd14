//! What a unit does with its gates in one step, forward and backward, a line for each unit.

use crate::lane::Lane;
use crate::line::Line;

/// From the gates' sums to the gates, c and h; without the c before, it is zero.
#[inline(always)]
pub fn lstm<L: Lane>(
    [input, forget, new, output]: [&mut [Line]; 4],
    before: Option<&[Line]>,
    memory: &mut [Line],
    states: &mut [Line],
) {
    for (unit, memory) in memory.iter_mut().enumerate() {
        let i = L::load(&input[unit]).sigmoid();
        let f = L::load(&forget[unit]).sigmoid();
        let o = L::load(&output[unit]).sigmoid();
        let g = L::load(&new[unit]).tanh();
        i.store(&mut input[unit]);
        f.store(&mut forget[unit]);
        g.store(&mut new[unit]);
        o.store(&mut output[unit]);
        f.mul_add(held(before, unit), i.mul(g)).store(memory);
    }
    // A loop of its own, so that units do not wait for one another's c.
    for (unit, state) in states.iter_mut().enumerate() {
        L::load(&output[unit]).mul(L::load(&memory[unit]).tanh()).store(state);
    }
}

/// From the gates' sums and m to the gates and h; without the h before, it is zero.
#[inline(always)]
pub fn gru<L: Lane>(
    [reset, update, new]: [&mut [Line]; 3],
    memory: &[Line],
    before: Option<&[Line]>,
    states: &mut [Line],
) {
    for (unit, state) in states.iter_mut().enumerate() {
        let r = L::load(&reset[unit]).sigmoid();
        let z = L::load(&update[unit]).sigmoid();
        let n = r.mul_add(L::load(&memory[unit]), L::load(&new[unit])).tanh();
        r.store(&mut reset[unit]);
        z.store(&mut update[unit]);
        n.store(&mut new[unit]);
        z.mul_add(held::<L>(before, unit).sub(n), n).store(state);
    }
}

#[inline(always)]
pub fn rnn<L: Lane>(sums: &[Line], states: &mut [Line]) {
    for (sum, state) in sums.iter().zip(states) {
        L::load(sum).tanh().store(state);
    }
}

#[inline(always)]
fn held<L: Lane>(lines: Option<&[Line]>, unit: usize) -> L {
    match lines {
        Some(lines) => L::load(&lines[unit]),
        None => L::zero(),
    }
}

/// The gradients of the gates' sums. `carry` is the gradient of c that comes from the step behind, and becomes what goes to
/// the step before.
#[inline(always)]
pub fn lstm_back<L: Lane>(
    [input, forget, new, output, memory]: [&[Line]; 5],
    before: Option<&[Line]>,
    dstates: &[Line],
    carry: &mut [Line],
    [dinput, dforget, dnew, doutput]: [&mut [Line]; 4],
) {
    let one = L::splat(1.0);
    for (unit, dstate) in dstates.iter().enumerate() {
        let (i, f): (L, L) = (L::load(&input[unit]), L::load(&forget[unit]));
        let (g, o): (L, L) = (L::load(&new[unit]), L::load(&output[unit]));
        let (tanh, dh) = (L::load(&memory[unit]).tanh(), L::load(dstate));
        let through = dh.mul(o);
        let dc = through.mul(tanh.neg_mul_add(tanh, one)).add(L::load(&carry[unit]));
        dc.mul(g).mul(bell(i)).store(&mut dinput[unit]);
        dc.mul(held(before, unit)).mul(bell(f)).store(&mut dforget[unit]);
        dc.mul(i).mul(g.neg_mul_add(g, one)).store(&mut dnew[unit]);
        dh.mul(tanh).mul(bell(o)).store(&mut doutput[unit]);
        dc.mul(f).store(&mut carry[unit]);
    }
}

/// The gradients of the sums of r, z and n, of m, and what goes straight to the h before, added to `dbefore`.
#[inline(always)]
pub fn gru_back<L: Lane>(
    [reset, update, new, memory]: [&[Line]; 4],
    before: Option<&[Line]>,
    mut dbefore: Option<&mut [Line]>,
    dstates: &[Line],
    [dreset, dupdate, dnew, dmemory]: [&mut [Line]; 4],
) {
    let one = L::splat(1.0);
    for (unit, dstate) in dstates.iter().enumerate() {
        let (r, z): (L, L) = (L::load(&reset[unit]), L::load(&update[unit]));
        let (n, m): (L, L) = (L::load(&new[unit]), L::load(&memory[unit]));
        let dh = L::load(dstate);
        let dn = z.neg_mul_add(dh, dh).mul(n.neg_mul_add(n, one));
        dn.mul(m).mul(bell(r)).store(&mut dreset[unit]);
        dh.mul(held::<L>(before, unit).sub(n)).mul(bell(z)).store(&mut dupdate[unit]);
        dn.store(&mut dnew[unit]);
        dn.mul(r).store(&mut dmemory[unit]);
        if let Some(dbefore) = &mut dbefore {
            dh.mul_add(z, L::load(&dbefore[unit])).store(&mut dbefore[unit]);
        }
    }
}

#[inline(always)]
pub fn rnn_back<L: Lane>(states: &[Line], dstates: &[Line], dsums: &mut [Line]) {
    for ((state, dstate), dsum) in states.iter().zip(dstates).zip(dsums) {
        let h = L::load(state);
        L::load(dstate).mul(h.neg_mul_add(h, L::splat(1.0))).store(dsum);
    }
}

/// The slope of a sigmoid whose value is s: s (1 - s).
#[inline(always)]
fn bell<L: Lane>(s: L) -> L {
    s.neg_mul_add(s, s)
}
