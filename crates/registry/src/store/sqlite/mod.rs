//! Enrolments in an SQLite file.

mod fault;
mod photos;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

use fault::{fault, run};

use super::{
    EnrolmentStore, KeptPhoto, Lookup, Pending, PhotoKey, StoreChange, StoreState, StoredRow,
    array, damaged, signed, unsigned,
};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// How long a call waits for other processes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The application id that marks a file as ours: `EMRG`.
const APPLICATION: i32 = 0x454d_5247;

/// Each migrates the schema from the version equal to its index to the next one.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        store TEXT NOT NULL,
        wrapped_key BLOB NOT NULL,
        epoch INTEGER NOT NULL,
        row_count INTEGER NOT NULL,
        row_set BLOB NOT NULL,
        ledger TEXT NOT NULL,
        ledger_entries INTEGER NOT NULL,
        mac BLOB NOT NULL
    ) STRICT;
    CREATE TABLE enrolment (
        lookup BLOB PRIMARY KEY,
        version INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        enrolled_at INTEGER NOT NULL,
        keep_until INTEGER,
        model BLOB NOT NULL,
        normaliser BLOB,
        wrapped_key BLOB NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE pending (
        epoch INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
",
    photos::TABLE,
];

const STATE: &str = "SELECT store, wrapped_key, epoch, row_count, row_set, ledger, ledger_entries, \
                     mac FROM state";
const ROWS: &str = "SELECT lookup, version, purpose, enrolled_at, keep_until, model, normaliser, \
                    wrapped_key, sealed FROM enrolment";

/// Enrolments in one SQLite file with its write-ahead log. Several processes may use it.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the store in this file, or creates one that only its owner can read.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is not a store, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |cause| Error::io(Stage::Enrolment, path, cause);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            evenmatch_core::files::create_folder(folder, Stage::Enrolment)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        // SQLite gives its write-ahead log the permissions of the file.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(path).map_err(io)?);
        let mut connection = Connection::open(path).map_err(|cause| fault(path, cause))?;
        prepare(&mut connection, path)?;
        Ok(SqliteStore { path: path.to_owned(), connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    let fault = |cause| fault(path, cause);
    connection.busy_timeout(PATIENCE).map_err(fault)?;
    // Durable on commit; deleted content is overwritten with zeros; no temporary files on the disk.
    let settings: [(&str, &str); 6] = [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("secure_delete", "ON"),
        ("temp_store", "MEMORY"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
    ];
    for (name, value) in settings {
        let set = connection.pragma_update_and_check(None, name, value, |_| Ok(()));
        match set {
            Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => {}
            Err(cause) => return Err(fault(cause)),
        }
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let change = change.map_err(fault)?;
    let number = |name| change.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(fault)?;
    let version = number("user_version").map_err(fault)?;
    let refuse = |message: String, next: &str| {
        let error = Error::new(ErrorKind::UnsupportedFormat, Stage::Enrolment, message);
        Err(error.in_path(path).next(next))
    };
    if application != APPLICATION && (application, version) != (0, 0) {
        let message = "this is another program's database".to_owned();
        return refuse(message, "name another file");
    }
    let known = MIGRATIONS.len() as i32;
    if !(0..=known).contains(&version) {
        let message = format!("the store has schema {version}, but this version knows {known}");
        return refuse(message, "use the version of evenmatch that wrote it, or a newer one");
    }
    for migration in &MIGRATIONS[version as usize..] {
        change.execute_batch(migration).map_err(fault)?;
    }
    if version < known {
        change.pragma_update(None, "application_id", APPLICATION).map_err(fault)?;
        change.pragma_update(None, "user_version", known).map_err(fault)?;
    }
    change.commit().map_err(fault)
}

/// Reads one row from SQLite, before it is checked.
fn read_state(place: &str, row: &Row<'_>) -> rusqlite::Result<Result<StoreState>> {
    let (set, mac): (Vec<u8>, Vec<u8>) = (row.get(4)?, row.get(7)?);
    let (epoch, rows, entries): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(6)?);
    let (store, wrapped_key, ledger) = (row.get(0)?, row.get(1)?, row.get(5)?);
    let what = "the store's state";
    let checked = || {
        Ok(StoreState {
            store,
            wrapped_key,
            epoch: unsigned(place, epoch, what)?,
            rows: unsigned(place, rows, what)?,
            set: array(place, &set, what)?,
            ledger,
            ledger_entries: unsigned(place, entries, what)?,
            mac: array(place, &mac, what)?,
        })
    };
    Ok(checked())
}

fn read_row(place: &str, row: &Row<'_>) -> rusqlite::Result<Result<StoredRow>> {
    let (lookup, model): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(5)?);
    let normaliser: Option<Vec<u8>> = row.get(6)?;
    let version: i64 = row.get(1)?;
    let (purpose, enrolled_at, keep_until) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let (wrapped_key, sealed) = (row.get(7)?, row.get(8)?);
    let what = "an enrolment";
    let digest = |bytes: &[u8]| array(place, bytes, what).map(Digest::from_bytes);
    let checked = || {
        Ok(StoredRow {
            lookup: array(place, &lookup, what)?,
            version: unsigned(place, version, what)?,
            purpose,
            enrolled_at,
            keep_until,
            model: digest(&model)?,
            normaliser: normaliser.as_deref().map(digest).transpose()?,
            wrapped_key,
            sealed,
        })
    };
    Ok(checked())
}

fn state(connection: &Connection, path: &Path) -> Result<Option<StoreState>> {
    let place = path.display().to_string();
    let mut query = connection.prepare_cached(STATE).map_err(|cause| fault(path, cause))?;
    let found = query.query_row([], |row| read_state(&place, row)).optional();
    found.map_err(|cause| fault(path, cause))?.transpose()
}

fn row(connection: &Connection, path: &Path, lookup: &Lookup) -> Result<Option<StoredRow>> {
    let place = path.display().to_string();
    let text = format!("{ROWS} WHERE lookup = ?1");
    let mut query = connection.prepare_cached(&text).map_err(|cause| fault(path, cause))?;
    let found = query.query_row([&lookup[..]], |row| read_row(&place, row)).optional();
    let found = found.map_err(|cause| fault(path, cause))?.transpose()?;
    match found {
        Some(found) if found.lookup != *lookup => Err(damaged(&place, "an enrolment")),
        found => Ok(found),
    }
}

struct Change<'a> {
    path: &'a Path,
    transaction: Transaction<'a>,
}

impl Change<'_> {
    fn run(&mut self, text: &str, values: impl rusqlite::Params) -> Result<()> {
        run(&self.transaction, self.path, text, values)
    }
}

impl StoreChange for Change<'_> {
    fn state(&mut self) -> Result<Option<StoreState>> {
        state(&self.transaction, self.path)
    }

    fn set_state(&mut self, state: &StoreState) -> Result<()> {
        let (epoch, rows) = (signed(state.epoch)?, signed(state.rows)?);
        let entries = signed(state.ledger_entries)?;
        self.run(
            "INSERT OR REPLACE INTO state VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            rusqlite::params![
                state.store,
                state.wrapped_key,
                epoch,
                rows,
                &state.set[..],
                state.ledger,
                entries,
                &state.mac[..]
            ],
        )
    }

    fn row(&mut self, lookup: &Lookup) -> Result<Option<StoredRow>> {
        row(&self.transaction, self.path, lookup)
    }

    fn each_row(&mut self, take: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<()> {
        let fault = |cause| fault(self.path, cause);
        let place = self.path.display().to_string();
        let text = format!("{ROWS} ORDER BY lookup");
        let mut query = self.transaction.prepare_cached(&text).map_err(fault)?;
        let mut rows = query.query([]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            take(read_row(&place, row).map_err(fault)??)?;
        }
        Ok(())
    }

    fn put(&mut self, row: &StoredRow) -> Result<()> {
        let version = signed(row.version)?;
        let normaliser = row.normaliser.as_ref().map(|digest| &digest.as_bytes()[..]);
        self.run(
            "INSERT OR REPLACE INTO enrolment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            rusqlite::params![
                &row.lookup[..],
                version,
                row.purpose,
                row.enrolled_at,
                row.keep_until,
                &row.model.as_bytes()[..],
                normaliser,
                row.wrapped_key,
                row.sealed
            ],
        )
    }

    fn delete(&mut self, lookup: &Lookup) -> Result<()> {
        // Overwrite in place first, so that the row's own key is gone before the row is.
        self.run(
            "UPDATE enrolment SET wrapped_key = zeroblob(length(wrapped_key)), \
             sealed = zeroblob(length(sealed)) WHERE lookup = ?1",
            [&lookup[..]],
        )?;
        self.run("DELETE FROM enrolment WHERE lookup = ?1", [&lookup[..]])
    }

    fn kept_photos(&mut self) -> Result<Vec<PhotoKey>> {
        photos::kept(&self.transaction, self.path)
    }

    fn put_photo(&mut self, photo: &KeptPhoto) -> Result<()> {
        photos::put(&self.transaction, self.path, photo)
    }

    fn delete_photo(&mut self, photo: &PhotoKey) -> Result<()> {
        photos::delete(&self.transaction, self.path, photo)
    }

    fn push_pending(&mut self, pending: &Pending) -> Result<()> {
        let epoch = signed(pending.epoch)?;
        let values = rusqlite::params![epoch, pending.kind, pending.body];
        self.run("INSERT INTO pending VALUES (?1, ?2, ?3)", values)
    }

    fn drop_pending(&mut self, up_to: u64) -> Result<()> {
        self.run("DELETE FROM pending WHERE epoch <= ?1", [signed(up_to)?])
    }
}

impl EnrolmentStore for SqliteStore {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn state(&self) -> Result<Option<StoreState>> {
        state(&self.connection(), &self.path)
    }

    fn row(&self, lookup: &Lookup) -> Result<Option<StoredRow>> {
        row(&self.connection(), &self.path, lookup)
    }

    fn kept_photos(&self) -> Result<Vec<PhotoKey>> {
        photos::kept(&self.connection(), &self.path)
    }

    fn photo(&self, photo: &PhotoKey) -> Result<Option<KeptPhoto>> {
        photos::one(&self.connection(), &self.path, photo)
    }

    fn pending(&self) -> Result<Vec<Pending>> {
        let fault = |cause| fault(&self.path, cause);
        let connection = self.connection();
        let text = "SELECT epoch, kind, body FROM pending ORDER BY epoch";
        let mut query = connection.prepare_cached(text).map_err(fault)?;
        let rows = query
            .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))
            .map_err(fault)?;
        rows.map(|row| {
            let (epoch, kind, body) = row.map_err(fault)?;
            let epoch = unsigned(&self.place(), epoch, "a message for the ledger")?;
            Ok(Pending { epoch, kind, body })
        })
        .collect()
    }

    fn change(&self, work: &mut dyn FnMut(&mut dyn StoreChange) -> Result<()>) -> Result<()> {
        let fault = |cause| fault(&self.path, cause);
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
        let mut change = Change { path: &self.path, transaction };
        // A transaction that is dropped is rolled back.
        work(&mut change)?;
        change.transaction.commit().map_err(fault)
    }

    fn scrub(&self) -> Result<()> {
        let connection = self.connection();
        let start = Instant::now();
        loop {
            let busy = connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
                .map_err(|cause| fault(&self.path, cause))?;
            if busy == 0 {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                let message = "a reader keeps old pages of the store in use, so deleted data could \
                               not be overwritten yet";
                return Err(Error::new(ErrorKind::Busy, Stage::Enrolment, message)
                    .in_path(&self.path)
                    .next("end the other process; the next use of the store completes this"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
