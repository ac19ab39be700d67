//! Thresholds with the error rates measured at them.

use serde::{Deserialize, Serialize};

/// What supports the false match rate of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// At least 30 false matches were seen, so the rate is known to about ±30 % ("rule of 30", G.
    /// Doddington and others, 2000).
    Measured,
    /// Fewer were seen: the claim is only the upper end of the interval.
    UpperBound,
}

/// An error rate with its exact counts and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedRate {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
    /// `errors / trials`.
    pub rate: f64,
    /// Lower end of the two-sided 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The rates of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedGroup {
    /// The attribute or intersection, such as `race×sex`.
    pub attribute: String,
    /// The group.
    pub group: String,
    /// False match rate among people of the group.
    pub fmr: CalibratedRate,
    /// False non-match rate; absent if the data has too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedThreshold {
    /// The target false match rate.
    pub target_fmr: f64,
    /// Accept at this score and above.
    pub threshold: f64,
    /// What supports it.
    pub claim: Claim,
    /// False match rate of everyone.
    pub fmr: CalibratedRate,
    /// Ends of the 95 % prediction interval: the false match rate that the same number of other
    /// people of the same kind would show at this threshold. It is wider than the interval of the
    /// rate itself, since those others vary too.
    pub fmr_of_others: [f64; 2],
    /// False non-match rate of everyone; absent if the data has too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
    /// The group whose false match rate has the highest upper end; absent without groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_group: Option<CalibratedGroup>,
    /// Every group with enough trials, by attribute and name.
    #[serde(default)]
    pub groups: Vec<CalibratedGroup>,
}

/// Whether two rates are the same, up to rounding.
pub(super) fn same(one: f64, other: f64) -> bool {
    (one / other - 1.0).abs() < 1e-9
}
