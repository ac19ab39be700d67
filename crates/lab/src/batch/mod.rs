//! Many photos: acquired once each, kept in a store of templates, compared in pairs.
//!
//! [`acquire`] works through a manifest of photos on several threads. What came of each photo,
//! its template or the reason why there is none, goes into a [`TemplateStore`], from which a
//! later run takes it instead of decoding the photo again. A run that was killed goes on where
//! it was, and its store is the same, byte for byte, as that of a run that was not.
//!
//! Templates are personal data: the store is for the one who made it, and must be deleted when
//! it is no longer needed.

mod folds;
mod journal;
mod merge;
mod outcomes;
mod records;
mod run;
mod sample;
mod store;
mod store_file;
mod work;

pub use folds::{FoldAccuracy, FoldResult, fold_accuracy};
pub(crate) use journal::{Journal, JournalRow};
pub use merge::merge;
pub use outcomes::{OUTCOMES_FILE, merge_outcomes, outcomes};
pub use records::{ComparedPair, compare_pairs, write_records};
pub use run::{AcquireOptions, AcquireProgress, Acquisitions, PartSize, SharedPhoto, acquire};
pub use sample::{AcquiredSample, AcquisitionFailure, Measure};
pub use store::{STORE_FILE, Shard, TemplateStore, pipeline_key};
