//! What stands between layers: factors of dropout.

use crate::gradient::LINES;
use crate::isa::Kernel;
use crate::lane::Lane;
use crate::line::Line;
use crate::machine::Machine;

/// y = factors x
pub fn scale(machine: &Machine, factors: &[Line], x: &[Line], y: &mut [Line]) {
    machine.team.chunks(y, LINES, |index, y, _| {
        y.copy_from_slice(&x[index * LINES..][..y.len()]);
        machine.isa.run(Scale { factors: &factors[index * LINES..][..y.len()], lines: y });
    });
}

/// The gradient of x in the place of that of y.
pub fn scale_back(machine: &Machine, factors: &[Line], gradient: &mut [Line]) {
    machine.team.chunks(gradient, LINES, |index, lines, _| {
        machine.isa.run(Scale { factors: &factors[index * LINES..][..lines.len()], lines });
    });
}

struct Scale<'a> {
    factors: &'a [Line],
    lines: &'a mut [Line],
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (factor, line) in self.factors.iter().zip(self.lines) {
            L::load(factor).mul(L::load(line)).store(line);
        }
    }
}
