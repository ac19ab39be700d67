//! What counts once in a rate: a comparison, or a pair of people.
//!
//! Where people own very different numbers of photos, a rate over comparisons describes the few who
//! own most: in LFW, as many as four in five mated pairs are of one man. Counting each pair of
//! people once, as the mean over their comparisons, gives the rate for a pair of people picked at
//! random.
//!
//! Shares of a pair are whole multiples of 1/[`ONE`], so that sums do not depend on the order in
//! which threads add them.

use serde::{Deserialize, Serialize};

/// What counts once in a rate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Weigh {
    /// Each pair of people: a rate is the mean, over pairs of people, of the mean error over their
    /// comparisons. A mated pair of people is one person.
    People,
    /// Each comparison.
    #[default]
    Comparisons,
}

impl Weigh {
    /// `people` or `comparisons`, as in the report.
    pub fn name(self) -> &'static str {
        match self {
            Weigh::People => "people",
            Weigh::Comparisons => "comparisons",
        }
    }

    /// Whether each comparison counts once, which a report need not state.
    pub(crate) fn is_comparisons(&self) -> bool {
        *self == Weigh::Comparisons
    }
}

/// The whole of what counts once: the least common multiple of 1 to 22, so that the shares of a pair
/// with up to 22 comparisons are exact, and others accurate to 5 in 10⁹ per comparison. The sums over
/// the pairs of 260,000 people fit 64 bits.
pub(crate) const ONE: u64 = 232_792_560;

/// What one of a pair's `trials` weighs. Every error of a pair weighs the same, so that the errors at
/// a threshold are a sum over comparisons; rounded down, so that no pair weighs more than one.
pub(crate) fn weight(trials: u64) -> u64 {
    (ONE / trials.max(1)).max(1)
}

/// The share of errors among a person's trials, at most [`ONE`].
pub(crate) fn share(errors: u64, trials: u64) -> u64 {
    let trials = u128::from(trials.max(1));
    ((u128::from(errors) * u128::from(ONE) + trials / 2) / trials) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_weighs_one_however_many_comparisons_it_has() {
        for trials in (1..=22).chain([23, 64, 1_000, 125_080]) {
            let whole = weight(trials) * trials;
            assert!(whole <= ONE && ONE - whole < trials, "{trials}");
            assert!(trials > 22 || whole == ONE, "{trials}");
            assert_eq!(share(trials, trials), ONE);
            assert_eq!(share(0, trials), 0);
        }
        assert_eq!((share(1, 3), share(2, 3)), (ONE / 3, 2 * ONE / 3));
        // 232,792,560 / 23 is 10,121,415.65: rounded.
        assert_eq!((weight(23), share(1, 23)), (10_121_415, 10_121_416));
        // Never nothing, however many comparisons.
        assert_eq!(weight(u64::MAX), 1);
    }
}
