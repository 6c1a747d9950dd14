//! `netc data`: data sets -> where they are, whether they are whole, what is in them.

mod fetch;
mod list;
mod show;
mod stats;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Outcome;
use super::flag::{count, shape};
use super::progress::reading;
use super::terminal::Terminal;
use crate::data::{self, ClassKey, DataFolder, Dataset, Environment, Selection};
use crate::diagnostic::Diagnostic;

/// Find, download, check and look at data sets
#[derive(Args, Debug)]
pub struct Data {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(list::List),
    Fetch(fetch::Fetch),
    Verify(verify::Verify),
    Stats(stats::Stats),
    Show(show::Show),
}

impl Data {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        match self.command {
            Command::List(list) => list.run(terminal),
            Command::Fetch(fetch) => fetch.run(terminal),
            Command::Verify(verify) => verify.run(terminal),
            Command::Stats(stats) => stats.run(terminal),
            Command::Show(show) => show.run(terminal),
        }
    }
}

/// Where data sets are looked for.
#[derive(Args, Debug)]
struct Place {
    /// Where data sets are kept [default: NETC_DATA, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Place {
    fn folder(&self) -> DataFolder {
        DataFolder::resolve(self.data_dir.as_deref(), &Environment::read())
    }
}

/// A data set, or a part of it.
#[derive(Args, Debug)]
struct Which {
    /// The data set's name, or a folder with one subfolder of images for each class
    dataset: String,
    #[command(flatten)]
    place: Place,
    /// Only these classes, by number, name or wnid
    #[arg(long, value_name = "CLASS,...", value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// Only so many classes: those with the most images
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1 << 20))]
    most_common: Option<u64>,
    /// Draw so many test images from the training part
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1 << 30))]
    test_from_train: Option<u64>,
    /// The images' shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    input: Option<[usize; 3]>,
}

impl Which {
    fn open(&self) -> Result<Dataset, Diagnostic> {
        let key = |text: &String| text.parse().map_or_else(|_| ClassKey::Name(text.clone()), ClassKey::Number);
        let selection = Selection {
            most_common: self.most_common.map(|count| count as usize),
            classes: self.classes.as_ref().map(|classes| classes.iter().map(key).collect()),
            test_from_train: self.test_from_train.map(|count| count as usize),
        };
        data::find(&self.dataset, &self.place.folder(), &selection)?.open(self.input, reading)
    }
}

/// `170.1 MB`
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
