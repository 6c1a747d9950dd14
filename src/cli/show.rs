//! `netc show`: a file -> its typed graph, drawn, or cut into regions.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Outcome;
use super::compute::Compute;
use super::flag::{count, shape};
use super::network::runnable;
use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Given, Graph};
use crate::lower::plan;
use crate::report::{NetworkPlot, dot, graph_table, mermaid, png, region_tables, svg};
use crate::train::write_whole;

/// Draw a network: every layer, what it reads, the shape it makes
#[derive(Args, Debug)]
pub struct Show {
    /// A `.net` file
    file: PathBuf,
    /// How to draw it [default: by the ending of `--out`, else text]
    #[arg(long, value_enum)]
    format: Option<Drawing>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show what runs as one, how convolutions compute, and where its memory lies
    #[arg(long, conflicts_with = "format")]
    regions: bool,
    /// Images of one step, for the memory of regions
    #[arg(long, value_name = "N", default_value_t = 64, requires = "regions", value_parser = |text: &str| count(text, 1..=1 << 16))]
    batch: u64,
    #[command(flatten)]
    compute: Compute,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    input: Option<[usize; 3]>,
    /// The number of classes
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1 << 20))]
    classes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Drawing {
    /// A table
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// A picture of lines
    Svg,
    /// A picture of pixels
    Png,
}

impl Drawing {
    /// What a file of this name holds, where its ending says so.
    fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "dot" | "gv" => Some(Self::Dot),
            "mmd" => Some(Self::Mermaid),
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

impl Show {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        if self.format == Some(Drawing::Png) && self.out.is_none() && stdout().is_terminal() {
            return Err(pixels_on_a_terminal().into());
        }
        let classes = self.classes.map(|classes| classes as usize);
        let given = Given { input: self.input, classes, ..Given::default() };
        let graph = runnable(&self.file, &given, terminal)?.graph;
        let bytes = self.drawn(&graph)?;
        match &self.out {
            Some(path) => write_whole(path, bytes)?,
            None => terminal.print_bytes(&bytes),
        }
        Ok(())
    }

    fn drawn(&self, graph: &Graph) -> Result<Vec<u8>, Diagnostic> {
        if self.regions {
            return self.regions(graph);
        }
        let by_ending = || self.out.as_deref().and_then(Drawing::of_file);
        let text = match self.format.or_else(by_ending).unwrap_or(Drawing::Text) {
            Drawing::Text => graph_table(graph),
            Drawing::Dot => dot(graph),
            Drawing::Mermaid => mermaid(graph),
            Drawing::Svg => svg(&self.plot(graph)?).map_err(|fault| undrawn(&self.file, &fault))?,
            Drawing::Png => {
                let plot = self.plot(graph)?.for_png().map_err(|size| too_large(&self.file, &size))?;
                return png(&plot).map_err(|fault| undrawn(&self.file, &fault));
            }
        };
        Ok(text.into_bytes())
    }

    fn regions(&self, graph: &Graph) -> Result<Vec<u8>, Diagnostic> {
        if let Some(path) = self.out.as_deref().filter(|path| Drawing::of_file(path).is_some()) {
            return Err(no_drawing_of_regions(path));
        }
        let batch = self.batch as usize;
        let threads = self.compute.fused().then(|| self.compute.threads());
        Ok(region_tables(graph, &plan(graph, threads, batch), batch).into_bytes())
    }

    fn plot(&self, graph: &Graph) -> Result<NetworkPlot, Diagnostic> {
        NetworkPlot::of(graph).map_err(|reason| {
            Diagnostic::error(Code::WRITE, format!("`{}` cannot be drawn: {reason}", self.file.display()))
                .remark("`--format dot` leaves the drawing to Graphviz, `--format text` prints a table")
        })
    }
}

fn pixels_on_a_terminal() -> Diagnostic {
    Diagnostic::error(Code::WRITE, "a terminal cannot show a PNG")
        .remark("name a file with `--out`, or send the output to another program")
}

fn no_drawing_of_regions(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::WRITE, format!("regions are printed as tables, and `{}` names a drawing", path.display()))
        .remark("name a file that ends in `.txt`, or leave `--regions` out")
}

fn too_large(file: &Path, size: &str) -> Diagnostic {
    Diagnostic::error(Code::WRITE, format!("a PNG of `{}` would have {size}", file.display()))
        .remark("`--format svg` draws it, `--format dot` leaves the drawing to Graphviz")
}

fn undrawn(file: &Path, fault: &str) -> Diagnostic {
    Diagnostic::error(Code::WRITE, format!("internal error: `{}` cannot be drawn: {fault}", file.display()))
}
