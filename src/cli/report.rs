//! `netc report`: a run -> its `report.html`, written again; and the page of a training that has just been tested.

use std::path::{Path, PathBuf};

use clap::Args;

use super::compute::Compute;
use super::network::{Runnable, of_checkpoint};
use super::terminal::Terminal;
use super::test_part::{evaluate_checkpoint, own_dataset};
use super::tsne::{PIXELS, scatter_plot};
use super::{Failure, Outcome};
use crate::data::Dataset;
use crate::diagnostic::{Code, Diagnostic, Style, render};
use crate::embedding::{Points, tsne};
use crate::graph::{Graph, Value};
use crate::lower::{Program, Store, scores_of};
use crate::report::{RunRecord, ScatterPlot, run_page};
use crate::source::SourceMap;
use crate::train::{
    Checkpoint, Evaluation, Places, Reconstruction, RunFolder, Values, fit, reconstructions, write_whole,
};

/// The page's name in a run.
const NAME: &str = "report.html";
/// How many images are shown beside what the network makes of them.
const RECONSTRUCTED: usize = 12;
/// How many test images are laid out in the plane, and with about how many neighbours.
const LAID_OUT: usize = 500;
const PERPLEXITY: f64 = 30.0;

/// Write a run's page again: figures, curves, pictures, recipe and network in one HTML file
#[derive(Args, Debug)]
pub struct Report {
    /// A run's folder
    run: PathBuf,
    /// The file to write [default: RUN/report.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
}

impl Report {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        if !self.run.is_dir() {
            let fault = Diagnostic::error(Code::NOT_A_RUN, format!("`{}` is not a run", self.run.display()));
            return Err(fault.remark("name the folder that `netc train` printed, or gave to `--out`").into());
        }
        let checkpoint = Checkpoint::of(&self.run)?;
        let fusion = self.compute.start();
        let network = of_checkpoint(&checkpoint, terminal)?;
        let dataset = own_dataset(&checkpoint, self.data_dir.as_deref())?;
        let test = evaluate_checkpoint(&checkpoint, &network.graph, &dataset, &fusion)?;
        let tested =
            Tested { run: &self.run, checkpoint: &checkpoint, dataset: &dataset, test: &test, compute: &self.compute };
        let out = self.out.clone().unwrap_or_else(|| self.run.join(NAME));
        write_whole(&out, &tested.page(&network)?)?;
        terminal.print(&format!("{}\n", out.display()));
        Ok(())
    }
}

/// A run and how it was tested.
pub struct Tested<'a> {
    pub run: &'a Path,
    pub checkpoint: &'a Checkpoint,
    pub dataset: &'a Dataset,
    pub test: &'a Evaluation,
    pub compute: &'a Compute,
}

impl Tested<'_> {
    /// Writes the run's page; what goes wrong is a warning, for the run is whole without it.
    pub fn keep(&self, terminal: &Terminal) {
        let page = of_checkpoint(self.checkpoint, terminal).and_then(|network| Ok(self.page(&network)?));
        let written = page.and_then(|page| Ok(write_whole(&self.run.join(NAME), &page)?));
        let Err(failure) = written else { return };
        let warning = Diagnostic::warning("no-report", format!("`{NAME}` of the run is not written"));
        let warning = match failure {
            Failure::Diagnostic(fault) => warning.remark(fault.message),
            Failure::Reported(_) => warning,
        };
        let again = format!("`netc report {}` tries again", self.run.display());
        terminal.show(&warning.remark("the run is whole").remark(again), &SourceMap::new());
    }

    fn page(&self, network: &Runnable) -> Result<String, Diagnostic> {
        let graph = &network.graph;
        let mut store = Store::init(graph, 0);
        self.checkpoint.fill(&mut store)?;
        let shown = |warning: &Diagnostic| render(warning, &network.sources, Style::Plain);
        let record = RunRecord {
            path: self.run,
            checkpoint: self.checkpoint,
            metrics: RunFolder::metrics_of(self.run)?.unwrap_or_default(),
            seconds: RunFolder::seconds_of(self.run),
            graph,
            store: &store,
            mask: self.checkpoint.mask(&store)?,
            dataset: self.dataset,
            evaluation: self.test,
            reconstructions: self.reconstructions(network, &store)?,
            places: self.places(graph)?,
            warnings: network.warnings.iter().map(shown).collect(),
        };
        let internal =
            |fault| Diagnostic::error(Code::WRITE, format!("internal error: the page cannot be made: {fault}"));
        run_page(&record).map_err(internal)
    }

    /// Some test images in the plane, by their pixels and by what the network's last layer reads; none where there are few.
    fn places(&self, graph: &Graph) -> Result<Vec<(String, ScatterPlot)>, Diagnostic> {
        let test = &self.dataset.test;
        let chosen = self.dataset.some_of_test(LAID_OUT, 0);
        if chosen.len() as f64 <= PERPLEXITY {
            return Ok(vec![]);
        }
        let mut values = vec![(PIXELS.to_string(), Values::of_pixels(&**test, &chosen)?)];
        if let Some(place) = before_scores(graph) {
            let fusion = self.compute.start_with(self.checkpoint.metadata.build.fused);
            let network = (self.checkpoint, graph);
            values.push((place.clone(), Values::at(&place, network, (test, &chosen), &fusion, |_| {})?));
        }
        let plot = |(place, values): (String, Values)| {
            let places = tsne(&Points::new(chosen.len(), &values.numbers), PERPLEXITY, || {});
            let plot = scatter_plot((self.dataset, &chosen), &place, PERPLEXITY, &places);
            (place, plot)
        };
        Ok(values.into_iter().map(plot).collect())
    }

    fn reconstructions(&self, network: &Runnable, store: &Store<f32>) -> Result<Vec<Reconstruction>, Diagnostic> {
        let metadata = &self.checkpoint.metadata;
        let loss = fit::loss(&metadata.recipe, &Places::default(), &network.graph)?;
        if !loss.needs_targets() {
            return Ok(vec![]);
        }
        let program = Program::with(&network.graph, &self.compute.start_with(metadata.build.fused));
        let preparation = metadata.preparation(RECONSTRUCTED, loss.needs_targets());
        Ok(reconstructions(&program, store, &loss, self.dataset.test.clone(), preparation, RECONSTRUCTED))
    }
}

/// The path of what the last layer with weights reads on the way to the scores.
fn before_scores(graph: &Graph) -> Option<String> {
    let mut value = graph.outputs[scores_of(graph)?].value;
    let mut weighed = false;
    loop {
        let Value::Node(index) = value else { return None };
        let node = &graph.nodes[index];
        if weighed && !node.implicit {
            return Some(node.path.clone());
        }
        weighed |= !node.params.is_empty();
        value = node.inputs[0];
    }
}
