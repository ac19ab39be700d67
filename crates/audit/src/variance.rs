//! How much a rate varies if its trials depend on each other: the clustered and the dyadic variance,
//! which give the effective sample size of its interval.
//!
//! Sources: R. Fogliato, P. Patil and P. Perona, "Confidence intervals for error rates in 1:1
//! matching tasks", IJCV 2024; J. MacKinnon and H. White (1985) for dividing residuals by one minus
//! their leverage.

use super::rates::Rate;

/// A variance of a rate, and what it is based on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateVariance {
    /// Estimated variance of the rate.
    pub variance: f64,
    /// The effective number of people behind the variance, `(Σr²)²/Σr⁴`.
    pub carriers: f64,
}

impl RateVariance {
    /// Degrees of freedom for Student's quantile. Only the part of the variance beyond the
    /// binomial one is uncertain: with a design effect `d`, `carriers / (1 − 1/d)²`.
    pub fn freedom(self, rate: Rate) -> f64 {
        self.freedom_of(rate.p(), rate.trials() as f64)
    }

    /// `p(1 − p)/V̂`, never above the number of trials.
    pub fn n_eff(self, rate: Rate) -> f64 {
        self.size(rate.p(), rate.trials() as f64)
    }

    /// The same for a rate `p` whose trials would be worth `most` if they were independent.
    pub(crate) fn freedom_of(self, p: f64, most: f64) -> f64 {
        let excess = 1.0 - self.size(p, most) / most;
        self.carriers / (excess * excess)
    }

    /// `p(1 − p)/V̂`, never above `most`.
    pub(crate) fn size(self, p: f64, most: f64) -> f64 {
        let size = p * (1.0 - p) / self.variance;
        if size.is_finite() { size.clamp(1.0_f64.min(most), most) } else { most }
    }
}

/// Errors and trials in which one person takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
}

/// Sums over dyads (distinct pairs of people) of products of their errors `e` and trials `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DyadMoments {
    /// Σ e².
    pub ee: u128,
    /// Σ e·n.
    pub en: u128,
    /// Σ n².
    pub nn: u128,
}

impl DyadMoments {
    /// Σ (e − p·n)(e − q·n).
    pub fn residual_product(&self, p: f64, q: f64) -> f64 {
        self.ee as f64 - (p + q) * self.en as f64 + p * q * self.nn as f64
    }
}

/// The clustered (`dyads` absent) or dyadic variance of `rate`, from each person's share.
///
/// Clustered: `V̂ = Σ (e_i − p·m_i)² / (Σ m_i)²`. Dyadic: `V̂ = [Σ_i (Σ_{pairs ∋ i} u)² − Σ_dyads
/// (Σ u)²] / N²`. Two corrections for samples in which few people account for many trials, where
/// the published forms are too small (see `benches/coverage.rs`):
///
/// - a person's residual is divided by `1 − m_i/N`, as the jackknife does;
/// - the clustered form is at least `p(1−p)·Σ m_i(1 + (m_i − 1)ρ) / N²`, where the correlation ρ
///   of two trials of a person is estimated with people weighted by `m_i`, not `m_i²`.
pub fn variance(
    rate: Rate,
    shares: impl Iterator<Item = Share>,
    dyads: Option<&DyadMoments>,
) -> RateVariance {
    estimate(rate, shares, dyads, true)
}

/// The clustered variance of a rate in which each person counts once, whatever the number of their
/// trials: the simple variance of their own rates. Shares are in units of a whole person.
pub(crate) fn variance_of_people(rate: Rate, shares: impl Iterator<Item = Share>) -> RateVariance {
    estimate(rate, shares, None, false)
}

/// `repeats`: whether a share of several trials says how much they depend on each other.
fn estimate(
    rate: Rate,
    shares: impl Iterator<Item = Share>,
    dyads: Option<&DyadMoments>,
    repeats: bool,
) -> RateVariance {
    let (p, n) = (rate.p(), rate.trials() as f64);
    let (mut sum, mut fourth) = (0.0, 0.0);
    let (mut both, mut repeated, mut squares) = (0.0, 0.0, 0.0);
    for share in shares {
        let (errors, trials) = (share.errors as f64, share.trials as f64);
        let lever = (1.0 - trials / n).max(0.5);
        let square = ((errors - p * trials) / lever).powi(2);
        sum += square;
        fourth += square * square;
        squares += trials * trials;
        if repeats && share.trials > 1 {
            both += errors * (errors - 1.0) / (trials - 1.0);
            repeated += trials;
        }
    }
    let mut total = sum;
    match dyads {
        Some(dyads) => total -= dyads.residual_product(p, p),
        None if repeated > 0.0 => {
            let correlation = (both / repeated - p * p) / (p * (1.0 - p));
            let modelled = p * (1.0 - p) * (n + correlation.clamp(0.0, 1.0) * (squares - n));
            total = total.max(modelled);
        }
        None => {}
    }
    let carriers = if fourth > 0.0 { sum * sum / fourth } else { 1.0 };
    RateVariance { variance: total.max(0.0) / (n * n), carriers: carriers.max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn independent_pairs_have_the_binomial_variance() {
        // Every person in only one pair: 74 errors in 2,978 pairs of 5,956 people.
        let rate = Rate::new(74, 2978);
        let share = |errors| Share { errors, trials: 1 };
        let shares = (0..5956).map(|i| share(u64::from(i < 148)));
        let dyads = DyadMoments { ee: 74, en: 74, nn: 2978 };
        let v = variance(rate, shares, Some(&dyads));
        close(v.n_eff(rate), 2978.0, 2e-3);
        let shares = (0..2978).map(|i| share(u64::from(i < 74)));
        close(variance(rate, shares, None).n_eff(rate), 2978.0, 2e-3);
    }

    #[test]
    fn repeated_outcomes_of_one_person_count_once() {
        // 100 people, four identical trials each: worth 100 trials, not 400.
        let rate = Rate::new(80, 400);
        let shares = (0..100).map(|i| Share { errors: if i < 20 { 4 } else { 0 }, trials: 4 });
        close(variance(rate, shares, None).n_eff(rate), 98.0, 1e-2);
    }
}
