//! Thresholds for target rates, under the tie contract: *accept if and only if score ≥ threshold*,
//! and equal scores are never split.
//!
//! ```text
//! threshold_for_fmr(f): the smallest observed non-mated score t with #{s ≥ t} ≤ f·N;
//!                       if there is none, the next number above the largest score
//! threshold_for_fnmr(f): the largest observed mated score t with #{s < t} ≤ f·N
//! ```

/// A target false match rate.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct TargetFmr(pub f64);

/// How many errors a target rate allows in `trials`: the largest `k` with `k/trials ≤ target` in
/// the floating-point comparison that a reader of the report would make.
pub(crate) fn allowed(target: f64, trials: u64) -> u64 {
    let mut k = (target * trials as f64).floor().clamp(0.0, trials as f64) as u64;
    while k < trials && (k + 1) as f64 / trials as f64 <= target {
        k += 1;
    }
    while k > 0 && k as f64 / trials as f64 > target {
        k -= 1;
    }
    k
}

/// The smallest observed non-mated score whose acceptance keeps FMR ≤ `target`, whole tie groups
/// only; the next number above the largest score if none does. `None` without finite scores.
pub fn threshold_for_fmr(target: TargetFmr, nonmated: &[f64]) -> Option<f64> {
    let finite = nonmated.iter().copied().filter(|s| s.is_finite());
    let mut scores: Vec<(f64, u64)> = finite.map(|score| (score, 1)).collect();
    scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    from_the_top(&scores, 0, allowed(target.0, scores.len() as u64), None)
}

/// Walks tie groups of `descending` scores, each with its weight, from which larger ones that weigh
/// `above` were left out, and returns the last one that keeps the weight accepted within `allowed`.
/// `fallback` is the smallest score left out, which is the answer if no group here fits.
pub(crate) fn from_the_top(
    descending: &[(f64, u64)],
    mut above: u64,
    allowed: u64,
    fallback: Option<f64>,
) -> Option<f64> {
    let mut best = fallback;
    let mut start = 0;
    while start < descending.len() {
        let score = descending[start].0;
        let ties = descending[start..].iter().take_while(|s| s.0 == score).count();
        above += descending[start..start + ties].iter().map(|s| s.1).sum::<u64>();
        if above > allowed {
            break;
        }
        best = Some(score);
        start += ties;
    }
    best.or_else(|| descending.first().map(|max| max.0.next_up()))
}

/// The largest observed mated score for which rejecting everything below it keeps FNMR ≤ `target`.
/// `None` without finite scores.
pub fn threshold_for_fnmr(target: f64, mated: &[f64]) -> Option<f64> {
    let mut scores: Vec<f64> = mated.iter().copied().filter(|s| s.is_finite()).collect();
    scores.sort_unstable_by(f64::total_cmp);
    // The lowest score rejects nobody, so some observed score always meets the target.
    let mut best = *scores.first()?;
    let allowed = allowed(target, scores.len() as u64);
    for (below, pair) in scores.windows(2).enumerate() {
        if pair[1] > pair[0] && (below as u64) < allowed {
            best = pair[1];
        }
    }
    Some(best)
}

/// Where FMR and FNMR cross.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualErrorRate {
    /// The mean of both rates at the threshold.
    pub rate: f64,
    /// The smallest observed score at which FMR ≤ FNMR. For separable scores that is the
    /// smallest mated one.
    pub threshold: f64,
}

/// The equal error rate of two lists of finite scores; `None` if one is empty.
pub fn equal_error_rate(mated: &[f64], nonmated: &[f64]) -> Option<EqualErrorRate> {
    if mated.is_empty() || nonmated.is_empty() {
        return None;
    }
    let sorted = |scores: &[f64]| {
        let mut scores: Vec<(f64, u64)> = scores.iter().map(|score| (*score, 1)).collect();
        scores.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        scores
    };
    let (mated, nonmated) = (sorted(mated), sorted(nonmated));
    crossing(
        &mated,
        &nonmated,
        Outside { totals: [mated.len() as u64, nonmated.len() as u64], below: [0, 0], above: None },
    )
}

/// What scores outside the stretch that [`crossing`] searches weigh: `[mated, nonmated]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outside {
    /// All scores.
    pub(crate) totals: [u64; 2],
    /// Scores below the stretch.
    pub(crate) below: [u64; 2],
    /// The smallest score above the stretch.
    pub(crate) above: Option<f64>,
}

/// The first observed score of a sorted stretch, each score with its weight, at which FMR ≤ FNMR.
pub(crate) fn crossing(
    mated: &[(f64, u64)],
    nonmated: &[(f64, u64)],
    outside: Outside,
) -> Option<EqualErrorRate> {
    let [total_mated, total_nonmated] = outside.totals.map(|n| n as f64);
    let (mut i, mut j) = (0, 0);
    let [mut below_mated, mut below_nonmated] = outside.below;
    while i < mated.len() || j < nonmated.len() {
        let threshold = match (mated.get(i), nonmated.get(j)) {
            (Some(a), Some(b)) => a.0.min(b.0),
            (Some(a), None) => a.0,
            (None, Some(b)) => b.0,
            (None, None) => break,
        };
        let fnmr = below_mated as f64 / total_mated;
        let fmr = 1.0 - below_nonmated as f64 / total_nonmated;
        if fmr <= fnmr {
            return Some(EqualErrorRate { rate: 0.5 * (fmr + fnmr), threshold });
        }
        while let Some((_, weight)) = mated.get(i).filter(|s| s.0 == threshold) {
            below_mated += weight;
            i += 1;
        }
        while let Some((_, weight)) = nonmated.get(j).filter(|s| s.0 == threshold) {
            below_nonmated += weight;
            j += 1;
        }
    }
    // The rates cross after the stretch's last score.
    let top = mated.last().into_iter().chain(nonmated.last()).map(|s| s.0).reduce(f64::max)?;
    let fnmr = below_mated as f64 / total_mated;
    let fmr = 1.0 - below_nonmated as f64 / total_nonmated;
    let threshold = outside.above.unwrap_or_else(|| top.next_up());
    (fmr <= fnmr).then_some(EqualErrorRate { rate: 0.5 * (fmr + fnmr), threshold })
}

#[cfg(test)]
mod tests {
    use super::super::rates::{Fmr, Fnmr};
    use super::*;

    #[test]
    fn ties_are_not_parted_where_another_library_breaks_its_promise() {
        let mated = [0.5, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
        let threshold = threshold_for_fnmr(0.1, &mated).unwrap();
        assert_eq!(Fnmr::at(threshold, &mated).0.errors(), 0);
        assert_eq!(threshold, 0.5);
        assert_eq!(threshold_for_fnmr(0.4, &mated), Some(0.9));
    }

    #[test]
    fn a_target_that_no_score_meets_refuses_all() {
        let nonmated = [0.7, 0.7, 0.1];
        let threshold = threshold_for_fmr(TargetFmr(0.5), &nonmated).unwrap();
        assert_eq!(threshold, 0.7_f64.next_up());
        assert_eq!(Fmr::at(threshold, &nonmated).0.errors(), 0);
        assert_eq!(threshold_for_fmr(TargetFmr(0.7), &nonmated), Some(0.7));
        assert_eq!(threshold_for_fmr(TargetFmr(1.0), &nonmated), Some(0.1));
        assert_eq!(threshold_for_fmr(TargetFmr(0.1), &[]), None);
    }

    #[test]
    fn separable_scores_cross_at_the_smallest_mated_one() {
        let eer = equal_error_rate(&[3.2, 4.0, 5.0], &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(eer, EqualErrorRate { rate: 0.0, threshold: 3.2 });
        let eer = equal_error_rate(&[1.0, 2.0], &[3.0, 4.0]).unwrap();
        assert_eq!(eer.rate, 1.0);
    }

    #[test]
    fn allowed_errors_survive_rounding() {
        assert_eq!(allowed(0.1, 10), 1);
        assert_eq!(allowed(0.07, 100), 7);
        assert_eq!(allowed(1e-4, 29_999), 2);
        assert_eq!(allowed(1.0, 3), 3);
        assert_eq!(allowed(0.3, 10), 3);
    }
}
