//! The recipe's `normalise` -> what inputs are normalised by.

use serde::{Deserialize, Serialize};

use super::{Dataset, Statistics};
use crate::diagnostic::{Code, Diagnostic};

/// How inputs are normalised: `auto`, `none` or `{mean: [...], std: [...]}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Normalise {
    /// By mean and deviation of the training part.
    #[default]
    Auto,
    /// Pixels stay in [0, 1].
    None,
    /// By these, of pixels in [0, 1]; a single number holds for all channels.
    By { mean: Vec<f32>, std: Vec<f32> },
}

/// As the recipe has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected `auto`, `none` or `{mean: [...], std: [...]}`")]
enum Written {
    Word(Word),
    By(By),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Auto,
    None,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl From<Written> for Normalise {
    fn from(written: Written) -> Self {
        match written {
            Written::Word(Word::Auto) => Self::Auto,
            Written::Word(Word::None) => Self::None,
            Written::By(By { mean, std }) => Self::By { mean, std },
        }
    }
}

impl From<Normalise> for Written {
    fn from(normalise: Normalise) -> Self {
        match normalise {
            Normalise::Auto => Self::Word(Word::Auto),
            Normalise::None => Self::Word(Word::None),
            Normalise::By { mean, std } => Self::By(By { mean, std }),
        }
    }
}

impl Normalise {
    /// What inputs are normalised by, a number for each channel.
    ///
    /// # Errors
    /// N0704 where there are not as many numbers as channels, a number is not finite or a deviation not above 0.
    pub fn statistics(&self, dataset: &Dataset) -> Result<Statistics, Diagnostic> {
        let channels = dataset.shape()[0];
        match self {
            Self::Auto => Ok(dataset.statistics.clone()),
            Self::None => Ok(Statistics { mean: vec![0.0; channels], deviation: vec![1.0; channels] }),
            Self::By { mean, std } => Ok(Statistics {
                mean: each(channels, "mean", mean, f32::is_finite)?,
                deviation: each(channels, "std", std, |value| value.is_finite() && value > 0.0)?,
            }),
        }
    }
}

/// One number for each channel.
fn each(channels: usize, key: &str, values: &[f32], fits: fn(f32) -> bool) -> Result<Vec<f32>, Diagnostic> {
    let fault = |fault: String| Err(Diagnostic::error(Code::DATA_SHAPE, format!("`normalise.{key}` {fault}")));
    if let Some(value) = values.iter().find(|value| !fits(**value)) {
        return fault(format!("holds {value}, which nothing can be normalised by"));
    }
    match values {
        [value] => Ok(vec![*value; channels]),
        values if values.len() == channels => Ok(values.to_vec()),
        _ => fault(format!("has {} numbers, but the images have {channels} channels", values.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DataFolder, open};
    use super::*;

    fn statistics(yaml: &str) -> Result<Statistics, String> {
        let dataset = open("sketches", &DataFolder::none(), Some([3, 8, 8])).expect("drawn");
        let normalise: Normalise = serde_yaml::from_str(yaml).map_err(|error| error.to_string())?;
        let written = serde_yaml::to_string(&normalise).expect("it can be written");
        assert_eq!(serde_yaml::from_str::<Normalise>(&written).expect("it can be read again"), normalise);
        normalise.statistics(&dataset).map_err(|error| error.message)
    }

    #[test]
    fn inputs_are_normalised_by_the_training_part_by_nothing_or_by_hand() {
        let auto = statistics("auto").unwrap();
        assert!(auto.mean.len() == 3 && auto.mean[0] > 0.2);
        assert_eq!(statistics("none"), Ok(Statistics { mean: vec![0.0; 3], deviation: vec![1.0; 3] }));
        let by =
            |mean: [f32; 3], deviation: [f32; 3]| Ok(Statistics { mean: mean.into(), deviation: deviation.into() });
        assert_eq!(statistics("{mean: [0.5], std: [0.25]}"), by([0.5; 3], [0.25; 3]));
        assert_eq!(statistics("{mean: [0.1, 0.2, 0.3], std: [1, 2, 3]}"), by([0.1, 0.2, 0.3], [1.0, 2.0, 3.0]));
    }

    #[test]
    fn what_cannot_normalise_is_an_error() {
        let check = |yaml, fault: &str| assert_eq!(statistics(yaml).unwrap_err(), fault);
        check("{mean: [1, 2], std: [1]}", "`normalise.mean` has 2 numbers, but the images have 3 channels");
        check("{mean: [0], std: [0]}", "`normalise.std` holds 0, which nothing can be normalised by");
        check("{mean: [.inf], std: [1]}", "`normalise.mean` holds inf, which nothing can be normalised by");
        check("always", "expected `auto`, `none` or `{mean: [...], std: [...]}`");
        check("{mean: [0], std: [1], max: 2}", "expected `auto`, `none` or `{mean: [...], std: [...]}`");
    }
}
