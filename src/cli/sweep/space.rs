//! `KEY=V1,V2` -> every combination of values.

use std::str::FromStr;

use serde_yaml::Value;

use super::MOST;
use super::trial::Trial;
use crate::cli::settings::Change;
use crate::diagnostic::{Code, Diagnostic};
use crate::random::{Purpose, key, uniform};
use crate::source::Span;

/// A key with the values that it takes, as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub key: String,
    pub values: Vec<String>,
    /// Where a sweep file has them.
    pub places: Option<AxisPlaces>,
}

/// The places of a key and of each of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisPlaces {
    pub key: Span,
    pub values: Vec<Span>,
}

impl FromStr for Axis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Change { key, value } = text.parse()?;
        let values = split(&value);
        match values.iter().any(String::is_empty) {
            true => Err("expected values with commas between them, as `optimizer.lr=0.1,0.01`".to_string()),
            false => Ok(Self { key, values, places: None }),
        }
    }
}

impl Axis {
    /// An error at the key.
    pub fn fault(&self, message: impl Into<String>) -> Diagnostic {
        let fault = Diagnostic::error(Code::SWEEP, message);
        match &self.places {
            Some(places) => fault.at(places.key, "here"),
            None => fault,
        }
    }

    /// Equal values would make one trial look like several; seeds have a flag of their own.
    fn check(&self) -> Result<(), Diagnostic> {
        if self.key == SEED {
            return Err(self.fault(SEEDS_ARE_SET).remark(SEEDS_HAVE_A_FLAG));
        }
        let as_text = |value: &String| Value::String(value.clone());
        let meant = |value: &String| serde_yaml::from_str(value).unwrap_or_else(|_| as_text(value));
        let meant: Vec<Value> = self.values.iter().map(meant).collect();
        let Some(at) = (1..meant.len()).find(|&at| meant[..at].contains(&meant[at])) else { return Ok(()) };
        let fault = Diagnostic::error(Code::SWEEP, format!("`{}` takes {} twice", self.key, self.values[at]));
        let fault = fault.remark("`--seeds N` trains every trial with several seeds");
        Err(match &self.places {
            Some(places) => fault.at(places.values[at], "again"),
            None => fault,
        })
    }
}

/// The recipe's key that no trial sets.
pub const SEED: &str = "seed";

/// What the error says for a seed among what trials set, and what to do instead.
pub const SEEDS_ARE_SET: &str = "trials are trained with the seeds 0, 1, ..., which no setting changes";
pub const SEEDS_HAVE_A_FLAG: &str = "`--seeds N` trains every trial with N of them";

/// At commas outside of brackets.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for sign in text.chars() {
        depth += i32::from("[{(".contains(sign)) - i32::from("]})".contains(sign));
        match (sign, depth, parts.last_mut()) {
            (',', 0, _) => parts.push(String::new()),
            (_, _, Some(part)) => part.push(sign),
            _ => {}
        }
    }
    parts.into_iter().map(|part| part.trim().to_string()).collect()
}

/// All axes of a sweep.
#[derive(Clone, Debug)]
pub struct Space {
    pub axes: Vec<Axis>,
    /// What trials depend on besides: the network's text, the recipe, the strategy.
    origin: Vec<u8>,
}

impl Space {
    /// # Errors
    /// N0611 without an axis, for a key or a value that stands twice, for the seed, or too many combinations.
    pub fn new(axes: Vec<Axis>, origin: Vec<u8>) -> Result<Self, Diagnostic> {
        if axes.is_empty() {
            return Err(Diagnostic::error(Code::SWEEP, "there is nothing to sweep over")
                .remark("give `--over KEY=V1,V2`, or write a choice, as `{16|32}`, in the file"));
        }
        axes.iter().try_for_each(Axis::check)?;
        if let Some(at) = (1..axes.len()).find(|&at| axes[..at].iter().any(|axis| axis.key == axes[at].key)) {
            return Err(axes[at].fault(format!("`{}` is swept over twice", axes[at].key)));
        }
        let count = axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.values.len()));
        match count.filter(|count| *count <= MOST) {
            Some(_) => Ok(Self { axes, origin }),
            None => Err(Diagnostic::error(Code::SWEEP, format!("the sweep has more than {MOST} combinations"))
                .remark("leave out some values, or sweep over fewer keys at a time")),
        }
    }

    /// Whether a key is swept over.
    pub fn sweeps(&self, key: &str) -> bool {
        self.axes.iter().any(|axis| axis.key == key)
    }

    /// Every combination, the last axis changing fastest.
    pub fn trials(&self) -> Vec<Trial> {
        let mut combinations: Vec<Vec<Change>> = vec![vec![]];
        for Axis { key, values, .. } in &self.axes {
            let with = |value: &String| Change { key: key.clone(), value: value.clone() };
            combinations = combinations
                .iter()
                .flat_map(|earlier| values.iter().map(move |value| [&earlier[..], &[with(value)]].concat()))
                .collect();
        }
        combinations.into_iter().map(|changes| Trial::of(changes, &self.origin)).collect()
    }
}

/// Some of them, drawn without putting back; the same ones whenever there are as many.
pub fn drawn(mut trials: Vec<Trial>, count: usize) -> Vec<Trial> {
    let stream = key(0, Purpose::Shuffle, 0, trials.len() as u64);
    for at in 0..trials.len() {
        let left = trials.len() - at;
        let pick = at + (f64::from(uniform(stream, at as u64)) * left as f64) as usize;
        trials.swap(at, pick);
    }
    trials.truncate(count);
    trials
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(text: &str) -> Axis {
        text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn values_are_split_outside_of_brackets() {
        assert_eq!(axis("a.b=1, 2").values, ["1", "2"]);
        assert_eq!(axis("augment=[],[{flip: horizontal, p: 0.5}]").values, ["[]", "[{flip: horizontal, p: 0.5}]"]);
        for wrong in ["a", "=1", "a=", "a=1,,2", "a..b=1"] {
            assert!(wrong.parse::<Axis>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn trials_are_all_combinations() {
        let space = Space::new(vec![axis("a=1,2"), axis("b=3,4,5")], vec![]).unwrap();
        let texts: Vec<String> = space.trials().iter().map(Trial::to_string).collect();
        assert_eq!(texts, ["a=1 b=3", "a=1 b=4", "a=1 b=5", "a=2 b=3", "a=2 b=4", "a=2 b=5"]);
        let some = drawn(space.trials(), 4);
        assert_eq!(some.len(), 4);
        assert_eq!(some, drawn(space.trials(), 4));
        assert!((1..4).all(|at| !some[..at].contains(&some[at])));
        for equal in ["a=0.1,0.2,1e-1", "seed=1,2"] {
            assert!(Space::new(vec![axis(equal)], vec![]).is_err(), "{equal}");
        }
        let twice = Space::new(vec![axis("a=1"), axis("a=2")], vec![]);
        assert!(twice.is_err_and(|fault| fault.message.contains("twice")));
        assert!(Space::new(vec![], vec![]).is_err());
        let many = (0..13).map(|n| axis(&format!("a{n}=1,2"))).collect();
        assert!(Space::new(many, vec![]).is_err());
    }
}
