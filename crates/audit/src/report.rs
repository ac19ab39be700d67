//! The report: every number of an audit, ready to be rendered.
//!
//! These types *are* `report.json` (`"schema": "evenmatch.audit/1"`). Renderers calculate nothing:
//! each number comes with its interval, the method of the interval and, if people read it, a plain
//! sentence. Maps are sorted by name, so that equal audits give equal bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cells::{
    Answer, Differentials, Estimate, Funnel, Needed, Normalisation, RateCell, Rates, ScoreSummary,
    Software,
};
use super::direction::ScoreDirection;
use super::overturn::OverturnReport;
use super::pad::PadReport;
use super::rules::Verdict;
use super::stress::StressReport;
use crate::records::{InputDigest, RecordWarning};
use evenmatch_core::record::TemplateForm;

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
    /// The form of the templates that were compared, if samples were audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<TemplateForm>,
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

/// False match rates of every pair of groups; empty with more than 100 groups, since the number of
/// pairs grows with the square of the number of groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossCohort {
    /// Row and column labels.
    pub groups: Vec<String>,
    /// `fmr[i][j]`, symmetric; null if there is no such pair. The diagonal is within-cohort.
    pub fmr: Vec<Vec<Option<RateCell>>>,
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

/// Threshold-free summaries and curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreReport {
    /// Everyone: within- and cross-cohort pairs.
    pub overall: ScoreSummary,
    /// Attributes → groups, within-cohort.
    pub attributes: BTreeMap<String, BTreeMap<String, ScoreSummary>>,
}
