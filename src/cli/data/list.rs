//! `netc data list`: which data sets are known, and where each is found.

use std::fs;
use std::path::Path;

use clap::Args;
use serde_json::{Value as Json, json};

use super::{Place, megabytes};
use crate::cli::terminal::Terminal;
use crate::cli::{Format, Outcome};
use crate::data::fetch::published;
use crate::data::{self, DataFolder};
use crate::report::grouped;

/// List the data sets, and where each is found
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl List {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let folder = self.place.folder();
        let rows: Vec<Row> = data::names().map(|name| Row::of(name, &folder)).collect();
        terminal.print(&match self.format {
            Format::Json => format!("{}\n", Json::Array(rows.iter().map(Row::to_json).collect())),
            Format::Text => text(&rows, &folder),
        });
        Ok(())
    }
}

/// What is said of one data set.
struct Row {
    name: &'static str,
    classes: usize,
    images: [usize; 2],
    /// The folder or archive, and its bytes.
    place: Option<(String, u64)>,
    needs_files: bool,
}

impl Row {
    fn of(name: &'static str, folder: &DataFolder) -> Self {
        let place = data::locate(name, folder).ok().flatten();
        let place = place.map(|path| (path.display().to_string(), size(&path)));
        match published(name) {
            Some(published) => {
                Self { name, classes: published.classes, images: published.images, place, needs_files: true }
            }
            None => Self {
                name,
                classes: data::sketches::CLASSES,
                images: data::sketches::IMAGES,
                place,
                needs_files: false,
            },
        }
    }

    fn to_json(&self) -> Json {
        let [train, test] = self.images;
        let published = published(self.name);
        json!({
            "name": self.name, "classes": self.classes, "train": train, "test": if test > 0 { Some(test) } else { None },
            "path": self.place.as_ref().map(|(path, _)| path), "bytes": self.place.as_ref().map(|(_, bytes)| bytes),
            "page": published.map(|published| published.page), "licence": published.map(|published| published.licence),
        })
    }

    fn columns(&self) -> [String; 5] {
        let [train, test] = self.images.map(|count| grouped(count as u64));
        let test = if self.images[1] == 0 { "-".into() } else { test };
        let place = match &self.place {
            Some((path, bytes)) => format!("{path} ({})", megabytes(*bytes)),
            None if self.needs_files => format!("not here: `netc data fetch {}`", self.name),
            None => "drawn by netc".into(),
        };
        [self.name.into(), self.classes.to_string(), train, test, place]
    }
}

fn text(rows: &[Row], folder: &DataFolder) -> String {
    let mut lines = vec![["data set", "classes", "train", "test", "where"].map(String::from)];
    lines.extend(rows.iter().map(Row::columns));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [w0, w1, w2, w3] = [0, 1, 2, 3].map(width);
    let line = |[name, classes, train, test, place]: &[String; 5]| {
        format!("{name:<w0$}  {classes:>w1$}  {train:>w2$}  {test:>w3$}  {place}\n")
    };
    let looked = folder.path().map_or("nothing names a data folder".into(), |path| {
        format!("looked in {} ({})", path.display(), folder.origin())
    });
    lines.iter().map(line).collect::<String>() + &looked + "\n"
}

/// Bytes of a file, or of all that is below a folder.
fn size(path: &Path) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
        Err(_) => fs::metadata(path).map_or(0, |metadata| metadata.len()),
    }
}
