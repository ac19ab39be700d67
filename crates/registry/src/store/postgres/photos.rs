//! Photos for reviews on a PostgreSQL server.

use postgres::{GenericClient, Row};

use super::fault::{fault, get};
use crate::Result;
use crate::store::{KeptPhoto, PhotoKey, array, signed, unsigned};

pub(super) const TABLE: &str = "
    CREATE TABLE evenmatch_review_photo (
        lookup BYTEA NOT NULL,
        decision BIGINT NOT NULL,
        taken_at BIGINT NOT NULL,
        keep_until BIGINT NOT NULL,
        wrapped_key BYTEA NOT NULL,
        sealed BYTEA NOT NULL,
        PRIMARY KEY (lookup, decision)
    );
";

fn key(place: &str, row: &Row) -> Result<PhotoKey> {
    let what = "a photo for a review";
    Ok(PhotoKey {
        lookup: array(place, get(place, row, 0)?, what)?,
        decision: unsigned(place, get(place, row, 1)?, what)?,
        taken_at: get(place, row, 2)?,
        keep_until: get(place, row, 3)?,
    })
}

pub(super) fn kept(client: &mut impl GenericClient, place: &str) -> Result<Vec<PhotoKey>> {
    let text = "SELECT lookup, decision, taken_at, keep_until FROM evenmatch_review_photo \
                ORDER BY lookup, decision";
    let rows = client.query(text, &[]).map_err(|cause| fault(place, cause))?;
    rows.iter().map(|row| key(place, row)).collect()
}

pub(super) fn one(
    client: &mut impl GenericClient,
    place: &str,
    photo: &PhotoKey,
) -> Result<Option<KeptPhoto>> {
    let text = "SELECT lookup, decision, taken_at, keep_until, wrapped_key, sealed \
                FROM evenmatch_review_photo WHERE lookup = $1 AND decision = $2";
    let decision = signed(photo.decision)?;
    let found = client.query_opt(text, &[&&photo.lookup[..], &decision]);
    let found = found.map_err(|cause| fault(place, cause))?;
    let read = |row: &Row| {
        let (wrapped_key, sealed) = (get(place, row, 4)?, get(place, row, 5)?);
        Ok(KeptPhoto { key: key(place, row)?, wrapped_key, sealed })
    };
    found.as_ref().map(read).transpose()
}

pub(super) fn put(client: &mut impl GenericClient, place: &str, photo: &KeptPhoto) -> Result<()> {
    let PhotoKey { lookup, decision, taken_at, keep_until } = photo.key;
    let decision = signed(decision)?;
    let text = "INSERT INTO evenmatch_review_photo VALUES ($1, $2, $3, $4, $5, $6) \
                ON CONFLICT (lookup, decision) DO UPDATE SET taken_at = $3, keep_until = $4, \
                wrapped_key = $5, sealed = $6";
    let lookup = &lookup[..];
    let done = client.execute(
        text,
        &[&lookup, &decision, &taken_at, &keep_until, &photo.wrapped_key, &photo.sealed],
    );
    done.map(drop).map_err(|cause| fault(place, cause))
}
