//! Decision records and calibrations: plain data, the seam between deciding and judging.

mod calibrated;
mod calibration;
mod decision;
mod group_claims;
mod liveness;
mod normaliser;
mod reason;
mod template_form;

pub use calibrated::{CalibratedGroup, CalibratedRate, CalibratedThreshold, Claim};
pub use calibration::{CALIBRATION_SCHEMA, Calibration, CalibrationData, Evidence, FmrOf};
pub use decision::{
    AttemptRecord, DECISION_SCHEMA, DecisionRecord, EvidenceRecord, MeasureRecord, ModelRecord,
    OperatingPointRecord, OtherFaceRecord, Outcome, QualityRecord, SampleRecord, SoftwareRecord,
};
pub use group_claims::{GroupClaims, GroupRate, GroupStanding, GroupThreshold, MeasuredGroup};
pub use liveness::{Liveness, LivenessOutcome, SessionEvidence, SignalRecord, SignalVerdict};
pub use normaliser::{
    CohortNormaliser, CohortSource, LearnedNormaliser, LearnedSettings, NormaliserRecord,
};
pub use reason::{Reason, ReasonCode, ReasonStage, ReasonSubject};
pub use template_form::TemplateForm;
