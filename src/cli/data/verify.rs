//! `netc data verify`: a data set -> whether its files are the publisher's, and whether all its images can be read.

use clap::Args;
use serde_json::json;

use super::Place;
use crate::cli::progress::reading;
use crate::cli::terminal::Terminal;
use crate::cli::{Failure, Format, Outcome};
use crate::data::fetch::{Checked, published, verify};
use crate::data::{self, DataFolder, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::report::grouped;

/// Check a data set's files: checksums, and whether every image can be read
#[derive(Args, Debug)]
pub struct Verify {
    /// The data set's name, or a folder with one subfolder of images for each class
    dataset: String,
    #[command(flatten)]
    place: Place,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Verify {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let folder = self.place.folder();
        let checked = verify(&self.dataset, &folder)?;
        let counts = counts(&self.dataset, &folder);
        let wrong: Vec<&Checked> = checked.iter().filter(|file| !file.is_right()).collect();
        if let Ok([train, test]) = &counts {
            terminal.print(&match self.format {
                Format::Json => self.json(&checked, [*train, *test]),
                Format::Text => self.text(&checked, [*train, *test]),
            });
        }
        wrong.iter().for_each(|file| terminal.show(&wrong_checksum(file), &Default::default()));
        counts?;
        if wrong.is_empty() { Ok(()) } else { Err(Failure::Reported(Code::DATA_DAMAGED.status)) }
    }

    fn text(&self, checked: &[Checked], [train, test]: [usize; 2]) -> String {
        let line = |file: &Checked| {
            let verdict = if file.is_right() { "ok   " } else { "WRONG" };
            format!("{verdict}  {}  {}\n", file.md5, file.path.display())
        };
        let images = format!("{} training and {} test images can be read", grouped(train as u64), grouped(test as u64));
        let of = match published(&self.dataset) {
            Some(published) if published.images.iter().sum::<usize>() != train + test => {
                format!(", of {} that are published", grouped(published.images.iter().sum::<usize>() as u64))
            }
            _ => String::new(),
        };
        checked.iter().map(line).collect::<String>() + &images + &of + "\n"
    }

    fn json(&self, checked: &[Checked], [train, test]: [usize; 2]) -> String {
        let file = |file: &Checked| json!({"path": file.path.display().to_string(), "md5": file.md5, "published": file.published, "ok": file.is_right()});
        let files: Vec<_> = checked.iter().map(file).collect();
        let published = published(&self.dataset).map(|published| published.images.iter().sum::<usize>());
        let ok = checked.iter().all(Checked::is_right);
        format!(
            "{}\n",
            json!({"dataset": self.dataset, "ok": ok, "files": files, "train": train, "test": test, "published_images": published})
        )
    }
}

/// The images of both parts, all of which were read.
fn counts(name: &str, folder: &DataFolder) -> Result<[usize; 2], Diagnostic> {
    let set = data::find(name, folder, &Selection::default())?.open(None, reading)?;
    Ok([set.train.len(), set.test.len()])
}

fn wrong_checksum(file: &Checked) -> Diagnostic {
    let message = format!("{} is not the published file", file.path.display());
    Diagnostic::error(Code::DATA_DAMAGED, message)
        .remark(format!("its MD5 is {} instead of {}", file.md5, file.published))
        .remark("fetch the file again from its publisher")
}
