//! What is wrong with a data set's files -> diagnostics that name the file and the place.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use super::DataFolder;
use crate::diagnostic::{Code, Diagnostic};

/// The error for a file whose content is not what it should be.
pub fn damaged(path: &Path, fault: impl Display) -> Diagnostic {
    Diagnostic::error(Code::DATA_DAMAGED, format!("{}: {fault}", path.display()))
        .remark("put a whole copy in its place")
}

/// The error for a file that cannot be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let error = Diagnostic::error(Code::READ, format!("cannot read {}: {error}", path.display()));
    error.remark("put the publisher's file there, with permission to read it; `--data-dir DIR` names another folder")
}

/// What the message for an absent set says.
pub struct Absent<'a> {
    pub name: &'a str,
    /// The files to be put somewhere.
    pub files: String,
    /// The folder to put them into, below the data folder.
    pub place: &'a str,
    /// Where else the files come from, as a sentence.
    pub origin: &'a str,
}

impl Absent<'_> {
    /// The set is in none of the `places`; `incomplete` says which of them lacks what, if one has a part.
    pub fn missing(&self, folder: &DataFolder, places: &[PathBuf], incomplete: Option<String>) -> Diagnostic {
        let Some(root) = folder.path() else { return self.no_folder() };
        let kind = if root.is_dir() { "" } else { ", which is no folder" };
        let message = format!("the data set `{}` is not in {} ({}){kind}", self.name, root.display(), folder.origin());
        let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        Diagnostic::error(Code::DATA_MISSING, message)
            .remark(incomplete.unwrap_or_else(|| self.wanted(&root.join(self.place))))
            .remark(format!("looked in {}", looked.join(", ")))
            .remark("`--data-dir DIR` or the variable NETC_DATA names another folder")
            .remark(self.alternatives())
    }

    /// Nothing names a data folder.
    pub fn no_folder(&self) -> Diagnostic {
        let message = format!("there is no folder to look for the data set `{}` in", self.name);
        Diagnostic::error(Code::DATA_MISSING, message)
            .remark("neither `--data-dir`, NETC_DATA, XDG_DATA_HOME nor HOME names one")
            .remark(self.wanted(&Path::new("DIR").join(self.place)) + "; and give `--data-dir DIR`")
            .remark(self.alternatives())
    }

    fn wanted(&self, place: &Path) -> String {
        format!("put into {}: {}", place.display(), self.files)
    }

    fn alternatives(&self) -> String {
        format!(
            "`netc data fetch {}` downloads it from {}; `--dataset sketches` needs no files",
            self.name, self.origin
        )
    }
}
