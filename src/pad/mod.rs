//! Presentation attack detection (ISO/IEC 30107): was a live person in front of the camera?
//!
//! A still photo cannot show that: its passive signals deny or ask for more evidence, and never
//! grant. A challenge session over frames can: random steps, done in time, by one person, with the
//! parallax of a solid head.

mod baseline;
mod blocks;
mod challenge;
mod continuity;
mod desk;
mod face;
mod frames;
mod least_squares;
mod light;
mod motion;
pub mod movement;
mod openings;
mod parallax;
pub mod passive;
mod recent;
mod report;
mod session;
mod step;

pub use challenge::{BASELINE_MS, CHALLENGE_SCHEMA, Challenge, TimedStep};
pub use desk::{ChallengeDesk, Claim};
pub use face::{FrameAnalyser, Measures};
pub use frames::{Frames, TimedFrame};
pub use report::{Finding, ParallaxEvidence, SESSION_SCHEMA, SessionReport, StepEvidence};
pub use session::{LivenessSession, SessionProgress, UNASKED};
pub use step::Step;

/// Similarity, a plain cosine, from which two faces of one session, or a session's face and a
/// probe, count as the same person's.
pub(crate) const SAME_PERSON: f32 = 0.45;
