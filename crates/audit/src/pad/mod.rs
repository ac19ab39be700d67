//! Presentation attack detection by ISO/IEC 30107-3, from the same records.
//!
//! APCER and BPCER are over presentations that got an answer; the share without an answer is given
//! beside them. An attack is accepted end to end if presentation attack detection did not stop it
//! (pass, or not checked) and its score reaches the threshold.

mod counts;
mod curve;
mod measures;
mod presentations;
mod prose;
mod report;

pub(super) use measures::pad;
pub use presentations::SIMULATED_PREFIX;
pub(super) use presentations::{PadJob, people};
pub(super) use prose::{answer, limits, method};
pub use report::{
    PadCurvePoint, PadEndToEnd, PadGroup, PadPoint, PadPointGroup, PadReport, SpeciesReport,
};
