//! SQLite's errors in our words, and changes that report them.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use crate::{Error, ErrorKind, Result, Stage};

pub(super) fn fault(path: &Path, cause: rusqlite::Error) -> Error {
    let error = |kind, message: &str, next: &str| {
        Error::new(kind, Stage::Enrolment, message).in_path(path).next(next)
    };
    let whole = "restore an intact copy, and find out what changed this one";
    let error = match (&cause, cause.sqlite_error_code()) {
        (_, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => {
            error(ErrorKind::Busy, "another process has locked the store", "try again in a moment")
        }
        (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => {
            error(ErrorKind::Tampered, "the store was changed or is damaged", whole)
        }
        (_, Some(ErrorCode::DiskFull)) => {
            error(ErrorKind::Io, "the disk is full", "free some space: nothing was changed")
        }
        (_, Some(ErrorCode::Unknown)) | (_, None) => {
            error(ErrorKind::Tampered, "the store contains invalid values", whole)
        }
        _ => error(ErrorKind::Io, "the store could not be read or written", "check the file"),
    };
    error.caused_by(cause)
}

/// Makes one change.
pub(super) fn run(
    connection: &Connection,
    path: &Path,
    text: &str,
    values: impl rusqlite::Params,
) -> Result<()> {
    let done = connection.prepare_cached(text).and_then(|mut query| query.execute(values));
    done.map(drop).map_err(|cause| fault(path, cause))
}
