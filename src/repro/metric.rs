//! `test.accuracy` -> which figure of which part of the data set a row repeats.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::Diagnostic;
use crate::train::{EpochMetrics, Evaluation};
use crate::yaml::Field;

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Train,
    Validation,
    Test,
}

/// One number of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    pub part: Part,
    figure: Figure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Accuracy,
    Precision,
    Recall,
    F1,
}

const METRICS: &[(&str, Metric)] = &[
    ("test.accuracy", Metric { part: Part::Test, figure: Figure::Accuracy }),
    ("test.precision", Metric { part: Part::Test, figure: Figure::Precision }),
    ("test.recall", Metric { part: Part::Test, figure: Figure::Recall }),
    ("test.f1", Metric { part: Part::Test, figure: Figure::F1 }),
    ("validation.accuracy", Metric { part: Part::Validation, figure: Figure::Accuracy }),
    ("train.accuracy", Metric { part: Part::Train, figure: Figure::Accuracy }),
];

impl Metric {
    pub(super) fn read(field: &Field) -> Result<Self, Diagnostic> {
        field.word(METRICS)
    }

    /// The number, from 0 to 1: of the test images as they were evaluated, of the other parts as the last epoch has it.
    /// None where the run has no such figure.
    pub fn of(self, test: &Evaluation, last: Option<&EpochMetrics>) -> Option<f64> {
        match (self.part, self.figure) {
            (Part::Train, _) => last?.train.accuracy,
            (Part::Validation, _) => last?.validation?.accuracy,
            (Part::Test, Figure::Accuracy) => test.accuracy,
            (Part::Test, Figure::Precision) => test.precision,
            (Part::Test, Figure::Recall) => test.recall,
            (Part::Test, Figure::F1) => test.f1,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let name = METRICS.iter().find(|(_, metric)| metric == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'d> Deserialize<'d> for Metric {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = METRICS.iter().find(|(name, _)| *name == text);
        known.map(|(_, metric)| *metric).ok_or_else(|| {
            let names: Vec<&str> = METRICS.iter().map(|(name, _)| *name).collect();
            D::Error::custom(format!("there is no metric `{text}`; there are {}", names.join(", ")))
        })
    }
}
