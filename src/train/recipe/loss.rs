//! The recipe's `loss`: a criterion's name, a criterion with settings, or a weighted sum over named outputs.
//!
//! Knows no network: [`super::fit`] makes a [`crate::lower::Loss`] of it.

use serde::{Deserialize, Serialize};

use super::loss_text::{self, LossFault};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::{Bounds, Field, Found, Keys, suggest};

/// A weighted sum of terms; at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct LossRecipe {
    pub terms: Vec<TermRecipe>,
}

/// One term.
#[derive(Clone, Debug, PartialEq)]
pub struct TermRecipe {
    pub weight: f64,
    pub criterion: CriterionRecipe,
    /// The output's name; without one the criterion chooses.
    pub output: Option<String>,
    /// What the output is compared with; without it the criterion chooses.
    pub against: Option<Against>,
}

/// What outputs are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The image in [0, 1].
    Input,
    /// The true class.
    Labels,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CriterionRecipe {
    CrossEntropy { label_smoothing: f64, class_weights: Vec<f64> },
    Nll { class_weights: Vec<f64> },
    Mse,
    Hinge { margin: f64 },
    MarginRanking { margin: f64 },
}

/// The criteria by name, with their defaults.
const CRITERIA: &[(&str, CriterionRecipe)] = &[
    ("cross_entropy", CriterionRecipe::CrossEntropy { label_smoothing: 0.0, class_weights: vec![] }),
    ("nll", CriterionRecipe::Nll { class_weights: vec![] }),
    ("mse", CriterionRecipe::Mse),
    ("hinge", CriterionRecipe::Hinge { margin: 1.0 }),
    ("margin_ranking", CriterionRecipe::MarginRanking { margin: 1.0 }),
];

/// Every key of every criterion.
const KEYS: &[&str] = &["name", "label_smoothing", "class_weights", "margin"];

impl CriterionRecipe {
    pub fn name(&self) -> &'static str {
        match self {
            Self::CrossEntropy { .. } => "cross_entropy",
            Self::Nll { .. } => "nll",
            Self::Mse => "mse",
            Self::Hinge { .. } => "hinge",
            Self::MarginRanking { .. } => "margin_ranking",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        CRITERIA.iter().find(|(known, _)| *known == name).map(|(_, criterion)| criterion.clone())
    }

    /// The names of all criteria.
    pub fn names() -> Vec<&'static str> {
        CRITERIA.iter().map(|(name, _)| *name).collect()
    }

    /// Sets what is written `name=number` in a sum.
    pub(super) fn set(&mut self, name: &str, number: f64) -> Option<bool> {
        let (setting, bounds) = match (self, name) {
            (Self::CrossEntropy { label_smoothing, .. }, "label_smoothing") => (label_smoothing, Bounds::BELOW_ONE),
            (Self::Hinge { margin } | Self::MarginRanking { margin }, "margin") => (margin, Bounds::NOT_NEGATIVE),
            _ => return None,
        };
        let accepted = bounds.accept(number);
        if accepted {
            *setting = number;
        }
        Some(accepted)
    }

    fn read(&mut self, keys: &mut Keys) {
        let weights = |field: &Field| field.list(|weight| weight.number(Bounds::POSITIVE));
        match self {
            Self::CrossEntropy { label_smoothing, class_weights } => {
                keys.set("label_smoothing", label_smoothing, |field| field.number(Bounds::BELOW_ONE));
                keys.set("class_weights", class_weights, weights);
            }
            Self::Nll { class_weights } => keys.set("class_weights", class_weights, weights),
            Self::Mse => {}
            Self::Hinge { margin } | Self::MarginRanking { margin } => {
                keys.set("margin", margin, |field| field.number(Bounds::NOT_NEGATIVE));
            }
        }
    }
}

impl LossRecipe {
    /// One criterion, on the output that it chooses.
    pub fn of(criterion: CriterionRecipe) -> Self {
        Self { terms: vec![TermRecipe { weight: 1.0, criterion, output: None, against: None }] }
    }

    pub(super) fn read(field: Field, found: &Found) -> Option<Self> {
        if field.is_map() { Self::read_settings(field, found) } else { Self::read_text(field, found) }
    }

    fn read_text(field: Field, found: &Found) -> Option<Self> {
        let parsed = match field.text() {
            Ok(text) => loss_text::parse(text).map_err(|fault| malformed(field.span(), text, &fault)),
            Err(fault) => Err(fault),
        };
        parsed.map_err(|fault| found.borrow_mut().push(fault)).ok()
    }

    fn read_settings(field: Field, found: &Found) -> Option<Self> {
        let mut keys = Keys::of(field, found)?;
        let words: Vec<(&'static str, usize)> = CRITERIA.iter().enumerate().map(|(n, (name, _))| (*name, n)).collect();
        let index = keys.read("name", |name| name.word(&words));
        let mut criterion = CRITERIA[index.unwrap_or(0)].1.clone();
        criterion.read(&mut keys);
        keys.unused(KEYS, criterion.name());
        keys.finish("`loss`");
        Some(Self::of(criterion))
    }
}

/// The place of a fault within the text, where the text stands as it is in the file.
fn malformed(span: Span, text: &str, fault: &LossFault) -> Diagnostic {
    let plain = span.end - span.start == text.len();
    let place = match plain {
        true => Span::new(span.file, span.start + fault.range.start, span.start + fault.range.end),
        false => span,
    };
    let diagnostic = Diagnostic::error(Code::LOSS_TEXT, format!("`loss` cannot be read: {}", fault.message));
    suggest(diagnostic.at(place, "here"), &text[fault.range.clone()], &CriterionRecipe::names(), "the criteria are")
}

/// How a loss stands in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Settings(Settings),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_smoothing: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    class_weights: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    margin: Option<f64>,
}

impl From<LossRecipe> for Written {
    fn from(loss: LossRecipe) -> Self {
        let [TermRecipe { weight: 1.0, criterion, output: None, against: None }] = loss.terms.as_slice() else {
            return Written::Text(loss_text::write(&loss));
        };
        let mut settings = Settings { name: criterion.name().into(), ..Settings::default() };
        match criterion.clone() {
            CriterionRecipe::CrossEntropy { label_smoothing, class_weights } => {
                settings.label_smoothing = Some(label_smoothing).filter(|smoothing| *smoothing > 0.0);
                settings.class_weights = class_weights;
            }
            CriterionRecipe::Nll { class_weights } => settings.class_weights = class_weights,
            CriterionRecipe::Mse => {}
            CriterionRecipe::Hinge { margin } | CriterionRecipe::MarginRanking { margin } => {
                settings.margin = Some(margin).filter(|margin| *margin != 1.0);
            }
        }
        match (&settings.label_smoothing, &settings.margin, settings.class_weights.is_empty()) {
            (None, None, true) => Written::Text(settings.name),
            _ => Written::Settings(settings),
        }
    }
}

impl TryFrom<Written> for LossRecipe {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let settings = match written {
            Written::Text(text) => return loss_text::parse(&text).map_err(|fault| fault.message),
            Written::Settings(settings) => settings,
        };
        let mut criterion = CriterionRecipe::named(&settings.name).ok_or("an unknown criterion")?;
        if let CriterionRecipe::CrossEntropy { class_weights, .. } | CriterionRecipe::Nll { class_weights } =
            &mut criterion
        {
            *class_weights = settings.class_weights;
        }
        let numbers = [("label_smoothing", settings.label_smoothing), ("margin", settings.margin)];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            criterion.set(name, number);
        }
        Ok(Self::of(criterion))
    }
}
