//! A rate with everything its interval needs.

use super::cells::{Insufficient, MeasuredRate, RateCell};
use super::interval::{self, Bounds, FEW, IntervalMethod, wilson};
use super::rates::{self, Rate};
use super::resample::percentiles;
use super::variance::RateVariance;
use super::weigh::{ONE, Weigh};

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

/// A rate before its variance is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean {
    /// Errors and trials, as they are counted.
    pub(crate) counts: Rate,
    /// Errors and trials as they weigh: the counts, or shares in units of [`ONE`] over what counts
    /// once.
    pub(crate) weighed: Rate,
    pub(crate) weigh: Weigh,
    /// How many independent trials would weigh as much if nothing depended on anything: all of
    /// them, or fewer if they weigh differently, `(Σw)²/Σw²` (L. Kish, 1965).
    pub(crate) most: f64,
}

impl Mean {
    /// Each trial counts once.
    pub(crate) fn of_trials(counts: Rate) -> Self {
        let weigh = Weigh::Comparisons;
        Mean { counts, weighed: counts, weigh, most: counts.trials() as f64 }
    }

    fn p(&self) -> f64 {
        match self.counts.errors() == self.counts.trials() {
            // Weights are rounded down, so their sum may be a little below the whole.
            true if self.counts.trials() > 0 => 1.0,
            _ => self.weighed.p(),
        }
    }

    /// How many there are of what counts once.
    fn units(&self) -> f64 {
        match self.weigh {
            Weigh::Comparisons => self.counts.trials() as f64,
            Weigh::People => self.weighed.trials() as f64 / ONE as f64,
        }
    }

    /// Whether there are so few errors, or so few correct trials, that their variance says little.
    fn is_few(&self) -> bool {
        match self.weigh {
            Weigh::Comparisons => {
                self.counts.errors().min(self.counts.trials() - self.counts.errors()) < FEW
            }
            Weigh::People => {
                let (p, n) = (self.p(), self.units());
                n * p.min(1.0 - p) < FEW as f64 * (1.0 - 1e-6)
            }
        }
    }
}

/// Who stands behind a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Behind {
    pub(crate) people: Option<u64>,
    pub(crate) pairs: Option<u64>,
}

/// A rate, its variance and, if requested, its bootstrap replicates.
#[derive(Debug, Clone)]
pub(crate) struct RateSample {
    /// Errors and trials, as they are counted.
    pub(crate) rate: Rate,
    /// The rate, 0 to 1; NaN without trials.
    pub(crate) p: f64,
    /// How many there are of what counts once: trials, people, or pairs of people.
    pub(crate) units: f64,
    /// The sum of the weights, in the units of shares.
    pub(crate) total: f64,
    pub(crate) weigh: Weigh,
    pub(crate) behind: Behind,
    pub(crate) variance: f64,
    pub(crate) n_eff: f64,
    few: bool,
    freedom: Option<f64>,
    dependence: Dependence,
    pub(crate) replicates: Option<Vec<f64>>,
}

impl RateSample {
    /// A rate whose trials depend on each other. With few errors the variance cannot be estimated
    /// from the rate itself: `design_effect` (everyone's) is used instead.
    pub(crate) fn dependent(
        mean: Mean,
        estimated: RateVariance,
        dependence: Dependence,
        design_effect: f64,
        replicates: Option<Vec<f64>>,
    ) -> Self {
        let (p, units, few) = (mean.p(), mean.units(), mean.is_few());
        let n_eff = match few {
            true => units / design_effect.max(1.0),
            false => estimated.size(p, mean.most),
        };
        let variance = if n_eff > 0.0 { p * (1.0 - p) / n_eff } else { 0.0 };
        let freedom = (!few).then(|| estimated.freedom_of(p, mean.most));
        RateSample {
            rate: mean.counts,
            p,
            units,
            total: mean.weighed.trials() as f64,
            weigh: mean.weigh,
            behind: Behind::default(),
            variance,
            n_eff,
            few,
            freedom,
            dependence,
            replicates,
        }
    }

    /// A rate of independent trials.
    pub(crate) fn independent(rate: Rate) -> Self {
        let mean = Mean::of_trials(rate);
        let (p, n) = (rate.p(), rate.trials() as f64);
        RateSample {
            rate,
            p,
            units: n,
            total: n,
            weigh: Weigh::Comparisons,
            behind: Behind::default(),
            variance: if n > 0.0 { p * (1.0 - p) / n } else { 0.0 },
            n_eff: n,
            few: mean.is_few(),
            freedom: None,
            dependence: Dependence::Independent,
            replicates: None,
        }
    }

    /// Says who stands behind the rate.
    pub(crate) fn with_people(mut self, people: Option<u64>, pairs: Option<u64>) -> Self {
        self.behind = Behind { people, pairs };
        self
    }

    /// What counts once over what it is worth, at least 1.
    pub(crate) fn design_effect(&self) -> f64 {
        let effect = self.units / self.n_eff;
        if effect.is_finite() { effect.max(1.0) } else { 1.0 }
    }

    /// The one-sided 95 % upper bound, which replaces a zero rate in a denominator.
    pub(crate) fn floor(&self) -> f64 {
        interval::beta_quantile(0.95, self.p * self.n_eff + 1.0, self.n_eff)
    }

    /// The interval by this method, and the method in words.
    pub(crate) fn bounds(&self, confidence: f64, method: IntervalMethod) -> (Bounds, String) {
        let rate = self.rate;
        if rate.trials() == 0 {
            return (Bounds { low: 0.0, high: 1.0 }, "no trials".to_owned());
        }
        let few = self.few;
        let exact = |n_eff: f64| interval::clopper_pearson(self.p * n_eff, n_eff, confidence);
        let size = format!("n_eff {:.0}", self.n_eff);
        let kind = match self.dependence {
            Dependence::Clustered => "clustered by person, ",
            Dependence::Dyadic => "dyadic, ",
            Dependence::Independent => "",
        };
        match method {
            IntervalMethod::Exact => {
                let what = match (self.weigh, self.dependence) {
                    (Weigh::Comparisons, _) => "trials",
                    (Weigh::People, Dependence::Dyadic) => "pairs of people",
                    (Weigh::People, _) => "people",
                };
                (exact(self.units), format!("Clopper–Pearson, independent {what}"))
            }
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
                (wilson(self.p, self.n_eff, z), format!("Wilson, {kind}{size}"))
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
        let bounds = interval::clopper_pearson(self.p * self.n_eff, self.n_eff, confidence);
        let method = if self.n_eff < self.units {
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
            rate: self.p,
            low: bounds.low,
            high: bounds.high,
            method,
            n_eff: self.n_eff,
            weigh: self.weigh,
            people: self.behind.people,
            pairs_of_people: self.behind.pairs,
            text: match self.weigh {
                Weigh::Comparisons => rates::text(rate, bounds),
                Weigh::People => rates::text_of_people(
                    (rate, self.p, bounds),
                    self.units as u64,
                    self.dependence == Dependence::Dyadic,
                ),
            },
        })
    }
}
