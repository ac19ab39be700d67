//! Decision records and calibrations: plain data, the seam between deciding and judging.

mod calibration;
mod decision;
mod group_claims;
mod liveness;
mod normaliser;
mod reason;
mod template_form;

pub use calibration::{
    CALIBRATION_SCHEMA, CalibratedGroup, CalibratedRate, CalibratedThreshold, Calibration,
    CalibrationData, Claim, Evidence, FmrOf,
};
pub use decision::{
    AttemptRecord, DECISION_SCHEMA, DecisionRecord, EvidenceRecord, MeasureRecord, ModelRecord,
    OperatingPointRecord, OtherFaceRecord, Outcome, QualityRecord, SampleRecord, SoftwareRecord,
};
pub use group_claims::{GroupClaims, GroupRate, GroupStanding, GroupThreshold, MeasuredGroup};
pub use liveness::{Liveness, LivenessOutcome, SessionEvidence, SignalRecord, SignalVerdict};
pub use normaliser::{COHORT_CENTROIDS, CohortSource, NormaliserRecord};
pub use reason::{Reason, ReasonCode, ReasonStage, ReasonSubject};
pub use template_form::TemplateForm;
