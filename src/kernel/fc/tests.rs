//! The three passes against their definition, in `f64`, on shapes with either side in the lanes.

use super::*;
use crate::isa::Isa;
use crate::line::LANES;
use crate::random;

fn numbers_of(key: u64, count: usize) -> Vec<f32> {
    (0..count as u64).map(|n| 2.0 * random::uniform(key, n) - 1.0).collect()
}

fn lines_of(key: u64, count: usize) -> Vec<Line> {
    numbers_of(key, count * LANES).as_chunks().0.iter().map(|chunk| Line(*chunk)).collect()
}

/// Value `n` of an image of groups of `count` lines.
fn at(lines: &[Line], count: usize, image: usize, n: usize) -> f64 {
    f64::from(lines[image / LANES * count + n].0[image % LANES])
}

fn assert_near(made: f32, expected: f64, depth: usize, what: &str) {
    assert!((f64::from(made) - expected).abs() < 1e-6 * (depth as f64).sqrt() + 1e-6, "{what}: {made} {expected}");
}

/// Inputs, outputs, groups.
const SHAPES: [[usize; 3]; 8] =
    [[1, 1, 1], [16, 16, 2], [20, 40, 9], [35, 140, 3], [17, 33, 2], [300, 13, 1], [5, 16, 40], [33, 50, 4]];

#[test]
fn passes_are_those_of_the_definition() {
    for [input, output, groups] in SHAPES {
        let (x, dy) = (lines_of(1, groups * input), lines_of(2, groups * output));
        let (weight, bias) = (numbers_of(3, input * output), numbers_of(4, output));
        let fc = Fc { input, output, relu: false };
        for isa in Isa::available() {
            let (machine, what) = (Machine::with_isa(isa, 3), format!("{} {input} -> {output}", isa.name()));
            let (mut y, mut dx) = (dy.clone(), x.clone());
            fc.forward(&machine, &x, &weight, &bias, &mut y);
            fc.input_gradient(&machine, &dy, &weight, Around::sum(true), &mut dx);
            for image in [0, groups * LANES - 1] {
                for n in 0..output {
                    let products = (0..input).map(|k| f64::from(weight[n * input + k]) * at(&x, input, image, k));
                    let expected = f64::from(bias[n]) + products.sum::<f64>();
                    assert_near(at(&y, output, image, n) as f32, expected, input, &what);
                }
                for k in 0..input {
                    let products = (0..output).map(|n| f64::from(weight[n * input + k]) * at(&dy, output, image, n));
                    let expected = at(&x, input, image, k) + products.sum::<f64>();
                    assert_near(at(&dx, input, image, k) as f32, expected, output, &what);
                }
            }
        }
    }
}

#[test]
fn weight_gradients_are_those_of_the_definition() {
    let mut met = [false; 2];
    for [input, output, groups] in SHAPES {
        let (x, dy) = (lines_of(5, groups * input), lines_of(6, groups * output));
        let fc = Fc { input, output, relu: false };
        met[usize::from(WeightGradient { fc, x: &x, dy: &dy }.has_outputs_in_lanes())] = true;
        let images = groups * LANES;
        for isa in Isa::available() {
            let what = format!("{} {input} -> {output}", isa.name());
            let mut scratch = vec![Line([7.0; LANES]); fc.scratch(groups)];
            let (mut dweight, mut dbias) = (vec![7.0; input * output], vec![7.0; output]);
            let machine = Machine::with_isa(isa, 3);
            fc.weight_gradient(&machine, &x, &dy, &mut scratch, &mut dweight, Some(&mut dbias));
            for n in 0..output {
                let of_images = |value: &dyn Fn(usize) -> f64| (0..images).map(value).sum::<f64>();
                assert_near(dbias[n], of_images(&|image| at(&dy, output, image, n)), images, &what);
                for k in 0..input {
                    let expected = of_images(&|image| at(&dy, output, image, n) * at(&x, input, image, k));
                    assert_near(dweight[n * input + k], expected, images, &what);
                }
            }
            let mut alone = vec![7.0; input * output];
            fc.weight_gradient(&Machine::with_isa(isa, 1), &x, &dy, &mut scratch, &mut alone, None);
            assert!(alone == dweight, "{what}: one thread makes other bits than three");
        }
    }
    assert_eq!(met, [true, true], "shapes with the inputs and with the outputs in the lanes");
}
