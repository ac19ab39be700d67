//! Many photos: acquired once each, stored as templates, compared in pairs.
//!
//! [`acquire`] processes a manifest of photos on several threads. The outcome of each photo, its
//! template or the reason why there is none, goes into a [`TemplateStore`]; a later run reuses it
//! instead of decoding the photo again. A run that stopped can be resumed, and its store is the
//! same, byte for byte, as that of a run that did not stop.
//!
//! Templates are personal data: only the person who made the store may read it, and it must be
//! deleted when it is no longer needed.

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
