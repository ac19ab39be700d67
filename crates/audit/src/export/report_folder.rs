//! The folder of an audit's report: every rendering of it.

use std::path::Path;

use super::csv::CsvExporter;
use super::exporter::Exporter;
use super::html::HtmlExporter;
use super::json::JsonExporter;
use super::markdown::MarkdownExporter;
use crate::{AuditReport, Error, Result, Stage};
use evenmatch_core::files::{self, Access};

/// The files of a report folder with their exporters.
pub const FILES: [(&str, &dyn Exporter); 4] = [
    ("report.json", &JsonExporter),
    ("rates.csv", &CsvExporter),
    ("summary.md", &MarkdownExporter),
    ("report.html", &HtmlExporter),
];

/// Writes `report.json`, `rates.csv`, `summary.md` and `report.html` to a folder, which is created
/// if necessary. All are rendered before any appears, and each appears whole or not at all.
///
/// # Errors
/// When the folder or a file cannot be written; files of an earlier report then stay as they
/// were, apart from those that were already replaced.
pub fn write_report(report: &AuditReport, folder: &Path) -> Result<()> {
    files::create_folder(folder, Stage::Export)?;
    let mut ready = Vec::with_capacity(FILES.len());
    for (name, exporter) in FILES {
        let path = folder.join(name);
        let mut bytes = Vec::new();
        exporter
            .export(report, &mut bytes)
            .map_err(|cause| Error::io(Stage::Export, &path, cause))?;
        ready.push((path, bytes));
    }
    files::write_all(&ready, Access::Everyone, Stage::Export)
}
