//! Against windows searched one by one.

use super::*;
use crate::check::{check_gradient, check_output, lines, random};

fn pools() -> Vec<MaxPool> {
    let pool = |channels, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], pad: [usize; 2]| {
        let output = [0, 1].map(|n| (input[n] + 2 * pad[n] - kernel[n]) / stride[n] + 1);
        MaxPool { channels, windows: Windows { input, output, kernel, stride, pad } }
    };
    vec![
        pool(3, [6, 8], [2, 2], [2, 2], [0, 0]),
        pool(2, [7, 5], [2, 2], [2, 2], [0, 0]),
        pool(70, [6, 6], [3, 3], [2, 2], [1, 1]),
        pool(1, [5, 9], [3, 2], [1, 3], [0, 1]),
    ]
}

/// For each window of each image its first largest value's place in the image.
fn chosen(pool: &MaxPool, x: &[f32]) -> Vec<usize> {
    let Windows { input, output, .. } = pool.windows;
    let plane = input[0] * input[1];
    let mut all = vec![];
    for (n, image) in x.chunks_exact(plane).enumerate() {
        for window in 0..output[0] * output[1] {
            let place = pool.windows.place(window / output[1], window % output[1]);
            let at = |k| place.first + k / place.columns * input[1] + k % place.columns;
            let best = |best: usize, at: usize| if image[at] > image[best] { at } else { best };
            all.push(n * plane + (0..place.rows * place.columns).map(at).reduce(best).unwrap());
        }
    }
    all
}

#[test]
fn the_first_largest_value_passes_and_takes_the_gradient() {
    for pool in pools() {
        let [input, output] = pool.windows.planes().map(|plane| plane * pool.channels);
        // Coarse numbers, so that windows hold ties.
        let x: Vec<f32> = random(20 * input, 1).iter().map(|x| (x * 3.0).round()).collect();
        let dy = random(20 * output, 2);
        let chosen = chosen(&pool, &x);
        let expected: Vec<f64> = chosen.iter().map(|&at| f64::from(x[at])).collect();
        let x = lines(&x, input);
        check_output(&expected, output, |machine, y| pool.forward(machine, &x, y, None));
        let mut gradient = vec![0.0; 20 * input];
        chosen.iter().zip(&dy).for_each(|(&at, &dy)| gradient[at] += f64::from(dy));
        let dy = lines(&dy, output);
        check_gradient(&gradient, input, |machine, dx, add| {
            let (mut y, mut places) = (dy.clone(), dy.clone());
            pool.forward(machine, &x, &mut y, Some(&mut places));
            pool.backward(machine, &places, &dy, After::Nothing, dx, add);
        });
    }
}

#[test]
fn a_nan_passes() {
    let pool = pools()[0];
    let mut x = lines(&random(48 * 3, 1), 48 * 3);
    x[9].0[0] = f32::NAN;
    let machine = Machine::new(1);
    let mut y = vec![Line::ZERO; 12 * 3];
    pool.forward(&machine, &x, &mut y, None);
    assert!(y[0].0[0].is_nan() && !y[1].0[0].is_nan() && !y[0].0[1].is_nan());
}
