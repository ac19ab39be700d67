//! What stands behind the numbers: method, data, limits, warnings, provenance.

use super::super::text;
use super::Page;
use super::svg::escape;
use crate::AuditReport;

/// How the numbers were made.
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
        ("People each person is compared with, on average", text::number(data.design.mean_degree)),
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
        page.table("Records in which nothing was compared", &["Failure", "Records"], &rows);
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

/// What the numbers can't say.
pub(super) fn limits(page: &mut Page, report: &AuditReport) {
    page.section("limits", "Limits");
    page.raw("<ul>\n");
    for paragraph in &report.limits {
        page.raw(&format!("<li>{}</li>\n", escape(paragraph)));
    }
    page.raw("</ul>\n");
}

/// Oddities of the records and of the audit.
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
    page.table("Warnings", &["Code", "What", "How many", "First lines"], &rows);
}

/// What made the report, from what.
pub(super) fn provenance(page: &mut Page, report: &AuditReport) {
    page.section("provenance", "Where this report comes from");
    page.raw(&format!(
        "<dl class=\"facts\"><dt>Software</dt><dd>{} {}</dd><dt>Seed</dt><dd>{}</dd>\
         <dt>Confidence of intervals</dt><dd>{}</dd><dt>Schema</dt><dd><code>{}</code></dd></dl>\n",
        escape(&report.software.name),
        escape(&report.software.version),
        report.seed,
        escape(&text::percent(report.confidence)),
        escape(&report.schema)
    ));
    let inputs = report.inputs.iter().chain(&report.threshold_basis.calibration);
    let rows: Vec<Vec<String>> = inputs
        .map(|input| vec![input.file.clone(), input.format.clone(), input.sha256.to_string()])
        .collect();
    page.table("Inputs", &["File", "Format", "SHA-256"], &rows);
    page.paragraph(
        "Run the same version on the same files with the same options, and every number comes out \
         again.",
    );
}
