//! The pages people read: why a decision came out as it did, and how the whole system decides.
//!
//! Both combine [`crate::messages`], in any of its languages, with known facts: a record, the
//! models, the calibration, the policy. Facts that only the operator of a service knows come from
//! the operator's own file ([`OperatorStatement`]); the page says which of them are missing.

mod explanation;
mod operator;
mod points;
mod system;

pub use explanation::{Brief, ExplanationView, brief, explain, summary};
pub use operator::{
    AppealsStatement, AuditStatement, OperatorStatement, OversightStatement, RetentionStatement,
    SecurityStatement,
};
pub use points::{DisclosedPoint, POINTS};
pub use system::{
    AuditSummary, DISCLOSURE_SCHEMA, DisclosedCalibration, DisclosedModel, DisclosedNormaliser,
    SystemDisclosure,
};
