//! Optimizers, clipping, averages and schedules against PyTorch's; figures by `tests/fixtures/torch_optimizers.py`.

use netc::graph::{Given, check};
use netc::kernel::{Isa, Machine};
use netc::lower::Store;
use netc::source::SourceMap;
use netc::train::{Average, Optimizer, OptimizerRecipe, Schedule, ScheduleRecipe};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    optimizer: OptimizerRecipe,
    clip: Option<f64>,
    ema: Option<f64>,
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

/// The numbers, or their average, after 100 steps.
fn moved(case: &Case, machine: &Machine, optimizer: &mut Optimizer) -> Vec<f32> {
    let mut store = eight_numbers();
    let mut average = case.ema.map(|decay| Average::new(decay, &store));
    for step in 0..100 {
        let (values, gradients) = store.values_and_gradients_mut();
        for (i, (gradient, value)) in gradients.iter_mut().zip(values).enumerate() {
            *gradient = (0.37 * step as f64 + i as f64).sin() as f32 + 0.1 * *value;
        }
        optimizer.step(machine, &mut store);
        average.iter_mut().for_each(|average| average.follow(machine, &store, step + 1));
    }
    average.map_or(store.values().to_vec(), |average| average.values().to_vec())
}

#[test]
fn optimizers_move_as_pytorchs_do() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/optimizers.json")).unwrap();
    for (case, isa) in cases.iter().flat_map(|case| Isa::available().map(move |isa| (case, isa))) {
        let mut optimizer = Optimizer::new(case.optimizer, 8).clipped(case.clip);
        let moved = moved(case, &Machine::with_isa(isa, 2), &mut optimizer);
        for (ours, theirs) in moved.iter().zip(&case.after) {
            let close = (ours - theirs).abs() <= 1e-5 * theirs.abs().max(0.1);
            assert!(close, "{:?} {:?} {:?}: {ours} {theirs}", case.optimizer, case.clip, case.ema);
        }
    }
}

#[test]
fn a_state_that_is_put_back_goes_on_to_the_same_bits() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/optimizers.json")).unwrap();
    let machine = Machine::new(1);
    for case in cases {
        let mut first = Optimizer::new(case.optimizer, 8);
        moved(&case, &machine, &mut first);
        let mut second = Optimizer::new(case.optimizer, 8);
        second.restore(first.steps(), first.state().map(|(_, values)| values.to_vec()).collect());
        assert_eq!(moved(&case, &machine, &mut first), moved(&case, &machine, &mut second), "{:?}", case.optimizer);
    }
}

#[test]
fn only_what_is_trained_moves() {
    let machine = Machine::new(1);
    let mut store = eight_numbers();
    let before = store.values().to_vec();
    store.values_and_gradients_mut().1.fill(1.0);
    Optimizer::new(OptimizerRecipe::default(), 8).only(vec![1..3, 6..7]).step(&machine, &mut store);
    let moved: Vec<usize> = (0..8).filter(|&n| store.values()[n] != before[n]).collect();
    assert_eq!(moved, [1, 2, 6]);
}

#[derive(Deserialize)]
struct Rates {
    lr: f64,
    epochs: u64,
    steps: u64,
    figures: Vec<f64>,
    schedules: Vec<ScheduleRates>,
}

#[derive(Deserialize)]
struct ScheduleRates {
    schedule: ScheduleRecipe,
    rates: Vec<f64>,
}

#[test]
fn schedules_are_pytorchs() {
    let Rates { lr, epochs, steps, figures, schedules } =
        serde_json::from_str(include_str!("fixtures/schedules.json")).unwrap();
    for ScheduleRates { schedule: recipe, rates } in schedules {
        let mut schedule = Schedule::new(recipe, lr, epochs);
        for epoch in 0..epochs {
            for step in 0..steps {
                let (ours, theirs) = (schedule.rate(epoch, step, steps), rates[(epoch * steps + step) as usize]);
                assert!((ours - theirs).abs() < 1e-9, "{recipe:?}, epoch {epoch}, step {step}: {ours} {theirs}");
            }
            schedule.measured(epoch, figures[epoch as usize]);
        }
    }
}

#[test]
fn what_is_pruned_stays_zero_under_every_rule_and_leaves_nothing_in_its_state() {
    let machine = Machine::new(1);
    let mask: Vec<f32> = (0..8).map(|i| if i % 3 == 0 { 0.0 } else { 1.0 }).collect();
    for (name, rule) in netc::train::RULES {
        let recipe = OptimizerRecipe { rule: *rule, lr: 0.01, weight_decay: 0.1 };
        let mut store = eight_numbers();
        let mut optimizer = Optimizer::new(recipe, 8).clipped(Some(1.0));
        let mut average = Average::new(0.9, &store);
        optimizer.hold(Some(mask.clone()));
        store.values_and_gradients_mut().0.iter_mut().zip(&mask).for_each(|(value, kept)| *value *= kept);
        for step in 1..=20 {
            store.values_and_gradients_mut().1.fill(0.5);
            optimizer.step(&machine, &mut store);
            average.follow(&machine, &store, step);
            let zeros = |numbers: &[f32]| numbers.iter().zip(&mask).all(|(x, kept)| (*x == 0.0) == (*kept == 0.0));
            assert!(zeros(store.values()) && zeros(average.values()), "{name}, step {step}: {:?}", store.values());
        }
        let slots = optimizer.slots().len();
        let mut moments = optimizer.state().take(slots).filter(|(slot, _)| *slot != "exp_inf");
        assert!(moments.all(|(_, numbers)| numbers.iter().step_by(3).all(|x| *x == 0.0)), "{name}");
    }
}
