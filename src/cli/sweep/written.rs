//! A sweep's YAML file -> what it names, with places.

use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use super::space::{Axis, AxisPlaces};
use super::trial::NET;
use crate::cli::files::read_source;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::yaml::{self, Field, Found, Key, Keys, Kind, Yaml};

const WANTED: &str = "it has `file`, perhaps `recipe`, and `over: {KEY: [V1, V2]}`";

/// A sweep file.
pub struct SweepFile {
    /// Relative to the sweep file, as the recipe.
    pub file: PathBuf,
    pub recipe: Option<PathBuf>,
    pub over: Vec<Axis>,
}

impl SweepFile {
    pub fn load(sources: &mut SourceMap, path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let file = read_source(sources, path).map_err(|fault| vec![fault])?;
        yaml::read_file(sources, file, "the sweep", WANTED, Self::read)
    }

    fn read(field: Field, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let path = |field: &Field| field.text().map(PathBuf::from);
        let file = keys.need("file", path);
        let recipe = keys.read("recipe", path);
        let over = keys.read("over", axes).unwrap_or_default();
        keys.finish("the sweep");
        Some(Self { file: file?, recipe, over })
    }
}

fn axes(over: &Field) -> Result<Vec<Axis>, Diagnostic> {
    let Kind::Map(entries) = &over.value.kind else {
        return Err(over.wrong_kind("lists of values by key, as `{optimizer.lr: [0.1, 0.01]}`"));
    };
    entries.iter().map(|(key, values)| axis(key, values)).collect()
}

fn axis(key: &Key, values: &Yaml) -> Result<Axis, Diagnostic> {
    let items = match &values.kind {
        Kind::List(items) if !items.is_empty() => items,
        _ => {
            let message = format!("`{}` has no list of values", key.name);
            let fault = Diagnostic::error(Code::SWEEP, message).at(values.span, "not a list");
            return Err(fault.remark("as `[0.1, 0.01]`"));
        }
    };
    let places = AxisPlaces { key: key.span, values: items.iter().map(|item| item.span).collect() };
    let values = items.iter().map(|item| as_change(item, key.name.starts_with(NET))).collect();
    Ok(Axis { key: key.name.clone(), values, places: Some(places) })
}

/// A value as a change has it: text that YAML would take for something else is in quotes, but not that of a network.
fn as_change(value: &Yaml, of_network: bool) -> String {
    let value = value.to_value();
    let plain = |text: &str| {
        let read: Option<Mapping> = serde_yaml::from_str(&format!("{{key: {text}}}")).ok();
        read.is_some_and(|read| read.len() == 1 && read.get("key") == Some(&value))
    };
    match &value {
        Value::String(text) if of_network || plain(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}
