//! What is done with a whole report: its worst verdict, turning it to the direction of its file, and
//! what of a report on plain scores is shown beside one on normalised scores.

use super::cells::{Histogram, Normalisation, RawAttribute, RawPoint, ScoreSummary};
use super::direction::ScoreDirection;
use super::report::AuditReport;
use super::rules::Verdict;
use crate::Digest;

/// The worst verdict over all operating points; `None` without rules.
pub fn worst_verdict(report: &AuditReport) -> Option<Verdict> {
    report.operating_points.iter().filter_map(|point| point.verdict).max()
}

/// Turns what a report says about scores to the direction of its file. Thresholds of operating
/// points are already in it.
pub(crate) fn turn(report: &mut AuditReport) {
    let direction = report.score_direction;
    if direction == ScoreDirection::HigherIsMoreSimilar {
        return;
    }
    let groups = report.scores.attributes.values_mut().flat_map(|groups| groups.values_mut());
    for summary in std::iter::once(&mut report.scores.overall).chain(groups) {
        turn_summary(summary, direction);
    }
    for point in report.pad.iter_mut().flat_map(|pad| &mut pad.end_to_end) {
        point.threshold = direction.turn(point.threshold);
    }
}

fn turn_summary(summary: &mut ScoreSummary, direction: ScoreDirection) {
    summary.eer_threshold = summary.eer_threshold.map(|threshold| direction.turn(threshold));
    summary.curve.reverse();
    for point in &mut summary.curve {
        point.threshold = direction.turn(point.threshold);
    }
    for histogram in [&mut summary.mated, &mut summary.nonmated] {
        let Histogram { low, high, counts } = histogram;
        (*low, *high) = (direction.turn(*high), direction.turn(*low));
        counts.reverse();
    }
}

impl Normalisation {
    /// Takes from a report on plain scores what is shown beside the normalised scores.
    pub fn beside(normaliser: Digest, cohort: u64, sentence: String, raw: &AuditReport) -> Self {
        let raw = raw.operating_points.iter().map(|point| RawPoint {
            target_fmr: point.target_fmr,
            threshold: point.threshold,
            fnmr: point.overall.fnmr.clone(),
            attributes: point
                .attributes
                .iter()
                .map(|(name, of)| {
                    let fmr = of.groups.iter();
                    let raw = RawAttribute {
                        fmr: fmr.map(|(g, r)| (g.clone(), r.rates.fmr.clone())).collect(),
                        max_over_min: of.differentials.fmr.max_over_min.clone(),
                        max_over_geomean: of.differentials.fmr.max_over_geomean.clone(),
                    };
                    (name.clone(), raw)
                })
                .collect(),
        });
        Normalisation { normaliser, cohort, sentence, raw: raw.collect() }
    }
}
