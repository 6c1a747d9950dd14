//! The store, default losses, constraints and masks of `--fuse off`, on the graphs of tests/fixtures/torch.

mod cases;

use cases::Case;
use netc::graph::Graph;
use netc::layer::{Constraint, Op};
use netc::lower::{Criterion, Draw, Loss, Program, Step, Store, apply_constraints};

fn case(name: &str) -> Case {
    Case::all().into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn parameters_start_inside_their_bound_and_follow_the_seed() {
    let graph = case("mission").graph;
    let store = Store::<f32>::init(&graph, 0);
    assert_eq!(store.values(), Store::<f32>::init(&graph, 0).values());
    let weight = store.find("5.weight").unwrap();
    let bound = 1.0 / 5f32.sqrt();
    assert!(store.value(weight).iter().all(|w| w.abs() < bound));
    assert!(store.value(weight).iter().any(|w| w.abs() > bound / 2.0));
    assert_ne!(store.value(weight), Store::<f32>::init(&graph, 1).value(weight));
    assert_eq!(store.values().len(), graph.trained_count());
}

#[test]
fn running_statistics_are_buffers_and_start_at_zero_and_one() {
    let store = Store::<f32>::init(&case("residual").graph, 0);
    let of = |name: &str| store.value(store.find(name).unwrap()).to_vec();
    assert_eq!([of("1.weight"), of("1.bias")], [vec![1.0; 3], vec![0.0; 3]]);
    assert_eq!([of("1.running_mean"), of("1.running_var")], [vec![0.0; 3], vec![1.0; 3]]);
    assert!(store.gradient(store.find("1.running_mean").unwrap()).is_empty());
}

#[test]
fn conversion_to_f64_and_back_changes_nothing() {
    let store = Store::<f32>::init(&case("residual").graph, 3);
    let back = store.convert::<f64>().convert::<f32>();
    assert_eq!(store.values(), back.values());
    assert_eq!(store.entries(), back.entries());
}

#[test]
fn a_step_s_gradients_take_the_place_of_the_last_one_s() {
    let case = case("mission");
    let mut store = case.store::<f64>();
    run(&case, &mut store, 0..3);
    let once = store.gradients().to_vec();
    run(&case, &mut store, 0..3);
    assert_eq!(store.gradients(), once);
}

#[test]
fn masks_of_an_image_do_not_depend_on_its_batch() {
    for name in ["dropout", "dropout_channels", "lstm_dropout", "rnn_both"] {
        let case = case(name);
        let mut store = case.store::<f64>();
        let whole = run(&case, &mut store, 0..3).outputs.values;
        let parts: Vec<f64> = (0..3).flat_map(|n| run(&case, &mut store, n..n + 1).outputs.values.concat()).collect();
        assert!(whole[0].iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-12), "{name}");
    }
}

#[test]
fn evaluation_has_the_loss_of_training_where_both_compute_the_same() {
    for name in ["mission", "final_softmax", "final_softmax_map", "two_heads"] {
        let case = case(name);
        let mut store = case.store::<f64>();
        let (images, targets) = (case.tensor::<f64>("images"), case.tensor::<f64>("targets"));
        let evaluated = Program::new(&case.graph).evaluate(&store, &case.batch(&images, &targets), &case.loss);
        assert_eq!(evaluated.loss, run(&case, &mut store, 0..3).loss, "{name}");
    }
}

/// A training step on some of the case's images.
fn run(case: &Case, store: &mut Store<f64>, rows: std::ops::Range<usize>) -> Step<f64> {
    let (images, targets) = (case.tensor::<f64>("images"), case.tensor::<f64>("targets"));
    let count = case.graph.input.count();
    let pixels = rows.start * count..rows.end * count;
    let mut batch = case.batch(&images[pixels.clone()], &targets[pixels]);
    batch.labels = &case.labels[rows.clone()];
    let draw = Draw { first: case.draw.first + rows.start as u64, ..case.draw };
    Program::new(&case.graph).step(store, &batch, &case.loss, draw)
}

#[test]
fn a_loss_is_chosen_by_the_outputs() {
    let (scores, image) = (Criterion::cross_entropy(), Criterion::Mse);
    check_default("mission", &[(0, 1.0, scores.clone())]);
    check_default("autoencoder", &[(0, 1.0, image.clone())]);
    check_default("two_heads", &[(0, 0.5, scores), (1, 0.5, image)]);
}

fn check_default(name: &str, expected: &[(usize, f64, Criterion)]) {
    let loss = Loss::default_for(&case(name).graph).unwrap();
    let terms: Vec<_> = loss.terms.iter().map(|term| (term.output, term.weight, term.criterion.clone())).collect();
    assert_eq!(terms, expected, "{name}");
}

#[test]
fn constraints_scale_each_unit_as_keras_does() {
    for name in ["conv", "fc"] {
        check_constraint(name, Constraint::UnitNorm, |_| 1.0);
        check_constraint(name, Constraint::MaxNorm(1.0), |norm| norm.min(1.0));
    }
}

/// `expected` is a unit's norm afterwards.
fn check_constraint(name: &str, constraint: Constraint, expected: impl Fn(f64) -> f64) {
    let mut case = case(name);
    let units = constrain(&mut case.graph, constraint);
    let mut store = case.store::<f64>();
    let before = norms(&store, units);
    apply_constraints(&case.graph, &mut store);
    for (before, after) in before.into_iter().zip(norms(&store, units)) {
        assert!((after - expected(before)).abs() < 1e-6, "{name} {constraint:?}: {before} became {after}");
    }
}

/// Constrains the first layer with a weight; answers how many units it has.
fn constrain(graph: &mut Graph, to: Constraint) -> usize {
    let constrain = |op: &mut Op| {
        let (place, units) = match op {
            Op::Conv(conv) => (&mut conv.constraint, conv.output),
            Op::Fc(fc) => (&mut fc.constraint, fc.output),
            _ => return None,
        };
        *place = Some(to);
        Some(units)
    };
    graph.nodes.iter_mut().find_map(|node| constrain(&mut node.op)).unwrap()
}

fn norms(store: &Store<f64>, units: usize) -> Vec<f64> {
    let weight = store.value(&store.entries()[0]);
    weight.chunks_exact(weight.len() / units).map(|unit| unit.iter().map(|w| w * w).sum::<f64>().sqrt()).collect()
}
