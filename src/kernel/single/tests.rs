//! Against the kernels for sixteen images, on the first of them.

use super::*;
use crate::around::Around;
use crate::conv::{Conv, Geometry, Way};
use crate::fc::Fc;
use crate::random;
use crate::recurrent::{Cell, Layer};
use crate::{Isa, LANES, Line, Machine};

fn numbers_of(key: u64, count: usize) -> Vec<f32> {
    (0..count as u64).map(|n| 2.0 * random::uniform(key, n) - 1.0).collect()
}

/// Values of one image in every lane.
fn spread(values: &[f32]) -> Vec<Line> {
    values.iter().map(|&value| Line([value; LANES])).collect()
}

fn first_lane(lines: &[Line]) -> Vec<f32> {
    lines.iter().map(|line| line.0[0]).collect()
}

/// Lays values out, with rubbish in the lanes beyond the last feature.
fn laid(form: Form, values: &[f32]) -> Vec<Line> {
    let mut lines = vec![Line([7.0; LANES]); form.lines()];
    form.from_natural(values, &mut lines);
    lines
}

fn natural(form: Form, lines: &[Line]) -> Vec<f32> {
    let mut values = vec![0.0; form.count()];
    form.to_natural(lines, &mut values);
    values
}

fn assert_close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let distance = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(distance < 1e-4, "{distance:e}");
}

fn machines() -> Vec<Machine> {
    Isa::available().flat_map(|isa| [1, 3].map(|threads| Machine::with_isa(isa, threads))).collect()
}

fn map(channels: usize, size: [usize; 2]) -> Form {
    Form::Map { channels, places: size[0] * size[1] }
}

fn check_conv(channels: [usize; 2], input_size: [usize; 2], kernel: [usize; 2], stride: usize, pad: usize) {
    let output_size = [0, 1].map(|axis| (input_size[axis] + 2 * pad - kernel[axis]) / stride + 1);
    let ([input, output], stride, pad) = (channels, [stride; 2], [pad; 2]);
    let g = Geometry { input, output, input_size, output_size, kernel, stride, pad, dilation: [1; 2], groups: 1 };
    let w = numbers_of(1, g.weights());
    for machine in machines() {
        for reversed in [false, true] {
            let way = if reversed { Way::backward(&g) } else { Way::forward(&g) };
            let form = |[channels, height, width]: [usize; 3]| map(channels, [height, width]);
            let (source, target) = (form(way.source), form(way.target));
            let (x, bias) = (numbers_of(2, source.count()), numbers_of(3, way.target[0]));
            let conv = Conv::new(g.clone());
            let mut scratch = vec![Line::ZERO; conv.scratch_lines(3)];
            let mut wanted = vec![Line::ZERO; target.count()];
            let around = Around::layer(&bias, false);
            let run = if reversed { Conv::spread } else { Conv::sum };
            run(&conv, &machine, &spread(&x), &w, around, &mut wanted, &mut scratch);
            let single = SingleConv::new(way).unwrap();
            let mut prepared = vec![Line::ZERO; single.prepared()];
            single.prepare(&w, &mut prepared);
            let mut made = vec![Line::ZERO; target.lines()];
            let mut scratch = vec![Line::ZERO; single.scratch(3)];
            single.forward(&machine, &laid(source, &x), &prepared, &bias, &mut made, &mut scratch);
            assert_close(&natural(target, &made), &first_lane(&wanted));
        }
    }
}

#[test]
fn convolutions_agree_with_those_of_sixteen_images() {
    check_conv([1, 20], [7, 9], [3, 3], 1, 0);
    check_conv([20, 40], [6, 5], [5, 3], 1, 2);
    check_conv([33, 17], [8, 8], [3, 3], 2, 1);
    check_conv([16, 5], [4, 6], [2, 2], 2, 0);
    check_conv([3, 48], [5, 5], [1, 1], 2, 0);
}

#[test]
fn fully_connected_layers_agree() {
    for (input, output) in [(5, 3), (16, 20), (47, 50)] {
        let (w, bias, x) = (numbers_of(1, input * output), numbers_of(2, output), numbers_of(3, input));
        for machine in machines() {
            let mut wanted = vec![Line::ZERO; output];
            Fc { input, output, relu: false }.forward(&machine, &spread(&x), &w, &bias, &mut wanted);
            let [from, to] = [input, output].map(|channels| Form::Map { channels, places: 1 });
            let mut made = vec![Line::ZERO; to.lines()];
            SingleFc { input, output }.forward(&machine, &laid(from, &x), &w, &bias, &mut made);
            assert_close(&natural(to, &made), &first_lane(&wanted));
        }
    }
}

#[test]
fn recurrent_layers_agree() {
    for (cell, input, hidden, directions) in
        [(Cell::Lstm, 7, 20, 1), (Cell::Gru, 18, 5, 2), (Cell::Rnn, 3, 33, 1), (Cell::Lstm, 16, 9, 2)]
    {
        let layer = Layer { cell, input, hidden, steps: 8, directions };
        let (params, x) = (numbers_of(1, layer.params()), numbers_of(2, layer.steps * input));
        for machine in machines() {
            let mut wanted = vec![Line::ZERO; layer.states()];
            let mut kept = vec![Line::ZERO; layer.kept()];
            layer.forward(&machine, &spread(&x), &params, &mut wanted, &mut kept);
            let form = |features: usize| Form::Sequence { steps: layer.steps, features };
            let mut made = vec![Line::ZERO; form(directions * hidden).lines()];
            for direction in 0..directions {
                let single = SingleRecurrent { layer, direction };
                let mut prepared = vec![Line::ZERO; single.prepared()];
                single.prepare(&params, &mut prepared);
                let mut scratch = vec![Line::ZERO; single.scratch()];
                single.forward(&machine, &laid(form(input), &x), &prepared, &mut made, &mut scratch);
            }
            assert_close(&natural(form(directions * hidden), &made), &first_lane(&wanted));
        }
    }
}
