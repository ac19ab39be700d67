//! What normalising the scores changed.

use super::super::text;
use super::Page;
use crate::{AuditReport, Differential, Normalisation};

/// Before and after, per operating point; nothing where scores are plain.
pub(super) fn normalisation(page: &mut Page, report: &AuditReport) {
    let Some(normalisation) = &report.normalisation else { return };
    page.section("normalisation", "Before and after normalisation");
    page.paragraph(&normalisation.sentence);
    for (point, rows) in tables(report, normalisation) {
        page.heading(3, &point);
        let caption = "Error rates with plain and with normalised scores";
        page.table(caption, &["", "Plain scores", "Normalised"], &rows);
    }
}

/// By operating point its heading, and the rows of its table: what, before, after.
pub(in crate::export) fn tables(
    report: &AuditReport,
    normalisation: &Normalisation,
) -> Vec<(String, Vec<Vec<String>>)> {
    let value =
        |measure: Option<&Differential>| measure.map_or_else(|| "–".to_owned(), text::differential);
    let pairs = report.operating_points.iter().filter_map(|point| {
        let raw = normalisation.raw.iter().find(|raw| raw.target_fmr == point.target_fmr)?;
        Some((point, raw))
    });
    pairs
        .map(|(point, raw)| {
            let mut rows = vec![
                vec![
                    "Threshold".to_owned(),
                    text::threshold(raw.threshold),
                    text::threshold(point.threshold),
                ],
                vec![
                    "FNMR of everyone".to_owned(),
                    text::cell(&raw.fnmr),
                    text::cell(&point.overall.fnmr),
                ],
            ];
            for (name, before) in &raw.attributes {
                let Some(after) = point.attributes.get(name) else { continue };
                let fmr = &after.differentials.fmr;
                rows.push(vec![
                    format!("{name}: largest FMR over the geometric mean"),
                    value(before.max_over_geomean.as_ref()),
                    value(fmr.max_over_geomean.as_ref()),
                ]);
                rows.push(vec![
                    format!("{name}: largest over smallest FMR"),
                    value(before.max_over_min.as_ref()),
                    value(fmr.max_over_min.as_ref()),
                ]);
                for (group, before) in &before.fmr {
                    let Some(after) = after.groups.get(group) else { continue };
                    rows.push(vec![
                        format!("{name} {group}: FMR"),
                        text::cell(before),
                        text::cell(&after.rates.fmr),
                    ]);
                }
            }
            (text::operating_point(point), rows)
        })
        .collect()
}
