//! What an audit is asked to do, and how it says how far it has got.

use super::interval::IntervalMethod;
use super::rules::RulePack;
use super::tally::MAX_POINTS;
use super::weigh::Weigh;
use crate::records::InputDigest;
use crate::{Error, ErrorKind, Result, Stage};

/// Where the thresholds of an audit come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Thresholds {
    /// One for each target FMR, chosen on the `tune` rows or, without a `split` column, on the
    /// rows that are reported.
    Targets(Vec<f64>),
    /// A given threshold.
    Given(f64),
    /// From a calibration: target FMR and threshold.
    Calibration {
        /// Pairs of target FMR and threshold.
        points: Vec<(f64, f64)>,
        /// The file.
        file: InputDigest,
    },
}

/// What an audit is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditSettings {
    /// Attributes and intersections (`race×sex`, `race*sex`, `race x sex`); none means every
    /// attribute.
    pub by: Vec<String>,
    /// Where the thresholds come from.
    pub thresholds: Thresholds,
    /// Rules to check.
    pub rules: Vec<RulePack>,
    /// Which interval to use for rates.
    pub interval: IntervalMethod,
    /// Confidence of two-sided intervals, between 0.5 and 1.
    pub confidence: f64,
    /// What counts once in a rate; none means people for labelled samples, and comparisons for
    /// records, which need not name anyone.
    pub weigh: Option<Weigh>,
    /// Fewest trials for which a rate is printed, whatever is weighed.
    pub least_trials: u64,
    /// Seed of every resampling.
    pub seed: u64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        AuditSettings {
            by: Vec::new(),
            thresholds: Thresholds::Targets(vec![1e-3]),
            rules: Vec::new(),
            interval: IntervalMethod::Auto,
            confidence: 0.95,
            weigh: None,
            least_trials: 30,
            seed: 20_260_101,
        }
    }
}

impl AuditSettings {
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |message: &str, next: &str| {
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next))
        };
        if !(self.confidence > 0.5 && self.confidence < 1.0) {
            return wrong("the confidence must be between 0.5 and 1", "give a number such as 0.95");
        }
        let points = match &self.thresholds {
            Thresholds::Targets(targets) => {
                if targets.iter().any(|t| !(*t > 0.0 && *t < 1.0)) {
                    return wrong(
                        "a target FMR must be between 0 and 1",
                        "give a number such as 1e-3",
                    );
                }
                targets.len()
            }
            Thresholds::Given(threshold) => {
                if !threshold.is_finite() {
                    return wrong(
                        "the threshold is not a finite number",
                        "give a finite number on the scale of the scores",
                    );
                }
                1
            }
            Thresholds::Calibration { points, .. } => {
                if points.iter().any(|p| !p.1.is_finite()) {
                    return wrong(
                        "the calibration has no finite threshold",
                        "make the calibration again: evenmatch calibrate",
                    );
                }
                points.len()
            }
        };
        if points == 0 || points > MAX_POINTS {
            return wrong(
                "an audit takes one to eight operating points",
                "request fewer target rates, or run two audits",
            );
        }
        Ok(())
    }
}

/// How far an audit has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProgress {
    /// Reading; the number of rows so far.
    Reading(u64),
    /// Choosing thresholds.
    Thresholds,
    /// Counting errors of people, pairs and groups.
    Counting,
    /// Comparing groups and applying rules.
    Comparing,
}
