//! Kernels on one thread against the machine's own peak: `cargo bench --bench kernels [-- PART OF A NAME]`.
//!
//! A row is one pass: milliseconds (the least of many runs), billions of the plain definition's multiplications and
//! additions a second, and their share of what a loop of nothing but these reaches here. Winograd's passes, which multiply
//! less, may pass 100 %.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use netc::kernel::around::Around;
use netc::kernel::conv::{Conv, Geometry};
use netc::kernel::fc::Fc;
use netc::kernel::winograd::Winograd;
use netc::kernel::{Kernel, LANES, Lane, Line, Machine};

/// How long one pass is measured.
const TIME: Duration = Duration::from_millis(150);

const GROUPS: usize = 4;

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let machine = Machine::new(1);
    let (peak, all) = (machine_peak(&machine), Machine::new(available_parallelism().map_or(1, usize::from)));
    println!("{:?}, one thread, {} images; peak {peak:.1} GFLOP/s", machine.isa, GROUPS * LANES);
    println!("peak of all {} cores {:.1} GFLOP/s", all.team.threads(), machine_peak(&all));
    let table = Table { filter, peak };
    for (name, geometry) in convolutions() {
        conv(&table, &machine, name, &geometry);
    }
    for (name, input, output) in [("fc 3240 -> 500", 3240, 500), ("fc 784 -> 512", 784, 512), ("fc 500 -> 10", 500, 10)]
    {
        fc(&table, &machine, name, Fc { input, output, relu: false });
    }
}

/// Of the networks under `models/`.
fn convolutions() -> Vec<(&'static str, Geometry)> {
    let square = |channels: [usize; 2], size: usize, kernel: usize, stride: usize, pad: usize| Geometry {
        input: channels[0],
        output: channels[1],
        input_size: [size; 2],
        output_size: [(size + 2 * pad - kernel) / stride + 1; 2],
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: [pad; 2],
        dilation: [1; 2],
        groups: 1,
    };
    vec![
        ("conv 1 -> 20, 3x3, 28", square([1, 20], 28, 3, 1, 0)),
        ("conv 1 -> 8, 5x5, 28", square([1, 8], 28, 5, 1, 0)),
        ("conv 8 -> 32, 5x5, 12", square([8, 32], 12, 5, 1, 0)),
        ("conv 20 -> 40, 5x5, 13", square([20, 40], 13, 5, 1, 0)),
        ("conv 3 -> 32, 3x3, 32", square([3, 32], 32, 3, 1, 1)),
        ("conv 32 -> 32, 3x3, 32", square([32, 32], 32, 3, 1, 1)),
        ("conv 64 -> 64, 3x3, 16", square([64, 64], 16, 3, 1, 1)),
        ("conv 128 -> 128, 3x3, 8", square([128, 128], 8, 3, 1, 1)),
        ("conv 16 -> 16, 3x3, 32", square([16, 16], 32, 3, 1, 1)),
        ("conv 32 -> 64, 3x3 / 2, 16", square([32, 64], 16, 3, 2, 1)),
        ("conv 64 -> 128, 3x3 / 2, 8", square([64, 128], 8, 3, 2, 1)),
        ("conv 64 -> 128, 2x2 / 2, 8", square([64, 128], 8, 2, 2, 0)),
        ("conv 32 -> 64, 1x1 / 2, 16", square([32, 64], 16, 1, 2, 0)),
    ]
}

fn conv(table: &Table, machine: &Machine, name: &str, g: &Geometry) {
    let (input, output) = (g.input * area(g.input_size), g.output * area(g.output_size));
    let flops = (2 * output * g.depth() * GROUPS * LANES) as f64;
    let (x, dy, w) = (lines(input * GROUPS), lines(output * GROUPS), values(g.weights()));
    let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
    let around = Around::sum(false);
    let direct = Conv::new(g.clone());
    let mut packed = vec![Line::ZERO; direct.scratch_lines(1)];
    let mut sums = vec![Line::ZERO; direct.gradient_lines() * GROUPS];
    table.row(name, "forward", flops, || direct.sum(machine, &x, &w, around, &mut y, &mut packed));
    table.row(name, "input gradient", flops, || direct.spread(machine, &dy, &w, around, &mut dx, &mut packed));
    table.row(name, "weight gradient", flops, || direct.weight_gradient(machine, &x, &dy, &mut dw, &mut sums));
    let Some(winograd) = Winograd::new(g) else { return };
    let mut scratch = vec![Line::ZERO; winograd.scratch_lines(1).max(winograd.gradient_lines(1))];
    table.row(name, "Winograd forward", flops, || winograd.sum(machine, &x, &w, around, &mut y, &mut scratch));
    table.row(name, "Winograd input gradient", flops, || {
        winograd.spread(machine, &dy, &w, around, &mut dx, &mut scratch);
    });
    table.row(name, "Winograd weight gradient", flops, || {
        winograd.weight_gradient(machine, &x, &dy, &mut dw, &mut scratch);
    });
}

fn area([height, width]: [usize; 2]) -> usize {
    height * width
}

fn fc(table: &Table, machine: &Machine, name: &str, fc: Fc) {
    let flops = (2 * fc.input * fc.output * GROUPS * LANES) as f64;
    let (x, dy, w) = (lines(fc.input * GROUPS), lines(fc.output * GROUPS), values(fc.input * fc.output));
    let (mut y, mut dx, mut dw, mut bias) = (dy.clone(), x.clone(), w.clone(), values(fc.output));
    let mut scratch = vec![Line::ZERO; fc.scratch(GROUPS)];
    table.row(name, "forward", flops, || fc.forward(machine, &x, &w, &bias, &mut y));
    table.row(name, "input gradient", flops, || fc.input_gradient(machine, &dy, &w, Around::sum(false), &mut dx));
    table.row(name, "weight gradient", flops, || {
        fc.weight_gradient(machine, &x, &dy, &mut scratch, &mut dw, Some(&mut bias));
    });
}

struct Table {
    filter: String,
    /// In billions of operations a second.
    peak: f64,
}

impl Table {
    fn row(&self, name: &str, pass: &str, flops: f64, run: impl FnMut()) {
        if !format!("{name} {pass}").contains(&self.filter) {
            return;
        }
        let seconds = least(run);
        let rate = flops / seconds / 1e9;
        println!("{name:28} {pass:26} {:8.3} ms {rate:7.1} GFLOP/s {:5.0} %", seconds * 1e3, 100.0 * rate / self.peak);
    }
}

/// The least of many runs, in seconds.
fn least(mut run: impl FnMut()) -> f64 {
    let (begin, mut least) = (Instant::now(), f64::INFINITY);
    while begin.elapsed() < TIME {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed().as_secs_f64());
    }
    least
}

/// Multiplications and additions in registers alone.
struct Peak {
    times: usize,
}

impl Kernel for Peak {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lane>(self) -> f32 {
        let factor = L::splat(black_box(0.5));
        let mut sums = [L::splat(black_box(1.0)); 6];
        for _ in 0..self.times {
            for sum in &mut sums {
                *sum = factor.mul_add(factor, *sum);
            }
        }
        let mut total = L::zero();
        for sum in sums {
            total = total.add(sum);
        }
        total.sum()
    }
}

/// Billions of multiplications and additions a second on all of its threads.
fn machine_peak(machine: &Machine) -> f64 {
    const TIMES: usize = 100_000;
    let threads = machine.team.threads();
    let together = Barrier::new(threads);
    let seconds = least(|| {
        machine.team.run(threads, |_, _| {
            together.wait();
            black_box(machine.isa.run(Peak { times: TIMES }));
        });
    });
    (threads * TIMES * 6 * LANES * 2) as f64 / seconds / 1e9
}

/// Numbers that are neither zero nor tiny.
fn values(count: usize) -> Vec<f32> {
    (0..count).map(|n| (n * 37 % 101) as f32 / 101.0 - 0.5).collect()
}

fn lines(count: usize) -> Vec<Line> {
    let line = |n: usize| Line(std::array::from_fn(|lane| ((n * LANES + lane) * 37 % 101) as f32 / 101.0 - 0.5));
    (0..count).map(line).collect()
}
