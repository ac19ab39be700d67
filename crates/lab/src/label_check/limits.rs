//! The scores beyond which the label of a pair is doubtful.
//!
//! A pair is suspect where its score is implausible under its own label *and* plausible under the
//! other. Whether a score is plausible depends on the median and the MAD (median absolute
//! deviation), which label errors hardly move: up to half of all scores could be wrong. That the
//! MAD times 1.4826 estimates the standard deviation of a normal distribution, and that 2.5
//! standard deviations are a reasonable threshold for outliers, is from Leys, Ley, Klein, Bernard
//! and Licata, "Detecting outliers: do not use standard deviation around the mean, use absolute
//! deviation around the median", Journal of Experimental Social Psychology 49(4), 2013.

use serde::Serialize;

use crate::{Error, ErrorKind, Result, Stage};

/// Turns the MAD of normally distributed values into their standard deviation: 1 / Φ⁻¹(¾).
const NORMAL_CONSISTENCY: f64 = 1.4826;
/// Deviations within which a score is plausible under a label (Leys et al. 2013).
const PLAUSIBLE: f64 = 2.5;
/// Deviations above which a score is implausible for a non-mated pair. There are millions of these
/// pairs, where other data have hundreds of values: 2.5 would cast doubt on 1 pair in 160, while
/// normal scores exceed 5 once in 3.5 million pairs.
const IMPLAUSIBLE_NONMATED: f64 = 5.0;
/// The same where no mated scores show how high the scores of one person's pairs are: non-mated
/// scores have a heavier tail than the normal distribution. In a FairFace subset of 3.3 million
/// pairs, 44 pairs are above, and nearly all of them look like one person; most of the 118 pairs
/// between 5 and 6 are two people, many of them young children.
const IMPLAUSIBLE_NONMATED_ALONE: f64 = 6.0;
/// The fewest mated pairs that show where mated scores lie.
const MIN_MATED: u64 = 30;

/// Where scores lie: median and median absolute deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Median score.
    pub median: f64,
    /// Median of the absolute deviations from the median.
    pub mad: f64,
    /// How many scores there are.
    pub count: u64,
}

impl Spread {
    /// The spread of these scores; `None` where there are none. NaN is ignored.
    pub fn of(scores: &[f32]) -> Option<Spread> {
        let mut values: Vec<f64> =
            scores.iter().filter(|score| !score.is_nan()).map(|&score| f64::from(score)).collect();
        let median = median(&mut values)?;
        let mut deviations: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
        let mad = self::median(&mut deviations)?;
        Some(Spread { median, mad, count: values.len() as u64 })
    }

    /// The spread of scores that were counted in bins of equal width from `low` to `high`, for
    /// millions of pairs. Scores are assumed to be evenly distributed within each bin, so the
    /// error is less than the width of a bin.
    ///
    /// `None` where nothing was counted or the range is empty.
    pub fn of_counts(low: f32, high: f32, counts: &[u64]) -> Option<Spread> {
        let (low, high) = (f64::from(low), f64::from(high));
        let count: u64 = counts.iter().sum();
        if count == 0 || !low.is_finite() || !high.is_finite() || low >= high {
            return None;
        }
        let width = (high - low) / counts.len() as f64;
        // How many scores lie below `at`.
        let below = |at: f64| {
            let bins = ((at - low) / width).clamp(0.0, counts.len() as f64);
            let whole = bins.floor() as usize;
            let partial = counts.get(whole).map_or(0.0, |&n| n as f64 * bins.fract());
            counts[..whole].iter().sum::<u64>() as f64 + partial
        };
        let half = count as f64 / 2.0;
        let median = first_reaching(low, high, |at| below(at) >= half);
        let within = |d: f64| below(median + d) - below(median - d);
        let mad = first_reaching(0.0, high - low, |d| within(d) >= half);
        Some(Spread { median, mad, count })
    }

    /// The score that is this many deviations above the median.
    fn at(&self, deviations: f64) -> f64 {
        self.median + deviations * NORMAL_CONSISTENCY * self.mad
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    if values.is_empty() {
        return None;
    }
    let (lower, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return Some(upper);
    }
    let below = lower.iter().copied().max_by(f64::total_cmp)?;
    Some((below + upper) / 2.0)
}

/// The least argument in a range at which a condition holds that holds for all greater ones, too.
fn first_reaching(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    // 48 halvings of a range of 2 are finer than the precision of a score.
    for _ in 0..48 {
        let middle = low + (high - low) / 2.0;
        match holds(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

/// What a threshold is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The caller set it.
    Given,
    /// Median and MAD of the mated and of the non-mated scores.
    BothLabels,
    /// Median and MAD of the non-mated scores: there were fewer than 30 mated pairs.
    NonmatedAlone,
}

/// A threshold of a score, and what it is based on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limit {
    /// The score.
    pub score: f32,
    /// What it is based on.
    pub basis: Basis,
}

/// Thresholds that the caller sets instead of having them estimated.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overrides {
    /// Non-mated pairs above this score are suspect.
    pub nonmated_above: Option<f32>,
    /// Mated pairs below this score are suspect.
    pub mated_below: Option<f32>,
}

/// The scores beyond which pairs are suspect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    /// Non-mated pairs above this score are suspected to be one person.
    pub nonmated_above: Limit,
    /// Mated pairs below this score are suspected to be two people.
    pub mated_below: Limit,
}

impl Limits {
    /// Thresholds from the distribution of the scores. With σ for 1.4826·MAD:
    ///
    /// - Non-mated pairs are suspect above the larger of `median + 5σ` of the non-mated scores
    ///   and `median − 2.5σ` of the mated ones.
    /// - Mated pairs are suspect below the smaller of `median − 2.5σ` of the mated scores and
    ///   `median + 2.5σ` of the non-mated ones.
    /// - With fewer than 30 mated pairs, both come from the non-mated scores: `median + 6σ` and
    ///   `median + 2.5σ`.
    ///
    /// # Errors
    /// `InvalidArgument` where a threshold that was set is not finite, and where more than half of
    /// the non-mated scores are equal, so that their MAD says nothing; then set both thresholds.
    pub fn estimate(
        nonmated: Option<&Spread>,
        mated: Option<&Spread>,
        overrides: Overrides,
    ) -> Result<Limits> {
        if let Overrides { nonmated_above: Some(above), mated_below: Some(below) } = overrides {
            return Ok(Limits { nonmated_above: given(above)?, mated_below: given(below)? });
        }
        let nonmated = nonmated.filter(|spread| spread.mad > 0.0).ok_or_else(|| {
            invalid("there are too few different non-mated scores to estimate thresholds from")
                .next("set both thresholds yourself")
        })?;
        let mated = mated.filter(|spread| spread.count >= MIN_MATED);
        let (above, below, basis) = match mated {
            Some(mated) => (
                nonmated.at(IMPLAUSIBLE_NONMATED).max(mated.at(-PLAUSIBLE)),
                mated.at(-PLAUSIBLE).min(nonmated.at(PLAUSIBLE)),
                Basis::BothLabels,
            ),
            None => (
                nonmated.at(IMPLAUSIBLE_NONMATED_ALONE),
                nonmated.at(PLAUSIBLE),
                Basis::NonmatedAlone,
            ),
        };
        let limit = |own: Option<f32>, found: f64| match own {
            Some(score) => given(score),
            None => Ok(Limit { score: found as f32, basis }),
        };
        Ok(Limits {
            nonmated_above: limit(overrides.nonmated_above, above)?,
            mated_below: limit(overrides.mated_below, below)?,
        })
    }
}

fn given(score: f32) -> Result<Limit> {
    match score.is_finite() {
        true => Ok(Limit { score, basis: Basis::Given }),
        false => Err(invalid(&format!("the threshold {score} is not a score"))
            .next("give a score between -1 and 1, such as 0.4")),
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_mad_by_hand() {
        let spread = Spread::of(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap();
        assert_eq!(spread, Spread { median: 2.0, mad: 1.0, count: 7 });
        let spread = Spread::of(&[4.0, f32::NAN, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(spread, Spread { median: 2.5, mad: 1.0, count: 4 });
        assert_eq!(Spread::of(&[f32::NAN]), None);
    }

    #[test]
    fn counts_in_bins_give_nearly_the_same() {
        // A skewed set: squares from 0 to 1, shifted to −0.2 to 0.8.
        let scores: Vec<f32> = (0..10_001).map(|i| (i as f32 / 1e4).powi(2) - 0.2).collect();
        let mut counts = vec![0_u64; 400];
        for score in &scores {
            counts[(((score + 1.0) / 2.0 * 400.0) as usize).min(399)] += 1;
        }
        let (exact, binned) =
            (Spread::of(&scores).unwrap(), Spread::of_counts(-1.0, 1.0, &counts).unwrap());
        assert!((exact.median - binned.median).abs() < 0.005, "{exact:?} {binned:?}");
        assert!((exact.mad - binned.mad).abs() < 0.005, "{exact:?} {binned:?}");
        assert_eq!(exact.count, binned.count);
        assert_eq!(Spread::of_counts(-1.0, 1.0, &[0; 4]), None);
        assert_eq!(Spread::of_counts(1.0, -1.0, &[1; 4]), None);
    }

    fn spread(median: f64, sigma: f64, count: u64) -> Spread {
        Spread { median, mad: sigma / NORMAL_CONSISTENCY, count }
    }

    #[track_caller]
    fn limits(nonmated: Spread, mated: Option<Spread>, above: f32, below: f32, basis: Basis) {
        let limits =
            Limits::estimate(Some(&nonmated), mated.as_ref(), Overrides::default()).unwrap();
        assert!((limits.nonmated_above.score - above).abs() < 1e-5, "{limits:?}");
        assert!((limits.mated_below.score - below).abs() < 1e-5, "{limits:?}");
        assert_eq!((limits.nonmated_above.basis, limits.mated_below.basis), (basis, basis));
    }

    #[test]
    fn each_limit_is_the_more_cautious_of_two() {
        let nonmated = spread(0.02, 0.1, 1_000_000);
        limits(nonmated, Some(spread(0.66, 0.1, 500)), 0.52, 0.27, Basis::BothLabels);
        // A better model, whose mated scores are all high.
        limits(nonmated, Some(spread(0.9, 0.04, 500)), 0.8, 0.27, Basis::BothLabels);
        // A worse one, whose mated scores spread widely.
        limits(nonmated, Some(spread(0.5, 0.2, 500)), 0.52, 0.0, Basis::BothLabels);
    }

    #[test]
    fn without_thirty_mated_pairs_the_nonmated_decide_alone() {
        let nonmated = spread(0.02, 0.1, 1_000_000);
        limits(nonmated, None, 0.62, 0.27, Basis::NonmatedAlone);
        limits(nonmated, Some(spread(0.9, 0.04, 29)), 0.62, 0.27, Basis::NonmatedAlone);
        limits(nonmated, Some(spread(0.9, 0.04, 30)), 0.8, 0.27, Basis::BothLabels);
    }

    #[test]
    fn given_limits_go_before_estimates() {
        let nonmated = spread(0.02, 0.1, 1000);
        let own = Overrides { nonmated_above: Some(0.7), mated_below: None };
        let limits = Limits::estimate(Some(&nonmated), None, own).unwrap();
        assert_eq!(limits.nonmated_above, Limit { score: 0.7, basis: Basis::Given });
        assert_eq!(limits.mated_below.basis, Basis::NonmatedAlone);
        let both = Overrides { mated_below: Some(0.1), ..own };
        assert!(Limits::estimate(None, None, both).is_ok());
        for (nonmated, own) in [
            (None, own),
            (Some(spread(0.0, 0.0, 9)), own),
            (Some(nonmated), Overrides { mated_below: Some(f32::NAN), ..own }),
        ] {
            let error = Limits::estimate(nonmated.as_ref(), None, own).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    }
}
