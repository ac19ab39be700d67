//! Enrolled people, decisions about them, and deletion.
//!
//! A [`Registry`] combines a store of enrolments with a ledger. Every template is sealed with its
//! own key, which is sealed with the store's key, which is sealed with the master key. So deleting
//! a person's key deletes the person from every copy made later, and changing the master key
//! changes one row.
//!
//! Each change to the store increments its epoch, and the epoch is written to the signed ledger. A
//! store older than its ledger says, or a ledger shorter than its store says, is an old copy that
//! was restored, and is refused. A change and its message to the ledger are one transaction in the
//! store. The message is written to the ledger afterwards or, if the process died in between, by
//! the next process that opens both.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
mod decisions;
mod disclose;
mod enrol;
mod enrolment;
mod enrolment_record;
mod forget;
mod keys;
mod page;
mod receipt;
mod registry;
mod replay;
mod retention;
mod review;
pub mod store;
mod undelivered;

pub use check::StoreReport;
pub use disclose::{DecisionMade, Disclosure, Held, HeldItem};
pub use enrol::{EnrolOutcome, EnrolSettings, EnrolledSummary, PhotoOutcome};
pub use enrolment::{Enrolment, Listed};
pub use enrolment_record::{Details, EnrolledPhoto, Spread};
pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
pub use page::disclosure_page;
pub use receipt::{
    DELETION_CONTEXT, DeletionGround, DeletionReceipt, RECEIPT_SCHEMA, ReceiptCheck,
};
pub use registry::Registry;
pub use replay::{Difference, Replay};
pub use retention::{Due, RetentionRun};
pub use review::{PhotoOf, ReviewPhoto, ReviewPhotos};
