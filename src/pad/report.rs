//! What came of a session, with its evidence.

use serde::{Deserialize, Serialize};

use super::Step;
use evenmatch_core::record::{LivenessOutcome, SessionEvidence};

/// The `schema` of a session's report as JSON.
pub const SESSION_SCHEMA: &str = "evenmatch.session/1";

/// What was found in a session that speaks against a pass. `docs/LIVENESS.md` lists all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The nonce was answered before.
    NonceReused,
    /// The challenge was answered after its time.
    ChallengeExpired,
    /// Time stamps went backwards or stood still.
    ClockBackwards,
    /// The same picture came again and again, as no sensor's noise allows.
    FrozenFrames,
    /// A picture from earlier in the session came again.
    RepeatedFrames,
    /// The picture jumped from one frame to the next, as where two recordings are cut together.
    PictureJumped,
    /// The face jumped from one frame to the next.
    FaceJumped,
    /// The face became somebody else's.
    OtherPerson,
    /// The head turned without the parallax of a solid head.
    FlatFace,
    /// What was asked for was done, and something else before it.
    WrongMovement,
    /// A step was begun before it was asked for.
    TooEarly,
    /// A step was not done in its time.
    StepNotDone,
    /// The head was turned too little for its depth to show.
    TooLittleParallax,
    /// Frames are missing for more than half a second.
    FramesMissing,
    /// There were fewer frames a second than can be judged.
    TooFewFrames,
    /// More frames came than a session can have.
    TooManyFrames,
    /// The session ended before its last step.
    EndedEarly,
    /// The picture changed faster from one frame to the next than people mostly move.
    AbruptChange,
    /// No face was in view for too much of the time.
    FaceNotSeen,
    /// Somebody else's face was in view.
    SecondFace,
    /// The face was too small to be judged.
    FaceTooSmall,
}

impl Finding {
    /// All findings.
    pub const ALL: [Finding; 21] = [
        Finding::NonceReused,
        Finding::ChallengeExpired,
        Finding::ClockBackwards,
        Finding::FrozenFrames,
        Finding::RepeatedFrames,
        Finding::PictureJumped,
        Finding::FaceJumped,
        Finding::OtherPerson,
        Finding::FlatFace,
        Finding::WrongMovement,
        Finding::TooEarly,
        Finding::StepNotDone,
        Finding::TooLittleParallax,
        Finding::FramesMissing,
        Finding::TooFewFrames,
        Finding::TooManyFrames,
        Finding::EndedEarly,
        Finding::AbruptChange,
        Finding::FaceNotSeen,
        Finding::SecondFace,
        Finding::FaceTooSmall,
    ];

    /// Whether it speaks of an attack. The others only leave it open whether a person was there,
    /// and ask for another try.
    pub fn is_attack(self) -> bool {
        matches!(
            self,
            Finding::NonceReused
                | Finding::ClockBackwards
                | Finding::FrozenFrames
                | Finding::RepeatedFrames
                | Finding::PictureJumped
                | Finding::FaceJumped
                | Finding::OtherPerson
                | Finding::FlatFace
        )
    }

    /// What it says, in plain words.
    pub fn meaning(self) -> &'static str {
        match self {
            Finding::NonceReused => "this challenge was answered before",
            Finding::ChallengeExpired => "this challenge was answered too late",
            Finding::ClockBackwards => "the frames' clock went backwards or stood still",
            Finding::FrozenFrames => "the picture stood still, as no camera's does",
            Finding::RepeatedFrames => "a picture from earlier came again",
            Finding::PictureJumped => "the picture jumped, as where two recordings are joined",
            Finding::FaceJumped => "the face jumped from one place or position to another",
            Finding::OtherPerson => "the face became somebody else's",
            Finding::FlatFace => "the face moved as a flat picture does",
            Finding::WrongMovement => "another movement was made than the one asked for",
            Finding::TooEarly => "a movement began before it was asked for",
            Finding::StepNotDone => "a movement that was asked for was not seen in time",
            Finding::TooLittleParallax => "the head turned too little for its depth to show",
            Finding::FramesMissing => "pictures are missing for more than half a second",
            Finding::TooFewFrames => "there were too few pictures a second",
            Finding::TooManyFrames => "there were more pictures than a session can have",
            Finding::EndedEarly => "the pictures ended before the last movement was due",
            Finding::AbruptChange => "the picture changed more abruptly than people move",
            Finding::FaceNotSeen => "the face was not in view for too much of the time",
            Finding::SecondFace => "a second face was in view",
            Finding::FaceTooSmall => "the face was too far away",
        }
    }
}

impl std::fmt::Display for Finding {
    /// The code as it stands in reports, such as `flat_face`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// What was seen of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEvidence {
    /// What was asked for.
    pub step: Step,
    /// Whether it was done, in time, and the head was back at the end.
    pub done: bool,
    /// The furthest that it went in two frames in a row, in its unit: degrees for turns, the face's
    /// size as a multiple of that at the beginning, and how unlike the eyes or the mouth look to how
    /// they did then (0 the same, about 1 nothing left of them). 0 where no frame shows it.
    pub reached: f32,
    /// How far it had to go, in the same unit.
    pub needed: f32,
    /// When the movement began, in milliseconds after it was asked for; null where it did not.
    pub began_after_ms: Option<i64>,
}

/// Whether turns of the head showed the parallax of a solid face.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ParallaxEvidence {
    /// Frames in which the head was turned enough to tell.
    pub frames: u32,
    /// The relief of the face that its motion showed, as a share of the relief that a solid face
    /// turned as far would show: about 1 for a head, about 0 for anything flat.
    pub relief: f32,
    /// Standard error of the relief, from the scatter between frames.
    pub relief_error: f32,
    /// What the best homography from the frames that face the camera to those that do not leaves
    /// unexplained: root mean square over points and frames, in sizes of the face (a little less
    /// than the distance between the eyes).
    pub homography_residual: f32,
    /// What the best rigid solid, seen by a distant camera, leaves unexplained, likewise.
    pub solid_residual: f32,
}

/// What came of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionReport {
    /// Always `evenmatch.session/1`.
    pub schema: String,
    /// The nonce of the challenge.
    pub nonce: String,
    /// `pass`, `fail` (an attack was seen) or `inconclusive` (try again).
    pub outcome: LivenessOutcome,
    /// How much speaks for a live person, 0 to 1: the least of the shares of what a pass needs. It
    /// orders sessions, for curves; the outcome is what decides.
    pub score: f64,
    /// What speaks against a pass, each once.
    pub findings: Vec<Finding>,
    /// The steps in their order.
    pub steps: Vec<StepEvidence>,
    /// Whether the head showed its depth.
    pub parallax: ParallaxEvidence,
    /// Least likeness of the session's faces to its first ones, a plain cosine; null where no two
    /// were compared.
    pub least_likeness: Option<f32>,
    /// Frames that were fed.
    pub frames: u32,
    /// Frames that could not be read and were passed over.
    #[serde(default)]
    pub frames_skipped: u32,
    /// Frames in which the face was seen.
    pub frames_with_face: u32,
    /// Time of the last frame, in milliseconds since the first.
    pub duration_ms: u64,
}

impl SessionReport {
    /// The same in short, as a decision's record holds it. `likeness` is that of the session's face
    /// to the probe, where the probe is a photo of its own.
    pub fn evidence(&self, likeness: Option<f32>) -> SessionEvidence {
        SessionEvidence {
            nonce: self.nonce.clone(),
            outcome: self.outcome,
            findings: self.findings.iter().map(Finding::to_string).collect(),
            likeness,
            least_likeness: super::SAME_PERSON,
        }
    }
}
