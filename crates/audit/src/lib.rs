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

mod acquisition;
mod all_pairs;
mod assemble;
pub mod calibrate;
mod cautions;
mod change;
mod cohort;
mod columns;
mod compared;
mod differential;
mod direction;
mod estimate;
pub mod export;
mod funnel;
mod gaps;
mod groups;
mod intake;
mod interval;
mod normalisation;
mod operating_point;
mod overturn;
mod pad;
mod permute;
mod personas;
mod power;
mod prose;
mod protocol;
mod random;
mod rates;
pub mod records;
mod report;
mod resample;
mod rules;
mod sample_set;
mod saved;
mod scores;
mod select;
mod settings;
mod spool;
mod stress;
mod tally;
mod unit_sizes;
mod verdicts;
mod words;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};

pub use change::{AuditChange, CHANGE_SCHEMA, Change, Direction, VerdictChange, compare_audits};
pub use differential::{ALPHA, Combined, Measure, gini, holm};
pub use direction::ScoreDirection;
pub use groups::{clustered_interval, dyadic_interval};
pub use interval::{
    Bounds, DyadMoments, IntervalMethod, RateVariance, Share, beta_quantile, clopper_pearson,
    effective, normal_quantile, variance, wilson,
};
pub use normalisation::{Normalisation, RawAttribute, RawPoint};
pub use operating_point::{
    EqualErrorRate, TargetFmr, equal_error_rate, threshold_for_fmr, threshold_for_fnmr,
};
pub use overturn::{OVERTURN_SCHEMA, OverturnRate, OverturnReport};
pub use pad::{
    PadCurvePoint, PadEndToEnd, PadGroup, PadPoint, PadPointGroup, PadReport, SIMULATED_PREFIX,
    SpeciesReport,
};
pub use power::{Design, people_for_pairs, rule_of_thirty, zero_error_trials};
pub use protocol::{AuditProgress, audit, audit_samples, worst_verdict};
pub use rates::{Fmr, Fnmr, Rate};
pub use report::*;
pub use rules::{Rule, RuleInterval, RuleMeasure, RulePack, Scope, Verdict};
pub use sample_set::{LabelledSample, SampleSet};
pub use settings::{AuditSettings, Thresholds};
pub use stress::{
    STRESS_NOTICE, STRESS_SCHEMA, StressLevel, StressObservation, StressOutcome, StressRate,
    StressRates, StressReport, StressSeries, StressTally, UnusablePhoto, stress_groups,
};
pub(crate) use words::threshold as threshold_text;
