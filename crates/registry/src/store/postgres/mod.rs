//! Enrolments on a PostgreSQL server.
//!
//! `VACUUM FULL` removes deleted rows from the tables. This module cannot reach what the server
//! stores elsewhere (its write-ahead log, archives and replicas). That contains only sealed bytes;
//! `docs/SECURITY.md` explains the consequences.

mod fault;
mod photos;

use std::sync::{Mutex, MutexGuard, PoisonError};

use postgres::{Client, Config, GenericClient, NoTls, Row};

use fault::{fault, get};

use super::{
    EnrolmentStore, KeptPhoto, Lookup, Pending, PhotoKey, StoreChange, StoreState, StoredRow,
    array, signed, unsigned,
};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The steps from each version of the schema to the next.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE evenmatch_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        store TEXT NOT NULL,
        wrapped_key BYTEA NOT NULL,
        epoch BIGINT NOT NULL,
        row_count BIGINT NOT NULL,
        row_set BYTEA NOT NULL,
        ledger TEXT NOT NULL,
        ledger_entries BIGINT NOT NULL,
        mac BYTEA NOT NULL
    );
    CREATE TABLE evenmatch_enrolment (
        lookup BYTEA PRIMARY KEY,
        version BIGINT NOT NULL,
        purpose TEXT NOT NULL,
        enrolled_at BIGINT NOT NULL,
        keep_until BIGINT,
        model BYTEA NOT NULL,
        normaliser BYTEA,
        wrapped_key BYTEA NOT NULL,
        sealed BYTEA NOT NULL
    );
    CREATE TABLE evenmatch_pending (
        epoch BIGINT PRIMARY KEY,
        kind TEXT NOT NULL,
        body BYTEA NOT NULL
    );
",
    photos::TABLE,
];

/// The number of the lock that serialises changes from all processes: `EMRG`.
const LOCK: i64 = 0x454d_5247;

const STATE: &str = "SELECT store, wrapped_key, epoch, row_count, row_set, ledger, ledger_entries, \
                     mac FROM evenmatch_state";
const ROWS: &str = "SELECT lookup, version, purpose, enrolled_at, keep_until, model, normaliser, \
                    wrapped_key, sealed FROM evenmatch_enrolment";

/// Enrolments in tables of a PostgreSQL database whose names start with `evenmatch_`.
///
/// The connection is not encrypted: use a socket on the same machine, or a tunnel.
pub struct PostgresStore {
    place: String,
    client: Mutex<Client>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}

fn read_state(place: &str, row: &Row) -> Result<StoreState> {
    let what = "the store's state";
    Ok(StoreState {
        store: get(place, row, 0)?,
        wrapped_key: get(place, row, 1)?,
        epoch: unsigned(place, get(place, row, 2)?, what)?,
        rows: unsigned(place, get(place, row, 3)?, what)?,
        set: array(place, get(place, row, 4)?, what)?,
        ledger: get(place, row, 5)?,
        ledger_entries: unsigned(place, get(place, row, 6)?, what)?,
        mac: array(place, get(place, row, 7)?, what)?,
    })
}

fn read_row(place: &str, row: &Row) -> Result<StoredRow> {
    let what = "an enrolment";
    let digest = |bytes: &[u8]| array(place, bytes, what).map(Digest::from_bytes);
    let normaliser: Option<&[u8]> = get(place, row, 6)?;
    Ok(StoredRow {
        lookup: array(place, get(place, row, 0)?, what)?,
        version: unsigned(place, get(place, row, 1)?, what)?,
        purpose: get(place, row, 2)?,
        enrolled_at: get(place, row, 3)?,
        keep_until: get(place, row, 4)?,
        model: digest(get(place, row, 5)?)?,
        normaliser: normaliser.map(digest).transpose()?,
        wrapped_key: get(place, row, 7)?,
        sealed: get(place, row, 8)?,
    })
}

fn state(client: &mut impl GenericClient, place: &str) -> Result<Option<StoreState>> {
    let row = client.query_opt(STATE, &[]).map_err(|cause| fault(place, cause))?;
    row.map(|row| read_state(place, &row)).transpose()
}

fn one_row(
    client: &mut impl GenericClient,
    place: &str,
    lookup: &Lookup,
) -> Result<Option<StoredRow>> {
    let text = format!("{ROWS} WHERE lookup = $1");
    let row = client.query_opt(&text, &[&&lookup[..]]).map_err(|cause| fault(place, cause))?;
    row.map(|row| read_row(place, &row)).transpose()
}

impl PostgresStore {
    /// Connects to the database at this address (`host=/run/postgresql user=… dbname=…`, or a URL),
    /// and brings its schema up to date. `place` in messages shows neither user nor password.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, refuses the connection, or has a newer schema.
    pub fn connect(address: &str) -> Result<Self> {
        let config: Config = address.parse().map_err(|cause| {
            let message = "this is not the address of a PostgreSQL database";
            Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
                .next("write it like this: host=/run/postgresql dbname=evenmatch")
                .caused_by(cause)
        })?;
        let place = format!("PostgreSQL database {}", config.get_dbname().unwrap_or("(default)"));
        let mut client = config.connect(NoTls).map_err(|cause| fault(&place, cause))?;
        let fault = |cause| fault(&place, cause);
        client
            .batch_execute("SET synchronous_commit = on; SET lock_timeout = '20s'")
            .map_err(fault)?;
        let mut change = client.transaction().map_err(fault)?;
        change.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(fault)?;
        let make = "CREATE TABLE IF NOT EXISTS evenmatch_schema (version INTEGER NOT NULL)";
        change.batch_execute(make).map_err(fault)?;
        let found = change.query_opt("SELECT version FROM evenmatch_schema", &[]).map_err(fault)?;
        let version: i32 = found.as_ref().map_or(Ok(0), |row| get(&place, row, 0))?;
        let known = MIGRATIONS.len() as i32;
        if !(0..=known).contains(&version) {
            let message = format!("the store has schema {version}, but this version knows {known}");
            return Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Enrolment, message)
                .in_file(place)
                .next("use the version of evenmatch that wrote it, or a newer one"));
        }
        for migration in &MIGRATIONS[version as usize..] {
            change.batch_execute(migration).map_err(fault)?;
        }
        if version < known {
            change.execute("DELETE FROM evenmatch_schema", &[]).map_err(fault)?;
            let note = "INSERT INTO evenmatch_schema VALUES ($1)";
            change.execute(note, &[&known]).map_err(fault)?;
        }
        change.commit().map_err(fault)?;
        Ok(PostgresStore { place, client: Mutex::new(client) })
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Change<'a> {
    place: &'a str,
    transaction: postgres::Transaction<'a>,
}

impl Change<'_> {
    fn run(&mut self, text: &str, values: &[&(dyn postgres::types::ToSql + Sync)]) -> Result<()> {
        self.transaction.execute(text, values).map(drop).map_err(|cause| fault(self.place, cause))
    }
}

impl StoreChange for Change<'_> {
    fn state(&mut self) -> Result<Option<StoreState>> {
        state(&mut self.transaction, self.place)
    }

    fn set_state(&mut self, state: &StoreState) -> Result<()> {
        let (epoch, rows) = (signed(state.epoch)?, signed(state.rows)?);
        let entries = signed(state.ledger_entries)?;
        self.run("DELETE FROM evenmatch_state", &[])?;
        self.run(
            "INSERT INTO evenmatch_state VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &state.store,
                &state.wrapped_key,
                &epoch,
                &rows,
                &&state.set[..],
                &state.ledger,
                &entries,
                &&state.mac[..],
            ],
        )
    }

    fn row(&mut self, lookup: &Lookup) -> Result<Option<StoredRow>> {
        one_row(&mut self.transaction, self.place, lookup)
    }

    fn each_row(&mut self, take: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<()> {
        let text = format!("{ROWS} ORDER BY lookup");
        let rows = self.transaction.query(&text, &[]).map_err(|cause| fault(self.place, cause))?;
        rows.iter().try_for_each(|row| take(read_row(self.place, row)?))
    }

    fn put(&mut self, row: &StoredRow) -> Result<()> {
        let version = signed(row.version)?;
        let normaliser = row.normaliser.as_ref().map(|digest| digest.as_bytes().as_slice());
        self.run("DELETE FROM evenmatch_enrolment WHERE lookup = $1", &[&&row.lookup[..]])?;
        self.run(
            "INSERT INTO evenmatch_enrolment VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &&row.lookup[..],
                &version,
                &row.purpose,
                &row.enrolled_at,
                &row.keep_until,
                &row.model.as_bytes().as_slice(),
                &normaliser,
                &row.wrapped_key,
                &row.sealed,
            ],
        )
    }

    fn delete(&mut self, lookup: &Lookup) -> Result<()> {
        self.run("DELETE FROM evenmatch_enrolment WHERE lookup = $1", &[&&lookup[..]])
    }

    fn kept_photos(&mut self) -> Result<Vec<PhotoKey>> {
        photos::kept(&mut self.transaction, self.place)
    }

    fn put_photo(&mut self, photo: &KeptPhoto) -> Result<()> {
        photos::put(&mut self.transaction, self.place, photo)
    }

    fn delete_photo(&mut self, photo: &PhotoKey) -> Result<()> {
        let decision = signed(photo.decision)?;
        let text = "DELETE FROM evenmatch_review_photo WHERE lookup = $1 AND decision = $2";
        self.run(text, &[&&photo.lookup[..], &decision])
    }

    fn push_pending(&mut self, pending: &Pending) -> Result<()> {
        let epoch = signed(pending.epoch)?;
        let text = "INSERT INTO evenmatch_pending VALUES ($1, $2, $3)";
        self.run(text, &[&epoch, &pending.kind, &pending.body])
    }

    fn drop_pending(&mut self, up_to: u64) -> Result<()> {
        let up_to = signed(up_to)?;
        self.run("DELETE FROM evenmatch_pending WHERE epoch <= $1", &[&up_to])
    }
}

impl EnrolmentStore for PostgresStore {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn state(&self) -> Result<Option<StoreState>> {
        state(&mut *self.client(), &self.place)
    }

    fn row(&self, lookup: &Lookup) -> Result<Option<StoredRow>> {
        one_row(&mut *self.client(), &self.place, lookup)
    }

    fn kept_photos(&self) -> Result<Vec<PhotoKey>> {
        photos::kept(&mut *self.client(), &self.place)
    }

    fn photo(&self, photo: &PhotoKey) -> Result<Option<KeptPhoto>> {
        photos::one(&mut *self.client(), &self.place, photo)
    }

    fn pending(&self) -> Result<Vec<Pending>> {
        let text = "SELECT epoch, kind, body FROM evenmatch_pending ORDER BY epoch";
        let rows = self.client().query(text, &[]).map_err(|cause| fault(&self.place, cause))?;
        let pending = rows.iter().map(|row| {
            let epoch = get(&self.place, row, 0)?;
            let epoch = unsigned(&self.place, epoch, "a message for the ledger")?;
            let (kind, body) = (get(&self.place, row, 1)?, get(&self.place, row, 2)?);
            Ok(Pending { epoch, kind, body })
        });
        pending.collect()
    }

    fn change(&self, work: &mut dyn FnMut(&mut dyn StoreChange) -> Result<()>) -> Result<()> {
        let fault = |cause| fault(&self.place, cause);
        let mut client = self.client();
        let mut transaction = client.transaction().map_err(fault)?;
        // This serialises changes from all processes; the lock ends with the transaction.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(fault)?;
        let mut change = Change { place: &self.place, transaction };
        work(&mut change)?;
        change.transaction.commit().map_err(fault)
    }

    fn scrub(&self) -> Result<()> {
        // Rewrites the tables without deleted rows, and releases the old files.
        let text =
            "VACUUM FULL evenmatch_enrolment; VACUUM FULL evenmatch_review_photo; CHECKPOINT";
        let mut client = self.client();
        for text in text.split("; ") {
            match client.batch_execute(text) {
                Ok(()) => {}
                // An ordinary user cannot request a checkpoint; the server makes one by itself.
                Err(cause) if text == "CHECKPOINT" && cause.code().is_some() => {}
                Err(cause) => return Err(fault(&self.place, cause)),
            }
        }
        Ok(())
    }
}
