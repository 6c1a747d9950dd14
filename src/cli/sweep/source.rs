//! The arguments of a sweep -> what it varies.

use std::path::{Path, PathBuf};

use super::Sweep;
use super::space::{Axis, SEED, SEEDS_ARE_SET, SEEDS_HAVE_A_FLAG, Space};
use super::trial::{NET, Trial};
use super::written::SweepFile;
use crate::cli::Failure;
use crate::cli::files::read_source;
use crate::cli::settings::{Change, RecipeFile};
use crate::cli::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic, Id, cannot_write};
use crate::graph::{Given, Variants, check};
use crate::source::{SourceMap, Span};
use crate::train::{Metric, Recipe};

/// What is swept.
pub struct Source {
    file: PathBuf,
    pub recipe_file: Option<PathBuf>,
    /// The recipe with what all trials set, and the figure that they are ranked by.
    pub recipe: Recipe,
    /// What all trials set; without a validation part a tenth validates.
    pub set: Vec<Change>,
    variants: Variants,
    pub space: Space,
}

impl Source {
    pub fn read(arguments: &Sweep, terminal: &Terminal) -> Result<Self, Failure> {
        let mut sources = SourceMap::new();
        Self::parse(arguments, &mut sources).map_err(|faults| terminal.refuse(&faults, &sources))
    }

    fn parse(arguments: &Sweep, sources: &mut SourceMap) -> Result<Self, Vec<Diagnostic>> {
        let path = &arguments.file;
        let (mut file, mut of_file, mut axes) = (path.clone(), None, vec![]);
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let sweep = SweepFile::load(sources, path)?;
            file = path.with_file_name(sweep.file);
            of_file = sweep.recipe.map(|recipe| path.with_file_name(recipe));
            axes = sweep.over;
        }
        axes.extend_from_slice(&arguments.over);
        let id = read_source(sources, &file).map_err(|fault| vec![fault])?;
        let report = check(sources, id, &Given::default());
        let variants = Variants::of(&report, &Given::default());
        if let Some(unknown) = axes.iter().find(|axis| !is_known(axis, &variants)) {
            return Err(vec![no_such_value(unknown, &file, &variants)]);
        }
        axes.extend(choices(&variants));
        let (recipe_file, mut set) = (arguments.recipe.clone().or(of_file), arguments.set.clone());
        check_set(&set, &axes).map_err(|fault| vec![fault])?;
        let (recipe, _) = RecipeFile::parse(sources, recipe_file.as_deref(), &set)?;
        if recipe.split.validation == 0.0 && !axes.iter().any(|axis| axis.key == "split.validation") {
            set.push(Change { key: "split.validation".into(), value: "0.1".into() });
        }
        let origin = format!("{}\n{}\n{:?}", report.text, recipe.to_yaml(), arguments.strategy);
        let space = Space::new(axes, origin.into_bytes()).map_err(|fault| vec![fault])?;
        let mut source = Self { file, recipe_file, recipe, set, variants, space };
        let recipes = source.check_values(sources)?;
        source.recipe.validate.metric = source.metric(&recipes).map_err(|fault| vec![fault])?;
        Ok(source)
    }

    /// The figure of all trials' recipes; only equal figures can be ranked.
    fn metric(&self, recipes: &[Recipe]) -> Result<Metric, Diagnostic> {
        let metric = recipes.first().unwrap_or(&self.recipe).validate.metric;
        if recipes.iter().all(|recipe| recipe.validate.metric == metric) {
            return Ok(metric);
        }
        let message = "trials are ranked by one figure, and `validate.metric` has several";
        let is_meant = |axis: &&Axis| ["validate", "validate.metric"].contains(&axis.key.as_str());
        let fault = self.space.axes.iter().find(is_meant).map(|axis| axis.fault(message));
        Err(fault.unwrap_or_else(|| Diagnostic::error(Code::SWEEP, message)).remark("sweep once with each of them"))
    }

    /// The recipes of the combinations that have one; refuses a value with which none has.
    fn check_values(&self, sources: &mut SourceMap) -> Result<Vec<Recipe>, Vec<Diagnostic>> {
        let trials = self.space.trials();
        let mut recipe = |trial: &Trial| {
            let changes = [&self.set[..], &trial.settings()].concat();
            RecipeFile::parse(sources, self.recipe_file.as_deref(), &changes).map(|(recipe, _)| recipe)
        };
        let results: Vec<Result<Recipe, Vec<Diagnostic>>> = trials.iter().map(&mut recipe).collect();
        for (at, axis) in self.space.axes.iter().enumerate().filter(|(_, axis)| !axis.key.starts_with(NET)) {
            for (number, value) in axis.values.iter().enumerate() {
                let with: Vec<_> =
                    trials.iter().zip(&results).filter(|(trial, _)| trial.changes[at].value == *value).collect();
                if let [(_, Err(faults)), ..] = with[..]
                    && with.iter().all(|(_, result)| result.is_err())
                {
                    let place = |fault: &Diagnostic| {
                        let places = axis.places.as_ref()?;
                        Some(if fault.id == Id::Error(Code::UNKNOWN_KEY) { places.key } else { places.values[number] })
                    };
                    let own = format!("--set {}", Change { key: axis.key.clone(), value: value.clone() });
                    return Err(faults
                        .iter()
                        .map(|fault| placed(fault.clone(), &own, place(fault), sources))
                        .collect());
                }
            }
        }
        Ok(results.into_iter().flatten().collect())
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

/// A mistake in a value, at its place in the sweep file instead of in the text that was made of it.
fn placed(mut fault: Diagnostic, made: &str, place: Option<Span>, sources: &SourceMap) -> Diagnostic {
    match (fault.place(), place) {
        (Some(span), Some(place)) if sources.file(span.file).name() == made => {
            let label =
                fault.labels.drain(..).find(|label| label.primary).map_or_else(String::new, |label| label.message);
            fault.at(place, label)
        }
        _ => fault,
    }
}

/// What all trials set is neither a seed nor swept over.
fn check_set(set: &[Change], axes: &[Axis]) -> Result<(), Diagnostic> {
    if let Some(change) = set.iter().find(|change| change.key == SEED) {
        let fault = Diagnostic::error(Code::SWEEP, SEEDS_ARE_SET).remark(SEEDS_HAVE_A_FLAG);
        return Err(fault.remark(format!("`--set {change}` says otherwise")));
    }
    match set.iter().find(|change| axes.iter().any(|axis| axis.key == change.key)) {
        Some(Change { key, value }) => {
            let message = format!("`{key}` is swept over, and set to {value} for all trials");
            Err(Diagnostic::error(Code::SWEEP, message))
        }
        None => Ok(()),
    }
}

/// Whether a key of the network is one of its values; those of the recipe are looked at by who reads it.
fn is_known(axis: &Axis, variants: &Variants) -> bool {
    axis.key.strip_prefix(NET).is_none_or(|name| variants.names().any(|known| known == name))
}

fn no_such_value(axis: &Axis, file: &Path, variants: &Variants) -> Diagnostic {
    let name = axis.key.trim_start_matches(NET);
    let fault = axis.fault(format!("`{}` has no value `{name}`", file.display()));
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
        axes.push(Axis { key, values, places: None });
    }
    axes
}
