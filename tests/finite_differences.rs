//! Every layer's gradient of `--fuse off` against central differences in f64, at random points.

mod cases;

use cases::Case;
use netc::lower::{Program, Store};
use netc::random::uniform;

const STEP: f64 = 1e-5;

/// How many values of each tensor are moved.
const PROBES: usize = 4;

#[test]
fn every_gradient_is_the_slope_of_the_loss() {
    let differences: Vec<String> = Case::all().iter().flat_map(check).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn check(case: &Case) -> Vec<String> {
    let program = Program::new(&case.graph);
    let images = away_from_ties(case.tensor("images"));
    let targets = case.tensor::<f64>("targets");
    let start = case.store::<f64>();
    let run = |mut store: Store<f64>| {
        let loss = program.step(&mut store, &case.batch(&images, &targets), &case.loss, case.draw).loss;
        (loss, store)
    };
    let (_, with_gradients) = run(start.clone());
    let slope = |at: usize| (run(moved(&start, at, STEP)).0 - run(moved(&start, at, -STEP)).0) / (2.0 * STEP);
    let mut differences = vec![];
    for entry in start.entries().iter().filter(|entry| entry.trained) {
        for at in entry.range.clone().step_by(entry.range.len().div_ceil(PROBES)) {
            let (gradient, slope) = (with_gradients.gradients()[at], slope(at));
            if !is_near(gradient, slope) {
                differences.push(format!("{} {}: gradient {gradient:e}, slope {slope:e}", case.name, entry.name));
            }
        }
    }
    differences
}

/// Maxima that are equal have no slope.
fn away_from_ties(mut images: Vec<f64>) -> Vec<f64> {
    images.iter_mut().enumerate().for_each(|(n, value)| *value += 0.5 * f64::from(uniform(1, n as u64)));
    images
}

fn moved(store: &Store<f64>, at: usize, by: f64) -> Store<f64> {
    let mut store = store.clone();
    store.values_and_gradients_mut().0[at] += by;
    store
}

fn is_near(gradient: f64, slope: f64) -> bool {
    (gradient - slope).abs() <= 1e-6 * slope.abs().max(gradient.abs()) + 1e-9
}
