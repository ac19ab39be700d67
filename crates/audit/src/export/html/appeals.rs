//! How often reviewers overturned decisions, by group.

use super::page::Page;
use crate::OverturnReport;
use crate::export::text;

/// Appeals; nothing where the audit was given no rates of appeals.
pub(super) fn appeals(page: &mut Page, appeals: Option<&OverturnReport>) {
    let Some(appeals) = appeals else { return };
    page.section("appeals", "Appeals");
    page.quiet(text::APPEALS_NOTICE);
    page.table(
        &format!("Decisions overturned by {}", appeals.by),
        &text::APPEALS_COLUMNS,
        &text::appeals(appeals),
    );
}
