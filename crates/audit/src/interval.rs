//! Intervals for one rate: exact, and Wilson's.
//!
//! Sources: C. Clopper and E. Pearson, Biometrika 26 (1934); E. Wilson, JASA 22 (1927).

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::beta_reg;

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
}
