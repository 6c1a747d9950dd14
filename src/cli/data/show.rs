//! `netc data show`: a data set -> a contact sheet with some images of each class.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::Which;
use crate::cli::flag::count;
use crate::cli::terminal::Terminal;
use crate::cli::write::{check_plot, write_plot};
use crate::cli::{Format, Outcome};
use crate::data::{Dataset, Images};
use crate::report::{ContactSheet, SheetRow};

/// More classes than these are not drawn on one sheet.
const ROWS: usize = 100;

/// Draw a contact sheet with some images of each class
#[derive(Args, Debug)]
pub struct Show {
    #[command(flatten)]
    which: Which,
    /// The part to draw from
    #[arg(long, value_enum, default_value_t = Part::Train)]
    part: Part,
    /// Images of each class
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = |text: &str| count(text, 1..=100))]
    count: u64,
    /// The file to write, as PNG or SVG
    #[arg(long, value_name = "FILE", default_value = "contact-sheet.png")]
    out: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Train,
    Test,
}

impl Show {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        check_plot(&self.out)?;
        let set = self.which.open()?;
        let part = if self.part == Part::Train { &set.train } else { &set.test };
        let sheet = sheet(&set, &**part, self.count as usize);
        write_plot(&self.out, &sheet)?;
        let path = self.out.display().to_string();
        terminal.print(&match self.format {
            Format::Json => format!("{}\n", json!({"path": path, "classes": sheet.rows.len()})),
            Format::Text => format!("{path}\n"),
        });
        Ok(())
    }
}

/// The first images of each of the first classes.
fn sheet(set: &Dataset, part: &dyn Images, count: usize) -> ContactSheet {
    let row = |label: &String| SheetRow { label: label.clone(), images: vec![] };
    let mut rows: Vec<SheetRow> = set.classes.iter().take(ROWS).map(row).collect();
    for image in 0..part.len() {
        if let Some(row) = rows.get_mut(part.label(image)).filter(|row| row.images.len() < count) {
            let mut pixels = vec![0; part.size()];
            part.read(image, &mut pixels);
            row.images.push(pixels);
        }
    }
    ContactSheet { shape: part.shape(), rows }
}
