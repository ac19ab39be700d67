//! What every renderer of an audit does.

use std::io::{self, Write};

use crate::AuditReport;

/// Renders a report into a stream of bytes. Equal reports give equal bytes.
pub trait Exporter {
    /// Writes the rendered report to `out`.
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()>;
}
