//! Stress tests: the photos of a manifest, degraded step by step, and what comes of whom.
//!
//! [`stress`] acquires every photo as it is and at each level of each
//! [degradation](crate::degrade), and compares it with another photo of the same person where
//! there is one. The numbers go into a [`StressReport`](evenmatch_audit::StressReport). It is a
//! simulation, no measurement of people: `docs/STRESS.md`.
//!
//! No template is kept: a run's folder has outcomes and scores, by the digests of photos.

mod chosen;
mod journal;
mod outcome;
mod person;
mod run;
mod settings;

pub use run::{StressProgress, stress};
pub use settings::{StressPlan, StressSettings};
