//! Non-maximum suppression: of overlapping boxes, only the best one stays.

use super::detection::Detection;

/// Keeps, in descending order of score, each detection whose intersection over union with every
/// detection kept before it is at most `overlap`.
///
/// Equal scores keep the order in which the detector listed them (finest stride first, then row by
/// row), so that the result does not depend on the sort:
///
/// ```text
/// order the candidates by score, descending; ties by position in the list, ascending
/// for each candidate: keep it if IoU(candidate, k) ≤ overlap for all kept k
/// ```
pub(super) fn suppress(mut candidates: Vec<Detection>, overlap: f32) -> Vec<Detection> {
    // `sort_by` is stable, which is what the tie rule needs.
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in candidates {
        let overlaps = |k: &Detection| {
            k.bounding_box.intersection_over_union(&candidate.bounding_box) > overlap
        };
        if !kept.iter().any(overlaps) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{BoundingBox, Landmarks5, Point};

    fn detection(x: f32, score: f32) -> Detection {
        Detection {
            bounding_box: BoundingBox::from_xywh(x, 0.0, 10.0, 10.0),
            landmarks: Landmarks5([Point::new(x, 0.0); 5]),
            score,
        }
    }

    #[test]
    fn the_best_of_overlapping_boxes_stays() {
        let kept =
            suppress(vec![detection(0.0, 0.7), detection(1.0, 0.9), detection(50.0, 0.8)], 0.3);
        let xs: Vec<f32> = kept.iter().map(|d| d.bounding_box.x()).collect();
        assert_eq!(xs, [1.0, 50.0]);
    }

    #[test]
    fn of_equal_scores_the_first_listed_stays() {
        let kept = suppress(vec![detection(2.0, 0.9), detection(0.0, 0.9)], 0.3);
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].bounding_box.x(), 2.0);
    }

    #[test]
    fn an_overlap_of_exactly_the_limit_is_kept() {
        // Boxes 10 wide, 5 apart: intersection 50, union 150.
        let kept = suppress(vec![detection(0.0, 0.9), detection(5.0, 0.8)], 50.0 / 150.0);
        assert_eq!(kept.len(), 2);
    }
}
