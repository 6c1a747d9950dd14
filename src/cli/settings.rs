//! The flags that set what a recipe sets, and win over it.

use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::files::read_source;
use super::flag::{count, number};
use super::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::train::{OptimizerRule, Places, RULES, Recipe, read_recipe};
use crate::yaml::Bounds;

#[derive(Args, Clone, Debug, Default)]
pub struct Settings {
    /// The data set: sketches, fashion-mnist, cifar10, caltech101, tiny-imagenet, or a folder [default: sketches]
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// How often all training images are used [default: 10]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1_000_000))]
    pub epochs: Option<u64>,
    /// Images of one step [default: 64]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1 << 16))]
    batch: Option<u64>,
    /// The learning rate [default: 0.001]
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::POSITIVE))]
    lr: Option<f64>,
    /// The optimizer [default: adam]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(RULES.iter().map(|(name, _)| *name)))]
    optimizer: Option<String>,
    /// What all random numbers are drawn from [default: 0]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 0..=u64::MAX))]
    pub seed: Option<u64>,
    /// Validate after every so many epochs [default: 1]
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1_000_000))]
    val_every: Option<u64>,
    /// How much of the training part validates [default: 0]
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::BELOW_ONE))]
    val_fraction: Option<f64>,
    /// End after so many validations without a better one
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1_000_000))]
    patience: Option<u64>,
    /// How much of the training part is trained on [default: 1]
    #[arg(long, value_name = "X", value_parser = |text: &str| number(text, Bounds::SHARE))]
    train_fraction: Option<f64>,
    /// Begin with the weights of this checkpoint, or of this safetensors file of PyTorch
    #[arg(long, value_name = "FILE")]
    init_from: Option<String>,
    /// A layer or block that is not trained; may be given several times
    #[arg(long, value_name = "PATH")]
    freeze: Vec<String>,
    /// A setting of the recipe, as `optimizer.momentum=0.9`; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = str::parse::<Change>)]
    pub set: Vec<Change>,
}

/// A key of a recipe and its value, in YAML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub key: String,
    pub value: String,
}

impl std::str::FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').filter(|(key, _)| !key.split('.').any(str::is_empty));
        let (key, value) = named.ok_or("expected a key of a recipe and its value, as `optimizer.momentum=0.9`")?;
        Ok(Self { key: key.trim().to_string(), value: value.trim().to_string() })
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl Change {
    /// As a recipe has it: `optimizer: {momentum: 0.9}`.
    fn to_yaml(&self) -> String {
        let mut names = self.key.split('.').rev();
        let last = format!("{}: {}", names.next().unwrap_or_default(), self.value);
        names.fold(last, |inner, name| format!("{name}: {{{inner}}}"))
    }
}

impl Settings {
    /// A seed and changes, and the recipe's own settings otherwise.
    pub fn with(seed: u64, set: Vec<Change>) -> Self {
        Self { seed: Some(seed), set, ..Self::default() }
    }

    /// Whether a flag says which data set.
    pub fn names_dataset(&self) -> bool {
        self.dataset.is_some()
    }

    /// Whether a flag says which weights to begin with.
    pub fn names_weights(&self) -> bool {
        self.init_from.is_some()
    }

    /// Puts the flags that were given into a recipe.
    pub fn apply(&self, recipe: &mut Recipe) {
        set(&mut recipe.dataset, &self.dataset);
        set(&mut recipe.epochs, &self.epochs);
        set(&mut recipe.batch, &self.batch.map(|batch| batch as usize));
        set(&mut recipe.seed, &self.seed);
        if let Some(rule) = self.rule() {
            recipe.optimizer = recipe.optimizer.renamed(rule);
        }
        set(&mut recipe.optimizer.lr, &self.lr);
        set(&mut recipe.validate.every, &self.val_every);
        recipe.validate.patience = self.patience.or(recipe.validate.patience);
        set(&mut recipe.split.validation, &self.val_fraction);
        set(&mut recipe.split.fraction, &self.train_fraction);
        if self.init_from.is_some() {
            recipe.init_from.clone_from(&self.init_from);
        }
        if !self.freeze.is_empty() {
            recipe.freeze.clone_from(&self.freeze);
        }
    }

    fn rule(&self) -> Option<OptimizerRule> {
        let name = self.optimizer.as_deref()?;
        RULES.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule)
    }
}

fn set<T: Clone>(setting: &mut T, flag: &Option<T>) {
    if let Some(value) = flag {
        setting.clone_from(value);
    }
}

/// A recipe, with the text that its places point into.
pub struct RecipeFile {
    pub recipe: Recipe,
    pub places: Places,
    pub sources: SourceMap,
}

impl RecipeFile {
    /// The recipe of this path, or all defaults, with the changes; mistakes are shown.
    pub fn read(path: Option<&Path>, changes: &[Change], terminal: &Terminal) -> Result<Self, Failure> {
        let mut sources = SourceMap::new();
        match Self::parse(&mut sources, path, changes) {
            Ok((recipe, places)) => Ok(Self { recipe, places, sources }),
            Err(faults) => Err(terminal.refuse(&faults, &sources)),
        }
    }

    /// The same, with mistakes whose places are in `sources`.
    pub fn parse(
        sources: &mut SourceMap,
        path: Option<&Path>,
        changes: &[Change],
    ) -> Result<(Recipe, Places), Vec<Diagnostic>> {
        let mut files = vec![];
        if let Some(path) = path {
            files.push(read_source(sources, path).map_err(|fault| vec![fault])?);
        }
        // What is said of a part of a setting holds, whether the setting was named before or after it.
        let mut changes: Vec<&Change> = changes.iter().collect();
        changes.sort_by_key(|change| change.key.matches('.').count());
        files.extend(changes.iter().map(|change| sources.add(format!("--set {change}"), None, change.to_yaml())));
        read_recipe(sources, &files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(changes: &[&str]) -> Recipe {
        let changes: Vec<Change> = changes.iter().map(|change| change.parse().expect("a change")).collect();
        RecipeFile::parse(&mut SourceMap::new(), None, &changes).unwrap_or_else(|faults| panic!("{faults:?}")).0
    }

    #[test]
    fn settings_join_a_name_before_and_after_it() {
        let made = recipe(&["optimizer={name: sgd, lr: 0.1}"]);
        assert_eq!(made.optimizer.name(), "sgd");
        assert_eq!(recipe(&["optimizer=sgd", "optimizer.lr=0.1"]), made);
        assert_eq!(recipe(&["optimizer.lr=0.1", "optimizer=sgd"]), made);
        assert_eq!(recipe(&["schedule=cosine", "schedule.warmup=2"]), recipe(&["schedule={name: cosine, warmup: 2}"]));
        assert_eq!(recipe(&["loss=hinge", "loss.margin=2"]), recipe(&["loss={name: hinge, margin: 2}"]));
        assert_eq!(recipe(&["optimizer={name: sgd, momentum: 0.9}", "optimizer=adam"]), Recipe::default());
    }
}
