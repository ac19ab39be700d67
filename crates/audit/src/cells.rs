//! What a report is built of: rates, differences and curves with their intervals, and the answers.
//!
//! Like the whole report (`report.rs`), these types *are* `report.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::Verdict;
use super::weigh::Weigh;
use crate::Digest;

/// A rate with its interval, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RateCell {
    /// Enough trials.
    Measured(MeasuredRate),
    /// Too few trials to print a number.
    Insufficient {
        /// How many there are and how many are needed.
        insufficient: Insufficient,
    },
}

/// A rate that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRate {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
    /// `errors / trials`, in 0..=1; with `weigh` `people`, the mean over people, or over pairs of
    /// people, of the share of their own trials that are errors.
    pub rate: f64,
    /// Lower end of the two-sided interval.
    pub low: f64,
    /// Upper end of the two-sided interval.
    pub high: f64,
    /// How the interval was made, such as `Clopper–Pearson` or
    /// `Wilson, dyadic n_eff 2705`.
    pub method: String,
    /// The number of independent trials that would carry as much information.
    pub n_eff: f64,
    /// What counts once in `rate`, `low` and `high`; absent if each trial does.
    #[serde(default, skip_serializing_if = "Weigh::is_comparisons")]
    pub weigh: Weigh,
    /// People behind the rate: those with a trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u64>,
    /// Pairs of people behind a rate over pairs of people: those with a trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_of_people: Option<u64>,
    /// As people read it: `3/1200 = 0.25 % [0.09, 0.73]`; zero errors give an upper bound.
    pub text: String,
}

/// Too few trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insufficient {
    /// How many there are.
    pub trials: u64,
    /// How many are needed at least.
    pub needed: u64,
}

/// The rates of one group of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// False match rate; within-cohort pairs for a group, all pairs for everyone.
    pub fmr: RateCell,
    /// False non-match rate.
    pub fnmr: RateCell,
    /// Failure to acquire: photos without a template or, where only records are known, transactions
    /// in which nothing was compared. Each counts once, whatever is weighed.
    pub fta: RateCell,
    /// People none of whose photos gave a template; absent where only records are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fta_people: Option<RateCell>,
    /// False accept rate over transactions.
    pub far: RateCell,
    /// False reject rate over transactions.
    pub frr: RateCell,
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Lower end; null if the interval is open.
    pub low: Option<f64>,
    /// Upper end; null if the interval is open.
    pub high: Option<f64>,
}

/// One measure of how groups differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Differential {
    /// The point estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval; null if it is open (a group without errors).
    pub high: Option<f64>,
    /// True if a zero rate in the denominator was replaced by its one-sided upper bound, so that
    /// the value is a lower bound.
    pub at_least: bool,
    /// How the interval was calculated.
    pub method: String,
    /// Against the null hypothesis of equal rates.
    pub p_value: f64,
    /// Holm-adjusted within the error type over all attributes of the operating point.
    pub p_holm: f64,
    /// A plain sentence.
    pub sentence: String,
}

/// The differentials of one error type. A measure is null if fewer than two groups have enough
/// trials, or if it is undefined (no errors in any group).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct ErrorDifferentials {
    /// Largest minus smallest rate.
    pub max_minus_min: Option<Differential>,
    /// Largest over smallest rate.
    pub max_over_min: Option<Differential>,
    /// Largest rate over the geometric mean: the headline.
    pub max_over_geomean: Option<Differential>,
    /// Largest rate over everyone's.
    pub worst_over_overall: Option<Differential>,
    /// Gini coefficient of the rates with the small-sample factor K/(K−1).
    pub gini: Option<Differential>,
    /// The group with the largest rate.
    pub worst_group: Option<String>,
    /// The group with the smallest rate.
    pub best_group: Option<String>,
}

/// How the groups of an attribute differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Differentials {
    /// False positive differentials.
    pub fmr: ErrorDifferentials,
    /// False negative differentials.
    pub fnmr: ErrorDifferentials,
    /// Differentials of false *rejections* over transactions, failures to acquire included.
    pub frr: ErrorDifferentials,
    /// Gini aggregation rate for biometric equitability, α = 0.5; null if undefined.
    pub garbe: Option<f64>,
    /// Inequity rate, α = 0.5.
    pub inequity_rate: Option<f64>,
    /// Fairness discrepancy rate, α = 0.5; reported last since it saturates.
    pub fdr: Option<f64>,
    /// The same three with intervals and p-values, by the names above.
    pub combined: BTreeMap<String, Differential>,
}

/// At which stage the people of a group are turned away: counts over mated transactions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Funnel {
    /// Mated transactions.
    pub transactions: u64,
    /// Stages in order: decode, detect, quality, liveness, other, compare.
    pub stages: Vec<FunnelStage>,
    /// Faces found at attempt 1, 2, …; empty if attempts are not recorded.
    pub found_at_attempt: Vec<u64>,
    /// Transactions denied at any stage.
    pub denied: RateCell,
    /// People denied in every one of their transactions (retries included).
    pub denied_always: RateCell,
}

/// One stage of the funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunnelStage {
    /// `decode`, `detect`, `quality`, `liveness`, `other` or `compare`.
    pub stage: String,
    /// Transactions that reached the stage.
    pub entered: u64,
    /// Transactions that ended there, over those that entered.
    pub lost: RateCell,
}

/// What would settle an inconclusive rule, if the rate stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Needed {
    /// Further trials (comparisons) like those measured; null if no number would be enough.
    pub trials: Option<u64>,
    /// Further people, at the present number of trials per person.
    pub subjects: Option<u64>,
    /// The same in words.
    pub sentence: String,
}

/// Scores of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// Equal error rate (mean of FMR and FNMR where they cross).
    pub eer: Option<f64>,
    /// The threshold there.
    pub eer_threshold: Option<f64>,
    /// |μ_mated − μ_nonmated| / √((σ²_mated + σ²_nonmated)/2).
    pub d_prime: Option<f64>,
    /// Cllr of the scores read as natural log likelihood ratios, in bits; for everyone only.
    pub cllr: Option<f64>,
    /// Cllr after the best monotone calibration (pool adjacent violators), in bits.
    pub min_cllr: Option<f64>,
    /// The DET/ROC curve, thresholds ascending; at most 200 points.
    pub curve: Vec<CurvePoint>,
    /// Mated scores.
    pub mated: Histogram,
    /// Non-mated scores.
    pub nonmated: Histogram,
}

/// One point of the DET/ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Accept if and only if score ≥ this (≤ if lower scores mean greater similarity).
    pub threshold: f64,
    /// False match rate.
    pub fmr: f64,
    /// False non-match rate.
    pub fnmr: f64,
}

/// A histogram over equal bins of `[low, high]`, the same range for all groups of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Lower edge of the first bin.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// Counts, 64 bins.
    pub counts: Vec<u64>,
}

/// Name and version of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// `evenmatch`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One plain sentence that answers for one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The attribute, such as `race` or `race×sex`; `overall` for the sentence about everyone.
    pub attribute: String,
    /// The worst verdict among the rules on this attribute, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The sentences.
    pub sentence: String,
}

/// The scores are normalised; these are the rates before normalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// SHA-256 of the normaliser.
    pub normaliser: Digest,
    /// Number of people it was made from.
    pub cohort: u64,
    /// What it does, and on whom this was measured, in plain sentences.
    pub sentence: String,
    /// The plain scores at thresholds of the same target rates.
    pub raw: Vec<RawPoint>,
}

/// Plain scores at one target rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawPoint {
    /// The target FMR.
    pub target_fmr: Option<f64>,
    /// The threshold of the plain scores.
    pub threshold: f64,
    /// FNMR of everyone.
    pub fnmr: RateCell,
    /// Attributes and intersections by name.
    pub attributes: BTreeMap<String, RawAttribute>,
}

/// One attribute at one target rate, plain scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawAttribute {
    /// FMR by group.
    pub fmr: BTreeMap<String, RateCell>,
    /// Largest over smallest FMR.
    pub max_over_min: Option<Differential>,
    /// Largest FMR over the geometric mean.
    pub max_over_geomean: Option<Differential>,
}
