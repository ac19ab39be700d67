//! Where enrolments are stored: rows of sealed bytes behind one trait, in SQLite or PostgreSQL.
//!
//! A store has no key and cannot read what it stores; a [`Registry`](crate::Registry) seals and
//! opens. A store guarantees that a [`change`](EnrolmentStore::change) happens completely or not at
//! all, that it is on the disk when the call returns, that changes from several processes are
//! serialised, and that [`scrub`](EnrolmentStore::scrub) leaves no deleted row behind.

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

#[cfg(feature = "postgres")]
pub use self::postgres::PostgresStore;
pub use sqlite::SqliteStore;

use crate::{Digest, Error, ErrorKind, Result, Stage};

/// What a row is found by: a keyed digest of the subject's name, which reveals nothing without the
/// key.
pub type Lookup = [u8; 32];

/// One stored enrolment. The fields that are not sealed are authenticated together with those that
/// are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// What the row is found by.
    pub lookup: Lookup,
    /// Counts how often the subject was enrolled, from 1.
    pub version: u64,
    /// The purpose.
    pub purpose: String,
    /// When, in milliseconds since 1970 (UTC).
    pub enrolled_at: i64,
    /// Until when it may be stored; `None` if the policy set no end.
    pub keep_until: Option<i64>,
    /// The embedder that made the template.
    pub model: Digest,
    /// The normaliser whose statistics are in the template.
    pub normaliser: Option<Digest>,
    /// The row's own key, sealed with the store's.
    pub wrapped_key: Vec<u8>,
    /// Template and details, sealed with the row's own key.
    pub sealed: Vec<u8>,
}

/// The state of a store. All of it is under a MAC with a key that the store does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreState {
    /// The store's name, which is random.
    pub store: String,
    /// The store's key, sealed with the master key.
    pub wrapped_key: Vec<u8>,
    /// Changes so far.
    pub epoch: u64,
    /// Number of rows.
    pub rows: u64,
    /// Exclusive or of the MACs of all rows.
    pub set: [u8; 32],
    /// Name of the ledger that this store belongs to.
    pub ledger: String,
    /// The minimum number of entries in that ledger at the last change.
    pub ledger_entries: u64,
    /// MAC over everything above.
    pub mac: [u8; 32],
}

/// A message about a change that is not in the ledger yet. It is stored with the change and written
/// to the ledger afterwards, so that neither exists without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The change's number.
    pub epoch: u64,
    /// The kind of the ledger entry.
    pub kind: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// What a photo is found by, and how long it may stay. All of it is bound to the sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoKey {
    /// Whose it is.
    pub lookup: Lookup,
    /// The number of the decision's entry in the ledger; 0 is the photo of the enrolment.
    pub decision: u64,
    /// When it was taken, in milliseconds since 1970 (UTC).
    pub taken_at: i64,
    /// Until when it may be kept.
    pub keep_until: i64,
}

/// A photo that is kept for a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPhoto {
    /// What it is found by.
    pub key: PhotoKey,
    /// The photo's own key, sealed with a key that is derived from the person's.
    pub wrapped_key: Vec<u8>,
    /// The photo, a JPEG, sealed with its own key.
    pub sealed: Vec<u8>,
}

/// A change in progress, during which nobody else can change the store.
pub trait StoreChange {
    /// The store's state; `None` in a new store.
    ///
    /// # Errors
    ///
    /// The store cannot be read; the same applies below.
    fn state(&mut self) -> Result<Option<StoreState>>;
    /// Replaces the state.
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
    /// Which photos are kept for a review, by person and decision.
    ///
    /// # Errors
    ///
    /// As above.
    fn kept_photos(&mut self) -> Result<Vec<PhotoKey>>;
    /// Adds a photo for a review, or replaces the one with the same person and decision.
    ///
    /// # Errors
    ///
    /// As above.
    fn put_photo(&mut self, photo: &KeptPhoto) -> Result<()>;
    /// Deletes a photo.
    ///
    /// # Errors
    ///
    /// As above.
    fn delete_photo(&mut self, photo: &PhotoKey) -> Result<()>;
    /// Adds a message for the ledger.
    ///
    /// # Errors
    ///
    /// As above.
    fn push_pending(&mut self, pending: &Pending) -> Result<()>;
    /// Removes the messages about changes up to this one, which are in the ledger.
    ///
    /// # Errors
    ///
    /// As above.
    fn drop_pending(&mut self, up_to: u64) -> Result<()>;
}

/// A place for enrolments; the module documentation says what it guarantees.
pub trait EnrolmentStore: Send + Sync + std::fmt::Debug {
    /// Where it is, in words and without a password.
    fn place(&self) -> String;
    /// The store's state; `None` in a new store.
    ///
    /// # Errors
    ///
    /// The store cannot be read; [`ErrorKind::Busy`] if others lock it for too long. The same
    /// applies below.
    fn state(&self) -> Result<Option<StoreState>>;
    /// One row.
    ///
    /// # Errors
    ///
    /// As above.
    fn row(&self, lookup: &Lookup) -> Result<Option<StoredRow>>;
    /// Which photos are kept for a review, by person and decision.
    ///
    /// # Errors
    ///
    /// As above.
    fn kept_photos(&self) -> Result<Vec<PhotoKey>>;
    /// One of them.
    ///
    /// # Errors
    ///
    /// As above.
    fn photo(&self, photo: &PhotoKey) -> Result<Option<KeptPhoto>>;
    /// Messages that are not in the ledger yet, by number.
    ///
    /// # Errors
    ///
    /// As above.
    fn pending(&self) -> Result<Vec<Pending>>;
    /// Changes the store: completely if `work` succeeds, not at all if it fails.
    ///
    /// # Errors
    ///
    /// As above, or `work` fails.
    fn change(&self, work: &mut dyn FnMut(&mut dyn StoreChange) -> Result<()>) -> Result<()>;
    /// Overwrites or releases everything that still contains deleted rows, as far as the store can.
    ///
    /// # Errors
    ///
    /// As above; [`ErrorKind::Busy`] if a reader still needs old pages.
    fn scrub(&self) -> Result<()>;
}

/// The error for a value in a store that cannot be valid.
fn damaged(place: &str, what: &str) -> Error {
    Error::new(ErrorKind::Tampered, Stage::Enrolment, format!("{what} was changed or is damaged"))
        .in_file(place)
        .next("restore an intact copy, and find out who changed this one")
}

fn array(place: &str, bytes: &[u8], what: &str) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| damaged(place, what))
}

fn unsigned(place: &str, value: i64, what: &str) -> Result<u64> {
    u64::try_from(value).map_err(|_| damaged(place, what))
}

fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| {
        Error::new(ErrorKind::LimitExceeded, Stage::Enrolment, "a counter has overflowed")
    })
}
