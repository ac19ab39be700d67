//! Photos for reviews in SQLite.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use super::fault::{fault, run};
use crate::Result;
use crate::store::{KeptPhoto, PhotoKey, array, signed, unsigned};

pub(super) const TABLE: &str = "
    CREATE TABLE review_photo (
        lookup BLOB NOT NULL,
        decision INTEGER NOT NULL,
        taken_at INTEGER NOT NULL,
        keep_until INTEGER NOT NULL,
        wrapped_key BLOB NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (lookup, decision)
    ) STRICT;
";

fn key(place: &str, row: &Row<'_>) -> rusqlite::Result<Result<PhotoKey>> {
    let (lookup, decision): (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
    let (taken_at, keep_until) = (row.get(2)?, row.get(3)?);
    let what = "a photo for a review";
    let checked = || {
        Ok(PhotoKey {
            lookup: array(place, &lookup, what)?,
            decision: unsigned(place, decision, what)?,
            taken_at,
            keep_until,
        })
    };
    Ok(checked())
}

pub(super) fn kept(connection: &Connection, path: &Path) -> Result<Vec<PhotoKey>> {
    let fault = |cause| fault(path, cause);
    let place = path.display().to_string();
    let text = "SELECT lookup, decision, taken_at, keep_until FROM review_photo \
                ORDER BY lookup, decision";
    let mut query = connection.prepare_cached(text).map_err(fault)?;
    let rows = query.query_map([], |row| key(&place, row)).map_err(fault)?;
    rows.map(|row| row.map_err(fault)?).collect()
}

pub(super) fn one(
    connection: &Connection,
    path: &Path,
    photo: &PhotoKey,
) -> Result<Option<KeptPhoto>> {
    let place = path.display().to_string();
    let text = "SELECT lookup, decision, taken_at, keep_until, wrapped_key, sealed \
                FROM review_photo WHERE lookup = ?1 AND decision = ?2";
    let read = |row: &Row<'_>| Ok((key(&place, row)?, row.get(4)?, row.get(5)?));
    let found = connection
        .prepare_cached(text)
        .and_then(|mut query| {
            let values = (&photo.lookup[..], signed(photo.decision).unwrap_or_default());
            query.query_row(values, read).optional()
        })
        .map_err(|cause| fault(path, cause))?;
    found
        .map(|(key, wrapped_key, sealed)| Ok(KeptPhoto { key: key?, wrapped_key, sealed }))
        .transpose()
}

pub(super) fn put(connection: &Connection, path: &Path, photo: &KeptPhoto) -> Result<()> {
    let PhotoKey { lookup, decision, taken_at, keep_until } = photo.key;
    let decision = signed(decision)?;
    run(
        connection,
        path,
        "INSERT OR REPLACE INTO review_photo VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        rusqlite::params![
            &lookup[..],
            decision,
            taken_at,
            keep_until,
            photo.wrapped_key,
            photo.sealed
        ],
    )
}

pub(super) fn delete(connection: &Connection, path: &Path, photo: &PhotoKey) -> Result<()> {
    let decision = signed(photo.decision)?;
    // Overwrite in place first, so that the photo's own key is gone before the row is.
    for text in [
        "UPDATE review_photo SET wrapped_key = zeroblob(length(wrapped_key)), \
         sealed = zeroblob(length(sealed)) WHERE lookup = ?1 AND decision = ?2",
        "DELETE FROM review_photo WHERE lookup = ?1 AND decision = ?2",
    ] {
        run(connection, path, text, (&photo.lookup[..], decision))?;
    }
    Ok(())
}
