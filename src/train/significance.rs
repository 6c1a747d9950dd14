//! Accuracies of runs, and right and wrong answers image by image -> how sure a difference between networks is.

use serde::Serialize;
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, StudentsT};

/// How much of the probability an interval holds.
const CONFIDENCE: f64 = 0.95;
/// With fewer discordant pairs than these, McNemar's test is the exact one.
const EXACT_BELOW: u64 = 25;

/// A figure over runs that differ in nothing but their seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub mean: f64,
    /// Of the sample (n - 1); none of a single run.
    pub std: Option<f64>,
    /// Where the mean of all seeds lies with a probability of 95 %, by Student's t; none of a single run.
    pub interval: Option<[f64; 2]>,
}

impl Summary {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        if values.len() < 2 {
            return Self { mean, std: None, interval: None };
        }
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let std = (squares / (count - 1.0)).sqrt();
        let student = StudentsT::new(0.0, 1.0, count - 1.0).ok();
        let quantile = student.map(|student| student.inverse_cdf(0.5 + CONFIDENCE / 2.0));
        let half = quantile.map(|quantile| quantile * std / count.sqrt());
        Self { mean, std: Some(std), interval: half.map(|half| [mean - half, mean + half]) }
    }
}

/// McNemar's test: whether two networks that answer for the same images are right equally often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct McNemar {
    /// Images that the first alone has right, and the second alone: the discordant pairs.
    pub only: [u64; 2],
    pub test: Test,
    /// Of the chi-squared test.
    pub statistic: Option<f64>,
    /// How probable so unequal numbers, or more unequal ones, are for networks that are equally good; both sides.
    pub p: f64,
}

/// Which form of the test it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Test {
    /// By the binomial distribution.
    #[serde(rename = "exact")]
    Exact,
    /// (|b - c| - 1)^2 / (b + c), with Edwards' correction for continuity, by one degree of freedom.
    #[serde(rename = "chi-squared")]
    ChiSquared,
}

impl McNemar {
    /// Of which images each has right.
    pub fn of(first: &[bool], second: &[bool]) -> Self {
        let only = |wanted: (bool, bool)| first.iter().zip(second).filter(|(a, b)| (**a, **b) == wanted).count() as u64;
        Self::of_discordant([only((true, false)), only((false, true))])
    }

    fn of_discordant(only: [u64; 2]) -> Self {
        let pairs = only[0] + only[1];
        if pairs < EXACT_BELOW {
            let binomial = Binomial::new(0.5, pairs).ok();
            let tail = binomial.map_or(1.0, |binomial| binomial.cdf(only[0].min(only[1])));
            return Self { only, test: Test::Exact, statistic: None, p: (2.0 * tail).min(1.0) };
        }
        let difference = only[0].abs_diff(only[1]).saturating_sub(1) as f64;
        let statistic = difference.powi(2) / pairs as f64;
        let p = ChiSquared::new(1.0).map_or(1.0, |distribution| distribution.sf(statistic));
        Self { only, test: Test::ChiSquared, statistic: Some(statistic), p }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found}, not {expected}");
    }

    #[test]
    fn intervals_are_students() {
        // scipy.stats.t.interval(0.95, 2, 0.88, 0.01 / sqrt(3))
        let summary = Summary::of(&[0.87, 0.88, 0.89]);
        check_near(summary.mean, 0.88);
        check_near(summary.std.expect("three runs"), 0.01);
        let [low, high] = summary.interval.expect("three runs");
        check_near(low, 0.88 - 4.302652729749464 * 0.01 / 3.0f64.sqrt());
        check_near(high, 0.88 + 4.302652729749464 * 0.01 / 3.0f64.sqrt());
        assert_eq!(Summary::of(&[0.5]), Summary { mean: 0.5, std: None, interval: None });
        let [low, high] = Summary::of(&[0.5, 0.7]).interval.expect("two runs");
        check_near(high - low, 2.0 * 12.706204736174694 * 0.02f64.sqrt() / 2.0f64.sqrt());
    }

    #[test]
    fn few_discordant_pairs_are_tested_exactly() {
        let exact = |b, c, p: f64| {
            let found = McNemar::of_discordant([b, c]);
            assert_eq!((found.test, found.statistic), (Test::Exact, None));
            check_near(found.p, p);
        };
        exact(0, 0, 1.0);
        exact(3, 3, 1.0);
        // scipy.stats.binomtest(2, 12).pvalue and binomtest(0, 5).pvalue
        exact(10, 2, 0.03857421875);
        exact(0, 5, 0.0625);
    }

    #[test]
    fn many_are_tested_by_chi_squared() {
        // statsmodels' mcnemar([[0, 40], [20, 0]], exact=False, correction=True)
        let found = McNemar::of_discordant([40, 20]);
        assert_eq!(found.test, Test::ChiSquared);
        check_near(found.statistic.expect("the statistic"), 361.0 / 60.0);
        assert!((found.p - 0.014171388).abs() < 1e-8, "{}", found.p);
    }

    #[test]
    fn images_are_counted_where_one_alone_is_right() {
        let found = McNemar::of(&[true, true, false, true, false], &[true, false, true, false, false]);
        assert_eq!(found.only, [2, 1]);
    }
}
