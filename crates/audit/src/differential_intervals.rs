//! Differentials with their intervals, p-values and sentences.
//!
//! Intervals treat the worst (and best) group as known. Ratios use the delta method on the
//! logarithm; for max/min that is Katz's interval. The worst over everyone uses it on the ratio
//! itself, with the covariance of a part and its whole; max − min uses the square-and-add rule
//! (MOVER). Rates of different groups come from different people, so they are independent. Where a
//! group has no errors, half an error is added for the interval (J. Haldane, F. Anscombe).

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::cells::{Differential, ErrorDifferentials, Estimate};
use super::differential::{ALPHA, Combined, Measure, gini};
use super::interval::{IntervalMethod, normal_quantile};
use super::permute::{NullRates, p_value};
use super::rate_sample::RateSample;
use super::resample::deviation;
use super::sentences;

/// One group as seen by the differentials.
pub(crate) struct ComparedGroup<'a> {
    pub(crate) name: &'a str,
    pub(crate) sample: &'a RateSample,
    /// Covariance of its rate with everyone's.
    pub(crate) with_overall: f64,
}

/// The groups of a view with enough trials, for one error type.
pub(crate) struct GroupComparison<'a> {
    /// In words: `false match rate`.
    pub(crate) error: &'static str,
    pub(crate) groups: Vec<ComparedGroup<'a>>,
    pub(crate) overall: &'a RateSample,
    pub(crate) null: Option<&'a NullRates>,
    pub(crate) confidence: f64,
    /// Whether bootstrap replicates give the standard errors.
    pub(crate) boot: bool,
    /// Calculated once: each is a quantile.
    pub(crate) floors: OnceCell<Vec<f64>>,
}

/// A value with its interval, before it is put into words.
struct Ranged {
    value: f64,
    low: f64,
    high: f64,
}

impl GroupComparison<'_> {
    pub(crate) fn rates(&self) -> Vec<f64> {
        self.groups.iter().map(|p| p.sample.p).collect()
    }

    /// What replaces a rate of 0 in a denominator, by group.
    pub(crate) fn floors(&self) -> &[f64] {
        self.floors.get_or_init(|| self.groups.iter().map(|p| p.sample.floor()).collect())
    }

    fn z(&self) -> f64 {
        normal_quantile(self.confidence)
    }

    /// Rates with half an error where there is none, for intervals of ratios.
    fn softened(&self) -> Vec<f64> {
        let soften = |p: &ComparedGroup<'_>| {
            let p = p.sample;
            if p.rate.errors() > 0 { p.p } else { 0.5 / p.n_eff.max(1.0) }
        };
        self.groups.iter().map(soften).collect()
    }

    /// Variances of the logarithms of the softened rates.
    fn log_variances(&self) -> Vec<f64> {
        let variance = |p: &ComparedGroup<'_>| match p.sample.rate.errors() {
            0 => 2.0,
            _ => p.sample.variance / p.sample.p.powi(2),
        };
        self.groups.iter().map(variance).collect()
    }

    /// The positions of the largest and the smallest rate; among equals, the first.
    pub(crate) fn extremes(&self) -> Option<(usize, usize)> {
        let rates = self.rates();
        let first = |better: fn(f64, f64) -> bool| {
            (0..rates.len()).reduce(|a, b| if better(rates[b], rates[a]) { b } else { a })
        };
        (rates.len() >= 2).then_some(())?;
        Some((first(|b, a| b > a)?, first(|b, a| b < a)?))
    }

    /// The standard error of `Σ c·ln x`, and its value on the softened rates.
    fn contrast(&self, weights: &[f64]) -> (f64, f64) {
        let soft = self.softened();
        let value = weights.iter().zip(&soft).map(|(c, x)| c * x.ln()).sum();
        let delta: f64 =
            weights.iter().zip(self.log_variances()).map(|(c, v)| c * c * v).sum::<f64>().sqrt();
        let all_err = self.groups.iter().all(|p| p.sample.rate.errors() > 0);
        let error = match self.replicates().filter(|_| all_err) {
            Some(replicates) => deviation(replicates.iter().map(|x| {
                weights.iter().zip(x).filter(|(c, _)| **c != 0.0).map(|(c, x)| c * x.ln()).sum()
            })),
            None => delta,
        };
        (value, if error.is_finite() { error } else { delta })
    }

    /// Rates of the groups by replicate, if every group has replicates and they are requested.
    fn replicates(&self) -> Option<Vec<Vec<f64>>> {
        if !self.boot {
            return None;
        }
        let columns: Vec<&Vec<f64>> =
            self.groups.iter().map(|p| p.sample.replicates.as_ref()).collect::<Option<_>>()?;
        let lanes = columns.first()?.len();
        Some((0..lanes).map(|lane| columns.iter().map(|c| c[lane]).collect()).collect())
    }

    fn method(&self, delta: &str) -> String {
        let by = if self.replicates().is_some() {
            "standard error by subject bootstrap"
        } else {
            "standard error from effective sample sizes"
        };
        let zero = self.groups.iter().any(|p| p.sample.rate.errors() == 0);
        let zero = if zero { "; half an error added to groups without any" } else { "" };
        format!("{delta}, {by}{zero}")
    }

    fn ratio(&self, weights: &[f64], value: f64) -> Ranged {
        let (log, error) = self.contrast(weights);
        let low = (log - self.z() * error).exp();
        let high = (log + self.z() * error).exp();
        Ranged { value, low: low.max(1.0).min(value), high: high.max(value) }
    }

    fn ranged(&self, measure: Measure) -> Option<Ranged> {
        let rates = self.rates();
        let value = measure.of(&rates, self.floors(), self.overall.p)?;
        let (worst, best) = self.extremes()?;
        let k = rates.len();
        let unit = |i: usize, j: usize| f64::from(u8::from(i == j));
        Some(match measure {
            Measure::MaxOverMin => {
                let weights: Vec<f64> = (0..k).map(|i| unit(i, worst) - unit(i, best)).collect();
                self.ratio(&weights, value)
            }
            Measure::MaxOverGeomean => {
                let weights: Vec<f64> = (0..k).map(|i| unit(i, worst) - 1.0 / k as f64).collect();
                self.ratio(&weights, value)
            }
            Measure::WorstOverOverall => {
                let party = &self.groups[worst];
                let (low, high) = over(party.sample, self.overall, party.with_overall, self.z())?;
                Ranged { value, low, high }
            }
            Measure::MaxMinusMin => self.difference(worst, best),
            Measure::Gini => {
                let error = self.gini_error();
                let reach = self.z() * error;
                Ranged { value, low: (value - reach).max(0.0), high: (value + reach).min(1.0) }
            }
        })
    }

    fn difference(&self, worst: usize, best: usize) -> Ranged {
        let of = |i: usize| {
            let sample = self.groups[i].sample;
            (sample.p, sample.bounds(self.confidence, IntervalMethod::Auto).0)
        };
        let ((w, wb), (b, bb)) = (of(worst), of(best));
        let value = w - b;
        Ranged {
            value,
            low: (value - (w - wb.low).hypot(bb.high - b)).max(0.0),
            high: (value + (wb.high - w).hypot(b - bb.low)).min(1.0),
        }
    }

    fn gini_error(&self) -> f64 {
        if let Some(replicates) = self.replicates() {
            let error = deviation(replicates.iter().map(|x| gini(x)));
            if error.is_finite() {
                return error;
            }
        }
        let soft = self.softened();
        let variances = self.log_variances();
        if soft.len() > MANY_GROUPS {
            let slopes = gini_slopes(&soft);
            return slopes.iter().zip(&variances).map(|(s, v)| s * s * v).sum::<f64>().sqrt();
        }
        let mut sum = 0.0;
        for i in 0..soft.len() {
            let nudge = |by: f64| {
                let mut x = soft.clone();
                x[i] *= by;
                gini(&x)
            };
            // The derivative by ln x.
            let slope = (nudge(1.0 + 1e-6) - nudge(1.0 - 1e-6)) / 2e-6;
            sum += slope * slope * variances[i];
        }
        sum.sqrt()
    }

    fn p(&self, measure: Measure, value: f64) -> f64 {
        let (floors, overall) = (self.floors(), self.overall.p);
        self.null
            .map_or(1.0, |null| p_value(value, null.iter().map(|x| measure.of(x, floors, overall))))
    }

    fn differential(&self, measure: Measure) -> Option<Differential> {
        let ranged = self.ranged(measure)?;
        let (worst, best) = self.extremes()?;
        let p = self.p(measure, ranged.value);
        let any_zero = self.groups.iter().any(|party| party.sample.rate.errors() == 0);
        let method = match measure {
            Measure::MaxMinusMin => "square-and-add of both rates' intervals".to_owned(),
            Measure::MaxOverMin => self.method("Katz, logarithm of the ratio"),
            Measure::MaxOverGeomean => self.method("delta method on the logarithm"),
            Measure::WorstOverOverall => "delta method, covariance with everyone".to_owned(),
            Measure::Gini => self.method("delta method"),
        };
        let sentence = sentences::differential(
            measure,
            self.error,
            (self.groups[worst].name, self.groups[best].name),
            (ranged.value, ranged.low, ranged.high),
            any_zero && measure.divides(),
            self.groups.len(),
        );
        Some(Differential {
            value: ranged.value,
            low: ranged.low,
            high: Some(ranged.high),
            at_least: any_zero && measure.divides(),
            method,
            p_value: p,
            p_holm: p,
            sentence,
        })
    }

    /// All measures of this error type.
    pub(crate) fn differentials(&self) -> ErrorDifferentials {
        let extremes = self.extremes();
        let name = |i: usize| self.groups[i].name.to_owned();
        ErrorDifferentials {
            max_minus_min: self.differential(Measure::MaxMinusMin),
            max_over_min: self.differential(Measure::MaxOverMin),
            max_over_geomean: self.differential(Measure::MaxOverGeomean),
            worst_over_overall: self.differential(Measure::WorstOverOverall),
            gini: self.differential(Measure::Gini),
            worst_group: extremes.map(|e| name(e.0)),
            best_group: extremes.map(|e| name(e.1)),
        }
    }
}

/// With more groups than this, the slopes of the Gini coefficient are calculated all at once.
const MANY_GROUPS: usize = 64;

/// The derivatives of the Gini coefficient by the logarithm of each (positive) rate. Equal rates
/// all get the mean of the ranks that they share.
fn gini_slopes(rates: &[f64]) -> Vec<f64> {
    let k = rates.len() as f64;
    let total: f64 = rates.iter().sum();
    let mut order: Vec<usize> = (0..rates.len()).collect();
    order.sort_by(|&a, &b| rates[a].total_cmp(&rates[b]));
    // G = K/(K−1) · Σ (2i − K + 1)·x_(i) / (K·Σx), with i from 0.
    let mut weights = vec![0.0; rates.len()];
    let mut rank = 0;
    for equal in order.chunk_by(|&a, &b| rates[a] == rates[b]) {
        let mean = rank as f64 + (equal.len() as f64 - 1.0) / 2.0;
        equal.iter().for_each(|&i| weights[i] = 2.0 * mean - k + 1.0);
        rank += equal.len();
    }
    let spread: f64 = weights.iter().zip(rates).map(|(w, x)| w * x).sum();
    let slope = |(w, x): (&f64, &f64)| x * (w - spread / total) / ((k - 1.0) * total);
    weights.iter().zip(rates).map(slope).collect()
}

impl Measure {
    /// Whether another group's rate is in the denominator.
    fn divides(self) -> bool {
        matches!(self, Measure::MaxOverMin | Measure::MaxOverGeomean)
    }
}

/// The interval of a part's rate over everyone's, by the delta method on the ratio.
fn over(part: &RateSample, all: &RateSample, covariance: f64, z: f64) -> Option<(f64, f64)> {
    let (x, y) = (part.p, all.p);
    if !(y > 0.0 && x.is_finite()) {
        return None;
    }
    let ratio = x / y;
    if part.rate.errors() == 0 {
        return Some((0.0, part.floor() / y));
    }
    let variance = part.variance - 2.0 * ratio * covariance + ratio * ratio * all.variance;
    // Neither rounding nor an overestimated covariance may make the ratio look certain.
    let variance = variance.max(0.05 * part.variance);
    let reach = z * variance.sqrt() / y;
    Some(((ratio - reach).max(0.0), ratio + reach))
}

/// A group's rate over everyone's.
pub(crate) fn over_overall(
    part: &RateSample,
    all: &RateSample,
    covariance: f64,
    confidence: f64,
    least: u64,
) -> Option<Estimate> {
    if part.rate.trials() < least.max(1) {
        return None;
    }
    let (low, high) = over(part, all, covariance, normal_quantile(confidence))?;
    Some(Estimate { value: part.p / all.p, low: Some(low), high: Some(high) })
}

/// Measures of false matches and false non-matches together, over the groups that have both.
pub(crate) fn combined(
    fmr: &GroupComparison<'_>,
    fnmr: &GroupComparison<'_>,
) -> BTreeMap<String, Differential> {
    let names = |field: &GroupComparison<'_>| -> Vec<String> {
        field.groups.iter().map(|p| p.name.to_owned()).collect()
    };
    if names(fmr) != names(fnmr) {
        return BTreeMap::new();
    }
    let mut all = BTreeMap::new();
    for measure in Combined::ALL {
        if let Some(differential) = combine(measure, fmr, fnmr) {
            all.insert(measure.name().to_owned(), differential);
        }
    }
    all
}

fn combine(
    measure: Combined,
    fmr: &GroupComparison<'_>,
    fnmr: &GroupComparison<'_>,
) -> Option<Differential> {
    let (floors, fn_floors) = (fmr.floors(), fnmr.floors());
    let value = measure.of(&fmr.rates(), floors, &fnmr.rates(), fn_floors)?;
    let z = fmr.z();
    let half = |a: f64, b: f64| (ALPHA * a).hypot((1.0 - ALPHA) * b);
    let ranged = match measure {
        Combined::Garbe => {
            let reach = z * half(fmr.gini_error(), fnmr.gini_error());
            Ranged { value, low: (value - reach).max(0.0), high: (value + reach).min(1.0) }
        }
        Combined::InequityRate => {
            let contrast = |field: &GroupComparison<'_>| {
                let (worst, best) = field.extremes()?;
                let unit = |i: usize, j: usize| f64::from(u8::from(i == j));
                let weights: Vec<f64> =
                    (0..field.groups.len()).map(|i| unit(i, worst) - unit(i, best)).collect();
                Some(field.contrast(&weights))
            };
            let ((a, ea), (b, eb)) = (contrast(fmr)?, contrast(fnmr)?);
            let log = ALPHA * a + (1.0 - ALPHA) * b;
            let reach = z * half(ea, eb);
            Ranged {
                value,
                low: (log - reach).exp().max(1.0).min(value),
                high: (log + reach).exp().max(value),
            }
        }
        Combined::Fdr => {
            let (a, b) = (fmr.ranged(Measure::MaxMinusMin)?, fnmr.ranged(Measure::MaxMinusMin)?);
            Ranged {
                value,
                low: value - half(a.high - a.value, b.high - b.value),
                high: (value + half(a.value - a.low, b.value - b.low)).min(1.0),
            }
        }
    };
    // FDR falls as groups differ more.
    let extremity = |x: f64| if measure == Combined::Fdr { 1.0 - x } else { x };
    let p = match (fmr.null, fnmr.null) {
        (Some(a), Some(b)) => p_value(
            extremity(value),
            a.iter().zip(b.iter()).map(|(x, y)| measure.of(x, floors, y, fn_floors).map(extremity)),
        ),
        _ => 1.0,
    };
    Some(Differential {
        value: ranged.value,
        low: ranged.low,
        high: Some(ranged.high),
        at_least: measure == Combined::InequityRate
            && fmr.rates().iter().chain(&fnmr.rates()).any(|x| *x == 0.0),
        method: "delta method; the two error rates treated as independent".to_owned(),
        p_value: p,
        p_holm: p,
        sentence: sentences::combined(measure, ranged.value, ranged.low, ranged.high),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_of_the_gini_coefficient_are_its_differences() {
        let rates: Vec<f64> = (0..40).map(|i| 0.01 + f64::from(i * i % 17) / 100.0).collect();
        for (i, slope) in gini_slopes(&rates).into_iter().enumerate() {
            let nudged = |by: f64| {
                let mut rates = rates.clone();
                rates[i] *= by;
                gini(&rates)
            };
            let difference = (nudged(1.0 + 1e-6) - nudged(1.0 - 1e-6)) / 2e-6;
            assert!((slope - difference).abs() < 1e-7, "{i}: {slope} is not {difference}");
        }
    }
}
