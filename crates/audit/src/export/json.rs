//! `report.json`: the report as it is.

use std::io::{self, Write};

use super::exporter::Exporter;
use crate::AuditReport;

/// Writes the report as indented JSON with a line end after it.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonExporter;

impl Exporter for JsonExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, report)?;
        out.write_all(b"\n")
    }
}
