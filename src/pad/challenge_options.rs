//! What a person can ask for who cannot do what challenges ask by default.

use super::Step;
use crate::{Error, ErrorKind, Result, Stage};

/// The least and the most steps.
pub(super) const STEPS: (usize, usize) = (2, 3);
/// Different movements that must be left to choose from: with fewer, a recording of all of them
/// would be too easy to make.
const LEAST_CHOICE: usize = 3;

/// What a person asks for who cannot do what challenges ask by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeOptions {
    /// Number of steps: 2 or 3; 0 for a session without movements.
    pub steps: usize,
    /// Movements that are not asked for. At least three of the seven must remain.
    pub without: Vec<Step>,
    /// How many times as long as usual each step and the whole challenge may take: 1 to 3.
    pub time: u32,
}

impl Default for ChallengeOptions {
    fn default() -> Self {
        ChallengeOptions { steps: STEPS.1, without: Vec::new(), time: 1 }
    }
}

impl ChallengeOptions {
    /// The movements that may be asked for.
    pub(super) fn choice(&self) -> Vec<Step> {
        Step::ALL.into_iter().filter(|step| !self.without.contains(step)).collect()
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |message: String, next: &str| {
            let error = Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message);
            Err(error.next(next.to_owned()))
        };
        if self.steps != 0 && !(STEPS.0..=STEPS.1).contains(&self.steps) {
            let message = format!("a challenge cannot have {} steps", self.steps);
            return refuse(message, "ask for 2 or 3, or for none");
        }
        if !(1..=3).contains(&self.time) {
            let message = format!("a challenge cannot take {} times as long", self.time);
            return refuse(message, "ask for 1, 2 or 3 times");
        }
        if self.steps != 0 && self.choice().len() < LEAST_CHOICE {
            let message = format!("{} movements are too few to choose from", self.choice().len());
            return refuse(message, "leave at least 3 movements, or ask for none at all");
        }
        Ok(())
    }
}
