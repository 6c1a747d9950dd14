//! Optimizers against PyTorch's over 100 steps; figures by `tests/fixtures/torch_optimizers.py`.

use netc::graph::{Given, check};
use netc::kernel::{Isa, Machine};
use netc::lower::Store;
use netc::source::SourceMap;
use netc::train::{Optimizer, OptimizerRecipe};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    optimizer: OptimizerRecipe,
    after: Vec<f32>,
}

/// A store of eight trained numbers: an `FC` of 7 values and its bias.
fn eight_numbers() -> Store<f32> {
    let mut sources = SourceMap::new();
    let file = sources.add("eight.net", None, "input 1x1x7\nclasses 1\nFC");
    let report = check(&mut sources, file, &Given::default());
    let mut store = Store::init(&report.graph.unwrap(), 0);
    let (values, _) = store.values_and_gradients_mut();
    values.iter_mut().enumerate().for_each(|(i, value)| *value = 0.1 * i as f32 - 0.4);
    store
}

#[test]
fn optimizers_move_as_pytorchs_do() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/optimizers.json")).unwrap();
    for (case, isa) in cases.iter().flat_map(|case| Isa::available().map(move |isa| (case, isa))) {
        let machine = Machine::with_isa(isa, 2);
        let mut store = eight_numbers();
        let mut optimizer = Optimizer::new(case.optimizer, 8);
        for step in 0..100 {
            let (values, gradients) = store.values_and_gradients_mut();
            for (i, (gradient, value)) in gradients.iter_mut().zip(values).enumerate() {
                *gradient = (0.37 * step as f64 + i as f64).sin() as f32 + 0.1 * *value;
            }
            optimizer.step(&machine, &mut store);
        }
        for (ours, theirs) in store.values().iter().zip(&case.after) {
            assert!((ours - theirs).abs() <= 1e-5 * theirs.abs().max(0.1), "{:?}: {ours} {theirs}", case.optimizer);
        }
    }
}
