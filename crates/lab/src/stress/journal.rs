//! What is already done: one line per photo and degradation, with scores and digests but without
//! templates.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::batch::JournalRow;
use evenmatch_audit::{StressObservation, StressOutcome};

/// What identifies one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    /// Models, rules, seed and normaliser.
    pub(super) run: Digest,
    /// The person's photos, which the photo was compared with.
    pub(super) person: Digest,
    /// SHA-256 of the photo.
    pub(super) sample: Digest,
    /// Its index among the person's photos.
    pub(super) place: usize,
    /// The degradation; `clean` for none.
    pub(super) degradation: String,
    /// Its level; 0 for none.
    pub(super) level: LevelBits,
}

/// A level that can be a key: two levels are equal if their bits are.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct LevelBits(pub(super) f64);

impl PartialEq for LevelBits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for LevelBits {}

impl std::hash::Hash for LevelBits {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    #[serde(flatten)]
    key: Key,
    /// `acquired`, or the reason why it was not.
    outcome: String,
    /// Whether the quality gate refused it, or would have refused it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refused: bool,
    own: Option<f32>,
    mated: Vec<Option<f32>>,
}

const ACQUIRED: &str = "acquired";

impl Row {
    pub(super) fn new(key: Key, seen: &StressObservation) -> Self {
        let (outcome, refused) = match &seen.outcome {
            StressOutcome::Acquired => (ACQUIRED.to_owned(), false),
            StressOutcome::Failed(why) => (why.clone(), false),
            StressOutcome::Refused(why) => (why.clone(), true),
        };
        Row { key, outcome, refused, own: seen.own, mated: seen.mated.clone() }
    }
}

impl JournalRow for Row {
    type Key = Key;
    type Outcome = StressObservation;
    const RUN: &'static str = "stress test";

    fn split(self) -> (Key, StressObservation) {
        let outcome = match (self.outcome.as_str(), self.refused) {
            (ACQUIRED, _) => StressOutcome::Acquired,
            (_, false) => StressOutcome::Failed(self.outcome),
            (_, true) => StressOutcome::Refused(self.outcome),
        };
        (self.key, StressObservation { outcome, own: self.own, mated: self.mated })
    }
}

/// The folder of a stress test that is running.
pub(super) type Journal = crate::batch::Journal<Row>;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn key(level: f64) -> Key {
        let digest = Digest::of(b"x");
        let degradation = "blur".to_owned();
        Key {
            run: digest,
            person: digest,
            sample: digest,
            place: 1,
            degradation,
            level: LevelBits(level),
        }
    }

    #[test]
    fn what_was_written_is_known_again_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let refused = StressOutcome::Refused("quality:face_small".to_owned());
        let seen = [StressOutcome::Acquired, refused].map(|outcome| StressObservation {
            outcome,
            own: Some(0.1),
            mated: vec![None, Some(-0.3)],
        });
        let journal = Journal::open(folder.path(), false).unwrap();
        assert!(Journal::open(folder.path(), true).is_err(), "one run at a time");
        for (level, seen) in seen.iter().enumerate() {
            journal.keep(&Row::new(key(level as f64), seen)).unwrap();
        }
        drop(journal);
        let path = folder.path().join("outcomes.unfinished.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        let refused = Journal::open(folder.path(), false).err().unwrap();
        assert!(refused.next_step().unwrap().contains("--resume"));
        let journal = Journal::open(folder.path(), true).unwrap();
        assert_eq!(journal.known(&key(0.0)), Some(&seen[0]));
        assert_eq!(journal.known(&key(1.0)), None);
        journal.keep(&Row::new(key(1.0), &seen[1])).unwrap();
        journal.finish(std::iter::once(Row::new(key(1.0), &seen[1]))).unwrap();
        let journal = Journal::open(folder.path(), true).unwrap();
        assert_eq!(journal.known(&key(1.0)), Some(&seen[1]));
        assert_eq!(journal.known(&key(0.0)), None);
    }
}
