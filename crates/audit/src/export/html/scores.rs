//! DET curves and score distributions.

use super::charts::{self, Named};
use super::page::Page;
use super::svg::{Mark, legend};
use super::trade_off::{Line, trade_off};
use crate::export::text;
use crate::{AuditReport, ScoreSummary};

/// The most groups in one chart; more are split over several charts.
const PER_CHART: usize = 7;

fn named(
    groups: &std::collections::BTreeMap<String, ScoreSummary>,
) -> Vec<Named<'_, ScoreSummary>> {
    groups
        .iter()
        .enumerate()
        .map(|(index, (name, value))| Named { name, mark: Mark(index), value })
        .collect()
}

/// A group's DET curve.
fn line(group: &Named<'_, ScoreSummary>) -> Line {
    let points = group.value.curve.iter().map(|point| (point.fmr, point.fnmr)).collect();
    let note = |eer| format!("{}: equal error rate {}. ", group.name, text::percent(eer));
    Line { mark: group.mark, points, note: group.value.eer.map_or_else(String::new, note) }
}

/// DET curves per group.
pub(super) fn det(page: &mut Page, report: &AuditReport) {
    page.section("trade-off", "Trade-off between the two errors (DET curves)");
    page.quiet(
        "Each line shows one group at every threshold: a stricter threshold gives fewer false \
         matches and more false non-matches. Lines nearer the lower left are better. Dotted lines \
         are target FMRs.",
    );
    let targets: Vec<f64> =
        report.operating_points.iter().filter_map(|point| point.target_fmr).collect();
    for (attribute, groups) in &report.scores.attributes {
        page.heading(3, attribute);
        let all = named(groups);
        for part in all.chunks(PER_CHART) {
            let id = page.chart_id();
            let title = format!("DET curves by {attribute}");
            let lines: Vec<Line> = part.iter().map(line).collect();
            let axes = ("false match rate (FMR)", "false non-match rate");
            let svg = trade_off(&id, &title, &lines, &targets, axes);
            page.figure(&title, &svg);
            page.add(legend(part.iter().map(|group| (group.name, group.mark))));
        }
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|group| {
                let mut row = vec![group.name.to_owned()];
                row.push(group.value.eer.map_or("–".into(), text::percent));
                row.push(group.value.eer_threshold.map_or("–".into(), text::score));
                for target in [0.1, 0.01, 0.001, 1e-4] {
                    // The point of the curve with the largest FMR that is not above the target.
                    let point = group.value.curve.iter().find(|point| point.fmr <= target);
                    row.push(point.map_or("–".into(), |point| {
                        let fmr = match point.fmr {
                            0.0 => "no false match".to_owned(),
                            fmr => format!("FMR {}", text::percent(fmr)),
                        };
                        format!("{} ({fmr})", text::percent(point.fnmr))
                    }));
                }
                row
            })
            .collect();
        page.table(
            &format!("Points of the DET curves by {attribute}"),
            &[
                "Group",
                "Equal error rate",
                "at threshold",
                "FNMR at FMR ≤ 10 %",
                "at FMR ≤ 1 %",
                "at FMR ≤ 0.1 %",
                "at FMR ≤ 0.01 %",
            ],
            &rows,
        );
    }
}

/// Score distributions with the thresholds.
pub(super) fn distributions(page: &mut Page, report: &AuditReport) {
    page.section("scores", "Score distributions");
    page.quiet(
        "Filled: pairs of two people. Outline: pairs of one person. The less they overlap, the \
         better. Dashed lines are the thresholds. Where a group's shapes lie further right or \
         left than the others', one threshold treats groups differently.",
    );
    let thresholds: Vec<f64> =
        report.operating_points.iter().map(|point| point.threshold).collect();
    for (attribute, groups) in &report.scores.attributes {
        page.heading(3, attribute);
        let all = named(groups);
        let id = page.chart_id();
        let title = format!("Scores by {attribute}");
        let svg = charts::distributions(&id, &title, &all, &thresholds);
        page.figure(&title, &svg);
        let rows: Vec<Vec<String>> = all.iter().map(summary_row).collect();
        page.table(
            &format!("Separation of scores by {attribute}"),
            &["Group", "d′", "min Cllr (bits)", "Mated pairs", "Non-mated pairs"],
            &rows,
        );
        counts(page, attribute, &all);
    }
    let everyone = Named { name: "everyone", mark: Mark(0), value: &report.scores.overall };
    let mut row = summary_row(&everyone);
    row.push(report.scores.overall.cllr.map_or("–".into(), text::number));
    page.table(
        "Separation of scores of everyone",
        &["Group", "d′", "min Cllr (bits)", "Mated pairs", "Non-mated pairs", "Cllr (bits)"],
        &[row],
    );
}

fn summary_row(group: &Named<'_, ScoreSummary>) -> Vec<String> {
    vec![
        group.name.to_owned(),
        group.value.d_prime.map_or("–".into(), text::number),
        group.value.min_cllr.map_or("–".into(), text::number),
        group.value.mated.counts.iter().sum::<u64>().to_string(),
        group.value.nonmated.counts.iter().sum::<u64>().to_string(),
    ]
}

/// The bars of the distributions as numbers.
fn counts(page: &mut Page, attribute: &str, groups: &[Named<'_, ScoreSummary>]) {
    let Some(first) = groups.first() else { return };
    let range = &first.value.mated;
    let bins = range.counts.len();
    let edge = |bin: usize| range.low + (range.high - range.low) * bin as f64 / bins.max(1) as f64;
    let mut header = vec!["Scores from".to_owned()];
    for group in groups {
        header.push(format!("{}: mated", group.name));
        header.push(format!("{}: non-mated", group.name));
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = (0..bins)
        .map(|bin| {
            let count = |counts: &[u64]| counts.get(bin).copied().unwrap_or(0).to_string();
            let cells = groups.iter().flat_map(|group| {
                [count(&group.value.mated.counts), count(&group.value.nonmated.counts)]
            });
            std::iter::once(text::score(edge(bin))).chain(cells).collect()
        })
        .collect();
    page.details(&format!("The counts behind the chart of {attribute}"), |page| {
        page.matrix(&format!("Counts of scores by {attribute}"), &header, &rows);
    });
}
