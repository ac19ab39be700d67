//! Stress tests: from the results of degraded samples to rates per group along each degradation.
//!
//! Plain data and numbers: the module `stress` degrades photos and acquires them; this one counts.

mod report;
mod tally;

pub use report::{
    STRESS_NOTICE, STRESS_SCHEMA, StressLevel, StressRate, StressRates, StressReport, StressSeries,
    UnusablePhoto,
};
pub use tally::{StressObservation, StressOutcome, StressTally, stress_groups};
