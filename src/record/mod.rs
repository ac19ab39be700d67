//! The wire formats: plain data, the seam between deciding and judging.
//!
//! A [`RecordFile`] reads CSV (also gzipped), JSON lines or Parquet, in the native columns or in
//! those of other systems ([`Format`]), and is a [`RecordSource`]: it hands over [`RecordBatch`]es
//! once, in the order of the file, checked row by row, in memory that does not grow with rows.

mod batch;
mod bins;
mod calibration;
mod decision;
mod delimited;
mod file;
mod format;
mod input;
mod jsonl;
mod labels;
mod layout;
mod liveness;
mod merge;
mod normaliser;
mod pair_check;
mod pairs;
#[cfg(feature = "parquet")]
mod parquet;
mod parsed;
mod people;
mod pipeline;
mod presentations;
mod reason;
mod row;
mod row_codes;
mod source;
mod symbol_table;
mod table;
mod words;

pub use batch::{
    Failure, FailureStage, MANY, MISSING, MOST_VALUES, Mating, PadOutcome, RecordBatch, Split,
};
pub use bins::Bins;
pub use calibration::{
    CALIBRATION_SCHEMA, CalibratedGroup, CalibratedRate, CalibratedThreshold, Calibration,
    CalibrationData, Claim, Evidence, FmrOf,
};
pub use decision::{
    AttemptRecord, DECISION_SCHEMA, DecisionRecord, EvidenceRecord, MeasureRecord, ModelRecord,
    OperatingPointRecord, OtherFaceRecord, Outcome, QualityRecord, SampleRecord, SoftwareRecord,
};
pub use file::{ReadOptions, RecordFile};
pub use format::Format;
pub use liveness::{Liveness, LivenessOutcome, SessionEvidence, SignalRecord, SignalVerdict};
pub use normaliser::{COHORT_CENTROIDS, CohortSource, NormaliserRecord};
pub use pairs::{Pair, PairList};
pub use people::{PeopleEntry, PeopleManifest};
pub use presentations::{BONA_FIDE, CHALLENGE_FILE, PresentationEntry, PresentationManifest};
pub use reason::{Reason, ReasonCode, ReasonStage, ReasonSubject};
pub use source::{Dictionary, InputDigest, RecordSource, RecordWarning, ScanSummary, Symbols};
