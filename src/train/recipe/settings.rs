//! The whole of `recipe.yaml` -> [`Recipe`]: which key is read how.

use serde_yaml::Value;

use super::Recipe;
use super::loss::LossRecipe;
use super::optimizer::OptimizerRecipe;
use super::places::Places;
use super::schedule::ScheduleRecipe;
use super::split::Split;
use super::validate::Validate;
use crate::data::{Augment, Axis, Normalise, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, SourceMap};
use crate::yaml::{self, Bounds, Field, Found, Key, Keys, Kind, Yaml};

/// Images of a step are at most so many.
const MAX_BATCH: u64 = 1 << 16;
const MAX_EPOCHS: u64 = 1_000_000;

/// Reads a recipe with the places of its settings; those of a later file win.
///
/// # Errors
/// All that is wrong with it (N06), by place.
pub fn read_recipe(sources: &SourceMap, files: &[FileId]) -> Result<(Recipe, Places), Vec<Diagnostic>> {
    let trees = files.iter().map(|file| yaml::parse(sources, *file)).collect::<Result<Vec<_>, _>>();
    let trees = trees.map_err(|fault| vec![fault])?;
    let Some(tree) = trees.into_iter().flatten().reduce(|under, over| written_out(under, &over).overlaid(over)) else {
        return Ok((Recipe::default(), Places::default()));
    };
    let found = Found::default();
    let recipe = read(&tree, &found);
    let found = found.into_inner();
    match found.has_errors() {
        true => Err(found.into_sorted()),
        false => Ok((recipe, Places::of(&tree))),
    }
}

/// Settings that may be a name alone.
const NAMED: &[&str] = &["optimizer", "schedule", "loss"];

/// `optimizer: sgd` as `optimizer: {name: sgd}` where `over` has more of it, which joins the name and does not take its place.
fn written_out(mut under: Yaml, over: &Yaml) -> Yaml {
    let (Kind::Map(entries), Kind::Map(changes)) = (&mut under.kind, &over.kind) else { return under };
    let is_more = |key: &Key| changes.iter().any(|(other, value)| other.name == key.name && is_map(value));
    for (key, value) in entries.iter_mut().filter(|(key, _)| NAMED.contains(&key.name.as_str())) {
        if is_more(key) && matches!(value.kind, Kind::Scalar(Value::String(_))) {
            value.kind = Kind::Map(vec![(Key { name: "name".into(), span: value.span }, value.clone())]);
        }
    }
    under
}

fn is_map(value: &Yaml) -> bool {
    matches!(value.kind, Kind::Map(_))
}

fn read(tree: &Yaml, found: &Found) -> Recipe {
    let mut recipe = Recipe::default();
    let Some(mut keys) = Keys::of(Field { key: "the recipe", value: tree }, found) else { return recipe };
    keys.set("dataset", &mut recipe.dataset, |field| field.text().map(str::to_string));
    if let Some(field) = keys.get("data") {
        recipe.data = read_selection(field, found);
    }
    if let Some(field) = keys.get("split") {
        recipe.split = Split::read(field, found);
    }
    if let Some(field) = keys.get("normalise") {
        recipe.normalise = read_normalise(field, found);
    }
    if let Some(field) = keys.get("augment") {
        recipe.augment = read_augment(field, found);
    }
    keys.set("epochs", &mut recipe.epochs, |field| field.count(1..=MAX_EPOCHS));
    keys.set("batch", &mut recipe.batch, |field| field.count(1..=MAX_BATCH).map(|batch| batch as usize));
    keys.set("seed", &mut recipe.seed, |field| field.count(0..=u64::MAX));
    if let Some(field) = keys.get("optimizer") {
        recipe.optimizer = OptimizerRecipe::read(field, found);
    }
    if let Some(field) = keys.get("schedule") {
        recipe.schedule = ScheduleRecipe::read(field, found);
    }
    recipe.loss = keys.get("loss").and_then(|field| LossRecipe::read(field, found));
    recipe.clip = keys.read("clip", |field| field.number(Bounds::POSITIVE));
    recipe.ema = keys.read("ema", |field| field.number(Bounds::BELOW_ONE));
    if let Some(field) = keys.get("validate") {
        recipe.validate = Validate::read(field, found);
    }
    recipe.init_from = keys.read("init_from", |field| field.text().map(str::to_string));
    keys.set("freeze", &mut recipe.freeze, |field| field.list(|layer| layer.text().map(str::to_string)));
    keys.finish("the recipe");
    recipe
}

fn read_selection(field: Field, found: &Found) -> Selection {
    let mut selection = Selection::default();
    let Some(mut keys) = Keys::of(field, found) else { return selection };
    let count = |field: &Field| field.count(1..=1 << 32).map(|count| count as usize);
    selection.most_common = keys.read("most_common", count);
    selection.classes = keys.read("classes", |field| field.list(|class| class.by_serde("numbers or names")));
    selection.test_from_train = keys.read("test_from_train", count);
    keys.finish("`data`");
    selection
}

fn read_normalise(field: Field, found: &Found) -> Normalise {
    if !field.is_map() {
        return match field.word(&[("auto", false), ("none", true)]) {
            Ok(false) => Normalise::Auto,
            Ok(true) => Normalise::None,
            Err(fault) => {
                found.borrow_mut().push(fault);
                Normalise::Auto
            }
        };
    }
    let Some(mut keys) = Keys::of(field, found) else { return Normalise::Auto };
    let numbers = |bounds| move |field: &Field| field.list(|number| Ok(number.number(bounds)? as f32));
    let mean = keys.need("mean", numbers(Bounds::ANY));
    let std = keys.need("std", numbers(Bounds::POSITIVE));
    keys.finish("`normalise`");
    mean.zip(std).map_or(Normalise::Auto, |(mean, std)| Normalise::By { mean, std })
}

/// The changes that images can undergo.
const CHANGES: &[&str] = &["flip", "shift", "crop", "rotate", "colour", "cutout", "mixup"];

/// Along which a flip may be.
const AXES: &[(&str, Axis)] = &[("horizontal", Axis::Horizontal), ("vertical", Axis::Vertical)];

fn read_augment(field: Field, found: &Found) -> Vec<Augment> {
    let items = field.items().unwrap_or_else(|fault| {
        found.borrow_mut().push(fault);
        vec![]
    });
    items.into_iter().filter_map(|item| read_change(item, found)).collect()
}

fn read_change(item: Field, found: &Found) -> Option<Augment> {
    let mut keys = Keys::of(item, found)?;
    let changes: Vec<Field> = CHANGES.iter().filter_map(|change| keys.get(change)).collect();
    let p = keys.get("p");
    if keys.finish("an entry of `augment`") > 0 {
        return None;
    }
    let made = match changes[..] {
        [change] => change_of(change, p),
        _ => {
            let message = format!("an entry of `augment` has one of {}", CHANGES.join(", "));
            let label = format!("has {} of them", changes.len());
            Err(Diagnostic::error(Code::RECIPE_KIND, message).at(item.span(), label))
        }
    };
    made.map_err(|fault| found.borrow_mut().push(fault)).ok()
}

fn change_of(change: Field, p: Option<Field>) -> Result<Augment, Diagnostic> {
    if let Some(p) = p.filter(|_| change.key != "flip") {
        let message = format!("`{}` does not use `p`", change.key);
        return Err(Diagnostic::error(Code::UNUSED_KEY, message).at(p.span(), "has no effect here"));
    }
    let number = |bounds| Ok(change.number(bounds)? as f32);
    let pixels = |least| Ok(change.count(least..=Augment::LONGEST as u64)? as usize);
    Ok(match change.key {
        "flip" => {
            let p = p.map_or(Ok(0.5), |p| p.number(Bounds::PROBABILITY))?;
            Augment::Flip { axis: change.word(AXES)?, p: p as f32 }
        }
        "shift" => Augment::Shift(pixels(0)?),
        "crop" => Augment::Crop(pixels(0)?),
        "rotate" => Augment::Rotate(number(Bounds::HALF_TURN)?),
        "colour" => Augment::Colour(number(Bounds::PROBABILITY)?),
        "cutout" => Augment::Cutout(pixels(1)?),
        _ => Augment::Mixup(number(Bounds::BETA)?),
    })
}
