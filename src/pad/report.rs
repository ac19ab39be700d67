//! The result of a session, with its evidence.

use serde::{Deserialize, Serialize};

use super::Step;
use evenmatch_core::record::{LivenessOutcome, SessionEvidence};

/// The `schema` of a session's report as JSON.
pub const SESSION_SCHEMA: &str = "evenmatch.session/1";

/// A finding in a session that counts against a pass. `docs/LIVENESS.md` lists all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The nonce was used before.
    NonceReused,
    /// The challenge was answered too late.
    ChallengeExpired,
    /// Time stamps went backwards.
    ClockBackwards,
    /// The same frame came again for more than half a second.
    FrozenFrames,
    /// A frame from earlier in the session came again.
    RepeatedFrames,
    /// The image jumped from one frame to the next, as where two recordings are cut together.
    PictureJumped,
    /// The face jumped from one frame to the next.
    FaceJumped,
    /// The face no longer looked like that at the start.
    OtherPerson,
    /// Another person's face took the first one's place from one frame to the next: templates and
    /// picture both say so.
    PersonExchanged,
    /// The head turned without the parallax of a solid head.
    FlatFace,
    /// The requested movement was done, but another one before it.
    WrongMovement,
    /// A step was started before it was requested.
    TooEarly,
    /// A step was not done in its time.
    StepNotDone,
    /// The head turned too little for its depth to show.
    TooLittleParallax,
    /// Frames are missing for more than half a second.
    FramesMissing,
    /// There were too few frames per second to judge.
    TooFewFrames,
    /// More frames came than a session can have.
    TooManyFrames,
    /// The session ended before its last step.
    EndedEarly,
    /// The image changed faster from one frame to the next than people usually move.
    AbruptChange,
    /// The face was out of view for too much of the time.
    FaceNotSeen,
    /// Another person's face was in view.
    SecondFace,
    /// The face was too small to judge.
    FaceTooSmall,
    /// The challenge leaves out what a machine needs, as was asked for: a person must look.
    PersonMustLook,
}

impl Finding {
    /// All findings.
    pub const ALL: [Finding; 23] = [
        Finding::NonceReused,
        Finding::ChallengeExpired,
        Finding::ClockBackwards,
        Finding::FrozenFrames,
        Finding::RepeatedFrames,
        Finding::PictureJumped,
        Finding::FaceJumped,
        Finding::OtherPerson,
        Finding::PersonExchanged,
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
        Finding::PersonMustLook,
    ];

    /// Whether it indicates an attack. The others only leave open whether a person was there, and
    /// ask for another try: people who were recorded live showed each of them.
    pub fn is_attack(self) -> bool {
        self == Finding::PersonExchanged
    }

    /// What it means, in plain words.
    pub fn meaning(self) -> &'static str {
        match self {
            Finding::NonceReused => "this challenge was already answered",
            Finding::ChallengeExpired => "this challenge was answered too late",
            Finding::ClockBackwards => "the time stamps of the frames went backwards",
            Finding::FrozenFrames => "the picture stood still for more than half a second",
            Finding::RepeatedFrames => "an earlier picture came again",
            Finding::PictureJumped => "the picture jumped from one moment to the next",
            Finding::FaceJumped => "the face jumped from one place or position to another",
            Finding::OtherPerson => "the face no longer looked like the one at the start",
            Finding::PersonExchanged => {
                "from one moment to the next, another person's face took the first one's place"
            }
            Finding::FlatFace => "the turns of the head did not show the depth of a face",
            Finding::WrongMovement => "a different movement was made from the one asked for",
            Finding::TooEarly => "a movement began before it was asked for",
            Finding::StepNotDone => "a movement that was asked for was not seen in time",
            Finding::TooLittleParallax => "the head turned too little to show its depth",
            Finding::FramesMissing => "pictures are missing for more than half a second",
            Finding::TooFewFrames => "there were too few pictures per second",
            Finding::TooManyFrames => "there were more pictures than a session can have",
            Finding::EndedEarly => "the pictures ended before the last movement",
            Finding::AbruptChange => "the picture changed abruptly",
            Finding::FaceNotSeen => "the face was out of view for too much of the time",
            Finding::SecondFace => "a second face was in view",
            Finding::FaceTooSmall => "the face was too far away",
            Finding::PersonMustLook => "this challenge is one that a person must judge",
        }
    }

    /// What the person can do about it, in plain words.
    pub fn advice(self) -> &'static str {
        match self {
            Finding::NonceReused | Finding::ChallengeExpired | Finding::PersonExchanged => {
                "start again with a new challenge"
            }
            Finding::ClockBackwards
            | Finding::FrozenFrames
            | Finding::RepeatedFrames
            | Finding::FramesMissing
            | Finding::TooFewFrames
            | Finding::TooManyFrames => {
                "close other programs, and try again where the connection is good"
            }
            Finding::PictureJumped | Finding::FaceJumped => {
                "hold the phone still, and move more slowly"
            }
            Finding::AbruptChange => {
                "hold the phone still, move more slowly, and close other programs, so that the picture does not stutter"
            }
            Finding::OtherPerson | Finding::FaceNotSeen => {
                "keep your whole face in the picture, in even light"
            }
            Finding::FlatFace | Finding::TooLittleParallax => "turn your head further",
            Finding::WrongMovement | Finding::TooEarly => {
                "look into the camera, wait for each step, and make only that movement"
            }
            Finding::StepNotDone => {
                "make the movement larger, and come back in time; ask for more time or another movement if you need it"
            }
            Finding::EndedEarly => "stay in front of the camera until the last step is over",
            Finding::SecondFace => "be alone in the picture",
            Finding::FaceTooSmall => "come closer to the camera",
            Finding::PersonMustLook => "wait: a person looks at the pictures",
        }
    }
}

impl std::fmt::Display for Finding {
    /// The code as in reports, such as `flat_face`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// A session's state after a frame.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionProgress {
    /// What the person is asked to do now; `None` in pauses, where they look into the camera.
    pub asked: Option<Step>,
    /// Whether the frame shows the face.
    pub face_seen: bool,
    /// What counts against a pass so far.
    pub findings: Vec<Finding>,
    /// Whether the last step's time is over.
    pub over: bool,
}

/// What was seen of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepEvidence {
    /// What was requested.
    pub step: Step,
    /// Whether it was done, in time, and the head was back at the end.
    pub done: bool,
    /// The furthest that it went in two frames in a row, in its unit: degrees for turns, the face's
    /// size as a multiple of that at the start, and how different the eyes or the mouth look from
    /// then (0 the same, about 1 if nothing of them is left). 0 where no frame shows it.
    pub reached: f32,
    /// How far it had to go, in the same unit.
    pub needed: f32,
    /// When the movement started, in milliseconds after it was requested; null if it did not.
    pub began_after_ms: Option<i64>,
}

/// Whether turns of the head showed the parallax of a solid face.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParallaxEvidence {
    /// Frames in which the head was turned enough to tell.
    pub frames: u32,
    /// The relief of the face that its motion showed, as a share of the relief that a solid face
    /// turned as far would show: about 1 for a head, about 0 for anything flat.
    pub relief: f32,
    /// Standard error of the relief, from the scatter between frames.
    pub relief_error: f32,
    /// What the best homography from the frames that face the camera to the others leaves
    /// unexplained: root mean square over points and frames, in sizes of the face (a little less
    /// than the inter-eye distance).
    pub homography_residual: f32,
    /// What the best rigid solid, seen by a distant camera, leaves unexplained, in the same unit.
    pub solid_residual: f32,
}

/// The result of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionReport {
    /// Always `evenmatch.session/1`.
    pub schema: String,
    /// The nonce of the challenge.
    pub nonce: String,
    /// `pass`, `fail` (an attack was seen) or `inconclusive` (try again).
    pub outcome: LivenessOutcome,
    /// How strong the evidence for a live person is, 0 to 1: the least of the shares of what a pass
    /// needs. It ranks sessions, for curves; the outcome is what decides.
    pub score: f64,
    /// What counts against a pass, each finding once.
    pub findings: Vec<Finding>,
    /// The steps in their order.
    pub steps: Vec<StepEvidence>,
    /// Whether the head showed its depth.
    pub parallax: ParallaxEvidence,
    /// Lowest similarity of the session's faces to its first ones, a plain cosine; null if no two
    /// were compared.
    pub least_likeness: Option<f32>,
    /// Frames that were fed.
    pub frames: u32,
    /// Frames that could not be read and were skipped.
    #[serde(default)]
    pub frames_skipped: u32,
    /// Frames whose picture was there before: they are not examined again.
    #[serde(default)]
    pub frames_repeated: u32,
    /// Frames in which the face was seen.
    pub frames_with_face: u32,
    /// Time of the last frame, in milliseconds since the first.
    pub duration_ms: u64,
}

impl SessionReport {
    /// A summary, as stored in a decision's record. `likeness` is the similarity of the session's
    /// face to the probe, where the probe is a separate photo.
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
