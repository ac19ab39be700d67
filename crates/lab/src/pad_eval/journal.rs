//! What is already done: one line per presentation, by the digests of its files.

use std::fs::{self, File};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::presenter::{Presentation, Presented, Word};
use crate::Digest;
use crate::batch::JournalRow;

/// What identifies one outcome. It does not contain the species: the outcome of a presentation
/// does not depend on its label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    /// See [`Presenter::key`](super::Presenter::key).
    run: Digest,
    /// The digest of the photo, or of all frames and their names.
    sample: Digest,
    /// The digest of the challenge's file.
    challenge: Option<Digest>,
    /// The digest of the reference's file.
    reference: Option<Digest>,
}

impl Key {
    /// The key of a presentation; `None` where a file cannot be read: that outcome is not stored.
    pub(super) fn of(run: Digest, presentation: &Presentation<'_>) -> Option<Key> {
        let named = |path: Option<&Path>| match path {
            Some(path) => content(path).map(Some),
            None => Some(None),
        };
        Some(Key {
            run,
            sample: content(presentation.path)?,
            challenge: named(presentation.challenge)?,
            reference: named(presentation.reference)?,
        })
    }
}

/// The digest of a file, or of the names and contents of a folder's files.
fn content(path: &Path) -> Option<Digest> {
    if !path.is_dir() {
        return Digest::of_reader(File::open(path).ok()?).ok();
    }
    let items: Result<Vec<_>, _> = fs::read_dir(path).ok()?.collect();
    let mut items: Vec<_> = items.ok()?.iter().map(fs::DirEntry::path).collect();
    items.sort_unstable();
    let mut all = Vec::new();
    for item in items.iter().filter(|item| item.is_file()) {
        let name = item.file_name()?.as_encoded_bytes();
        all.extend_from_slice(&(name.len() as u64).to_le_bytes());
        all.extend_from_slice(name);
        all.extend_from_slice(Digest::of_reader(File::open(item).ok()?).ok()?.as_bytes());
    }
    Some(Digest::of(&all))
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    #[serde(flatten)]
    key: Key,
    outcome: Word,
    pad_score: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    score: Option<f32>,
}

impl Row {
    pub(super) fn new(key: Key, presented: &Presented) -> Self {
        Row {
            key,
            outcome: Word::of(presented.outcome),
            pad_score: presented.pad_score,
            reasons: presented.reasons.clone(),
            failure: presented.failure.clone(),
            score: presented.score,
        }
    }
}

impl JournalRow for Row {
    type Key = Key;
    type Outcome = Presented;
    const RUN: &'static str = "evaluation";

    fn split(self) -> (Key, Presented) {
        let Row { key, outcome, pad_score, reasons, failure, score } = self;
        (key, Presented { outcome: outcome.outcome(), pad_score, reasons, failure, score })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_that_of_all_frames_and_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("frames");
        fs::create_dir(&frames).unwrap();
        fs::write(frames.join("1.png"), "a").unwrap();
        fs::write(frames.join("2.png"), "b").unwrap();
        let before = content(&frames).unwrap();
        assert_eq!(content(&frames), Some(before));
        fs::rename(frames.join("2.png"), frames.join("3.png")).unwrap();
        let renamed = content(&frames).unwrap();
        assert_ne!(renamed, before);
        fs::write(frames.join("3.png"), "c").unwrap();
        assert_ne!(content(&frames).unwrap(), renamed);
        assert_eq!(content(&folder.path().join("nothing")), None);
    }
}
