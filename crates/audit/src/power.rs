//! How much data a claim needs: sample sizes without errors and the power of tests of a ratio, for
//! independent trials.

use super::interval::normal_quantile;

/// What a plan is designed for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// The base error rate, in (0, 1).
    pub rate: f64,
    /// The ratio that must be detected, above 1: 1.25 for "25 % worse".
    pub ratio: f64,
    /// Probability of a false alarm, such as 0.05.
    pub alpha: f64,
    /// Probability of seeing a real difference, such as 0.8.
    pub power: f64,
}

impl Design {
    /// A design, after checking its ranges: rates and the raised rate in (0, 1), ratio above 1, α
    /// and power in (0, 1).
    pub fn new(rate: f64, ratio: f64, alpha: f64, power: f64) -> Option<Self> {
        let open = |x: f64| x > 0.0 && x < 1.0;
        (open(rate) && ratio > 1.0 && open(rate * ratio) && open(alpha) && open(power))
            .then_some(Design { rate, ratio, alpha, power })
    }

    /// Independent trials needed to tell one group's rate from a fixed one, one-sided (normal
    /// approximation with the null's variance under the null).
    pub fn one_sample(self) -> u64 {
        let (p0, p1) = (self.rate, self.rate * self.ratio);
        let (za, zb) = (one_sided(self.alpha), one_sided(1.0 - self.power));
        let root = za * (p0 * (1.0 - p0)).sqrt() + zb * (p1 * (1.0 - p1)).sqrt();
        (root / (p1 - p0)).powi(2).ceil() as u64
    }

    /// Independent trials *per group* needed to tell two groups' rates apart, two-sided (pooled
    /// variance under the null).
    pub fn two_samples(self) -> u64 {
        let (p0, p1) = (self.rate, self.rate * self.ratio);
        let (za, zb) = (one_sided(self.alpha / 2.0), one_sided(1.0 - self.power));
        let mean = 0.5 * (p0 + p1);
        let root = za * (2.0 * mean * (1.0 - mean)).sqrt()
            + zb * (p0 * (1.0 - p0) + p1 * (1.0 - p1)).sqrt();
        (root / (p1 - p0)).powi(2).ceil() as u64
    }
}

/// The normal quantile that leaves `tail` above it.
fn one_sided(tail: f64) -> f64 {
    normal_quantile(1.0 - 2.0 * tail)
}

/// Independent trials without any error needed to show a rate of at most `limit`: the smallest `N`
/// with `1 − α^(1/N) ≤ limit`. `None` unless both are in (0, 1).
pub fn zero_error_trials(limit: f64, confidence: f64) -> Option<u64> {
    let open = |x: f64| x > 0.0 && x < 1.0;
    (open(limit) && open(confidence))
        .then(|| ((1.0 - confidence).ln() / f64::ln_1p(-limit)).ceil() as u64)
}

/// Trials for the "rule of 30": with thirty errors the true rate is within about ±30 % at 90 %
/// confidence.
pub fn rule_of_thirty(rate: f64) -> Option<u64> {
    (rate > 0.0 && rate <= 1.0).then(|| (30.0 / rate).ceil() as u64)
}

/// The number of people whose exhaustive pairs (`n(n−1)/2`) reach this many.
pub fn people_for_pairs(pairs: u64) -> u64 {
    let mut people = ((1.0 + (1.0 + 8.0 * pairs as f64).sqrt()) / 2.0) as u64;
    while (people as u128) * (people.saturating_sub(1) as u128) / 2 < pairs as u128 {
        people += 1;
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_sizes() {
        let at = |rate| Design::new(rate, 1.25, 0.05, 0.8).unwrap();
        assert_eq!(at(0.01).one_sample(), 10_582);
        assert_eq!(at(0.01).two_samples(), 27_937);
        assert_eq!(format!("{:.2}", at(1e-4).one_sample() as f64 / 1e6), "1.07");
        assert_eq!(format!("{:.2}", at(1e-4).two_samples() as f64 / 1e6), "2.83");
    }

    #[test]
    fn zero_error_sizes() {
        for (limit, n) in [(1e-2, 299), (1e-3, 2995), (1e-4, 29_956), (0.07, 42), (0.15, 19)] {
            assert_eq!(zero_error_trials(limit, 0.95), Some(n));
        }
        assert_eq!(zero_error_trials(0.0, 0.95), None);
    }

    #[test]
    fn people_and_pairs() {
        assert_eq!(people_for_pairs(10), 5);
        assert_eq!(people_for_pairs(11), 6);
        assert_eq!(people_for_pairs(29_956), 246);
    }
}
