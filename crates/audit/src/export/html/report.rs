//! `report.html`: one file without scripts or requests, from the answer to the evidence.

use std::io::{self, Write};

use super::page::{Head, Page};
use super::{about, appeals, attacks, groups, normalisation, rates, scores, stress, verdicts};
use crate::AuditReport;
use crate::export::exporter::Exporter;
use crate::export::shown::{Shown, shown};

/// Writes the report as one HTML page.
#[derive(Debug, Clone, Copy, Default)]
pub struct HtmlExporter;

impl Exporter for HtmlExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new("answer", "The answer");
        let Shown { report, left_out } = shown(report);
        let report = &*report;
        rates::answer(&mut page, report);
        left_out.iter().for_each(|sentence| page.note(sentence));
        // Records of presentation attack detection alone have no scores.
        if !report.operating_points.is_empty() {
            rates::rates(&mut page, report);
            normalisation::normalisation(&mut page, report);
            scores::det(&mut page, report);
            scores::distributions(&mut page, report);
            groups::cross_cohort(&mut page, report);
            groups::acquisition(&mut page, report);
            groups::funnel(&mut page, report);
        }
        attacks::pad(&mut page, report);
        verdicts::rules(&mut page, report);
        appeals::appeals(&mut page, report.appeals.as_ref());
        stress::embedded(&mut page, report.stress.as_ref());
        about::method(&mut page, report);
        about::data(&mut page, report);
        about::limits(&mut page, report);
        about::warnings(&mut page, report);
        about::provenance(&mut page, report);
        let what = match report.operating_points.is_empty() {
            true => "presentations",
            false => "comparisons",
        };
        let first = format!(
            "{} {what}, {} people; calculated by {} {}",
            report.data.records,
            report.data.subjects,
            report.software.name,
            report.software.version
        );
        let head = Head {
            title: "Face verification bias audit",
            notice: None,
            first: &first,
            files: ["report.json", "rates.csv"],
        };
        page.write(&head, out)
    }
}
