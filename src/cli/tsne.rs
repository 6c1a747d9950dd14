//! `netc tsne`: the test images of a data set -> places in the plane, by their pixels or by what a network makes of them.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::{Value as Json, json};

use super::compute::Compute;
use super::flag::{count, number};
use super::network::of_checkpoint;
use super::progress::{pass, reading, steps};
use super::terminal::Terminal;
use super::test_part::named_dataset;
use super::write::{check_plot, write_plot};
use super::{Failure, Format, Outcome};
use crate::data::{self, DataFolder, Dataset, Environment, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::embedding::{Points, STEPS, exaggerated_steps, trustworthiness, tsne};
use crate::lower::Fusion;
use crate::report::ScatterPlot;
use crate::train::{Checkpoint, Values};
use crate::yaml::Bounds;

/// The place that needs no network.
pub const PIXELS: &str = "pixels";
/// Of how many neighbours trustworthiness is told.
const NEIGHBOURS: usize = 12;

/// Lay test images out in the plane by t-SNE, like ones together
#[derive(Args, Debug)]
pub struct Tsne {
    /// A run's folder, or a checkpoint
    #[arg(value_name = "RUN|CHECKPOINT", required_unless_present = "dataset")]
    path: Option<PathBuf>,
    /// What is laid out: `pixels`, or what a layer, label, block or output of the network makes, as `Conv.2`
    #[arg(long, value_name = "PLACE", default_value = PIXELS)]
    at: String,
    /// The data set [default: the one it was trained on]
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// At most so many test images, of each class in proportion
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = |text: &str| count(text, 3..=1_000_000))]
    images: u64,
    /// About how many neighbours an image has
    #[arg(long, value_name = "X", default_value = "30", value_parser = |text: &str| number(text, Bounds::ABOVE_ONE))]
    perplexity: f64,
    /// What the images are drawn by
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Draw the images' places by class, as SVG or PNG; may be given twice
    #[arg(long, value_name = "FILE")]
    plot: Vec<PathBuf>,
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Tsne {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        self.plot.iter().try_for_each(|path| check_plot(path))?;
        let fusion = self.compute.start();
        let subject = self.subject(&fusion, terminal)?;
        let layout = self.lay_out(subject)?;
        let plot = self.plot_of(&layout);
        self.plot.iter().try_for_each(|path| write_plot(path, &plot))?;
        terminal.print(&match self.format {
            Format::Json => format!("{}\n", self.to_json(&layout)),
            Format::Text => self.text(&layout),
        });
        Ok(())
    }

    /// Reads the data set, chooses images, and takes their values.
    fn subject(&self, fusion: &Fusion, terminal: &Terminal) -> Result<Subject, Failure> {
        let Some(path) = &self.path else { return Ok(self.pixels(self.whole_dataset()?)?) };
        let checkpoint = Checkpoint::of(path)?;
        let dataset = named_dataset(&checkpoint, self.dataset.as_deref(), self.data_dir.as_deref())?;
        if self.at == PIXELS {
            return Ok(self.pixels(dataset)?);
        }
        let graph = of_checkpoint(&checkpoint, terminal)?.graph;
        let chosen = self.chosen(&dataset)?;
        let bar = pass("values", chosen.len() as u64);
        let values =
            Values::at(&self.at, (&checkpoint, &graph), (&dataset.test, &chosen), fusion, |more| bar.inc(more))?;
        bar.finish_and_clear();
        Ok(Subject { dataset, chosen, values })
    }

    fn pixels(&self, dataset: Dataset) -> Result<Subject, Diagnostic> {
        if self.at != PIXELS {
            let message = format!("without a run there is no `{}`, only `{PIXELS}`", self.at);
            return Err(Diagnostic::error(Code::UNKNOWN_LABEL, message).remark("name a run or a checkpoint as well"));
        }
        let chosen = self.chosen(&dataset)?;
        let values = Values::of_pixels(&*dataset.test, &chosen)?;
        Ok(Subject { dataset, chosen, values })
    }

    fn whole_dataset(&self) -> Result<Dataset, Diagnostic> {
        let folder = DataFolder::resolve(self.data_dir.as_deref(), &Environment::read());
        let name = self.dataset.as_deref().unwrap_or_default();
        data::find(name, &folder, &Selection::default())?.open(None, reading)
    }

    /// The images that are laid out: more of them than the perplexity.
    fn chosen(&self, dataset: &Dataset) -> Result<Vec<usize>, Diagnostic> {
        let chosen = dataset.some_of_test(self.images as usize, self.seed);
        if chosen.len() as f64 > self.perplexity {
            return Ok(chosen);
        }
        let message = format!("a perplexity of {} needs more than {} images", self.perplexity, chosen.len());
        Err(Diagnostic::error(Code::TOO_FEW, message).remark("a third of the images is a perplexity that makes sense"))
    }

    fn lay_out(&self, subject: Subject) -> Result<Layout, Diagnostic> {
        let Subject { dataset, chosen, values } = subject;
        let began = Instant::now();
        let points = Points::new(chosen.len(), &values.numbers);
        let bar = steps("t-SNE", STEPS as u64);
        let places = tsne(&points, self.perplexity, || bar.inc(1));
        bar.finish_and_clear();
        let seconds = began.elapsed().as_secs_f64();
        let trust = trustworthiness(&points, &places, NEIGHBOURS);
        Ok(Layout { dataset, chosen, of_image: values.of_image, places, seconds, trust })
    }

    /// `FC.2 of runs/first`
    fn place(&self) -> String {
        match &self.path {
            Some(path) if self.at != PIXELS => format!("{} of {}", self.at, path.display()),
            _ => PIXELS.into(),
        }
    }

    fn plot_of(&self, layout: &Layout) -> ScatterPlot {
        scatter_plot((&layout.dataset, &layout.chosen), &self.place(), self.perplexity, &layout.places)
    }

    fn to_json(&self, layout: &Layout) -> Json {
        let Layout { dataset, chosen, places, .. } = layout;
        let point = |(&image, place): (&usize, &[f32; 2])| json!({"image": image, "class": dataset.classes[dataset.test.label(image)], "x": place[0], "y": place[1]});
        json!({
            "dataset": dataset.name, "at": self.at, "images": chosen.len(), "test_images": dataset.test.len(),
            "values": layout.of_image, "perplexity": self.perplexity, "seed": self.seed, "steps": STEPS,
            "exaggerated_steps": exaggerated_steps(chosen.len()), "seconds": layout.seconds,
            "trustworthiness": layout.trust,
            "points": chosen.iter().zip(places).map(point).collect::<Vec<_>>(),
        })
    }

    fn text(&self, layout: &Layout) -> String {
        let Layout { dataset, chosen, .. } = layout;
        let mut text = format!("{}: {}, {} values of each image\n", dataset.name, self.place(), layout.of_image);
        text += &match chosen.len() < dataset.test.len() {
            true => format!("{} of {} test images, drawn by seed {}\n", chosen.len(), dataset.test.len(), self.seed),
            false => format!("all {} test images\n", chosen.len()),
        };
        text += &format!("perplexity {}, {STEPS} steps, ", self.perplexity);
        text += &format!("{} of them exaggerated: {:.1} s\n", exaggerated_steps(chosen.len()), layout.seconds);
        text += &match layout.trust {
            Some(trust) => format!("trustworthiness ({NEIGHBOURS} neighbours) {trust:.4}\n"),
            None => format!("trustworthiness needs more than {} images\n", 2 * NEIGHBOURS),
        };
        text + &self.plot.iter().map(|path| format!("{}\n", path.display())).collect::<String>()
    }
}

/// The plot of chosen test images, laid out by what is at `place`.
pub fn scatter_plot(
    (dataset, chosen): (&Dataset, &[usize]),
    place: &str,
    perplexity: f64,
    places: &[[f32; 2]],
) -> ScatterPlot {
    let classes = chosen.iter().map(|&image| dataset.test.label(image));
    let under = format!("t-SNE of {} test images, perplexity {perplexity}", chosen.len());
    ScatterPlot {
        title: [format!("{}: {place}", dataset.name), under],
        classes: dataset.classes.clone(),
        points: places.iter().copied().zip(classes).collect(),
    }
}

/// What is laid out.
struct Subject {
    dataset: Dataset,
    /// The images' numbers in the test part.
    chosen: Vec<usize>,
    values: Values,
}

/// Where the images lie.
struct Layout {
    dataset: Dataset,
    chosen: Vec<usize>,
    of_image: usize,
    places: Vec<[f32; 2]>,
    /// Of t-SNE alone.
    seconds: f64,
    trust: Option<f64>,
}
