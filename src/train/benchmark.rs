//! A network on random images -> how long a training step and a forward pass take.

use std::time::Instant;

use serde::Serialize;

use super::memory;
use super::optimizer::{self, Optimizer};
use super::recipe::OptimizerRecipe;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::lower::{Batch, Draw, Fusion, Loss, Program, Store, apply_constraints};
use crate::random::{self, Purpose};

/// Steps before the first one that counts.
const WARM_UP: usize = 5;

/// Medians, in milliseconds, and images a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timing {
    pub train_ms: f64,
    pub train_img_s: f64,
    pub infer_ms: f64,
    pub infer_img_s: f64,
}

/// Times `steps` training steps (gradients, and Adam at 0.0001) and as many forward passes on one batch of random images.
///
/// # Errors
/// N0505 where no output has a loss, N0814 where a step does not fit in memory.
pub fn benchmark(graph: &Graph, fusion: &Fusion, batch: usize, steps: usize) -> Result<Timing, Diagnostic> {
    let untrainable = || Diagnostic::error(Code::UNTRAINABLE, "none of the outputs can be trained");
    let loss = Loss::default_for(graph).ok_or_else(untrainable)?;
    let (machine, program) = (fusion.machine(), Program::with(graph, fusion));
    let recipe = OptimizerRecipe { lr: 1e-4, ..OptimizerRecipe::default() };
    memory::check(batch, |batch| memory::needed(&program, batch, optimizer::slots(&recipe).len()))?;
    let mut store = Store::init(graph, 0);
    let mut optimizer = Optimizer::new(recipe, store.values().len());
    let key = random::key(0, Purpose::Sketch, 0, 0);
    let images: Vec<f32> = (0..batch * graph.input.count()).map(|n| random::uniform(key, n as u64)).collect();
    let labels: Vec<usize> = (0..batch).map(|n| n * 7 % graph.classes).collect();
    let data = Batch { images: &images, targets: None, labels: &labels, mixed: None };
    let mut first = 0;
    let train = median(steps, || {
        program.step(&mut store, &data, &loss, Draw { seed: 0, epoch: 0, first });
        optimizer.step(&machine, &mut store);
        apply_constraints(graph, &mut store);
        first += batch as u64;
    });
    let infer = median(steps, || drop(program.forward(&store, &images)));
    let rate = |seconds: f64| batch as f64 / seconds;
    Ok(Timing { train_ms: train * 1e3, train_img_s: rate(train), infer_ms: infer * 1e3, infer_img_s: rate(infer) })
}

/// The median of so many runs, in seconds.
fn median(steps: usize, mut run: impl FnMut()) -> f64 {
    (0..WARM_UP).for_each(|_| run());
    let mut times: Vec<f64> = (0..steps)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
