//! A `.net` file, or a YAML file that names one -> what a sweep varies.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::Sweep;
use super::space::{Axis, SEED, Space, seeds_have_a_flag};
use super::trial::Trial;
use crate::cli::Failure;
use crate::cli::files::read_source;
use crate::cli::settings::{Change, RecipeFile};
use crate::cli::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Given, Variants, check};
use crate::source::{SourceMap, Span};
use crate::train::{Recipe, cannot_write};
use crate::yaml::{self, Field, Found, Key, Keys, Kind, Yaml};

/// A sweep file.
struct Text {
    /// Relative to the sweep file, as the recipe.
    file: PathBuf,
    recipe: Option<PathBuf>,
    over: Vec<Axis>,
}

/// What is swept.
pub struct Source {
    file: PathBuf,
    pub recipe_file: Option<PathBuf>,
    /// The recipe with what all trials set.
    pub recipe: Recipe,
    /// What all trials set; without a validation part a tenth validates.
    pub set: Vec<Change>,
    variants: Variants,
    pub space: Space,
}

impl Source {
    pub fn read(arguments: &Sweep, terminal: &Terminal) -> Result<Self, Failure> {
        let path = &arguments.file;
        let (mut file, mut of_file, mut axes) = (path.clone(), None, vec![]);
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let mut sources = SourceMap::new();
            let text = Text::load(&mut sources, path).map_err(|faults| terminal.refuse(&faults, &sources))?;
            file = path.with_file_name(text.file);
            of_file = text.recipe.map(|recipe| path.with_file_name(recipe));
            axes = text.over;
        }
        axes.extend_from_slice(&arguments.over);
        let mut sources = SourceMap::new();
        let id = read_source(&mut sources, &file)?;
        let report = check(&mut sources, id, &Given::default());
        let variants = Variants::of(&report, &Given::default());
        if let Some(unknown) = axes.iter().find(|axis| !is_known(axis, &variants)) {
            return Err(no_such_value(unknown, &file, &variants).into());
        }
        axes.extend(choices(&variants));
        let (recipe_file, mut set) = (arguments.recipe.clone().or(of_file), arguments.set.clone());
        if let Some(change) = set.iter().find(|change| change.key == SEED) {
            return Err(seeds_have_a_flag()
                .remark(format!("`--set {}={}` says otherwise", change.key, change.value))
                .into());
        }
        if let Some(change) = set.iter().find(|change| axes.iter().any(|axis| axis.key == change.key)) {
            let message = format!("`{}` is swept over, and set to {} for all trials", change.key, change.value);
            return Err(Diagnostic::error(Code::SWEEP, message).into());
        }
        let recipe = RecipeFile::read(recipe_file.as_deref(), &set, terminal)?.recipe;
        if recipe.split.validation == 0.0 && !axes.iter().any(|axis| axis.key == "split.validation") {
            set.push(Change { key: "split.validation".into(), value: "0.1".into() });
        }
        let origin = format!("{}\n{}\n{:?}", report.text, recipe.to_yaml(), arguments.strategy);
        let space = Space::new(axes, origin.into_bytes())?;
        Ok(Self { file, recipe_file, recipe, set, variants, space })
    }

    /// The file of a trial's network; one that differs is written to `out`.
    pub fn network(&self, trial: &Trial, out: &Path) -> Result<PathBuf, Diagnostic> {
        let changes = trial.of_network();
        if changes.is_empty() {
            return Ok(self.file.clone());
        }
        let (chosen, values): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(name, _)| name.starts_with('{'));
        let chosen: Vec<&str> = chosen.into_iter().map(|(_, value)| value).collect();
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let path = out.join(format!("{stem}-{}.net", trial.digest));
        let text = self.variants.with(&values, &chosen);
        std::fs::write(&path, text).map_err(|fault| cannot_write(&path, &fault))?;
        Ok(path)
    }
}

impl Text {
    fn load(sources: &mut SourceMap, path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let file = read_source(sources, path).map_err(|fault| vec![fault])?;
        let found = Found::default();
        let text = match yaml::parse(sources, file).map_err(|fault| vec![fault])? {
            Some(tree) => Self::read(Field { key: "the sweep", value: &tree }, &found),
            None => {
                let fault = Diagnostic::error(Code::SWEEP, "the sweep is empty").at(Span::new(file, 0, 0), "here");
                found.borrow_mut().push(fault.remark("it has `file`, perhaps `recipe`, and `over: {KEY: [V1, V2]}`"));
                None
            }
        };
        text.filter(|_| !found.borrow().has_errors()).ok_or_else(|| found.into_inner().into_sorted())
    }

    fn read(field: Field, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let path = |field: &Field| field.text().map(PathBuf::from);
        let file = keys.need("file", "the sweep", path);
        let recipe = keys.read("recipe", path);
        let over = keys.read("over", written_axes).unwrap_or_default();
        keys.finish("the sweep");
        Some(Self { file: file?, recipe, over })
    }
}

fn written_axes(over: &Field) -> Result<Vec<Axis>, Diagnostic> {
    let text = |value: &Yaml| match value.to_value() {
        Value::String(text) => text,
        other => serde_json::to_string(&other).unwrap_or_default(),
    };
    let Kind::Map(entries) = &over.value.kind else {
        return Err(over.wrong_kind("lists of values by key, as `{optimizer.lr: [0.1, 0.01]}`"));
    };
    let axis = |(key, values): &(Key, Yaml)| match &values.kind {
        Kind::List(items) if !items.is_empty() => {
            Ok(Axis { key: key.name.clone(), values: items.iter().map(text).collect() })
        }
        _ => {
            let message = format!("`{}` has no list of values", key.name);
            Err(Diagnostic::error(Code::SWEEP, message).at(values.span, "a list stands here, as `[0.1, 0.01]`"))
        }
    };
    entries.iter().map(axis).collect()
}

/// Whether a key of the network is one of its values; those of the recipe are looked at by who reads it.
fn is_known(axis: &Axis, variants: &Variants) -> bool {
    axis.key.strip_prefix("net.").is_none_or(|name| variants.names().any(|known| known == name))
}

fn no_such_value(axis: &Axis, file: &Path, variants: &Variants) -> Diagnostic {
    let name = axis.key.trim_start_matches("net.");
    let fault = Diagnostic::error(Code::SWEEP, format!("`{}` has no value `{name}`", file.display()));
    let names: Vec<String> = variants.names().map(|name| format!("`{name}`")).collect();
    fault.remark(match names.is_empty() {
        true => format!("write `let {name} = ...` in it, and use `{name}` in its layers"),
        false => format!("it has {}", names.join(", ")),
    })
}

/// The file's own choices; each is called as it is written.
fn choices(variants: &Variants) -> Vec<Axis> {
    let mut axes: Vec<Axis> = vec![];
    for values in variants.choices() {
        let written = format!("net.{{{}}}", values.join("|"));
        let same = axes.iter().filter(|axis| axis.values == values).count();
        let key = if same == 0 { written } else { format!("{written}#{}", same + 1) };
        axes.push(Axis { key, values });
    }
    axes
}
