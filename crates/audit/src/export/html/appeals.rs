//! How often people overturned decisions, by group.

use super::Page;
use crate::OverturnReport;
use crate::export::text;

/// Appeals; nothing where no rates were put beside the audit.
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
