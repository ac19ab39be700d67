//! The wire formats: plain data, the seam between deciding and judging.

mod batch;
mod source;

pub use batch::{Failure, FailureStage, MISSING, Mating, PadOutcome, RecordBatch, Split};
pub use source::{Dictionary, InputDigest, RecordSource, RecordWarning, ScanSummary, Symbols};
