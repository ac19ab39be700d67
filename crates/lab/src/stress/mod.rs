//! Stress tests: the photos of a manifest, degraded step by step, and the results by group.
//!
//! [`stress`] acquires every photo as it is and at each level of each
//! [degradation](crate::degrade), and compares it with another photo of the same person where
//! there is one. The numbers go into a [`StressReport`](evenmatch_audit::StressReport). It is a
//! simulation, not a measurement of people: see `docs/STRESS.md`.
//!
//! No template is stored: the folder of a run has outcomes and scores, by the digests of photos.

mod chosen;
mod journal;
mod outcome;
mod person;
mod run;
mod settings;

pub use run::{StressProgress, stress};
pub use settings::{StressPlan, StressSettings};
