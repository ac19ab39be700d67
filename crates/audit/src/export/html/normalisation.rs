//! What normalising the scores changed.

use super::page::Page;
use crate::AuditReport;
use crate::export::text;

/// Before and after, for each operating point; nothing where scores are plain.
pub(super) fn normalisation(page: &mut Page, report: &AuditReport) {
    let Some(normalisation) = &report.normalisation else { return };
    page.section("normalisation", "Before and after normalisation");
    page.paragraph(&normalisation.sentence);
    for (point, rows) in text::normalisation(report, normalisation) {
        page.heading(3, &point);
        let caption = "Error rates with plain and with normalised scores";
        page.table(caption, &["", "Plain scores", "Normalised"], &rows);
    }
}
