//! Against the direct convolution.

use super::*;
use crate::around::{After, Around, Start};
use crate::conv::Conv;
use crate::random;
use crate::{Isa, LANES, numbers};

fn lines_of(key: u64, count: usize) -> Vec<Line> {
    let number = |n: usize, lane: usize| 2.0 * random::uniform(key, (n * LANES + lane) as u64) - 1.0;
    (0..count).map(|n| Line(std::array::from_fn(|lane| number(n, lane)))).collect()
}

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let distance = norm(&mut a.iter().zip(b).map(|(a, b)| f64::from(a - b)));
    let size = norm(&mut b.iter().map(|&b| f64::from(b)));
    assert!(a.len() == b.len() && distance <= 1e-5 * size, "{what}: {distance:e} of {size:e}");
}

/// Forward, backward and the weight's gradient of one geometry, on every instruction set.
fn check(kernel: usize, channels: [usize; 2], input_size: [usize; 2], pad: [usize; 2], batch: usize) {
    let [input, output] = channels;
    let output_size = [0, 1].map(|axis| input_size[axis] + 2 * pad[axis] + 1 - kernel);
    let g = Geometry {
        input,
        output,
        input_size,
        output_size,
        kernel: [kernel; 2],
        stride: [1, 1],
        pad,
        dilation: [1, 1],
        groups: 1,
    };
    let (winograd, direct) = (Winograd::new(&g).unwrap(), Conv::new(g.clone()));
    let w: Vec<f32> = numbers(&lines_of(1, g.weights().div_ceil(LANES)))[..g.weights()].to_vec();
    let x = lines_of(2, batch * input * input_size[0] * input_size[1]);
    let y = lines_of(3, batch * output * output_size[0] * output_size[1]);
    for isa in Isa::available() {
        let machine = Machine::with_isa(isa, 3);
        let (mut packed, mut block) =
            (vec![Line::ZERO; direct.scratch_lines(3)], vec![Line::ZERO; winograd.scratch_lines(3)]);
        let held = Around::sum(true);
        let (mut made, mut wanted) = (y.clone(), y.clone());
        winograd.sum(&machine, &x, &w, held, &mut made, &mut block);
        direct.sum(&machine, &x, &w, held, &mut wanted, &mut packed);
        assert_close(numbers(&made), numbers(&wanted), "sum");
        let (mut made, mut wanted) = (x.clone(), x.clone());
        winograd.spread(&machine, &y, &w, held, &mut made, &mut block);
        direct.spread(&machine, &y, &w, held, &mut wanted, &mut packed);
        assert_close(numbers(&made), numbers(&wanted), "spread");
        let masked = Around { start: Start::Zero, after: After::Where(&x) };
        let (mut made, mut wanted) = ([1, 3].map(|_| lines_of(4, x.len())), x.clone());
        for (made, threads) in made.iter_mut().zip([1, 3]) {
            winograd.spread(&Machine::with_isa(isa, threads), &y, &w, masked, made, &mut block);
        }
        direct.spread(&machine, &y, &w, masked, &mut wanted, &mut packed);
        assert_close(numbers(&made[0]), numbers(&wanted), "masked spread");
        assert!(made[0] == made[1], "one thread makes other bits than three");
        let (mut made, mut wanted) = (vec![0.0; w.len()], vec![0.0; w.len()]);
        winograd.weight_gradient(&machine, &x, &y, &mut made, &mut vec![Line::ZERO; winograd.gradient_lines(3)]);
        direct.weight_gradient(&machine, &x, &y, &mut wanted, &mut vec![Line::ZERO; batch * direct.gradient_lines()]);
        assert_close(&made, &wanted, "weight's gradient");
    }
}

#[test]
fn all_three_passes_agree_with_the_direct_convolution() {
    check(3, [8, 8], [8, 8], [1, 1], 1);
    check(3, [9, 35], [7, 10], [1, 1], 2);
    check(3, [20, 17], [5, 6], [0, 0], 1);
    check(3, [11, 50], [4, 3], [2, 1], 3);
    check(3, [70, 64], [9, 3], [1, 1], 1);
    check(5, [20, 40], [13, 13], [0, 0], 2);
    check(3, [40, 9], [9, 10], [0, 0], 1);
    check(5, [40, 10], [9, 14], [0, 0], 1);
    check(5, [8, 33], [6, 7], [2, 1], 1);
    check(5, [35, 9], [5, 8], [4, 2], 1);
    check(5, [8, 32], [12, 12], [0, 0], 2);
    check(5, [9, 40], [10, 15], [2, 1], 1);
}
