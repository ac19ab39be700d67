//! A rate with everything its interval needs.

use super::cells::{Insufficient, MeasuredRate, RateCell};
use super::interval::{self, Bounds, FEW, IntervalMethod, wilson};
use super::rates::{self, Rate};
use super::resample::percentiles;
use super::variance::RateVariance;

/// How the trials of a rate depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependence {
    /// Mated transactions of one person.
    Clustered,
    /// Pairs that share a person.
    Dyadic,
    /// Independent.
    Independent,
}

/// A rate, its variance and, if requested, its bootstrap replicates.
#[derive(Debug, Clone)]
pub(crate) struct RateSample {
    pub(crate) rate: Rate,
    pub(crate) variance: f64,
    pub(crate) n_eff: f64,
    freedom: Option<f64>,
    dependence: Dependence,
    pub(crate) replicates: Option<Vec<f64>>,
}

impl RateSample {
    /// A rate whose trials depend on each other. With few errors the variance cannot be estimated
    /// from the rate itself: `design_effect` (everyone's) is used instead.
    pub(crate) fn dependent(
        rate: Rate,
        estimated: RateVariance,
        dependence: Dependence,
        design_effect: f64,
        replicates: Option<Vec<f64>>,
    ) -> Self {
        let n = rate.trials() as f64;
        let few = rate.errors().min(rate.trials() - rate.errors()) < FEW;
        let n_eff = if few { n / design_effect.max(1.0) } else { estimated.n_eff(rate) };
        let p = rate.p();
        let variance = if n_eff > 0.0 { p * (1.0 - p) / n_eff } else { 0.0 };
        let freedom = (!few).then(|| estimated.freedom(rate));
        RateSample { rate, variance, n_eff, freedom, dependence, replicates }
    }

    /// A rate of independent trials.
    pub(crate) fn independent(rate: Rate) -> Self {
        let (p, n) = (rate.p(), rate.trials() as f64);
        RateSample {
            rate,
            variance: if n > 0.0 { p * (1.0 - p) / n } else { 0.0 },
            n_eff: n,
            freedom: None,
            dependence: Dependence::Independent,
            replicates: None,
        }
    }

    /// Trials over effective trials, at least 1.
    pub(crate) fn design_effect(&self) -> f64 {
        let effect = self.rate.trials() as f64 / self.n_eff;
        if effect.is_finite() { effect.max(1.0) } else { 1.0 }
    }

    /// The one-sided 95 % upper bound, which replaces a zero rate in a denominator.
    pub(crate) fn floor(&self) -> f64 {
        interval::beta_quantile(0.95, self.rate.p() * self.n_eff + 1.0, self.n_eff)
    }

    /// The interval by this method, and the method in words.
    pub(crate) fn bounds(&self, confidence: f64, method: IntervalMethod) -> (Bounds, String) {
        let rate = self.rate;
        if rate.trials() == 0 {
            return (Bounds { low: 0.0, high: 1.0 }, "no trials".to_owned());
        }
        let n = rate.trials() as f64;
        let few = rate.errors().min(rate.trials() - rate.errors()) < FEW;
        let exact = |n_eff: f64| interval::clopper_pearson(rate.p() * n_eff, n_eff, confidence);
        let size = format!("n_eff {:.0}", self.n_eff);
        let kind = match self.dependence {
            Dependence::Clustered => "clustered by person, ",
            Dependence::Dyadic => "dyadic, ",
            Dependence::Independent => "",
        };
        match method {
            IntervalMethod::Exact => (exact(n), "Clopper–Pearson, independent trials".to_owned()),
            IntervalMethod::Bootstrap if !few => {
                match self.replicates.as_deref().and_then(|r| percentiles(r, confidence)) {
                    Some((low, high)) => (
                        Bounds { low, high },
                        "subject bootstrap, double or nothing, percentiles".to_owned(),
                    ),
                    None => self.bounds(confidence, IntervalMethod::Auto),
                }
            }
            _ if few && method != IntervalMethod::Wilson => {
                (exact(self.n_eff), format!("Clopper–Pearson, {kind}{size}"))
            }
            _ => {
                let z = self.freedom.map_or_else(
                    || interval::normal_quantile(confidence),
                    |freedom| interval::student_quantile(confidence, freedom),
                );
                (wilson(rate.p(), self.n_eff, z), format!("Wilson, {kind}{size}"))
            }
        }
    }

    /// A rate known by its counts and its effective number of trials.
    pub(crate) fn effective(rate: Rate, n_eff: f64) -> Self {
        let p = rate.p();
        let variance = if n_eff > 0.0 { p * (1.0 - p) / n_eff } else { 0.0 };
        RateSample { n_eff, variance, ..RateSample::independent(rate) }
    }

    /// The exact interval on the effective number of trials, however many errors there are.
    pub(crate) fn exact(&self, confidence: f64) -> (Bounds, String) {
        let trials = self.rate.trials();
        if trials == 0 {
            return (Bounds { low: 0.0, high: 1.0 }, "no trials".to_owned());
        }
        let bounds = interval::clopper_pearson(self.rate.p() * self.n_eff, self.n_eff, confidence);
        let method = if self.n_eff < trials as f64 {
            format!("Clopper–Pearson, clustered by person, n_eff {:.0}", self.n_eff)
        } else {
            "Clopper–Pearson, independent trials".to_owned()
        };
        (bounds, method)
    }

    /// The cell of the report with the exact interval.
    pub(crate) fn exact_cell(&self, confidence: f64, least: u64) -> RateCell {
        self.cell_with(least, || self.exact(confidence))
    }

    /// The cell of the report.
    pub(crate) fn cell(&self, confidence: f64, method: IntervalMethod, least: u64) -> RateCell {
        self.cell_with(least, || self.bounds(confidence, method))
    }

    fn cell_with(&self, least: u64, bounds: impl FnOnce() -> (Bounds, String)) -> RateCell {
        let rate = self.rate;
        if rate.trials() < least.max(1) {
            let insufficient = Insufficient { trials: rate.trials(), needed: least.max(1) };
            return RateCell::Insufficient { insufficient };
        }
        let (bounds, method) = bounds();
        RateCell::Measured(MeasuredRate {
            errors: rate.errors(),
            trials: rate.trials(),
            rate: rate.p(),
            low: bounds.low,
            high: bounds.high,
            method,
            n_eff: self.n_eff,
            text: rates::text(rate, bounds),
        })
    }
}
