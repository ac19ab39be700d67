//! The ledger of decisions: append-only, hash-chained, signed.
//!
//! A ledger is a folder. Its entries are lines of text in numbered segments ([`EntryKind`] lists
//! them), each with the SHA-256 of itself and the one before. A signed [`Checkpoint`] ends each
//! batch. The ledger contains no image and no template. People appear under a random pseudonym;
//! only the store of enrolments links it to them, until it deletes the link.
//!
//! [`Ledger`] appends, from any number of threads and processes. When it reports that something is
//! written, it is on the disk. [`LedgerFiles`] reads and verifies, and needs no secret.
//! `docs/SECURITY.md` says which attackers this protects against and which it does not.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod appeal;
mod checkpoint;
mod decision;
mod entry;
mod files;
mod head;
mod ledger;
mod policies;
mod read;
mod records;
mod review;
mod signing_key;
mod time;
pub mod vault;
mod verify;
mod writer;

pub use appeal::{Appeal, OverturnCounts};
pub use checkpoint::{Anchors, Checkpoint, Genesis, LEDGER_SCHEMA};
pub use decision::{
    AppealNote, AppealState, DecisionEntry, Disposition, HumanOutcome, Resolution, platform,
};
pub use entry::{EntryHash, EntryKind};
pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
pub use ledger::{Ledger, SEGMENT_BYTES};
pub use read::{Entry, LedgerFiles};
pub use records::{RecordsSummary, Truth};
pub use review::{Case, Judgement, Reviewer};
pub use time::{in_utc, now};
pub use verify::{LedgerFault, LedgerReport};
pub use writer::{Appended, Batch, Draft};
