//! How often reviewers overturned the machine's decisions, by group: what appeals show about a
//! system in use that comparisons of labelled photos cannot.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::interval::clopper_pearson;
use super::read_report::read;
use crate::Result;

/// The value of the field `schema`.
pub const OVERTURN_SCHEMA: &str = "evenmatch.appeal.rates/1";
/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// How often reviewers overturned decisions about one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverturnRate {
    /// The attribute's value; empty if none was stated.
    pub group: String,
    /// Decisions that were made.
    pub decisions: u64,
    /// Decisions that were appealed.
    pub appealed: u64,
    /// Appeals that a reviewer has resolved.
    pub resolved: u64,
    /// Of these, the decisions that were overturned.
    pub overturned: u64,
    /// Overturned over resolved; null if none was resolved.
    pub rate: Option<f64>,
    /// 95 % Clopper-Pearson interval of the rate.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl OverturnRate {
    /// The rate with its interval, from counts.
    pub fn new(group: String, [decisions, appealed, resolved, overturned]: [u64; 4]) -> Self {
        let some = resolved > 0;
        let bounds = clopper_pearson(overturned as f64, resolved as f64, CONFIDENCE);
        OverturnRate {
            group,
            decisions,
            appealed,
            resolved,
            overturned,
            rate: some.then(|| overturned as f64 / resolved as f64),
            low: some.then_some(bounds.low),
            high: some.then_some(bounds.high),
        }
    }
}

/// The groups of one attribute, as `evenmatch appeal rates` prints them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverturnReport {
    /// [`OVERTURN_SCHEMA`].
    pub schema: String,
    /// An attribute that was stated at enrolment.
    pub by: String,
    /// In order of group name.
    pub groups: Vec<OverturnRate>,
}

impl OverturnReport {
    /// The rates of each group with their intervals, from counts: decisions, those appealed
    /// against, appeals resolved, decisions overturned.
    pub fn new(by: String, groups: BTreeMap<String, [u64; 4]>) -> Self {
        let groups = groups.into_iter().map(|(group, counts)| OverturnRate::new(group, counts));
        OverturnReport { schema: OVERTURN_SCHEMA.to_owned(), by, groups: groups.collect() }
    }

    /// Reads what `evenmatch appeal rates` printed.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or contains something else.
    pub fn read(path: &Path) -> Result<Self> {
        let otherwise = [
            "this file does not contain appeal rates",
            "name the file that `evenmatch appeal rates --by ATTRIBUTE` wrote",
        ];
        read(path, OVERTURN_SCHEMA, |report: &Self| &report.schema, otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_rate_needs_an_appeal_that_was_resolved() {
        let none = OverturnRate::new("x".to_owned(), [9, 2, 0, 0]);
        assert_eq!((none.rate, none.low, none.high), (None, None, None));
        let two = OverturnRate::new("x".to_owned(), [9, 3, 2, 1]);
        // The interval of one of two is 1 − 0.975^½ = 0.0126 to 0.975^½ = 0.9874.
        assert_eq!(two.rate, Some(0.5));
        assert!((two.low.unwrap() - 0.0126).abs() < 1e-4, "{two:?}");
        assert!((two.high.unwrap() - 0.9874).abs() < 1e-4, "{two:?}");
    }

    #[test]
    fn what_is_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rates.json");
        for text in ["{}", "no json", "{\"schema\":\"x/1\",\"by\":\"g\",\"groups\":[]}"] {
            std::fs::write(&path, text).unwrap();
            let error = OverturnReport::read(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRecord, "{error}");
            assert!(error.next_step().unwrap().contains("appeal rates"));
        }
    }
}
