//! Tiny ImageNet's folders, class lists and annotations -> a data set.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::fault::{Absent, damaged};
use super::files::{self, File, FileSet};
use super::picture::Rule;
use super::{Class, DataFolder, Found, ImageShape, Selection};
use crate::diagnostic::Diagnostic;

pub const NAME: &str = "tiny-imagenet";
pub const NATIVE: ImageShape = [3, 64, 64];

const FOLDER: &str = "tiny-imagenet-200";
/// Below the data folder: where the publisher's folder may be.
pub const PLACES: [&str; 4] = ["tiny-imagenet-200", "tiny-imagenet/tiny-imagenet-200", "tiny-imagenet", ""];

/// Finds the publisher's folder and lists its files. Class n is that of line n + 1 of `wnids.txt`.
///
/// # Errors
/// N0701 where it is not there, N0702 and N0804 for its files, N0705 and N0706 for a selection that does not fit.
pub fn find(folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    let place = locate(folder)?;
    let wnids = read_wnids(&place.join("wnids.txt"))?;
    let classes = read_classes(&place.join("words.txt"), &wnids)?;
    let train = list_training(&place.join("train"), &wnids)?;
    let test = match selection.test_from_train {
        Some(_) => None,
        None => Some(list_validation(&place.join("val"), &wnids)?),
    };
    let set = FileSet { name: NAME.into(), classes, train, test, native: NATIVE, rule: Rule::JPEG.sized([64, 64]) };
    set.select(folder, selection)
}

/// The publisher's folder.
///
/// # Errors
/// N0701 where it is not there, or lacks its lists of classes.
pub fn locate(folder: &DataFolder) -> Result<PathBuf, Diagnostic> {
    let absent = Absent {
        name: NAME,
        files: "wnids.txt, words.txt, train and val of tiny-imagenet-200.zip".into(),
        place: FOLDER,
        origin: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    };
    let Some(root) = folder.path() else { return Err(absent.no_folder()) };
    let places: Vec<PathBuf> = PLACES.iter().map(|place| root.join(place)).collect();
    let mut incomplete = None;
    for place in &places {
        let lacks: Vec<&str> =
            ["train", "wnids.txt", "words.txt"].into_iter().filter(|name| !place.join(name).exists()).collect();
        match lacks.len() {
            0 => return Ok(place.clone()),
            1 => incomplete = incomplete.or(Some(format!("{} has no {}", place.display(), lacks[0]))),
            _ => {}
        }
    }
    Err(absent.missing(folder, &places, incomplete))
}

/// The number of each class, by wnid.
type Wnids = Vec<String>;

fn read_wnids(path: &Path) -> Result<Wnids, Diagnostic> {
    let mut seen = HashSet::new();
    let mut wnids = vec![];
    for (line, wnid) in (1..).zip(files::lines(path)?) {
        let digits = wnid.strip_prefix('n').unwrap_or_default();
        if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(damaged(path, format_args!("line {line} is `{wnid}`, not a wnid as n01443537")));
        }
        if !seen.insert(wnid.clone()) {
            return Err(damaged(path, format_args!("line {line} names {wnid} again")));
        }
        wnids.push(wnid);
    }
    Ok(wnids)
}

/// Each class is called by its first word, its wnid and all its words; where two have the same first word, by wnid.
fn read_classes(path: &Path, wnids: &Wnids) -> Result<Vec<Class>, Diagnostic> {
    let mut words = HashMap::new();
    for (line, text) in (1..).zip(files::lines(path)?) {
        match text.split_once('\t') {
            Some((wnid, text)) => words.insert(wnid.to_string(), text.trim().to_string()),
            None => return Err(damaged(path, format_args!("line {line} has no tab between a wnid and its words"))),
        };
    }
    let absent = |wnid| damaged(path, format_args!("there is no line for {wnid}, which wnids.txt names"));
    let describe = wnids.iter().map(|wnid| Ok((wnid, words.get(wnid).ok_or_else(|| absent(wnid))?)));
    let described: Vec<(&String, &String)> = describe.collect::<Result<_, Diagnostic>>()?;
    let synonyms = |text: &String| -> Vec<String> { text.split(',').map(|word| word.trim().to_string()).collect() };
    let firsts: Vec<String> = described.iter().map(|(_, text)| synonyms(text).swap_remove(0)).collect();
    let class = |(&(wnid, text), first): (&(&String, &String), &String)| {
        let alone = firsts.iter().filter(|other| *other == first).count() == 1;
        let name = if alone { first } else { wnid }.clone();
        let mut aliases = vec![wnid.clone(), text.clone()];
        aliases.extend(synonyms(text));
        aliases.retain(|alias| *alias != name);
        aliases.dedup();
        Class { name, aliases }
    };
    Ok(described.iter().zip(&firsts).map(class).collect())
}

/// `train/<wnid>/images/<wnid>_<n>.JPEG`; a class may have no folder.
fn list_training(train: &Path, wnids: &Wnids) -> Result<Vec<File>, Diagnostic> {
    if let Some((_, stray)) = files::folders(train)?.into_iter().find(|(name, _)| !wnids.contains(name)) {
        return Err(damaged(&stray, "wnids.txt has no such class"));
    }
    let mut list = vec![];
    for (class, wnid) in wnids.iter().enumerate() {
        let images = train.join(wnid).join("images");
        if !images.is_dir() {
            continue;
        }
        for path in files::images(&images)? {
            files::check_name(&path, &format!("{wnid}_"))?;
            list.push(File { path, class });
        }
    }
    match list.is_empty() {
        true => Err(damaged(train, "no class has a folder `images` with images")),
        false => Ok(list),
    }
}

/// `val/images`, with a line for each image in `val_annotations.txt`: its name, a tab, its wnid, and a box.
fn list_validation(val: &Path, wnids: &Wnids) -> Result<Vec<File>, Diagnostic> {
    let annotations = val.join("val_annotations.txt");
    let images = val.join("images");
    let mut present: HashMap<String, PathBuf> = files::plain_files(&images)?.into_iter().collect();
    let mut list = vec![];
    for (line, text) in (1..).zip(files::lines(&annotations)?) {
        let fault = |what: String| damaged(&annotations, format_args!("line {line} {what}"));
        let mut columns = text.split('\t');
        let (Some(name), Some(wnid)) = (columns.next(), columns.next()) else {
            return Err(fault("has no tab between an image and its wnid".into()));
        };
        let Some(class) = wnids.iter().position(|known| known == wnid) else {
            return Err(fault(format!("gives `{name}` the class `{wnid}`, which wnids.txt does not have")));
        };
        if !matches!(Path::new(name).components().collect::<Vec<_>>()[..], [Component::Normal(_)]) {
            return Err(fault(format!("names `{name}`, which leads out of val/images")));
        }
        let Some(path) = present.remove(name) else {
            return Err(fault(format!("names `{name}`, which val/images does not have, or not twice")));
        };
        files::check_name(&path, "val_")?;
        list.push(File { path, class });
    }
    match present.into_values().min() {
        Some(path) => Err(damaged(&path, "val_annotations.txt has no line for it")),
        None => Ok(list),
    }
}
