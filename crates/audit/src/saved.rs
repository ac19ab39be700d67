//! Reports that were saved, read back to be put beside an audit.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result, Stage};

/// Reads a report; `otherwise` says what a file that is none is not, and what to name instead.
///
/// # Errors
///
/// [`ErrorKind::Io`] where the file can't be read, [`ErrorKind::InvalidRecord`] where it is
/// something else.
pub(super) fn read<T: DeserializeOwned>(
    path: &Path,
    schema: &str,
    of: fn(&T) -> &str,
    [otherwise, next]: [&str; 2],
) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|cause| Error::io(Stage::Audit, path, cause))?;
    let wrong = |message: String| {
        Error::new(ErrorKind::InvalidRecord, Stage::Audit, message).in_path(path).next(next)
    };
    let report: T =
        serde_json::from_slice(&bytes).map_err(|cause| wrong(format!("{otherwise}: {cause}")))?;
    if of(&report) != schema {
        let message = format!("the schema is `{}`, not `{schema}`", of(&report));
        return Err(wrong(message));
    }
    Ok(report)
}
