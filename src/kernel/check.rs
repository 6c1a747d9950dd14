//! What the tests of kernels share: each is compared with a plain definition on every instruction set, and gives the same
//! bits on one thread and on three.

use super::{Isa, LANES, Line, Machine, groups_of, layout};
use crate::random;

/// Numbers between -1 and 1.
pub fn random(count: usize, seed: u64) -> Vec<f32> {
    (0..count as u64).map(|n| random::uniform(seed, n) * 2.0 - 1.0).collect()
}

/// Images of `count` values each, one image per lane.
pub fn lines(images: &[f32], count: usize) -> Vec<Line> {
    let mut lines = vec![Line::ZERO; groups_of(images.len() / count) * count];
    layout::pack(&Machine::with_isa(Isa::PORTABLE, 1), images, count, &mut lines);
    lines
}

pub fn to_f64(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| f64::from(number)).collect()
}

/// The gradient of `function` at `x` along `dy`, by central differences.
pub fn differences(function: impl Fn(&[f64]) -> Vec<f64>, x: &[f32], dy: &[f32]) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let along = |at: usize, step: f64| {
        let mut x = to_f64(x);
        x[at] += step;
        function(&x).iter().zip(dy).map(|(y, &dy)| y * f64::from(dy)).sum::<f64>()
    };
    (0..x.len()).map(|at| (along(at, STEP) - along(at, -STEP)) / (2.0 * STEP)).collect()
}

/// A kernel that makes `count` values of each image; idle lanes may hold anything.
pub fn check_output(expected: &[f64], count: usize, kernel: impl Fn(&Machine, &mut [Line])) {
    check(expected, |machine| {
        let mut made = vec![Line([f32::NAN; LANES]); groups_of(expected.len() / count) * count];
        kernel(machine, &mut made);
        let mut images = vec![0.0; expected.len()];
        layout::unpack(machine, &made, count, &mut images);
        images
    });
}

/// A kernel that makes the gradient of `count` values of each image, in place of what was there or, where it is told so,
/// added to it; idle lanes stay zero.
pub fn check_gradient(expected: &[f64], count: usize, kernel: impl Fn(&Machine, &mut [Line], bool)) {
    let images = expected.len() / count;
    for add in [false, true] {
        let held = if add { random(expected.len(), 99) } else { vec![0.0; expected.len()] };
        let sums: Vec<f64> = expected.iter().zip(&held).map(|(expected, &held)| expected + f64::from(held)).collect();
        check(&sums, |machine| {
            let mut made = lines(&held, count);
            if !add {
                made.fill(Line([f32::NAN; LANES]));
            }
            kernel(machine, &mut made, add);
            let idle = images..groups_of(images) * LANES;
            let zero = |image: usize| made[image / LANES * count..][..count].iter().all(|l| l.0[image % LANES] == 0.0);
            assert!(idle.clone().all(zero), "an idle lane has a gradient");
            let mut images = vec![0.0; expected.len()];
            layout::unpack(machine, &made, count, &mut images);
            images
        });
    }
}

/// A kernel that makes numbers.
pub fn check(expected: &[f64], kernel: impl Fn(&Machine) -> Vec<f32>) {
    for isa in Isa::available() {
        let [alone, together] = [1, 3].map(|threads| kernel(&Machine::with_isa(isa, threads)));
        assert_eq!(alone.len(), expected.len());
        let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&alone), bits(&together), "one thread and three on {}", isa.name());
        for (n, (&got, &wanted)) in alone.iter().zip(expected).enumerate() {
            let close = (f64::from(got) - wanted).abs() <= 1e-4 * wanted.abs().max(0.1);
            assert!(close, "number {n} on {}: {got}, not {wanted}", isa.name());
        }
    }
}
