//! The wire formats: plain data, the interface between deciding and auditing.
//!
//! A [`RecordFile`] reads CSV or JSON (packed or not) or Parquet, in the native columns or in those
//! of other systems ([`Format`]), and is a [`RecordSource`]: it passes on [`RecordBatch`]es once,
//! in the order of the file, checked row by row, in memory that does not grow with rows.

mod batch;
mod bins;
mod calibration;
mod decision;
mod delimited;
mod dialect;
mod file;
mod format;
mod header;
mod input;
mod json_array;
mod jsonl;
mod label_rules;
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
mod people_labels;
mod pipeline;
mod presentations;
mod reason;
mod roles;
mod row;
mod row_codes;
mod signature;
mod source;
mod spreadsheet;
mod symbol_table;
mod table;
mod unpack;
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
pub(crate) use delimited::delimiter_of_header;
pub use file::{ReadOptions, RecordFile};
pub use format::Format;
pub use label_rules::LabelRules;
pub(crate) use label_rules::same_label;
pub use liveness::{Liveness, LivenessOutcome, SessionEvidence, SignalRecord, SignalVerdict};
pub use normaliser::{COHORT_CENTROIDS, CohortSource, NormaliserRecord};
pub use pairs::{Pair, PairList};
pub use people::{PeopleEntry, PeopleManifest};
pub(crate) use people_labels::{contradiction, of_the_photo};
pub use presentations::{BONA_FIDE, CHALLENGE_FILE, PresentationEntry, PresentationManifest};
pub use reason::{Reason, ReasonCode, ReasonStage, ReasonSubject};
pub use source::{Dictionary, InputDigest, RecordSource, RecordWarning, ScanSummary, Symbols};
pub(crate) use spreadsheet::{original, write_row};
