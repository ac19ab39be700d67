//! Whether mated pairs are the more similar ones, as they must be if scores point the way that is
//! assumed.
//!
//! The rule. Let A be the chance that a mated pair of the file scores higher than a non-mated one
//! (ties count half), and m and n the numbers of mated and of non-mated units. If scores did not
//! depend on identity, A would vary around ½ with the variance (m + n + 1) / (12 m n) (Mann and
//! Whitney, 1947). A unit is a person and not a row, since rows of one person are dependent: m is
//! the number of people in mated comparisons, n half the number of people in non-mated ones. If A
//! is more than four standard deviations below ½ (by chance once in 30,000 files), the audit is
//! refused; six people in mated comparisons can be enough. If it is below ½ by less than that but
//! by more than 1.64, or below ¼ with too few people to tell, the audit continues with a warning,
//! and no rule on scores passes.

use super::direction::ScoreDirection;
use super::intake::FirstPass;
use crate::{Error, ErrorKind, Result, Stage};

/// Standard deviations below ½ at which an audit is refused.
const CERTAIN: f64 = 4.0;
/// Standard deviations below ½ at which a warning is given.
const DOUBTFUL: f64 = 1.64;

/// How the scores of mated pairs compare with those of non-mated ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Likeness {
    /// The chance that a mated pair scores higher than a non-mated one.
    pub(crate) mated_above: f64,
    /// By how many standard deviations that is below ½.
    below: f64,
}

impl Likeness {
    /// `people` are those in mated and in non-mated comparisons with a score. `None` if one of the
    /// two kinds is missing.
    pub(crate) fn of(seen: &FirstPass, people: [u64; 2]) -> Option<Self> {
        let total = |bins: &[u64]| bins.iter().sum::<u64>();
        let (mated, nonmated) = (total(&seen.mated_bins), total(&seen.nonmated_bins));
        if mated == 0 || nonmated == 0 {
            return None;
        }
        let mut below = 0_u64;
        let mut wins = 0.0;
        for (m, n) in seen.mated_bins.iter().zip(&seen.nonmated_bins) {
            wins += *m as f64 * (below as f64 + 0.5 * *n as f64);
            below += n;
        }
        let mated_above = wins / (mated as f64 * nonmated as f64);
        let m = people[0].min(mated).max(1) as f64;
        let n = (people[1] as f64 / 2.0).min(nonmated as f64).max(1.0);
        let deviation = ((m + n + 1.0) / (12.0 * m * n)).sqrt();
        Some(Likeness { mated_above, below: (0.5 - mated_above) / deviation })
    }

    /// Whether scores may point the other way.
    pub(crate) fn is_doubtful(self) -> bool {
        self.below > DOUBTFUL || self.mated_above < 0.25
    }

    /// Refuses scores that point the other way.
    pub(crate) fn check(self, direction: ScoreDirection) -> Result<()> {
        if self.below <= CERTAIN {
            return Ok(());
        }
        let message = format!(
            "mated pairs are less similar than non-mated pairs: when one of each is compared, the \
             mated pair is the more similar in only {:.1} % of cases",
            100.0 * self.mated_above
        );
        let next = match direction {
            ScoreDirection::HigherIsMoreSimilar => {
                "if lower scores mean greater similarity, as with distances, add \
                 --lower-is-more-similar; otherwise check the `mated` column"
            }
            ScoreDirection::LowerIsMoreSimilar => {
                "if higher scores mean greater similarity, leave out --lower-is-more-similar, or \
                 map the column as a score: --map distance=score; otherwise check the `mated` \
                 column"
            }
        };
        Err(Error::new(ErrorKind::InvalidRecord, Stage::Audit, message).next(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(mated: &[u64], nonmated: &[u64]) -> FirstPass {
        FirstPass {
            reported: 0,
            mated: 0,
            nonmated: 0,
            attacks: 0,
            failures: Vec::new(),
            tune: Vec::new(),
            mated_bins: mated.to_vec(),
            nonmated_bins: nonmated.to_vec(),
            groups: Vec::new(),
            unlabelled: Vec::new(),
            weighed: None,
        }
    }

    #[test]
    fn a_turned_file_is_refused_and_a_small_one_by_chance_is_not() {
        let higher = ScoreDirection::HigherIsMoreSimilar;
        let judge = |mated: &[u64], nonmated: &[u64], people| {
            let likeness = Likeness::of(&seen(mated, nonmated), people).unwrap();
            (likeness.mated_above, likeness.is_doubtful(), likeness.check(higher).is_err())
        };
        assert_eq!(judge(&[0, 50], &[400, 0], [50, 80]), (1.0, false, false));
        assert_eq!(judge(&[50, 0], &[0, 400], [50, 80]), (0.0, true, true));
        // With four people it may be chance; the warning is given all the same.
        assert_eq!(judge(&[4, 0], &[0, 400], [4, 80]), (0.0, true, false));
        // Many rows of few people count as few.
        assert_eq!(judge(&[4000, 0], &[0, 4000], [2, 4]), (0.0, true, false));
        // Scores that do not depend on identity.
        assert_eq!(judge(&[50, 50], &[200, 200], [50, 80]), (0.5, false, false));
        assert!(!judge(&[52, 48], &[200, 200], [50, 80]).1);
        assert_eq!(Likeness::of(&seen(&[0, 0], &[1, 2]), [0, 2]), None);
        let error = Likeness { mated_above: 0.031, below: 9.0 }.check(higher).unwrap_err();
        assert!(error.to_string().contains("3.1 %"), "{error}");
        assert!(error.next_step().unwrap().contains("--lower-is-more-similar"));
    }
}
