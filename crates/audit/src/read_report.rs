//! Saved reports, read back to be shown beside an audit.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result, Stage};

/// Reads a report; `otherwise` gives the message and the next step for a file that is not one.
///
/// # Errors
///
/// [`ErrorKind::Io`] if the file cannot be read, [`ErrorKind::InvalidRecord`] if it is something
/// else.
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
