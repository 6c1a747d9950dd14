//! Convolutions against their definition, on random geometries.

use super::*;
use crate::random;
use crate::{Isa, LANES};

/// Numbers in (-1, 1) that depend on `key` alone.
fn numbers_of(key: u64, count: usize) -> Vec<f32> {
    (0..count as u64).map(|n| 2.0 * random::uniform(key, n) - 1.0).collect()
}

fn lines_of(key: u64, count: usize) -> Vec<Line> {
    numbers_of(key, count * LANES).chunks_exact(LANES).map(|chunk| Line(std::array::from_fn(|n| chunk[n]))).collect()
}

/// A geometry drawn from `key`, with a non-empty output.
fn geometry(key: u64) -> Geometry {
    let draw = |n: u64, low: usize, high: usize| low + (random::uniform(key, n) * (high - low + 1) as f32) as usize;
    let groups = [1, 1, 1, 2, 3][draw(0, 0, 4)];
    let (kernel, stride, dilation) =
        ([draw(1, 1, 5), draw(2, 1, 5)], [draw(3, 1, 3), draw(4, 1, 3)], [draw(5, 1, 2), draw(6, 1, 2)]);
    let pad = [draw(7, 0, 2), draw(8, 0, 2)];
    let output_size = [draw(9, 1, 6), draw(10, 1, 6)];
    let size = |axis: usize| {
        let reach = (output_size[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
        reach.saturating_sub(2 * pad[axis]).max(1) + draw(11 + axis as u64, 0, 1)
    };
    let (input, output) = (groups * draw(13, 1, 8), groups * draw(14, 1, 20));
    Geometry { input, output, input_size: [size(0), size(1)], output_size, kernel, stride, pad, dilation, groups }
}

/// Geometries whose weight gradients keep the images in the lanes: rows cut into blocks, several groups, columns that no element,
/// or not every one, finds a partner for.
fn of_few_weights() -> [Geometry; 5] {
    let geometry =
        |groups: usize, outputs: usize, size: [usize; 2], kernel: [usize; 2], pad: [usize; 2], dilation: [usize; 2]| {
            let output_size = [0, 1].map(|n| size[n] + 2 * pad[n] - dilation[n] * (kernel[n] - 1));
            let (input, output) = (groups, groups * outputs);
            Geometry { input, output, input_size: size, output_size, kernel, stride: [1; 2], pad, dilation, groups }
        };
    [
        geometry(1, 7, [12, 21], [5, 5], [0, 2], [1, 1]),
        geometry(3, 7, [4, 3], [2, 4], [1, 3], [2, 1]),
        geometry(2, 5, [3, 2], [1, 3], [0, 6], [1, 3]),
        geometry(1, 1, [5, 7], [3, 3], [1, 1], [1, 1]),
        geometry(2, 2, [6, 5], [2, 2], [0, 1], [1, 1]),
    ]
}

/// Geometries that are cut into several blocks: more places in a row than one has, more lines than it gathers, and more for
/// one place alone.
fn large() -> [Geometry; 3] {
    let geometry = |[input, output]: [usize; 2], size: usize, stride: usize| Geometry {
        input,
        output,
        input_size: [4, size],
        output_size: [2, (size - 1) / stride + 1],
        kernel: [3; 2],
        stride: [1, stride],
        pad: [0, 1],
        dilation: [1; 2],
        groups: 1,
    };
    [geometry([3, 7], 67, 2), geometry([200, 2], 9, 1), geometry([500, 1], 4, 1)]
}

/// All (weight, x, y) places that meet, within one image.
fn meetings(g: &Geometry) -> Vec<[usize; 3]> {
    let mut all = vec![];
    let (inputs, outputs) = (g.input / g.groups, g.output / g.groups);
    for (o, c) in (0..g.output).flat_map(|o| (0..inputs).map(move |c| (o, c))) {
        for (ky, kx) in (0..g.kernel[0]).flat_map(|ky| (0..g.kernel[1]).map(move |kx| (ky, kx))) {
            for (oy, ox) in (0..g.output_size[0]).flat_map(|oy| (0..g.output_size[1]).map(move |ox| (oy, ox))) {
                let iy = (oy * g.stride[0] + ky * g.dilation[0]).wrapping_sub(g.pad[0]);
                let ix = (ox * g.stride[1] + kx * g.dilation[1]).wrapping_sub(g.pad[1]);
                if iy < g.input_size[0] && ix < g.input_size[1] {
                    let w = ((o * inputs + c) * g.kernel[0] + ky) * g.kernel[1] + kx;
                    let x = ((o / outputs * inputs + c) * g.input_size[0] + iy) * g.input_size[1] + ix;
                    all.push([w, x, (o * g.output_size[0] + oy) * g.output_size[1] + ox]);
                }
            }
        }
    }
    all
}

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let distance = norm(&mut a.iter().zip(b).map(|(a, b)| f64::from(a - b)));
    let size = norm(&mut b.iter().map(|&b| f64::from(b)));
    assert!(a.len() == b.len() && distance <= 1e-5 * size + 1e-6, "{what}: {distance:e} of {size:e}");
}

#[test]
fn sums_both_ways_and_the_weight_s_gradient_are_those_of_the_definition() {
    let machines: Vec<_> = Isa::available().map(|isa| Machine::with_isa(isa, 3)).collect();
    let random = (0..60).map(|key| (key, geometry(key)));
    for (key, g) in random.chain((60..).zip(large().into_iter().chain(of_few_weights()))) {
        let groups = 1 + key as usize % 2;
        let (inputs, outputs) =
            (g.input * g.input_size[0] * g.input_size[1], g.output * g.output_size[0] * g.output_size[1]);
        let (w, bias) = (numbers_of(key + 1000, g.weights()), numbers_of(key + 2000, g.output));
        let (x, y) = (lines_of(key + 3000, groups * inputs), lines_of(key + 4000, groups * outputs));
        let mut sum: Vec<Line> =
            (0..groups * outputs).map(|n| Line([bias[n % outputs / (outputs / g.output)]; LANES])).collect();
        let (mut spread, mut dw) = (x.clone(), vec![0f64; w.len()]);
        for (group, [w_at, x_at, y_at]) in
            (0..groups).flat_map(|group| meetings(&g).into_iter().map(move |m| (group, m)))
        {
            let (x_at, y_at) = (group * inputs + x_at, group * outputs + y_at);
            for lane in 0..LANES {
                sum[y_at].0[lane] += w[w_at] * x[x_at].0[lane];
                spread[x_at].0[lane] += w[w_at] * y[y_at].0[lane];
                dw[w_at] += f64::from(x[x_at].0[lane] * y[y_at].0[lane]);
            }
        }
        let conv = Conv::new(g.clone());
        for machine in &machines {
            let mut packed = vec![Line::ZERO; conv.scratch_lines(3)];
            let mut made = vec![Line::ZERO; sum.len()];
            conv.sum(machine, &x, &w, Around::layer(&bias, false), &mut made, &mut packed);
            assert_close(made.as_flattened_numbers(), sum.as_flattened_numbers(), &format!("sum {g:?}"));
            let mut made = x.clone();
            conv.spread(machine, &y, &w, Around::sum(true), &mut made, &mut packed);
            assert_close(made.as_flattened_numbers(), spread.as_flattened_numbers(), &format!("spread {g:?}"));
            let mut made = vec![0.0; w.len()];
            conv.weight_gradient(machine, &x, &y, &mut made, &mut vec![Line::ZERO; groups * conv.gradient_lines()]);
            let dw: Vec<f32> = dw.iter().map(|&w| w as f32).collect();
            assert_close(&made, &dw, &format!("weight's gradient {g:?}"));
        }
    }
}

#[test]
fn a_stride_beyond_the_map_makes_no_phases_without_places() {
    let [size, one] = [[3; 2], [1; 2]];
    let (stride, pad, dilation) = ([1 << 24; 2], [0; 2], one);
    let g = Geometry {
        input: 1,
        output: 1,
        input_size: size,
        output_size: one,
        kernel: size,
        stride,
        pad,
        dilation,
        groups: 1,
    };
    assert_eq!(g.reversed_taps(0).phases.len(), 3);
    assert!(g.reversed_taps(1).phases.iter().all(|phase| phase.places.len() == 1 && phase.elements.len() == 1));
}

trait Numbers {
    fn as_flattened_numbers(&self) -> &[f32];
}

impl Numbers for Vec<Line> {
    fn as_flattened_numbers(&self) -> &[f32] {
        crate::numbers(self)
    }
}
