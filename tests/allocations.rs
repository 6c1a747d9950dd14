//! A training step asks for memory a small, constant number of times, however large the network: regions have theirs.
//!
//! It is a program of its own (`harness = false`): the test harness's thread would be counted too.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use netc::kernel::Machine;
use netc::lower::{Batch, Draw, Loss, Program, Store};
use netc::random::uniform;
use netc::train::{Optimizer, OptimizerRecipe};
use support::check_text;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything goes to the system's allocator as it comes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const THREADS: usize = 2;

/// Allocations of each of some training steps, after the first.
fn counts(text: &str) -> Vec<usize> {
    let checked = check_text("network.net", None, text);
    let graph = checked.report.graph.clone().unwrap_or_else(|| panic!("{}", checked.complaints()));
    let machine = Arc::new(Machine::new(THREADS));
    // A thread that starts asks for memory, too.
    let started = Barrier::new(THREADS);
    machine.team.run(THREADS, |_, _| {
        started.wait();
    });
    let (program, loss) = (Program::fused(&graph, machine.clone()), Loss::default_for(&graph).unwrap());
    let mut store = Store::<f32>::init(&graph, 0);
    let mut optimizer = Optimizer::new(OptimizerRecipe::default(), store.values().len());
    let images: Vec<f32> = (0..16 * graph.input.count() as u64).map(|n| uniform(1, n)).collect();
    let labels: Vec<usize> = (0..16).map(|n| n % 10).collect();
    let batch = Batch { images: &images, targets: None, labels: &labels, mixed: None };
    let mut step = |epoch: u64| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        program.step(&mut store, &batch, &loss, Draw { seed: 0, epoch, first: 0 });
        optimizer.step(&machine, &mut store);
        ALLOCATIONS.load(Ordering::Relaxed) - before
    };
    step(0);
    (1..4).map(step).collect()
}

fn main() {
    let small = counts("FC(784, 10)");
    let stage = "Conv(_, 16, 3, pad=1) -> BatchNorm -> ReLU -> Pool(2)";
    let merged = "skip(Conv(_, 16, 5, pad=2) -> ReLU) -> Dropout(0.2)";
    let large = counts(&format!("{stage} -> {stage} -> {merged} -> FC(32) -> LSTM(32, 8, 2) -> FC(10)"));
    for counts in [&small, &large] {
        assert!(counts.iter().all(|count| count == &counts[0]), "{counts:?}");
    }
    assert!(small[0] <= 120, "{small:?}");
    assert!(large[0] <= small[0] + 40, "{large:?} where the smallest network has {small:?}");
    println!("a training step allocates {} times in the smallest network, {} in a large one: ok", small[0], large[0]);
}
