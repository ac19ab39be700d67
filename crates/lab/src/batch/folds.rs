//! Accuracy over folds, as in the protocol of LFW.

use serde::Serialize;

/// Accuracy on one fold at the threshold that the other folds chose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FoldResult {
    /// Pairs with this score or a higher one are classified as mated.
    pub threshold: f64,
    /// Share of the fold's pairs that are classified correctly, 0 to 1.
    pub accuracy: f64,
}

/// Accuracy over all folds: Huang et al., "Labeled Faces in the Wild", 2007, section 5.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldAccuracy {
    /// The mean of the folds' accuracies: `μ = Σ pᵢ / n`.
    pub mean: f64,
    /// Its standard error: `σ / √n` with `σ² = Σ (pᵢ − μ)² / (n − 1)`.
    pub standard_error: f64,
    /// Each fold.
    pub folds: Vec<FoldResult>,
}

/// The accuracy of pairs, `(mated, score)`, in folds of equal size, one after another. A pair that
/// could not be compared has no score and is classified as non-mated at every threshold.
///
/// `None` for fewer than two folds, or where the pairs cannot be divided into equal folds.
pub fn fold_accuracy(pairs: &[(bool, Option<f32>)], folds: usize) -> Option<FoldAccuracy> {
    if folds < 2 || pairs.is_empty() || !pairs.len().is_multiple_of(folds) {
        return None;
    }
    let size = pairs.len() / folds;
    let results: Vec<FoldResult> = (0..folds)
        .map(|fold| {
            let (before, rest) = pairs.split_at(fold * size);
            let (own, after) = rest.split_at(size);
            let threshold = best_threshold(before.iter().chain(after).copied());
            let right = |(mated, score): &&(bool, Option<f32>)| {
                score.is_some_and(|score| f64::from(score) >= threshold) == *mated
            };
            let accuracy = own.iter().filter(right).count() as f64 / size as f64;
            FoldResult { threshold, accuracy }
        })
        .collect();
    let n = folds as f64;
    let mean = results.iter().map(|fold| fold.accuracy).sum::<f64>() / n;
    let squares: f64 = results.iter().map(|fold| (fold.accuracy - mean).powi(2)).sum();
    let standard_error = (squares / (n - 1.0)).sqrt() / n.sqrt();
    Some(FoldAccuracy { mean, standard_error, folds: results })
}

/// The threshold that classifies most pairs correctly, halfway between two scores; where several
/// do, the highest. Above all scores it is 2, which no cosine reaches.
fn best_threshold(pairs: impl Iterator<Item = (bool, Option<f32>)>) -> f64 {
    let mut scored: Vec<(f32, bool)> =
        pairs.filter_map(|(mated, score)| Some((score?, mated))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Pairs that are classified correctly, minus those that are when nothing is accepted.
    let (mut gain, mut best, mut threshold) = (0_i64, 0_i64, 2.0);
    for (at, (score, mated)) in scored.iter().enumerate() {
        gain += if *mated { 1 } else { -1 };
        let next = scored.get(at + 1).map(|(score, _)| *score);
        if gain > best && next != Some(*score) {
            best = gain;
            threshold = next.map_or(f64::from(*score), |next| {
                f64::midpoint(f64::from(*score), f64::from(next))
            });
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_come_from_the_other_folds() {
        // Fold 0 would be perfect at 0.5, fold 1 at 0.8: each uses the threshold of the other.
        let pairs = [(true, Some(0.6)), (false, Some(0.4)), (true, Some(0.9)), (false, Some(0.7))];
        let result = fold_accuracy(&pairs, 2).unwrap();
        assert!((result.folds[0].threshold - 0.8).abs() < 1e-6);
        assert!((result.folds[1].threshold - 0.5).abs() < 1e-6);
        assert_eq!(result.folds[0].accuracy, 0.5);
        assert_eq!(result.folds[1].accuracy, 0.5);
        assert_eq!((result.mean, result.standard_error), (0.5, 0.0));
    }

    #[test]
    fn mean_and_standard_error_are_those_of_the_protocol() {
        // Accuracies 1, 1 and 0.5: mean 5/6, deviation √(1/12), standard error 1/6.
        let fold = [(true, Some(0.9)), (false, Some(0.1))];
        let failed = [(true, None), (false, Some(0.1))];
        let result = fold_accuracy(&[fold, fold, failed].concat(), 3).unwrap();
        assert!((result.mean - 5.0 / 6.0).abs() < 1e-12);
        assert!((result.standard_error - 1.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn equal_scores_are_never_parted() {
        let pairs = [(true, Some(0.5)), (false, Some(0.5)), (false, Some(0.5))];
        assert_eq!(best_threshold(pairs.into_iter()), 2.0);
    }

    #[test]
    fn uneven_folds_have_no_accuracy() {
        assert_eq!(fold_accuracy(&[(true, None); 3], 2), None);
        assert_eq!(fold_accuracy(&[(true, None); 3], 1), None);
    }
}
