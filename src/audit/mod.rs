//! From comparison records to rates, differentials and verdicts.

mod differential;
mod interval;
mod operating_point;
mod power;
mod rates;
mod report;
mod rules;

pub use report::*;
pub use rules::Verdict;
pub use differential::{ALPHA, Combined, Measure, gini, holm};
pub use interval::{
    Bounds, DyadMoments, IntervalMethod, RateVariance, Share, beta_quantile, clopper_pearson,
    effective, normal_quantile, variance, wilson,
};
pub use operating_point::{
    EqualErrorRate, TargetFmr, equal_error_rate, threshold_for_fmr, threshold_for_fnmr,
};
pub use power::{Design, people_for_pairs, rule_of_thirty, zero_error_trials};
pub use rates::{Fmr, Fnmr, Rate};
