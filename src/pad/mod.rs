//! Presentation attack detection (ISO/IEC 30107): was a live person in front of the camera?
//!
//! A still photo cannot show that: its passive signals deny or ask for more evidence, and never
//! grant. A challenge session over frames can: random steps, done in time, by one person, with the
//! parallax of a solid head.

mod baseline;
mod blocks;
mod brightness;
mod challenge;
mod challenge_options;
mod challenge_store;
mod continuity;
mod exchange;
mod eyes_and_mouth;
mod face_motion;
mod follower;
mod frame_analysis;
mod frames;
mod judge;
mod jumps;
mod least_squares;
pub mod movement;
mod parallax;
pub mod passive;
mod report;
mod running_median;
mod session;
mod step;
mod verdict;

pub use challenge::{BASELINE_MS, CHALLENGE_SCHEMA, Challenge, TimedStep};
pub use challenge_options::ChallengeOptions;
pub use challenge_store::{ChallengeDesk, Claim};
pub use continuity::Abruptness;
pub use follower::{Follower, Seen};
pub use frame_analysis::{FrameAnalyser, Measures};
pub use frames::{Frames, TimedFrame};
pub use judge::{Judge, UNASKED};
pub use report::{
    Finding, ParallaxEvidence, SESSION_SCHEMA, SessionProgress, SessionReport, StepEvidence,
};
pub use session::LivenessSession;
pub use step::Step;

/// Similarity, a plain cosine, from which two faces of one session, or a session's face and a
/// probe, count as the same person's.
pub(crate) const SAME_PERSON: f32 = 0.45;
