//! Error rates of any face verification system by demographic group, from its comparison records.
//!
//! No photo, no model and no native code: what is read are scores and labels.
//!
//! - [`records`] reads CSV, JSON and Parquet (feature `parquet`), in our columns or those of other
//!   systems.
//! - [`audit()`] turns records into an [`AuditReport`]: false match, false non-match and failure
//!   to acquire rates by group with confidence intervals, differentials and verdicts.
//! - [`export`] renders a report as HTML, JSON, CSV and Markdown.
//! - [`calibrate`] turns a report into thresholds with the claims behind them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquisition;
mod all_pairs;
mod assemble;
pub mod calibrate;
mod cautions;
mod cells;
mod change;
mod cohort;
mod columns;
mod compared;
mod describe;
mod differential;
mod differential_intervals;
mod direction;
pub mod export;
mod funnel;
mod groups;
mod intake;
mod interval;
mod likeness;
mod needed;
mod numbers;
mod operating_point;
mod overturn;
mod pad;
mod permute;
mod personas;
mod power;
mod prose;
mod protocol;
mod random;
mod rate_sample;
mod rates;
mod read_report;
pub mod records;
mod report;
mod resample;
mod row_cache;
mod row_weights;
mod rules;
mod sample_set;
mod scores;
mod select;
mod sentences;
mod settings;
mod stress;
mod tally;
mod thresholds;
mod unit_sizes;
mod variance;
mod verdicts;
mod weigh;
mod whole_report;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};

pub use cells::{
    Answer, CurvePoint, Differential, Differentials, ErrorDifferentials, Estimate, Funnel,
    FunnelStage, Histogram, Insufficient, MeasuredRate, Needed, Normalisation, RateCell, Rates,
    RawAttribute, RawPoint, ScoreSummary, Software,
};
pub use change::{AuditChange, CHANGE_SCHEMA, Change, Direction, VerdictChange, compare_audits};
pub use differential::{ALPHA, Combined, Measure, gini, holm};
pub use direction::ScoreDirection;
pub use groups::{
    clustered_interval, clustered_interval_of_people, dyadic_interval, dyadic_interval_of_people,
};
pub use interval::{
    Bounds, IntervalMethod, beta_quantile, clopper_pearson, normal_quantile, wilson,
};
pub use operating_point::{
    EqualErrorRate, TargetFmr, equal_error_rate, threshold_for_fmr, threshold_for_fnmr,
};
pub use overturn::{OVERTURN_SCHEMA, OverturnRate, OverturnReport};
pub use pad::{
    PadCurvePoint, PadEndToEnd, PadGroup, PadPoint, PadPointGroup, PadReport, SIMULATED_PREFIX,
    SpeciesReport,
};
pub use power::{Design, people_for_pairs, rule_of_thirty, zero_error_trials};
pub use protocol::{audit, audit_samples};
pub use rates::{Fmr, Fnmr, Rate, effective};
pub use report::{
    AcquisitionReport, AttributeDescription, AttributeReport, AuditReport, BasisKind, CrossCohort,
    DataDescription, GroupReport, OperatingPointReport, PairDesign, RuleReport, SCHEMA,
    ScoreReport, ThresholdBasis,
};
pub use rules::{Rule, RuleInterval, RuleMeasure, RulePack, Scope, Verdict};
pub use sample_set::{LabelledSample, SampleSet};
pub use settings::{AuditProgress, AuditSettings, Thresholds};
pub use stress::{
    STRESS_NOTICE, STRESS_SCHEMA, StressLevel, StressObservation, StressOutcome, StressRate,
    StressRates, StressReport, StressSeries, StressTally, UnusablePhoto, stress_groups,
};
pub use variance::{DyadMoments, RateVariance, Share, variance};
pub use weigh::Weigh;
pub use whole_report::worst_verdict;

/// The program of the README, which compiles with it.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
