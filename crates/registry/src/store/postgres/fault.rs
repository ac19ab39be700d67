//! A server's errors in our words.

use postgres::Row;

use crate::{Error, ErrorKind, Result, Stage};

pub(super) fn fault(place: &str, cause: postgres::Error) -> Error {
    let (kind, message, next) = match cause.code().map(|code| code.code()) {
        Some("40001" | "40P01" | "55P03" | "57014") => {
            (ErrorKind::Busy, "another process has locked the store", "try again in a moment")
        }
        _ => (ErrorKind::Io, "the database server reported an error", "check the server's message"),
    };
    Error::new(kind, Stage::Enrolment, message).in_file(place).next(next).caused_by(cause)
}

/// The value of a column, or an error if it has another type.
pub(super) fn get<'a, T: postgres::types::FromSql<'a>>(
    place: &str,
    row: &'a Row,
    at: usize,
) -> Result<T> {
    row.try_get(at).map_err(|cause| fault(place, cause))
}
