//! Rates that always carry their denominator.

use std::fmt;

use super::interval::{
    Bounds, FEW, beta_quantile, clopper_pearson, normal_quantile, student_quantile, wilson,
};

/// Errors over trials, in exact integers.
///
/// ```
/// use evenmatch_audit::Rate;
/// let rate = Rate::new(3, 1200);
/// assert_eq!(rate.to_string(), "3/1200 = 0.25 % [0.09, 0.73]");
/// assert_eq!(Rate::new(0, 2995).to_string(), "0/2995, at most 0.100 %");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rate {
    errors: u64,
    trials: u64,
}

impl Rate {
    /// A rate of `errors` in `trials`; errors are capped at the number of trials.
    pub fn new(errors: u64, trials: u64) -> Self {
        Rate { errors: errors.min(trials), trials }
    }

    /// How many trials were errors.
    pub fn errors(self) -> u64 {
        self.errors
    }

    /// How many trials there were.
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// `errors / trials` in 0..=1; `None` without trials.
    pub fn value(self) -> Option<f64> {
        (self.trials > 0).then(|| self.errors as f64 / self.trials as f64)
    }

    /// The rate as a number; NaN without trials.
    pub(crate) fn p(self) -> f64 {
        self.errors as f64 / self.trials as f64
    }

    /// The two-sided interval for independent trials at this confidence: exact with fewer than
    /// three errors (or correct trials), Wilson's otherwise.
    pub fn bounds(self, confidence: f64) -> Bounds {
        effective(self, self.trials as f64, confidence, None)
    }

    /// The one-sided upper bound by Clopper and Pearson, which for zero errors is the "rule of
    /// three", `1 − α^(1/N)`.
    pub fn upper_bound(self, confidence: f64) -> f64 {
        let (errors, trials) = (self.errors as f64, self.trials as f64);
        beta_quantile(confidence, errors + 1.0, trials - errors)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(*self, self.bounds(0.95)))
    }
}

/// The interval on an effective sample size: exact for few errors, Wilson's otherwise; `freedom` is
/// the degrees of freedom behind the size, if it was estimated.
pub fn effective(rate: Rate, n_eff: f64, confidence: f64, freedom: Option<f64>) -> Bounds {
    let Some(p) = rate.value() else { return Bounds { low: 0.0, high: 1.0 } };
    if rate.errors().min(rate.trials() - rate.errors()) < FEW {
        return clopper_pearson(p * n_eff, n_eff, confidence);
    }
    let z = freedom.map_or_else(
        || normal_quantile(confidence),
        |freedom| student_quantile(confidence, freedom),
    );
    wilson(p, n_eff, z)
}

/// A rate with given bounds, as people read it.
pub(crate) fn text(rate: Rate, bounds: Bounds) -> String {
    let Some(value) = rate.value() else { return "no trials".to_owned() };
    let (errors, trials) = (rate.errors, rate.trials);
    let percent = |x: f64, decimals: usize| format!("{:.decimals$}", 100.0 * x);
    if errors == 0 {
        return format!("0/{trials}, at most {} %", percent(bounds.high, decimals(bounds.high)));
    }
    let d = decimals(value);
    let (low, high) = (percent(bounds.low, d), percent(bounds.high, d));
    format!("{errors}/{trials} = {} % [{low}, {high}]", percent(value, d))
}

/// A rate in which each person, or each pair of people, counts once.
pub(crate) fn text_of_people(
    (counts, p, bounds): (Rate, f64, Bounds),
    units: u64,
    pairs: bool,
) -> String {
    let (errors, trials) = (counts.errors, counts.trials);
    let who = match (pairs, units) {
        (true, 1) => "1 pair of people".to_owned(),
        (true, _) => format!("{units} pairs of people"),
        (false, 1) => "1 person".to_owned(),
        (false, _) => format!("{units} people"),
    };
    let percent = |x: f64, decimals: usize| format!("{:.decimals$}", 100.0 * x);
    if errors == 0 {
        let high = percent(bounds.high, decimals(bounds.high));
        return format!("0/{trials}, at most {high} %, by {who}");
    }
    let d = decimals(p);
    let (low, high) = (percent(bounds.low, d), percent(bounds.high, d));
    format!("{} % [{low}, {high}], mean of {who} ({errors}/{trials})", percent(p, d))
}

/// Decimals that show a share in per cent with two significant digits.
pub(crate) fn decimals(share: f64) -> usize {
    if share <= 0.0 || !share.is_finite() {
        return 2;
    }
    (1.0 - (100.0 * share).log10().floor()).clamp(2.0, 9.0) as usize
}

macro_rules! named_rate {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(pub Rate);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

named_rate! {
    /// False match rate: non-mated comparisons with score ≥ threshold, over those with a score.
    Fmr
}
named_rate! {
    /// False non-match rate: mated comparisons with score < threshold, over those with a score.
    Fnmr
}

impl Fmr {
    /// Counts over a list of non-mated scores; accept if and only if score ≥ `threshold`.
    pub fn at(threshold: f64, nonmated: &[f64]) -> Self {
        let errors = nonmated.iter().filter(|&&score| score >= threshold).count();
        Fmr(Rate::new(errors as u64, nonmated.len() as u64))
    }
}

impl Fnmr {
    /// Counts over a list of mated scores; accept if and only if score ≥ `threshold`.
    pub fn at(threshold: f64, mated: &[f64]) -> Self {
        let errors = mated.iter().filter(|&&score| score < threshold).count();
        Fnmr(Rate::new(errors as u64, mated.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rates_keep_two_digits() {
        assert_eq!(Rate::new(34, 1_000_000).to_string(), "34/1000000 = 0.0034 % [0.0024, 0.0048]");
        assert_eq!(Rate::new(0, 0).to_string(), "no trials");
        assert_eq!(Rate::new(50, 100).to_string(), "50/100 = 50.00 % [40.38, 59.62]");
    }

    #[test]
    fn zero_errors_give_the_rule_of_three() {
        for (limit, trials) in [(1e-2, 299), (1e-3, 2995), (1e-4, 29_956), (0.07, 42), (0.15, 19)] {
            assert!(Rate::new(0, trials).upper_bound(0.95) <= limit, "{limit}");
            assert!(Rate::new(0, trials - 1).upper_bound(0.95) > limit, "{limit}");
            assert!(Rate::new(0, trials).bounds(0.95).high <= limit, "{limit}");
        }
    }

    #[test]
    fn a_score_on_the_threshold_is_accepted() {
        assert_eq!(Fmr::at(0.5, &[0.4, 0.5, 0.6]).0, Rate::new(2, 3));
        assert_eq!(Fnmr::at(0.5, &[0.4, 0.5, 0.6]).0, Rate::new(1, 3));
    }
}
