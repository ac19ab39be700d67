//! Intervals for one rate: exact, Wilson's on an effective sample size, and the clustered and
//! dyadic variances that give that size.
//!
//! Sources: C. Clopper and E. Pearson, Biometrika 26 (1934); E. Wilson, JASA 22 (1927); R.
//! Fogliato, P. Patil and P. Perona, "Confidence intervals for error rates in 1:1 matching
//! tasks", IJCV 2024 (the variances); J. MacKinnon and H. White (1985) for dividing residuals by
//! one minus their leverage.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::beta_reg;

use super::rates::Rate;

/// Both ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Which interval the caller requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum IntervalMethod {
    /// By the design of the pair graph and the number of errors.
    #[default]
    Auto,
    /// Clopper–Pearson on the raw counts, as if trials were independent.
    Exact,
    /// Wilson's on the effective sample size.
    Wilson,
    /// Percentiles of the subject bootstrap (double or nothing).
    Bootstrap,
}

/// Errors (or successes) below which [`IntervalMethod::Auto`] is exact.
pub(crate) const FEW: u64 = 3;

/// The quantile of the beta distribution with shapes `a` and `b`, to about 1e-12 relative, by
/// bisection of the regularised incomplete beta function. `a ≤ 0` gives 0, `b ≤ 0` gives 1.
pub fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    if a.is_nan() || a <= 0.0 {
        return 0.0;
    }
    if b.is_nan() || b <= 0.0 {
        return 1.0;
    }
    // One of the two shapes is 1 whenever there are no errors or only errors: closed forms.
    if a == 1.0 {
        return -f64::exp_m1(f64::ln_1p(-probability) / b);
    }
    if b == 1.0 {
        return probability.powf(1.0 / a);
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    // Start from a bracket around the mean, so that small quantiles keep relative accuracy.
    let mut probe = (a / (a + b)).min(1.0 - f64::EPSILON);
    for _ in 0..200 {
        if beta_reg(a, b, probe) < probability {
            low = probe;
        } else {
            high = probe;
        }
        probe = if low == 0.0 { high / 4.0 } else { 0.5 * (low + high) };
        if high - low <= 1e-13 * high || probe == 0.0 {
            break;
        }
    }
    0.5 * (low + high)
}

/// The two-sided Clopper–Pearson interval; counts may be fractional (effective ones). With no
/// error the whole α is spent on the upper end, which is then the "rule of three".
pub fn clopper_pearson(errors: f64, trials: f64, confidence: f64) -> Bounds {
    let alpha = 1.0 - confidence;
    if errors <= 0.0 {
        return Bounds { low: 0.0, high: beta_quantile(1.0 - alpha, 1.0, trials) };
    }
    if errors >= trials {
        return Bounds { low: beta_quantile(alpha, trials, 1.0), high: 1.0 };
    }
    Bounds {
        low: beta_quantile(alpha / 2.0, errors, trials - errors + 1.0),
        high: beta_quantile(1.0 - alpha / 2.0, errors + 1.0, trials - errors),
    }
}

/// Wilson's score interval for a rate `p` measured on `n` (effective) trials, with the quantile
/// `z`.
pub fn wilson(p: f64, n: f64, z: f64) -> Bounds {
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Bounds { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

/// The two-sided quantile of the standard normal distribution, 1.96 at 0.95.
pub fn normal_quantile(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// The two-sided quantile of Student's distribution; the normal one if there are many degrees of
/// freedom.
pub(crate) fn student_quantile(confidence: f64, freedom: f64) -> f64 {
    if !freedom.is_finite() || freedom > 1e4 {
        return normal_quantile(confidence);
    }
    match StudentsT::new(0.0, 1.0, freedom.max(1.0)) {
        Ok(t) => t.inverse_cdf(0.5 + confidence / 2.0),
        Err(_) => normal_quantile(confidence),
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
        let excess = 1.0 - self.n_eff(rate) / rate.trials() as f64;
        self.carriers / (excess * excess)
    }

    /// `p(1 − p)/V̂`, never above the number of trials.
    pub fn n_eff(self, rate: Rate) -> f64 {
        let p = rate.p();
        let n = rate.trials() as f64;
        let size = p * (1.0 - p) / self.variance;
        if size.is_finite() { size.clamp(1.0_f64.min(n), n) } else { n }
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
    pub ee: u64,
    /// Σ e·n.
    pub en: u64,
    /// Σ n².
    pub nn: u64,
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
        if share.trials > 1 {
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
    fn beta_quantiles_invert_the_distribution() {
        // Reference values from scipy.stats.beta.ppf 1.16.
        for (probability, a, b, expected) in [
            (0.025, 3.0, 1198.0, 5.157_757e-4),
            (0.975, 4.0, 1197.0, 7.289_1e-3),
            (0.5, 2.0, 2.0, 0.5),
            (0.025, 74.0, 2905.0, 1.956_7e-2),
        ] {
            close(beta_quantile(probability, a, b), expected, 2e-3);
            close(beta_reg(a, b, beta_quantile(probability, a, b)), probability, 1e-9);
        }
        close(beta_quantile(0.025, 1.0, 10.0), 1.0 - 0.975_f64.powf(0.1), 1e-12);
        // Tiny rates keep their digits: one error in a thousand million.
        let low = beta_quantile(0.025, 1.5, 1e9);
        close(beta_reg(1.5, 1e9, low), 0.025, 1e-8);
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
