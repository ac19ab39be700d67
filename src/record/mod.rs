//! The wire formats: plain data, the seam between deciding and judging.

mod decision;
mod reason;

pub use decision::{
    AttemptRecord, DECISION_SCHEMA, DecisionRecord, Liveness, LivenessOutcome, ModelRecord,
    OperatingPointRecord, OtherFaceRecord, Outcome, QualityRecord, SampleRecord, SoftwareRecord,
};
pub use reason::{Reason, ReasonCode, ReasonStage, ReasonSubject};
