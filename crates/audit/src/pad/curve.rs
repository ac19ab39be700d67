//! Thresholds of the PAD score: the trade-off between both errors, and points of fixed BPCER.

use super::report::PadCurvePoint;
use crate::operating_point::allowed;

/// Points of a curve, at most.
const POINTS: usize = 200;

/// The largest bona fide score such that at most the target share lies below it, from scores in
/// ascending order; `None` without scores.
pub(super) fn threshold(bona_fide: &[f64], target: f64) -> Option<f64> {
    let refused = allowed(target, bona_fide.len() as u64) as usize;
    bona_fide.get(refused.min(bona_fide.len().saturating_sub(1))).copied()
}

/// The rates at every score that occurs, thinned where they barely change; both lists ascend.
pub(super) fn curve(bona_fide: &[f64], attacks: &[f64]) -> Vec<PadCurvePoint> {
    if bona_fide.is_empty() || attacks.is_empty() {
        return Vec::new();
    }
    let mut thresholds = [bona_fide, attacks].concat();
    thresholds.sort_unstable_by(f64::total_cmp);
    thresholds.dedup();
    let below = |scores: &[f64], threshold: f64| scores.partition_point(|s| *s < threshold) as f64;
    let (genuine, forged) = (bona_fide.len() as f64, attacks.len() as f64);
    // A point wherever either rate has moved by one of several equal steps on a logarithmic scale.
    let step = |rate: f64, total: f64| {
        let floor = 0.5 / total;
        let steps = POINTS as f64 / 2.0 - 2.0;
        ((rate.max(floor).ln() / floor.ln()) * steps) as i64
    };
    let mut last = None;
    let mut points = Vec::new();
    for threshold in thresholds {
        let apcer = 1.0 - below(attacks, threshold) / forged;
        let bpcer = below(bona_fide, threshold) / genuine;
        let cell = (step(apcer, forged), step(bpcer, genuine));
        if last != Some(cell) {
            points.push(PadCurvePoint { threshold, apcer, bpcer });
            last = Some(cell);
        }
    }
    points.truncate(POINTS);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_never_refuses_more_than_its_target() {
        // Ten scores, two of them equal: 10 % may reject one, and a tie is never split.
        let scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
        assert_eq!(threshold(&scores, 0.10), Some(0.2));
        assert_eq!(threshold(&scores, 0.01), Some(0.1));
        let ties = [0.1, 0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
        assert_eq!(threshold(&ties, 0.10), Some(0.1));
        assert_eq!(threshold(&ties, 0.20), Some(0.3));
        assert_eq!(threshold(&[], 0.10), None);
    }

    #[test]
    fn curves_hold_both_errors_at_each_score() {
        let points = curve(&[0.4, 0.6, 0.8, 0.9], &[0.1, 0.6]);
        let plain: Vec<(f64, f64, f64)> =
            points.iter().map(|point| (point.threshold, point.apcer, point.bpcer)).collect();
        // By hand; at 0.4 nothing has moved but the attack with score 0.1.
        assert_eq!(
            plain,
            [(0.1, 1.0, 0.0), (0.4, 0.5, 0.0), (0.6, 0.5, 0.25), (0.8, 0.0, 0.5), (0.9, 0.0, 0.75)]
        );
        assert!(curve(&[], &[0.5]).is_empty());
    }

    #[test]
    fn curves_stay_small_and_descend() {
        let genuine: Vec<f64> = (0..20_000).map(|i| (f64::from(i) / 20_000.0).sqrt()).collect();
        let forged: Vec<f64> = (0..20_000).map(|i| f64::from(i) / 20_000.0).collect();
        let points = curve(&genuine, &forged);
        assert!((50..=POINTS).contains(&points.len()), "{}", points.len());
        assert!(points.windows(2).all(|w| w[0].apcer >= w[1].apcer && w[0].bpcer <= w[1].bpcer));
    }
}
