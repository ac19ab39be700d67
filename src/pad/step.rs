//! The steps that a challenge may ask for.

use serde::{Deserialize, Serialize};

/// One movement that a person is asked to make. Left and right are the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Turn your head to your left, then back.
    TurnLeft,
    /// Turn your head to your right, then back.
    TurnRight,
    /// Lift your chin, then lower it again.
    LookUp,
    /// Lower your chin, then lift it again.
    LookDown,
    /// Move closer to the camera, then back.
    ComeCloser,
    /// Close both eyes, then open them.
    Blink,
    /// Open your mouth, then close it.
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

    /// Whether the head turns to a side, which shows depth best.
    pub(super) fn turns_to_a_side(self) -> bool {
        matches!(self, Step::TurnLeft | Step::TurnRight)
    }

    /// Whether the head moves; unlike eyes and lips, it does not move by itself.
    pub(super) fn moves_the_head(self) -> bool {
        self.turns_the_head() || self == Step::ComeCloser
    }
}

impl std::fmt::Display for Step {
    /// The name in files, such as `turn_left`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}
