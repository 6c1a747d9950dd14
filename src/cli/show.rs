//! `netc show`: a file -> its typed graph, drawn, or cut into regions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::check::parse_input;
use super::compute::Compute;
use super::network::runnable;
use super::terminal::Terminal;
use crate::graph::Given;
use crate::lower::plan;
use crate::report::{dot, graph_table, mermaid, region_tables};

/// Draw a network: every layer, what it reads, the shape it makes
#[derive(Args, Debug)]
pub struct Show {
    /// A `.net` file
    file: PathBuf,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Drawing::Text)]
    format: Drawing,
    /// Show what runs as one, by which kernels, and where its memory lies
    #[arg(long, conflicts_with = "format")]
    regions: bool,
    /// Images of one step, for the memory of regions
    #[arg(long, value_name = "N", default_value_t = 64, requires = "regions", value_parser = clap::value_parser!(u64).range(1..=1 << 16))]
    batch: u64,
    #[command(flatten)]
    compute: Compute,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = parse_input)]
    input: Option<[usize; 3]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Drawing {
    /// A table
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
}

impl Show {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let given = Given { input: self.input, ..Given::default() };
        let graph = runnable(&self.file, &given, terminal)?.graph;
        terminal.print(&match self.format {
            _ if self.regions => {
                let batch = self.batch as usize;
                region_tables(&graph, &plan(&graph, self.compute.threads(), batch), batch)
            }
            Drawing::Text => graph_table(&graph),
            Drawing::Dot => dot(&graph),
            Drawing::Mermaid => mermaid(&graph),
        });
        Ok(())
    }
}
