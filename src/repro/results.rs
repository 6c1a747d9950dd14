//! `results.json`: the values of rows, one for each seed that has run.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use crate::diagnostic::{Code, Diagnostic, cannot_read, cannot_write};
use crate::train::write_whole;

/// The file beside a report.
const FILE: &str = "results.json";

/// What rows of a report have given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    pub rows: Vec<RowResult>,
}

/// What one row has given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowResult {
    pub row: String,
    pub metric: Metric,
    /// [`Report::digest`](super::Report::digest) when it ran; empty where that is not known.
    #[serde(default)]
    pub digest: String,
    /// Whether it was trained for a tenth of the epochs.
    pub quick: bool,
    /// From 0 to 1, for each seed.
    pub values: Vec<f64>,
    pub seeds: Vec<u64>,
    /// How long each training took.
    pub seconds: Vec<f64>,
    /// What the last one ran on.
    pub machine: String,
    /// The commit of the reports, where git knows one.
    pub commit: Option<String>,
    /// What repeats the last one.
    pub command: String,
}

impl Results {
    /// The results beside a report; none where there is no file yet.
    ///
    /// # Errors
    /// N0804 where it cannot be read, N0610 where it is something else.
    pub fn load(folder: &Path) -> Result<Self, Diagnostic> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(fault) => return Err(cannot_read(&path, &fault)),
        };
        let rows: Vec<RowResult> = serde_json::from_str(&text).map_err(|fault| damaged(&path, &fault.to_string()))?;
        let unequal = |row: &&RowResult| {
            row.seeds.is_empty() || row.seeds.len() != row.values.len() || row.seeds.len() != row.seconds.len()
        };
        match rows.iter().find(unequal) {
            Some(row) => Err(damaged(&path, &format!("`{}` has not one value for each seed", row.row))),
            None => Ok(Self { rows }),
        }
    }

    /// Changes the results beside a report while no other process does.
    ///
    /// # Errors
    /// Those of [`Self::load`], and N0803.
    pub fn update<T>(folder: &Path, change: impl FnOnce(&mut Self) -> T) -> Result<T, Diagnostic> {
        let _held = hold(folder);
        let mut results = Self::load(folder)?;
        let answer = change(&mut results);
        results.save(folder).map(|()| answer)
    }

    fn save(&self, folder: &Path) -> Result<(), Diagnostic> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(&self.rows).map_err(|fault| cannot_write(&path, &fault.into()))?;
        write_whole(&path, &(text + "\n"))
    }

    /// What a row has given of this figure.
    pub fn get(&self, row: &str, metric: Metric) -> Option<&RowResult> {
        self.rows.iter().find(|result| result.row == row && result.metric == metric)
    }

    /// Whether a row, as it stands, has a value of this seed that counts: a full one, or a quick one where that is enough.
    pub fn has(&self, (row, digest): (&str, &str), metric: Metric, seed: u64, quick: bool) -> bool {
        let known = self.get(row, metric).filter(|result| result.digest == digest);
        known.is_some_and(|result| result.seeds.contains(&seed) && (quick || !result.quick))
    }

    /// Adds one seed's value; a full one replaces what was quick, and a seed's own earlier one. A quick one replaces no
    /// full one, and false is answered. Values with another digest or figure are forgotten.
    pub fn add(&mut self, one: RowResult) -> bool {
        let Some(known) = self.rows.iter_mut().find(|result| result.row == one.row) else {
            self.rows.push(one);
            return true;
        };
        if one.quick && !known.quick && known.metric == one.metric {
            return false;
        }
        if known.quick != one.quick || known.metric != one.metric || known.digest != one.digest {
            *known = one;
            return true;
        }
        for at in 0..one.seeds.len() {
            let seed = one.seeds[at];
            let place = known.seeds.iter().position(|known| *known >= seed).unwrap_or(known.seeds.len());
            if known.seeds.get(place) == Some(&seed) {
                known.values[place] = one.values[at];
                known.seconds[place] = one.seconds[at];
            } else {
                known.seeds.insert(place, seed);
                known.values.insert(place, one.values[at]);
                known.seconds.insert(place, one.seconds[at]);
            }
        }
        *known = RowResult {
            values: std::mem::take(&mut known.values),
            seeds: std::mem::take(&mut known.seeds),
            seconds: std::mem::take(&mut known.seconds),
            ..one
        };
        true
    }
}

/// Waits until no other process holds a folder, and holds it as long as the file is open; none where the system knows no
/// such locks.
pub fn hold(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.lock().ok().map(|()| file)
}

fn damaged(path: &Path, fault: &str) -> Diagnostic {
    Diagnostic::error(Code::REPORT, format!("`{}` holds no results: {fault}", path.display()))
        .remark("bring back the committed file, or remove it to run its rows anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str) -> Metric {
        serde_yaml::from_str(name).unwrap()
    }

    fn one(seed: u64, value: f64, quick: bool) -> RowResult {
        let metric = metric("test.accuracy");
        let (values, seeds, seconds) = (vec![value], vec![seed], vec![1.0]);
        let [row, digest, machine, command] = ["a", "d", "m", "c"].map(String::from);
        RowResult { row, metric, digest, quick, values, seeds, seconds, machine, commit: None, command }
    }

    #[test]
    fn seeds_stand_in_order_and_full_values_replace_quick_ones() {
        let mut results = Results::default();
        let has = |results: &Results, row, seed, quick| results.has((row, "d"), metric("test.accuracy"), seed, quick);
        results.add(one(0, 0.1, true));
        assert!(has(&results, "a", 0, true) && !has(&results, "a", 0, false));
        assert!(!results.has(("a", "d"), metric("train.accuracy"), 0, true));
        assert!(!results.has(("a", "e"), metric("test.accuracy"), 0, true));
        for (seed, value) in [(2, 0.2), (0, 0.3), (2, 0.4)] {
            results.add(one(seed, value, false));
        }
        assert_eq!((&results.rows[0].seeds[..], &results.rows[0].values[..]), (&[0, 2][..], &[0.3, 0.4][..]));
        assert!(has(&results, "a", 0, false) && !has(&results, "a", 1, true) && !has(&results, "b", 0, true));
        assert!(!results.add(one(0, 0.5, true)));
        assert_eq!(results.rows[0].values, [0.3, 0.4]);
        results.add(RowResult { digest: "e".into(), ..one(1, 0.6, false) });
        assert_eq!((&results.rows[0].seeds[..], &results.rows[0].values[..]), (&[1][..], &[0.6][..]));
        assert!(!results.add(one(1, 0.7, true)), "a quick one of another digest");
        assert_eq!(results.rows[0].values, [0.6]);
    }

    #[test]
    fn what_is_saved_is_loaded_and_what_is_damaged_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Results::load(folder.path()), Ok(Results::default()));
        let mut results = Results::default();
        results.add(one(1, 0.1234, false));
        results.save(folder.path()).unwrap();
        assert_eq!(Results::load(folder.path()), Ok(results));
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        for damaged in ["", "{}", &text.replace("0.1234", ""), &text.replace("test.accuracy", "x")] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(Results::load(folder.path()).unwrap_err().id.as_str(), "N0610", "{damaged}");
        }
    }
}
