//! What a challenge may ask for.

use serde::{Deserialize, Serialize};

/// One thing that a person is asked to do. Left and right are the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Turn the head to the left, and back.
    TurnLeft,
    /// Turn the head to the right, and back.
    TurnRight,
    /// Lift the chin, and back.
    LookUp,
    /// Lower the chin, and back.
    LookDown,
    /// Come closer to the camera, and back.
    ComeCloser,
    /// Close both eyes, and open them.
    Blink,
    /// Open the mouth, and close it.
    OpenMouth,
}

impl Step {
    /// All steps.
    pub const ALL: [Step; 7] = [
        Step::TurnLeft,
        Step::TurnRight,
        Step::LookUp,
        Step::LookDown,
        Step::ComeCloser,
        Step::Blink,
        Step::OpenMouth,
    ];

    /// Whether the head turns, so that a solid one shows its depth.
    pub fn turns_the_head(self) -> bool {
        matches!(self, Step::TurnLeft | Step::TurnRight | Step::LookUp | Step::LookDown)
    }

    /// Whether the head turns to a side, where depth shows best.
    pub(super) fn turns_to_a_side(self) -> bool {
        matches!(self, Step::TurnLeft | Step::TurnRight)
    }

    /// Whether the head moves, which it does not by itself, as eyes and lips do.
    pub(super) fn moves_the_head(self) -> bool {
        self.turns_the_head() || self == Step::ComeCloser
    }
}

impl std::fmt::Display for Step {
    /// The name as it stands in files, such as `turn_left`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}
