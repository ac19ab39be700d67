//! What is behind the numbers: method, data, limits, warnings, provenance.

use maud::html;

use super::page::{Page, clean};
use crate::AuditReport;
use crate::export::text;

/// How the numbers were calculated.
pub(super) fn method(page: &mut Page, report: &AuditReport) {
    page.section("method", "Method");
    for paragraph in &report.method {
        page.paragraph(paragraph);
    }
}

/// What was audited.
pub(super) fn data(page: &mut Page, report: &AuditReport) {
    page.section("data", "Data");
    let data = &report.data;
    let facts = [
        ("Records read", data.records.to_string()),
        ("Records reported on", data.reported.to_string()),
        ("Mated", data.mated.to_string()),
        ("Non-mated", data.nonmated.to_string()),
        ("Presentation attacks", data.attacks.to_string()),
        ("People", data.subjects.to_string()),
        ("Distinct non-mated pairs of people", data.dyads.to_string()),
        ("Shape of the pairs", data.design.name.clone()),
        (
            "People that each person was compared with, on average",
            text::number(data.design.mean_degree),
        ),
        ("Share of all possible pairs of people", text::percent(data.design.density)),
        ("Mated comparisons per person, on average", text::number(data.design.mated_per_subject)),
    ];
    let rows: Vec<Vec<String>> =
        facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    page.table("What was audited", &["", "Number"], &rows);
    page.paragraph(&data.design.sentence);
    if !data.failures.is_empty() {
        let rows: Vec<Vec<String>> = data
            .failures
            .iter()
            .map(|(name, count)| vec![name.clone(), count.to_string()])
            .collect();
        page.table("Records without a comparison", &["Failure", "Records"], &rows);
    }
    let mut rows = Vec::new();
    for attribute in &data.attributes {
        for (group, people) in &attribute.subjects {
            rows.push(vec![attribute.name.clone(), group.clone(), people.to_string()]);
        }
        rows.push(vec![
            attribute.name.clone(),
            "(records without a label)".into(),
            attribute.unlabelled.to_string(),
        ]);
    }
    page.table("People per group", &["Attribute", "Group", "People"], &rows);
}

/// What the numbers cannot tell.
pub(super) fn limits(page: &mut Page, report: &AuditReport) {
    page.section("limits", "Limits");
    page.list(&report.limits);
}

/// What is unusual about the records or the audit.
pub(super) fn warnings(page: &mut Page, report: &AuditReport) {
    page.section("warnings", "Warnings");
    if report.warnings.is_empty() {
        page.paragraph("None.");
        return;
    }
    let rows: Vec<Vec<String>> = report
        .warnings
        .iter()
        .map(|warning| {
            let lines: Vec<String> = warning.lines.iter().map(u64::to_string).collect();
            vec![
                warning.code.clone(),
                warning.message.clone(),
                warning.count.to_string(),
                lines.join(", "),
            ]
        })
        .collect();
    page.table("Warnings", &["Code", "Message", "Count", "First lines"], &rows);
}

/// Which software made the report, and from which files.
pub(super) fn provenance(page: &mut Page, report: &AuditReport) {
    page.section("provenance", "Where this report comes from");
    page.add(html! {
        dl class="facts" {
            dt { "Software" }
            dd { (clean(&report.software.name)) " " (clean(&report.software.version)) }
            dt { "Seed" }
            dd { (report.seed) }
            dt { "Confidence of intervals" }
            dd { (clean(&text::percent(report.confidence))) }
            dt { "Schema" }
            dd { code { (clean(&report.schema)) } }
        }
    });
    let inputs = report.inputs.iter().chain(&report.threshold_basis.calibration);
    let rows: Vec<Vec<String>> = inputs
        .map(|input| vec![input.file.clone(), input.format.clone(), input.sha256.to_string()])
        .collect();
    page.table("Inputs", &["File", "Format", "SHA-256"], &rows);
    page.paragraph(
        "The same version, run on the same files with the same options, gives the same numbers.",
    );
}
