//! A tree of YAML -> typed settings, with an error at its place for each that is unknown or wrong.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::tree::{Key, Kind, Yaml, parse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span};

/// What is wrong, as it is found.
pub type Found = RefCell<Diagnostics>;

/// What `read` makes of a file's settings, which are called `name` and of which `wanted` tells.
///
/// # Errors
/// All mistakes, by their places.
pub fn read_file<T>(
    sources: &SourceMap,
    file: FileId,
    name: &'static str,
    wanted: &str,
    read: impl FnOnce(Field, &Found) -> Option<T>,
) -> Result<T, Vec<Diagnostic>> {
    let Some(tree) = parse(sources, file).map_err(|fault| vec![fault])? else {
        let fault = Diagnostic::error(Code::MISSING_KEY, format!("{name} is empty"));
        return Err(vec![fault.at(Span::new(file, 0, 0), "here").remark(wanted)]);
    };
    let found = Found::default();
    let made = read(Field { key: name, value: &tree }, &found);
    let found = found.into_inner();
    made.filter(|_| !found.has_errors()).ok_or_else(|| found.into_sorted())
}

/// Which numbers a setting takes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    accepts: fn(f64) -> bool,
    /// `a number above 0`
    pub text: &'static str,
}

impl Bounds {
    pub const POSITIVE: Self = Self { accepts: |x| x > 0.0, text: "a number above 0" };
    pub const NOT_NEGATIVE: Self = Self { accepts: |x| x >= 0.0, text: "a number from 0 on" };
    pub const ANY: Self = Self { accepts: |_| true, text: "a number" };
    pub const PROBABILITY: Self = Self { accepts: |x| (0.0..=1.0).contains(&x), text: "a number from 0 to 1" };
    pub const HALF_TURN: Self = Self { accepts: |x| (0.0..=180.0).contains(&x), text: "a number from 0 to 180" };
    pub const BETA: Self = Self { accepts: |x| x > 0.0 && x <= 1000.0, text: "a number above 0 and at most 1000" };
    pub const SHARE: Self = Self { accepts: |x| x > 0.0 && x <= 1.0, text: "a number above 0 and at most 1" };
    pub const PART: Self = Self { accepts: |x| x > 0.0 && x < 1.0, text: "a number above 0 and below 1" };
    pub const ABOVE_ONE: Self = Self { accepts: |x| x > 1.0, text: "a number above 1" };
    pub const BELOW_ONE: Self = Self { accepts: |x| (0.0..1.0).contains(&x), text: "a number from 0 on and below 1" };

    pub fn accept(&self, number: f64) -> bool {
        number.is_finite() && !is_beyond(number) && (self.accepts)(number)
    }
}

/// `a whole number from 1 to 1024`
pub fn whole(bounds: &RangeInclusive<u64>) -> String {
    match *bounds.end() {
        u64::MAX => format!("a whole number from {} on", bounds.start()),
        end => format!("a whole number from {} to {end}", bounds.start()),
    }
}

/// Whether 32 bits do not hold a number that 64 bits hold.
pub fn is_beyond(number: f64) -> bool {
    number.is_finite() && (number as f32).is_infinite()
}

/// A mapping being read: its keys are asked for one by one, and those that nobody asked for are errors in the end.
pub struct Keys<'y, 'f> {
    /// Of the whole mapping.
    span: Span,
    entries: &'y [(Key, Yaml)],
    asked: Vec<&'static str>,
    /// Those that must be there and are not.
    missing: Vec<&'static str>,
    /// Those that exist, but not with what is read here.
    foreign: Vec<&'static str>,
    found: &'f Found,
}

impl<'y, 'f> Keys<'y, 'f> {
    /// The keys of a mapping, each of which must stand once; none where the value is no mapping, which is an error.
    pub fn of(field: Field<'y>, found: &'f Found) -> Option<Self> {
        let Kind::Map(entries) = &field.value.kind else {
            found.borrow_mut().push(field.wrong_kind("settings, as `{name: value}`"));
            return None;
        };
        found.borrow_mut().extend(repeated_keys(entries));
        Some(Self { span: field.span(), entries, asked: vec![], missing: vec![], foreign: vec![], found })
    }

    /// The value of `key`, if there is one.
    pub fn get(&mut self, key: &'static str) -> Option<Field<'y>> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|(known, _)| known.name == key)?;
        Some(Field { key, value: &entry.1 })
    }

    /// What `read` makes of the value of `key`; none where there is none, or an error.
    pub fn read<T>(&mut self, key: &'static str, read: impl FnOnce(&Field<'y>) -> Result<T, Diagnostic>) -> Option<T> {
        match read(&self.get(key)?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.found.borrow_mut().push(fault);
                None
            }
        }
    }

    /// The same for a key that must be there.
    pub fn need<T>(&mut self, key: &'static str, read: impl FnOnce(&Field<'y>) -> Result<T, Diagnostic>) -> Option<T> {
        if !self.entries.iter().any(|(known, _)| known.name == key) {
            self.missing.push(key);
        }
        self.read(key, read)
    }

    /// Puts the value of `key` into `setting`, where there is one.
    pub fn set<T>(
        &mut self,
        key: &'static str,
        setting: &mut T,
        read: impl FnOnce(&Field<'y>) -> Result<T, Diagnostic>,
    ) {
        if let Some(value) = self.read(key, read) {
            *setting = value;
        }
    }

    /// Makes errors of keys that exist, but not with `owner`: `momentum` with `adam`.
    pub fn unused(&mut self, keys: &[&'static str], owner: &str) {
        for &key in keys {
            if self.asked.contains(&key) {
                continue;
            }
            self.foreign.push(key);
            if let Some((place, _)) = self.entries.iter().find(|(known, _)| known.name == key) {
                let message = format!("`{owner}` does not use `{key}`");
                let fault = Diagnostic::error(Code::UNUSED_KEY, message).at(place.span, "has no effect here");
                self.found.borrow_mut().push(fault.remark("leave it out"));
            }
        }
    }

    /// Makes errors of the keys that nobody asked for, and counts them; `owner` is whose keys they would be. Where there are
    /// none, makes one of what is missing.
    pub fn finish(self, owner: &str) -> usize {
        let mut unknown = 0;
        let known = |key: &Key| self.asked.iter().chain(&self.foreign).any(|known| *known == key.name);
        for (key, _) in self.entries.iter().filter(|(key, _)| !known(key)) {
            let message = format!("{owner} has no key `{}`", key.name);
            let fault = Diagnostic::error(Code::UNKNOWN_KEY, message).at(key.span, "unknown");
            let fault = match (nearest(&key.name, &self.asked), nearest(&key.name, &self.foreign)) {
                (None, Some(meant)) => fault.remark(format!("did you mean `{meant}`? it is not used here either")),
                _ => fault,
            };
            self.found.borrow_mut().push(suggest(fault, &key.name, &self.asked, "the keys are"));
            unknown += 1;
        }
        if unknown == 0 && !self.missing.is_empty() {
            let missing: Vec<String> = self.missing.iter().map(|key| format!("`{key}`")).collect();
            let missing = missing.join(", ");
            let place = self.entries.first().map_or(self.span, |(first, _)| first.span);
            let fault = Diagnostic::error(Code::MISSING_KEY, format!("{owner} lacks {missing}"));
            self.found.borrow_mut().push(fault.at(place, "not among these"));
        }
        unknown
    }
}

fn repeated_keys(entries: &[(Key, Yaml)]) -> impl Iterator<Item = Diagnostic> {
    entries.iter().enumerate().filter_map(|(index, (key, _))| {
        let (first, _) = entries[..index].iter().find(|(earlier, _)| earlier.name == key.name)?;
        Some(repeated(key, first))
    })
}

fn repeated(key: &Key, first: &Key) -> Diagnostic {
    Diagnostic::error(Code::REPEATED_KEY, format!("`{}` is given twice", key.name))
        .at(key.span, "again")
        .with(first.span, "first here")
        .remark("keep one of them")
}

/// Adds the likely word, and all there are.
pub fn suggest(fault: Diagnostic, word: &str, words: &[&str], intro: &str) -> Diagnostic {
    let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let fault = match nearest(word, words) {
        Some(meant) => fault.remark(format!("did you mean `{meant}`?")),
        None => fault,
    };
    fault.remark(format!("{intro} {}", all.join(", ")))
}

/// The word that another is likely to stand for.
fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let letters = |word: &str| word.to_lowercase().replace(['-', '_', ' '], "");
    let asked = letters(word);
    let scored = words.iter().map(|&known| {
        let known_letters = letters(known);
        let begins = asked.len() >= 3 && (known_letters.starts_with(&asked) || asked.starts_with(&known_letters));
        let likeness = strsim::normalized_damerau_levenshtein(&known_letters, &asked);
        (if begins { likeness.max(0.7) } else { likeness }, known)
    });
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score >= 0.6).map(|(_, known)| known)
}

/// A value with the key that it belongs to.
#[derive(Clone, Copy)]
pub struct Field<'y> {
    pub key: &'static str,
    pub value: &'y Yaml,
}

impl<'y> Field<'y> {
    pub fn span(&self) -> Span {
        self.value.span
    }

    fn scalar(&self) -> Option<&'y Value> {
        match &self.value.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn is_map(&self) -> bool {
        matches!(self.value.kind, Kind::Map(_))
    }

    /// A number within bounds.
    pub fn number(&self, bounds: Bounds) -> Result<f64, Diagnostic> {
        let number = self.scalar().and_then(Value::as_f64).ok_or_else(|| self.wrong_kind(bounds.text))?;
        if bounds.accept(number) { Ok(number) } else { Err(self.out_of_range(number, bounds.text)) }
    }

    /// A whole number within bounds.
    pub fn count(&self, bounds: RangeInclusive<u64>) -> Result<u64, Diagnostic> {
        let wanted = whole(&bounds);
        // An integer beyond 64 bits is text to serde_yaml.
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let number = |scalar: &Value| match scalar {
            Value::String(text) if digits(text) => text.parse().ok(),
            scalar => scalar.as_f64(),
        };
        let scalar = self.scalar().ok_or_else(|| self.wrong_kind(&wanted))?;
        match (scalar.as_u64().filter(|count| bounds.contains(count)), number(scalar)) {
            (Some(count), _) => Ok(count),
            (None, Some(number)) => Err(self.out_of_range(number, &wanted)),
            (None, None) => Err(self.wrong_kind(&wanted)),
        }
    }

    pub fn flag(&self) -> Result<bool, Diagnostic> {
        self.scalar().and_then(Value::as_bool).ok_or_else(|| self.wrong_kind("true or false"))
    }

    pub fn text(&self) -> Result<&'y str, Diagnostic> {
        self.scalar().and_then(Value::as_str).ok_or_else(|| self.wrong_kind("text"))
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, Diagnostic> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let Some(word) = self.scalar().and_then(Value::as_str) else {
            return Err(self.wrong_kind(&format!("one of {}", names.join(", "))));
        };
        match words.iter().find(|(name, _)| *name == word) {
            Some((_, value)) => Ok(*value),
            None => {
                let message = format!("`{}` cannot be `{word}`", self.key);
                let fault = Diagnostic::error(Code::UNKNOWN_CHOICE, message).at(self.span(), "unknown");
                Err(suggest(fault, word, &names, "it is one of"))
            }
        }
    }

    /// The items of a list, each under the same key.
    pub fn items(&self) -> Result<Vec<Field<'y>>, Diagnostic> {
        match &self.value.kind {
            Kind::List(items) => Ok(items.iter().map(|value| Field { key: self.key, value }).collect()),
            _ => Err(self.wrong_kind("a list, as `[a, b]`")),
        }
    }

    /// What `read` makes of each item of a list.
    pub fn list<T>(&self, read: impl Fn(&Field<'y>) -> Result<T, Diagnostic>) -> Result<Vec<T>, Diagnostic> {
        self.items()?.iter().map(read).collect()
    }

    /// What the value's own type makes of it.
    pub fn by_serde<T: DeserializeOwned>(&self, wanted: &str) -> Result<T, Diagnostic> {
        if let Kind::Map(entries) = &self.value.kind
            && let Some(fault) = repeated_keys(entries).next()
        {
            return Err(fault);
        }
        serde_yaml::from_value(self.value.to_value()).map_err(|fault| {
            Diagnostic::error(Code::RECIPE_KIND, format!("`{}` must be {wanted}: {fault}", self.key))
                .at(self.span(), "here")
        })
    }

    pub fn wrong_kind(&self, wanted: &str) -> Diagnostic {
        let found = match &self.value.kind {
            Kind::Map(_) => "settings",
            Kind::List(_) => "a list",
            Kind::Scalar(Value::Null) => "nothing",
            Kind::Scalar(Value::Bool(_)) => "a truth value",
            Kind::Scalar(Value::Number(_)) => "a number",
            Kind::Scalar(_) => "text",
        };
        Diagnostic::error(Code::RECIPE_KIND, format!("`{}` must be {wanted}", self.key))
            .at(self.span(), format!("is {found}"))
    }

    pub fn out_of_range(&self, number: f64, wanted: &str) -> Diagnostic {
        let beyond = if is_beyond(number) { ", beyond 32-bit numbers" } else { "" };
        Diagnostic::error(Code::RECIPE_RANGE, format!("`{}` must be {wanted}", self.key))
            .at(self.span(), format!("is {number}{beyond}"))
    }
}
