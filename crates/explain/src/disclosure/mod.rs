//! What people are told: why a decision came out as it did, and how the whole system decides.
//!
//! Both are composed of [`crate::messages`], in any of its languages, and of what is known: a
//! record, the models, the calibration, the policy. What only those who run a service can know is
//! read from a file of theirs ([`OperatorStatement`]); where it does not say, the page says so.

mod explanation;
mod operator;
mod points;
mod system;

pub use explanation::{ExplanationView, explain, summary};
pub use operator::{
    AppealsStatement, AuditStatement, OperatorStatement, OversightStatement, RetentionStatement,
    SecurityStatement,
};
pub use points::POINTS;
pub use system::{
    AuditSummary, DISCLOSURE_SCHEMA, DisclosedCalibration, DisclosedModel, DisclosedPoint,
    SystemDisclosure,
};
