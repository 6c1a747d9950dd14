//! A network in kernels against the same in dfdx's operations: outputs, loss, gradients and running statistics, on batches
//! that leave lanes idle.

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use netc::graph::Graph;
use netc::kernel::{Isa, Machine};
use netc::layer::Op;
use netc::lower::{Batch, Draw, Loss, Program, Store};
use netc::random::uniform;
use support::check_text;

fn graph(text: &str) -> Graph {
    let checked = check_text("network.net", None, text);
    checked.report.graph.clone().unwrap_or_else(|| panic!("{}", checked.complaints()))
}

/// Two training steps and an evaluation, so that the second step starts from moved statistics. Parameters are moved by up to
/// `shift`, so that none is zero or one.
fn run(graph: &Graph, program: &Program<f32>, images: usize, shift: f32) -> Vec<(String, Vec<f32>)> {
    let mut store = Store::<f32>::init(graph, 5);
    for (n, value) in (0..).zip(store.values_and_gradients_mut().0) {
        *value += shift * uniform(3, n);
    }
    let pixels: Vec<f32> = (0..(images * graph.input.count()) as u64).map(|n| uniform(1, n) * 2.0 - 1.0).collect();
    let labels: Vec<usize> = (0..images).map(|n| n % 10).collect();
    let batch = Batch { images: &pixels, targets: None, labels: &labels, mixed: None };
    let loss = Loss::default_for(graph).expect("one output");
    let mut made = vec![];
    for epoch in 0..2 {
        let step = program.step(&mut store, &batch, &loss, Draw { seed: 1, epoch, first: 7 });
        made.push((format!("loss {epoch}"), vec![step.loss as f32]));
        made.extend(step.outputs.values.into_iter().map(|values| (format!("output {epoch}"), values)));
        for entry in store.entries() {
            made.push((format!("gradient {epoch} of {}", entry.name), store.gradient(entry).to_vec()));
            made.push((format!("{} after {epoch}", entry.name), store.value(entry).to_vec()));
        }
    }
    made.extend(program.forward(&store, &pixels).values.into_iter().map(|values| ("evaluation".to_string(), values)));
    made
}

/// |a - b| and |b|, in the 2-norm.
fn distance(a: &[f32], b: &[f32]) -> (f64, f64) {
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x * x)).sum::<f64>().sqrt();
    (norm(&mut a.iter().zip(b).map(|(a, b)| a - b)), norm(&mut b.iter().copied()))
}

fn check(text: &str) {
    let graph = graph(text);
    for images in [3, 21] {
        let expected = run(&graph, &Program::new(&graph), images, 0.3);
        for isa in Isa::available() {
            let machine = Arc::new(Machine::with_isa(isa, 2));
            for ((name, a), (_, b)) in run(&graph, &Program::fused(&graph, machine), images, 0.3).iter().zip(&expected)
            {
                let (distance, size) = distance(a, b);
                assert!(distance <= 1e-4 * size + 1e-6, "{text}: {name} of {images}: {distance:e} where {size:e}");
            }
        }
    }
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

/// Every network in the repository that trains, on two images. Where a value lies next to zero before a ReLU, rounding
/// decides on which side; batch norms over few values make much of it, so networks with them agree less closely.
#[test]
fn the_models_of_the_repository() {
    let machine = Arc::new(Machine::new(2));
    let mut differences = vec![];
    for path in models() {
        let text = fs::read_to_string(&path).unwrap();
        let checked = check_text(path.to_str().unwrap(), path.parent().map(Into::into), &text);
        let Some(graph) = checked.report.graph.clone().filter(|graph| Loss::default_for(graph).is_some()) else {
            continue;
        };
        let expected = run(&graph, &Program::new(&graph), 2, 0.0);
        let made = run(&graph, &Program::fused(&graph, machine.clone()), 2, 0.0);
        let tolerance = if graph.nodes.iter().any(|node| node.op == Op::BatchNorm) { 2e-2 } else { 1e-4 };
        let differs = made.iter().zip(&expected).filter_map(|((name, a), (_, b))| {
            let (distance, size) = distance(a, b);
            (distance > tolerance * size + 1e-6).then(|| format!("{} {name}: {distance:e} of {size:e}", path.display()))
        });
        differences.extend(differs.take(4));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Every kind of layer that shares its work out among threads.
#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for file in ["zhang/lstm", "ji2022/model1_cnn", "group24/parallel", "cs554/model4_autoencoder", "bas/cnn1"] {
        let path = PathBuf::from(format!("models/{file}.net"));
        let text = fs::read_to_string(&path).unwrap();
        let checked = check_text(path.to_str().unwrap(), path.parent().map(Into::into), &text);
        let graph = checked.report.graph.clone().unwrap_or_else(|| panic!("{}", checked.complaints()));
        let bits = |threads: usize| -> Vec<(String, Vec<u32>)> {
            let made = run(&graph, &Program::fused(&graph, Arc::new(Machine::new(threads))), 18, 0.1);
            made.into_iter().map(|(name, values)| (name, values.into_iter().map(f32::to_bits).collect())).collect()
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
