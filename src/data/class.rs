//! A class's number, name, wnid or word -> the class that is meant.

use serde::{Deserialize, Serialize};

use super::selection::Listed;
use crate::diagnostic::{Code, Diagnostic};

/// What a class is asked for by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a class: its number from 0, or its name")]
pub enum ClassKey {
    /// Its place in the set's own order, from 0.
    Number(usize),
    /// One of its names, in any letter case.
    Name(String),
}

/// A class as its set lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// As it is shown.
    pub name: String,
    /// What else it is called by: a wnid, synonyms.
    pub aliases: Vec<String>,
}

impl Class {
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), aliases: vec![] }
    }

    fn answers_to(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(&self.aliases).any(|known| known.to_lowercase() == name.to_lowercase())
    }
}

/// The number of the class that a key means.
///
/// # Errors
/// N0705 where it means none, or several.
pub(super) fn find_class(listed: &Listed, key: &ClassKey) -> Result<usize, Diagnostic> {
    match key {
        ClassKey::Number(number) if *number < listed.classes.len() => Ok(*number),
        ClassKey::Number(number) => {
            let message = format!("`{}` has no class {number}", listed.name);
            Err(Diagnostic::error(Code::CLASS_UNKNOWN, message)
                .remark(format!("its classes are 0 to {}", listed.classes.len().saturating_sub(1))))
        }
        ClassKey::Name(name) => find_name(listed, name),
    }
}

fn find_name(listed: &Listed, name: &str) -> Result<usize, Diagnostic> {
    let fits: Vec<usize> = (0..listed.classes.len()).filter(|&class| listed.classes[class].answers_to(name)).collect();
    match fits.as_slice() {
        [class] => Ok(*class),
        [] => Err(unknown_class(listed, name)),
        several => {
            let names: Vec<&str> = several.iter().map(|&class| listed.classes[class].name.as_str()).collect();
            let message = format!("`{name}` names {} classes of `{}`", several.len(), listed.name);
            Err(Diagnostic::error(Code::CLASS_UNKNOWN, message).remark(format!("they are {}", names.join(", "))))
        }
    }
}

fn unknown_class(listed: &Listed, name: &str) -> Diagnostic {
    let error = Diagnostic::error(Code::CLASS_UNKNOWN, format!("`{}` has no class `{name}`", listed.name));
    let names = listed.classes.iter().flat_map(|class| std::iter::once(&class.name).chain(&class.aliases));
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let best = names.map(|known| (likeness(known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best.filter(|(likeness, _)| *likeness >= 0.6) {
        Some((_, known)) => error.remark(format!("did you mean `{known}`?")),
        None => error.remark("`netc data stats` lists the classes of a set"),
    }
}
