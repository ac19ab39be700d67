//! Where enrolments lie: rows of sealed bytes behind one trait, in SQLite or PostgreSQL.
//!
//! A store knows no key and reads nothing of what it keeps; [`crate::`] seals and opens.
//! What a store owes its caller is that a [`change`](EnrolmentStore::change) happens whole or not
//! at all, that it is on the disk when the call returns, that changes of several processes follow
//! one another, and that [`scrub`](EnrolmentStore::scrub) leaves no deleted row behind.

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

#[cfg(feature = "postgres")]
pub use self::postgres::PostgresStore;
pub use sqlite::SqliteStore;

use crate::{Digest, Error, ErrorKind, Result, Stage};

/// By what a row is found: a keyed digest of the subject's name, which says nothing without the key.
pub type Lookup = [u8; 32];

/// One enrolment as it is stored. What is not sealed is authenticated together with what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// By what it is found.
    pub lookup: Lookup,
    /// Counts how often the subject was enrolled, from 1.
    pub version: u64,
    /// What for.
    pub purpose: String,
    /// When, in milliseconds since 1970 (UTC).
    pub enrolled_at: i64,
    /// Until when it may be kept; `None` where the policy set no end.
    pub keep_until: Option<i64>,
    /// The embedder that made the template.
    pub model: Digest,
    /// The normaliser whose statistics the template has.
    pub normaliser: Option<Digest>,
    /// The row's own key, sealed with the store's.
    pub wrapped_key: Vec<u8>,
    /// Template and details, sealed with the row's own key.
    pub sealed: Vec<u8>,
}

/// What a store says of itself. All of it is under a MAC with a key that the store does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreState {
    /// The store's name, drawn at random.
    pub store: String,
    /// The store's key, sealed with the master key.
    pub wrapped_key: Vec<u8>,
    /// Changes so far.
    pub epoch: u64,
    /// Number of rows.
    pub rows: u64,
    /// Exclusive or of the MACs of all rows.
    pub set: [u8; 32],
    /// Name of the ledger that tells of this store.
    pub ledger: String,
    /// Entries that this ledger had at the last change, at least.
    pub ledger_entries: u64,
    /// MAC over everything above.
    pub mac: [u8; 32],
}

/// What the ledger has yet to be told of a change. It is stored with the change and is told after
/// it, so that neither exists without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The change's number.
    pub epoch: u64,
    /// The kind of the ledger's entry.
    pub kind: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// A change in progress: it sees the store as nobody else can change it meanwhile.
pub trait StoreChange {
    /// What the store says of itself; `None` in a new one.
    ///
    /// # Errors
    ///
    /// The store can't be read; likewise below.
    fn state(&mut self) -> Result<Option<StoreState>>;
    /// Replaces that.
    ///
    /// # Errors
    ///
    /// As above.
    fn set_state(&mut self, state: &StoreState) -> Result<()>;
    /// One row.
    ///
    /// # Errors
    ///
    /// As above.
    fn row(&mut self, lookup: &Lookup) -> Result<Option<StoredRow>>;
    /// Every row, in the order of `lookup`.
    ///
    /// # Errors
    ///
    /// As above, or `take` fails.
    fn each_row(&mut self, take: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<()>;
    /// Adds a row, or replaces the one with the same `lookup`.
    ///
    /// # Errors
    ///
    /// As above.
    fn put(&mut self, row: &StoredRow) -> Result<()>;
    /// Deletes a row.
    ///
    /// # Errors
    ///
    /// As above.
    fn delete(&mut self, lookup: &Lookup) -> Result<()>;
    /// Adds what the ledger has to be told.
    ///
    /// # Errors
    ///
    /// As above.
    fn push_pending(&mut self, pending: &Pending) -> Result<()>;
    /// Drops what the ledger was told of changes up to this one.
    ///
    /// # Errors
    ///
    /// As above.
    fn drop_pending(&mut self, up_to: u64) -> Result<()>;
}

/// A place for enrolments; see the head of the module for what it owes.
pub trait EnrolmentStore: Send + Sync + std::fmt::Debug {
    /// Where it is, in words and without any password.
    fn place(&self) -> String;
    /// What the store says of itself; `None` in a new one.
    ///
    /// # Errors
    ///
    /// The store can't be read; [`ErrorKind::Busy`] where others hold it for too long. Likewise
    /// below.
    fn state(&self) -> Result<Option<StoreState>>;
    /// One row.
    ///
    /// # Errors
    ///
    /// As above.
    fn row(&self, lookup: &Lookup) -> Result<Option<StoredRow>>;
    /// What the ledger has yet to be told, by number.
    ///
    /// # Errors
    ///
    /// As above.
    fn pending(&self) -> Result<Vec<Pending>>;
    /// Changes the store: whole if `work` succeeds, not at all if it fails.
    ///
    /// # Errors
    ///
    /// As above, or `work` fails.
    fn change(&self, work: &mut dyn FnMut(&mut dyn StoreChange) -> Result<()>) -> Result<()>;
    /// Overwrites or gives back whatever still holds deleted rows, as far as this is in the
    /// store's power.
    ///
    /// # Errors
    ///
    /// As above; [`ErrorKind::Busy`] where a reader still needs old pages.
    fn scrub(&self) -> Result<()>;
}

/// A value of a store that is not what it can be.
fn damaged(place: &str, what: &str) -> Error {
    Error::new(ErrorKind::Tampered, Stage::Enrolment, format!("{what} was changed or is damaged"))
        .in_file(place)
        .next("put back a copy that is whole, and find out who changed this one")
}

fn array(place: &str, bytes: &[u8], what: &str) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| damaged(place, what))
}

fn unsigned(place: &str, value: i64, what: &str) -> Result<u64> {
    u64::try_from(value).map_err(|_| damaged(place, what))
}

fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| {
        Error::new(ErrorKind::LimitExceeded, Stage::Enrolment, "a counter has run over")
    })
}
