//! Who may do what: API keys, links for applicants, reviewers who signed in, the limit on attempts.
//!
//! All of it is in one SQLite file beside the registry. No secret is stored: a key and a link are
//! found by a MAC of what their holder sends, made with a key that is derived from the master key.
//! So neither somebody who reads the file nor somebody who measures times learns anything of a key,
//! and subjects' names are sealed.

mod api_keys;
mod attempts;
mod links;
mod scope;
mod sign_in;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use evenmatch_core::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::vault::{SecretKey, random};

pub use api_keys::{ApiKey, Holder, NewApiKey};
pub use attempts::AttemptLimit;
pub use links::{Link, LinkState, NewLink, Purpose};
pub use scope::{Scope, Scopes};
pub(crate) use sign_in::SIGNED_IN;

const SCHEMA: &str = "
create table if not exists api_keys (
    id text primary key, mac blob not null unique, name text not null, scopes text not null,
    created_at integer not null, revoked_at integer
) strict;
create table if not exists links (
    id text primary key, mac blob not null unique, subject blob not null, subject_mac blob not null,
    purpose text not null, created_at integer not null, expires_at integer not null,
    state text not null, decision integer
) strict;
create table if not exists attempts (subject_mac blob not null, at integer not null) strict;
create index if not exists attempts_by_subject on attempts (subject_mac, at);
";
/// How long another process may hold the file.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// API keys, links and attempts. `Send + Sync`; several processes may use the same file.
#[derive(Debug)]
pub struct Access {
    database: Mutex<Connection>,
    place: String,
    macs: SecretKey,
    seals: SecretKey,
}

impl Access {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if it cannot be read or written, or is no database.
    pub fn open(path: &Path, master: &SecretKey) -> Result<Self> {
        let place = path.display().to_string();
        let opened = Connection::open(path).and_then(|database| {
            database.busy_timeout(PATIENCE)?;
            // Acknowledged means on the disk: a restart must not forget an attempt or a used link.
            database.pragma_update(None, "journal_mode", "wal")?;
            database.pragma_update(None, "synchronous", "full")?;
            database.execute_batch(SCHEMA)?;
            Ok(database)
        });
        let database = opened.map_err(|cause| failed(&place, cause))?;
        Ok(Access {
            database: Mutex::new(database),
            place,
            macs: master.derive("evenmatch.serve/macs/1"),
            seals: master.derive("evenmatch.serve/subjects/1"),
        })
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one change; returns how many rows it changed.
    fn execute(&self, change: &str, values: impl rusqlite::Params) -> Result<usize> {
        self.database().execute(change, values).map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: rusqlite::Error) -> Error {
        failed(&self.place, cause)
    }

    /// By which a key or link is found.
    fn mac_of(&self, secret: &str) -> [u8; 32] {
        self.macs.mac(&[b"secret", secret.as_bytes()])
    }

    fn mac_of_subject(&self, subject: &str) -> [u8; 32] {
        self.macs.mac(&[b"subject", subject.as_bytes()])
    }
}

fn failed(place: &str, cause: rusqlite::Error) -> Error {
    let busy = cause.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
    let kind = if busy { ErrorKind::Busy } else { ErrorKind::Io };
    Error::new(kind, Stage::Setup, "keys and links cannot be read or written")
        .in_file(place)
        .caused_by(cause)
        .next("check that the file is there and writable, and that the disk is not full")
}

/// A new secret after its prefix, and a short name for it that is not secret.
fn secret(prefix: &str) -> Result<(String, String)> {
    let hex = |bytes: &[u8]| evenmatch_core::hex::encode(bytes);
    Ok((format!("{prefix}{}", hex(&random::<32>()?)), hex(&random::<6>()?)))
}
