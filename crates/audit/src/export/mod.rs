//! Rendering audit reports; nothing is calculated here.

mod atomic;
mod csv;
mod html;
mod json;
mod markdown;
mod shown;
mod stress;
mod text;

use std::io::{self, Write};
use std::path::Path;

use crate::AuditReport;
use crate::{Error, Result, Stage};

pub use atomic::write_atomically;
pub use csv::CsvExporter;
pub use html::HtmlExporter;
pub use json::JsonExporter;
pub use markdown::MarkdownExporter;
pub use stress::write_stress;

/// Renders a report into a stream of bytes. Equal reports give equal bytes.
pub trait Exporter {
    /// Writes the rendered report to `out`.
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()>;
}

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
    evenmatch_core::files::create_folder(folder, Stage::Export)?;
    let mut files = Vec::with_capacity(FILES.len());
    for (name, exporter) in FILES {
        let path = folder.join(name);
        let mut bytes = Vec::new();
        exporter
            .export(report, &mut bytes)
            .map_err(|cause| Error::io(Stage::Export, &path, cause))?;
        files.push((path, bytes));
    }
    atomic::replace_all(&files)
}
