//! `netc bench`: a file -> how long a training step and a forward pass take, on random images.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::compute::Compute;
use super::flag::{count, shape};
use super::network::runnable;
use super::terminal::Terminal;
use super::{Format, Outcome};
use crate::graph::Given;
use crate::train::{Timing, benchmark};

/// Time a network's training step and forward pass
#[derive(Args, Debug)]
pub struct Bench {
    /// A `.net` file
    file: PathBuf,
    /// Images of one step
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = |text: &str| count(text, 1..=1 << 16))]
    batch: u64,
    /// How many steps the medians are taken over
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = |text: &str| count(text, 1..=1_000_000))]
    steps: u64,
    #[command(flatten)]
    compute: Compute,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    input: Option<[usize; 3]>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Bench {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let given = Given { input: self.input, ..Given::default() };
        let graph = runnable(&self.file, &given, terminal)?.graph;
        let fusion = self.compute.start();
        let timing = benchmark(&graph, &fusion, self.batch as usize, self.steps as usize)?;
        let params = graph.trained_count();
        terminal.print(&match self.format {
            Format::Text => self.text(params, timing),
            Format::Json => self.json(params, timing),
        });
        Ok(())
    }

    fn text(&self, params: usize, timing: Timing) -> String {
        let Timing { train_ms, train_img_s, infer_ms, infer_img_s } = timing;
        let (net, batch, threads) = (self.file.display(), self.batch, self.compute.threads());
        format!(
            "{net}  batch {batch}  threads {threads}  params {params}\n\
             train {train_ms:>9.3} ms {train_img_s:>9.0} images/s\n\
             infer {infer_ms:>9.3} ms {infer_img_s:>9.0} images/s\n"
        )
    }

    fn json(&self, params: usize, timing: Timing) -> String {
        let Timing { train_ms, train_img_s, infer_ms, infer_img_s } = timing;
        let result = json!({
            "net": self.file, "batch": self.batch, "threads": self.compute.threads(), "params": params,
            "train_ms": train_ms, "train_img_s": train_img_s, "infer_ms": infer_ms, "infer_img_s": infer_img_s,
        });
        format!("{result}\n")
    }
}
