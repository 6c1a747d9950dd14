//! A network in kernels against the same in dfdx's operations: outputs, loss, gradients and running statistics, on batches
//! that leave lanes idle, for every instruction set at hand.
//!
//! Rounding may turn a near-tied maximum, or the sign of a value next to zero before a ReLU. Each such decision is held to be
//! a tie, and then dfdx's operations decide as the kernels did.

mod decisions;
mod random;
#[path = "../support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use decisions::{Tie, ties, watched};
use netc::graph::Graph;
use netc::kernel::{Isa, Machine};
use netc::layer::Op;
use netc::lower::{Batch, Classes, Criterion, Draw, Loss, Mixed, Program, Store, Term};
use netc::random::uniform;
use support::{Checked, check_text};

/// How far apart tied values may be, as a part of the larger one.
const TIE: f32 = 1e-5;

fn graph(text: &str) -> Graph {
    let checked = check_text("network.net", None, text);
    checked.report.graph.clone().unwrap_or_else(|| panic!("{}", checked.complaints()))
}

fn check_file(path: &Path) -> Checked {
    let text = fs::read_to_string(path).unwrap();
    check_text(path.to_str().unwrap(), path.parent().map(Into::into), &text)
}

/// Some images and how far parameters are moved, so that none is zero or one.
#[derive(Clone, Copy)]
struct Setting<'a> {
    graph: &'a Graph,
    images: usize,
    shift: f32,
}

/// What a run makes, by name, and in each of its three phases all outputs.
struct Made {
    values: Vec<(String, Vec<f32>)>,
    outputs: [Vec<Vec<f32>>; 3],
}

impl Setting<'_> {
    /// Two training steps and an evaluation, so that the second step starts from moved statistics. In each phase the program
    /// decides by the values that `deciders` gives for it.
    fn run(&self, program: &mut Program<f32>, deciders: impl Fn(usize) -> Vec<(usize, Vec<f32>)>) -> Made {
        let Setting { graph, images, shift } = *self;
        let mut store = Store::<f32>::init(graph, 5);
        for (n, value) in (0..).zip(store.values_and_gradients_mut().0) {
            *value += shift * uniform(3, n);
        }
        let pixels: Vec<f32> = (0..(images * graph.input.count()) as u64).map(|n| uniform(1, n) * 2.0 - 1.0).collect();
        let labels: Vec<usize> = (0..images).map(|n| n % 10).collect();
        let batch = Batch { images: &pixels, targets: None, labels: &labels, mixed: None };
        let loss = Loss::default_for(graph).expect("one output");
        let mut values = vec![];
        let mut train = |phase: usize, store: &mut Store<f32>| {
            program.decide_by(deciders(phase));
            let step = program.step(store, &batch, &loss, Draw { seed: 1, epoch: phase as u64, first: 7 });
            values.push((format!("loss {phase}"), vec![step.loss as f32]));
            for entry in store.entries() {
                values.push((format!("gradient {phase} of {}", entry.name), store.gradient(entry).to_vec()));
                values.push((format!("{} after {phase}", entry.name), store.value(entry).to_vec()));
            }
            step.outputs.values
        };
        let steps = [train(0, &mut store), train(1, &mut store)];
        program.decide_by(deciders(2));
        let [first, second] = steps;
        let outputs = [first, second, program.forward(&store, &pixels).values];
        for (phase, outputs) in outputs.iter().enumerate() {
            values.extend(
                outputs[..graph.outputs.len()].iter().map(|output| (format!("output {phase}"), output.clone())),
            );
        }
        Made { values, outputs }
    }

    /// The differences between kernels on this machine and dfdx's operations, which decide alike.
    fn differences(&self, machine: Arc<Machine>) -> Vec<String> {
        let (watched, nodes) = watched(self.graph);
        let made = self.run(&mut Program::fused(&watched, machine.clone()), |_| vec![]);
        let unwatched = self.run(&mut Program::fused(self.graph, machine), |_| vec![]);
        let decisions = |phase: usize| {
            nodes.iter().copied().zip(made.outputs[phase][self.graph.outputs.len()..].iter().cloned()).collect()
        };
        let expected = self.run(&mut Program::new(&watched), decisions);
        let mut found: Vec<String> = differing(&unwatched, &made, 0.0);
        let ties = (0..3).flat_map(|phase| self.ties(&nodes, &made.outputs[phase], &expected.outputs[phase]));
        found.extend(
            ties.filter(|tie| tie.apart > TIE * tie.scale)
                .map(|tie| format!("no tie before {}: {:e} beside {:e}", tie.layer, tie.apart, tie.scale)),
        );
        found.extend(differing(&made, &expected, 1.0));
        found
    }

    fn ties(&self, nodes: &[usize], a: &[Vec<f32>], b: &[Vec<f32>]) -> Vec<Tie> {
        let own = self.graph.outputs.len();
        let place = |node: usize| own + nodes.binary_search(&node).expect("a watched node");
        ties(self.graph, &|node| a[place(node)].as_slice(), &|node| b[place(node)].as_slice())
    }
}

/// Where |a - b| > 1e-4 |b| + 1e-6 in the 2-norm, that bound taken `times`.
fn differing(a: &Made, b: &Made, times: f64) -> Vec<String> {
    let differs = |((name, a), (_, values)): (&(String, Vec<f32>), &(String, Vec<f32>))| {
        let (distance, size) = distance(a, values);
        let size = undone_scale(name, size, b).unwrap_or(size);
        (distance > times * (1e-4 * size + 1e-6)).then(|| format!("{name}: {distance:e} of {size:e}"))
    };
    a.values.iter().zip(&b.values).filter_map(differs).collect()
}

/// The gradient of a batch norm's scale is zero but for epsilon where a later norm undoes the scale: terms cancel, and what is
/// left is their rounding. It is compared beside the gradient of the norm's shift, which has terms of that size.
fn undone_scale(name: &str, size: f64, made: &Made) -> Option<f64> {
    let norm =
        name.strip_suffix(".weight").filter(|name| name.starts_with("gradient") && name.contains("BatchNorm"))?;
    let (_, shift) = made.values.iter().find(|(name, _)| *name == format!("{norm}.bias"))?;
    let shift = distance(shift, shift).1;
    (size < 1e-3 * shift).then_some(shift)
}

/// |a - b| and |b|, in the 2-norm.
fn distance(a: &[f32], b: &[f32]) -> (f64, f64) {
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x * x)).sum::<f64>().sqrt();
    (norm(&mut a.iter().zip(b).map(|(a, b)| a - b)), norm(&mut b.iter().copied()))
}

fn machines() -> Vec<Arc<Machine>> {
    Isa::available().map(|isa| Arc::new(Machine::with_isa(isa, 2))).collect()
}

fn check(text: &str) {
    let graph = graph(text);
    for (images, machine) in
        [3, 21].into_iter().flat_map(|images| machines().into_iter().map(move |machine| (images, machine)))
    {
        let found = Setting { graph: &graph, images, shift: 0.3 }.differences(machine);
        assert!(found.is_empty(), "{text}\n{images} images: {}", found.join("\n"));
    }
}

/// Layers that have weights, slide, merge, normalise, draw or bend; each must occur.
const LAYERS: &[&str] = &[
    "Conv",
    "ConvT",
    "Pool",
    "AvgPool",
    "GlobalAvgPool",
    "FC",
    "LSTM",
    "GRU",
    "RNN",
    "Seq",
    "BatchNorm",
    "LayerNorm",
    "GroupNorm",
    "Dropout",
    "Dropout2d",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "GELU",
    "SiLU",
    "Tanh",
    "Sigmoid",
    "Softmax",
    "LogSoftmax",
    "Flatten",
    "Reshape",
    "Upsample",
    "Pad",
    "Identity",
    "Add",
    "Mul",
    "Max",
    "Mean",
    "Concat",
];

#[test]
fn two_hundred_random_networks() {
    let (mut found, mut layers) = (vec![], HashSet::new());
    for number in 0..200 {
        let text = random::network(number);
        let graph = graph(&text);
        layers.extend(graph.nodes.iter().map(|node| node.name));
        for machine in machines() {
            let differences = Setting { graph: &graph, images: 19, shift: 0.1 }.differences(machine);
            found.extend(
                differences.into_iter().take(2).map(|difference| format!("network {number}, {text}: {difference}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(LAYERS.iter().all(|layer| layers.contains(layer)), "only {layers:?}");
}

#[test]
fn pools_and_norms() {
    check("input 2x9x8\nConv(2, 4, 3, pad=1) -> BatchNorm -> ReLU -> Pool(2) -> BatchNorm -> Flatten -> FC(10)");
    check(
        "input 2x8x8\nBatchNorm -> Conv(2, 4, 3) -> GroupNorm(2) -> ReLU -> AvgPool(3, stride=2, pad=1) -> Flatten -> FC(10)",
    );
    check(
        "input 2x8x8\nConv(2, 4, 3) -> LayerNorm -> Pool(3, stride=2, pad=1) -> GlobalAvgPool -> BatchNorm -> ReLU -> FC(10)",
    );
}

#[test]
fn merges() {
    for merge in ["Add -> ReLU", "Add", "Mul", "Max", "Mean", "Concat"] {
        let text = |branches: &str| {
            format!("input 2x4x4\nConv(2, 4, 3, pad=1) -> ( {branches} ) -> {merge} -> Pool(2) -> Flatten -> FC(10)")
        };
        check(&text("Identity | Tanh"));
        check(&text("Identity | Identity | Tanh | Identity"));
        check(&text("Conv(4, 4, 3, pad=1) | Identity -> BatchNorm | Tanh"));
    }
    for merge in ["Add -> ReLU", "Mul"] {
        let gate = "Identity | GlobalAvgPool -> FC(4) -> Sigmoid";
        check(&format!("input 4x4x4\nConv(4, 4, 3) -> ( {gate} ) -> {merge} -> Flatten -> FC(10)"));
    }
    check(
        "input 2x4x6\nTanh -> ( Seq(by=rows) -> BatchNorm | Seq(by=rows) | Seq(by=rows) ) -> Concat -> Flatten -> FC(10)",
    );
}

#[test]
fn dropout_draws_the_same_masks() {
    check("input 2x4x4\nConv(2, 4, 3) -> Dropout2d(0.4) -> ReLU -> Dropout(0.3) -> Flatten -> Dropout(0.5) -> FC(10)");
}

#[test]
fn shares_and_sizes() {
    check(
        "input 2x4x4\nConv(2, 4, 3) -> Softmax -> Upsample(2) -> Pad(1) -> Conv(4, 2, 3) -> LogSoftmax -> Flatten -> FC(10)",
    );
    check("input 2x4x4\nSeq(by=rows) -> Softmax -> LogSoftmax -> Flatten -> FC(10) -> Softmax");
}

/// Whatever a layer compares it with; as in PyTorch.
#[test]
fn a_nan_reaches_the_scores_of_its_image_and_of_no_other() {
    let activations = ["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Tanh", "Sigmoid", "Softmax", "LogSoftmax"];
    let others = ["Pool(2)", "Conv(2, 2, 1) -> ReLU", "( Identity | Conv(2, 2, 1) ) -> Max", "LSTM(2, 3)", "GRU(2, 3)"];
    for layer in activations.into_iter().chain(others) {
        let graph = graph(&format!("input 1x4x4\nConv(1, 2, 1) -> {layer} -> FC(10)"));
        let store = Store::<f32>::init(&graph, 5);
        let mut pixels = vec![0.5; 3 * 16];
        pixels[16 + 5] = f32::NAN;
        let fused = machines().into_iter().map(|machine| Program::fused(&graph, machine));
        for (n, program) in fused.chain([Program::new(&graph)]).enumerate() {
            let scores = &program.forward(&store, &pixels).values[0];
            let nan: Vec<bool> = scores.iter().map(|score| score.is_nan()).collect();
            assert_eq!(nan, [[false; 10], [true; 10], [false; 10]].concat(), "{layer}, program {n}");
        }
    }
}

/// Alone and several by one output, of images of their own and of mixed ones, in two steps of one program.
#[test]
fn every_loss() {
    let text = "input 1x4x4\nConv(1, 2, 3, pad=1) -> Tanh
        -> ( Flatten -> FC(32, 10) as logits | Conv(2, 1, 3, pad=1) as image | Flatten -> FC(32, 20) as others )";
    let counted = Classes { smoothing: 0.1, weights: (0..10).map(|class| 0.5 + f64::from(class) / 10.0).collect() };
    let criteria = [
        Criterion::cross_entropy(),
        Criterion::CrossEntropy(counted),
        Criterion::LabelMse,
        Criterion::Hinge { margin: 1.0 },
        Criterion::MarginRanking { margin: 0.3 },
    ];
    let all = criteria.iter().map(|criterion| Term { output: 0, weight: 0.7, criterion: criterion.clone() });
    let image = Term { output: 1, weight: 1.3, criterion: Criterion::Mse };
    let mut losses: Vec<Loss> = criteria.iter().map(|criterion| Loss::single(0, criterion.clone())).collect();
    losses.extend([Loss::single(1, Criterion::Mse), Loss { terms: all.chain([image]).collect() }]);
    losses.iter().for_each(|loss| loss_agrees(text, loss));
}

/// One value under two names, and scores behind which a softmax stands.
#[test]
fn losses_of_values_that_others_read() {
    let terms = |outputs: &[usize]| Loss {
        terms: outputs
            .iter()
            .map(|&output| Term { output, weight: 0.5, criterion: Criterion::Hinge { margin: 1.0 } })
            .collect(),
    };
    for outputs in [&[0][..], &[1], &[0, 1], &[1, 0]] {
        loss_agrees("input 1x4x4\nFC(16, 10) -> ( Identity as logits | Flatten as again )", &terms(outputs));
        loss_agrees("input 1x4x4\nFC(16, 10) -> Tanh -> ( Softmax as logits | Identity as again )", &terms(outputs));
    }
    let softmax = "input 1x4x4\nFC(16, 10) -> ( Softmax as logits | Tanh as again )";
    let both = [Criterion::cross_entropy(), Criterion::LabelMse]
        .map(|criterion| Term { output: 0, weight: 0.5, criterion })
        .to_vec();
    loss_agrees(softmax, &Loss { terms: both });
    loss_agrees(softmax, &Loss::single(0, Criterion::cross_entropy()));
}

fn loss_agrees(text: &str, loss: &Loss) {
    let graph = graph(text);
    let images = 19;
    let numbers = |key: u64, count: usize| (0..count as u64).map(|n| uniform(key, n)).collect::<Vec<f32>>();
    let (pixels, targets, shares) = (numbers(1, images * 16), numbers(2, images * 16), numbers(3, images));
    let [labels, others] = [7, 3].map(|factor| (0..images).map(|n| n * factor % 10).collect::<Vec<usize>>());
    for mixed in [None, Some(Mixed { labels: &others, shares: &shares })] {
        let steps = |program: Program<f32>| {
            let mut store = Store::<f32>::init(&graph, 5);
            [&pixels, &targets].map(|images| {
                let batch = Batch { images, targets: Some(&targets), labels: &labels, mixed };
                let step = program.step(&mut store, &batch, loss, Draw { seed: 1, epoch: 0, first: 0 });
                (step.loss as f32, store.values_and_gradients_mut().1.to_vec())
            })
        };
        let wanted = steps(Program::new(&graph));
        for machine in machines() {
            for ((made, gradient), (wanted, slope)) in steps(Program::fused(&graph, machine)).iter().zip(&wanted) {
                let (distance, size) = distance(gradient, slope);
                let close = (made - wanted).abs() < 1e-5 * wanted && distance < 1e-5 * size;
                assert!(close, "{text}\n{loss:?}: {made}, not {wanted}; gradients {distance:e} of {size:e} apart");
            }
        }
    }
}

/// Images of which every batch norm sees at least sixteen values of a channel; over fewer, deviations next to zero make much
/// of rounding.
fn images_for(graph: &Graph) -> usize {
    let norms = graph.nodes.iter().filter(|node| node.op == Op::BatchNorm);
    norms.map(|node| 16usize.div_ceil(node.output.positions())).max().unwrap_or(0).max(2)
}

/// Every network in the repository that trains.
#[test]
fn the_models_of_the_repository() {
    let mut found = vec![];
    for path in models() {
        let checked = check_file(&path);
        let Some(graph) = checked.report.graph.clone().filter(|graph| Loss::default_for(graph).is_some()) else {
            continue;
        };
        let setting = Setting { graph: &graph, images: images_for(&graph), shift: 0.0 };
        let differences = setting.differences(Arc::new(Machine::new(2)));
        found.extend(differences.into_iter().take(4).map(|difference| format!("{} {difference}", path.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every kind of layer that shares its work out among threads.
#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for file in ["zhang/lstm", "ji2022/model1_cnn", "group24/parallel", "cs554/model4_autoencoder", "bas/cnn1"] {
        let path = PathBuf::from(format!("models/{file}.net"));
        let checked = check_file(&path);
        let graph = checked.report.graph.clone().unwrap_or_else(|| panic!("{}", checked.complaints()));
        let bits = |threads: usize| -> Vec<(String, Vec<u32>)> {
            let mut program = Program::fused(&graph, Arc::new(Machine::new(threads)));
            let made = Setting { graph: &graph, images: 18, shift: 0.1 }.run(&mut program, |_| vec![]);
            made.values
                .into_iter()
                .map(|(name, values)| (name, values.into_iter().map(f32::to_bits).collect()))
                .collect()
        };
        let alone = bits(1);
        for threads in [2, 4] {
            let differs = bits(threads).into_iter().zip(&alone).find(|(made, alone)| made != *alone);
            assert!(differs.is_none(), "{file} with {threads} threads: {}", differs.unwrap().0.0);
        }
    }
}

fn models() -> Vec<PathBuf> {
    let folders = ["models/ji2022", "models/group24", "models/zhang", "models/cs554", "models/bas", "models/classics"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "net")).collect();
    files.sort();
    files
}
