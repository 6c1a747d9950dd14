//! What commands that run networks compute with: threads and fusion.

use std::sync::Arc;
use std::thread::available_parallelism;

use clap::{Args, ValueEnum};

use super::flag::count;
use crate::kernel::{self, Machine};
use crate::lower::Fusion;

#[derive(Args, Clone, Debug, Default)]
pub struct Compute {
    /// Threads to compute with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1024))]
    threads: Option<u64>,
    /// Whether layers run fused, in kernels, or one by one in dfdx's operations, on one thread [default: on]
    #[arg(long, value_enum)]
    fuse: Option<Fuse>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fuse {
    On,
    Off,
}

impl Compute {
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(|| available_parallelism().map_or(1, usize::from), |threads| threads as usize)
    }

    /// Whether layers run fused.
    pub fn fused(&self) -> bool {
        self.fuse != Some(Fuse::Off)
    }

    /// Starts the threads.
    pub fn start(&self) -> Fusion {
        self.start_with(self.fused())
    }

    /// Starts the threads for layers that run fused or not, whatever the flag says.
    pub fn start_with(&self, fused: bool) -> Fusion {
        kernel::keep_freed();
        let threads = self.threads();
        // The pool for images is built once in a process; whoever comes later finds it.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        if fused { Fusion::On(Arc::new(Machine::new(threads))) } else { Fusion::Off }
    }
}
