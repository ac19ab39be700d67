//! The report: every number of an audit, ready to be rendered.
//!
//! These types *are* `report.json` (`"schema": "evenmatch.audit/1"`). Renderers calculate nothing:
//! each number comes with its interval, the method of the interval and, if people read it, a plain
//! sentence. Maps are sorted by name, so that equal audits give equal bytes.

use super::normalisation::Normalisation;
use super::pad::PadReport;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::direction::ScoreDirection;
use super::overturn::OverturnReport;
use super::rules::Verdict;
use super::stress::StressReport;
use crate::records::{InputDigest, RecordWarning};

/// The value of the field `schema`.
pub const SCHEMA: &str = "evenmatch.audit/1";

/// A whole audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that computed the report.
    pub software: Software,
    /// Files that were read, with their digests.
    pub inputs: Vec<InputDigest>,
    /// Seed of every resampling.
    pub seed: u64,
    /// Confidence of every two-sided interval, such as 0.95.
    pub confidence: f64,
    /// The answer first: one plain sentence per attribute and error type, at the first
    /// operating point.
    pub answers: Vec<Answer>,
    /// What was audited.
    pub data: DataDescription,
    /// Which way scores point. Thresholds, curves and histograms are in the file's own direction.
    #[serde(default)]
    pub score_direction: ScoreDirection,
    /// Where the thresholds come from.
    pub threshold_basis: ThresholdBasis,
    /// Rates, differentials and verdicts per operating point.
    pub operating_points: Vec<OperatingPointReport>,
    /// Threshold-free summaries and curves.
    pub scores: ScoreReport,
    /// Which samples gave no template, if samples were audited rather than records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquisition: Option<AcquisitionReport>,
    /// The rates of the plain scores, if the scores of this report are normalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<Normalisation>,
    /// Presentation attack detection, if the records contain it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<PadReport>,
    /// A stress test added to the audit by the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stress: Option<StressReport>,
    /// How often reviewers overturned decisions, added to the audit by the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeals: Option<OverturnReport>,
    /// How the numbers were calculated, one paragraph each.
    pub method: Vec<String>,
    /// What the numbers cannot say, one paragraph each.
    pub limits: Vec<String>,
    /// Oddities of the records and of the audit, sorted by code.
    pub warnings: Vec<RecordWarning>,
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

/// What was audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataDescription {
    /// Rows read.
    pub records: u64,
    /// Rows that the rates are reported on (all, or the `report` half).
    pub reported: u64,
    /// Reported mated rows, failures included.
    pub mated: u64,
    /// Reported non-mated rows, failures included.
    pub nonmated: u64,
    /// Reported rows that are presentation attacks.
    pub attacks: u64,
    /// People in the records.
    pub subjects: u64,
    /// Distinct non-mated pairs of people.
    pub dyads: u64,
    /// Reported rows in which nothing was compared, by failure.
    pub failures: BTreeMap<String, u64>,
    /// Attributes and intersections.
    pub attributes: Vec<AttributeDescription>,
    /// The shape of the pair graph, which decides the type of interval.
    pub design: PairDesign,
}

/// One attribute or intersection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDescription {
    /// Its name, such as `race×sex`.
    pub name: String,
    /// `label` (one value per person), `sample` (differs between samples of one person).
    pub level: String,
    /// People per group.
    pub subjects: BTreeMap<String, u64>,
    /// Reported rows left out of this attribute because a side has no label.
    pub unlabelled: u64,
    /// Where its values come from, if not from labels: `measured from the image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A caution to print beside the attribute (as for `ita`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// The shape of the non-mated pair graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairDesign {
    /// `sparse list`, `intermediate`, `dense all-pairs`, or `none`.
    pub name: String,
    /// Mean number of distinct people with whom a person is compared.
    pub mean_degree: f64,
    /// Distinct pairs of people over all possible ones.
    pub density: f64,
    /// Mean number of mated comparisons per person who has any.
    pub mated_per_subject: f64,
    /// Why these intervals were chosen, in a sentence.
    pub sentence: String,
}

/// Where the thresholds come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdBasis {
    /// `calibration`, `given`, `split`, `in_sample` or `no_scores`.
    pub kind: BasisKind,
    /// A plain sentence; for `in_sample` it is the warning to print beside the numbers.
    pub sentence: String,
    /// The calibration file and its digest, if one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<InputDigest>,
}

/// Where a threshold comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// A calibration file, made from other data.
    Calibration,
    /// `--threshold`.
    Given,
    /// The `tune` rows; rates are on the `report` rows.
    Split,
    /// The same rows on which the rates are reported.
    InSample,
    /// No comparison has a score, so there is nothing to set a threshold for.
    NoScores,
}

/// Everything at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingPointReport {
    /// The target FMR; null for a given threshold.
    pub target_fmr: Option<f64>,
    /// Accept if and only if score ≥ this (≤ if lower scores mean greater similarity).
    pub threshold: f64,
    /// Everyone.
    pub overall: Rates,
    /// Attributes and intersections by name.
    pub attributes: BTreeMap<String, AttributeReport>,
    /// Rules with their verdicts, packs in the order requested.
    pub rules: Vec<RuleReport>,
    /// The worst verdict: FAIL before INCONCLUSIVE before PASS; null without rules.
    pub verdict: Option<Verdict>,
}

/// The rates of one group of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// False match rate; within-cohort pairs for a group, all pairs for everyone.
    pub fmr: RateCell,
    /// False non-match rate.
    pub fnmr: RateCell,
    /// Failure to acquire: transactions in which nothing was compared.
    pub fta: RateCell,
    /// False accept rate over transactions.
    pub far: RateCell,
    /// False reject rate over transactions.
    pub frr: RateCell,
}

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
    /// `errors / trials`, in 0..=1.
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

/// One attribute at one operating point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributeReport {
    /// Groups by name.
    pub groups: BTreeMap<String, GroupReport>,
    /// How the groups differ.
    pub differentials: Differentials,
    /// False match rates within and across groups.
    pub cross_cohort: CrossCohort,
    /// A plain sentence about this attribute.
    pub sentence: String,
}

/// One group at one operating point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// Its rates.
    #[serde(flatten)]
    pub rates: Rates,
    /// FMR of the group over everyone's; null if it cannot be calculated.
    pub fmr_over_overall: Option<Estimate>,
    /// FNMR of the group over everyone's.
    pub fnmr_over_overall: Option<Estimate>,
    /// At which stage its people are turned away.
    pub funnel: Funnel,
    /// People in the group.
    pub subjects: u64,
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

/// False match rates of every pair of groups; empty with more than 100 groups, since the number of
/// pairs grows with the square of the number of groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossCohort {
    /// Row and column labels.
    pub groups: Vec<String>,
    /// `fmr[i][j]`, symmetric; null if there is no such pair. The diagonal is within-cohort.
    pub fmr: Vec<Vec<Option<RateCell>>>,
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

/// The share of all samples that gave no template, and the stages at which they were lost. A
/// funnel's transactions are samples here, and its `denied` is the rate of failure to acquire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcquisitionReport {
    /// All samples.
    pub overall: Funnel,
    /// By attribute and group.
    pub attributes: BTreeMap<String, BTreeMap<String, Funnel>>,
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

/// A rule with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// Pack, such as `sp800-63a4`.
    pub pack: String,
    /// Rule within the pack, such as `fmr`.
    pub rule: String,
    /// The attribute; null for everyone.
    pub attribute: Option<String>,
    /// The group; null for everyone or for a rule on all groups together.
    pub group: Option<String>,
    /// PASS, FAIL or INCONCLUSIVE.
    pub verdict: Verdict,
    /// The measured value; null if it could not be measured.
    pub value: Option<Estimate>,
    /// The limit; null for rules that only report.
    pub limit: Option<f64>,
    /// Confidence of the interval that the rule asks for.
    pub confidence: f64,
    /// For INCONCLUSIVE: what would settle it.
    pub needed: Option<Needed>,
    /// A plain sentence.
    pub sentence: String,
    /// What makes the verdict doubtful: faults in the labels or scores behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    /// Where the rule comes from.
    pub source: String,
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

/// Threshold-free summaries and curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreReport {
    /// Everyone: within- and cross-cohort pairs.
    pub overall: ScoreSummary,
    /// Attributes → groups, within-cohort.
    pub attributes: BTreeMap<String, BTreeMap<String, ScoreSummary>>,
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
