//! What is done already: one line a photo and degradation, so that a run can be cut off.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::audit::{StressObservation, StressOutcome};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The outcomes of a finished run, in order; scores and digests, no templates.
const FINISHED: &str = "outcomes.jsonl";
/// The outcomes of an unfinished run, as they come.
const UNFINISHED: &str = "outcomes.unfinished.jsonl";

/// What names one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    /// Models, rules, seed and normaliser.
    pub(super) run: Digest,
    /// The person's photos, which the scores are against.
    pub(super) person: Digest,
    /// SHA-256 of the photo.
    pub(super) sample: Digest,
    /// Its place among the person's photos.
    pub(super) place: usize,
    /// The degradation; `clean` for none.
    pub(super) degradation: String,
    /// Its level; 0 for none.
    pub(super) level: LevelBits,
}

/// A level that can be a key: equal if its bits are.
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
    /// `acquired`, or why not.
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

    fn observation(self) -> (Key, StressObservation) {
        let outcome = match (self.outcome.as_str(), self.refused) {
            (ACQUIRED, _) => StressOutcome::Acquired,
            (_, false) => StressOutcome::Failed(self.outcome),
            (_, true) => StressOutcome::Refused(self.outcome),
        };
        (self.key, StressObservation { outcome, own: self.own, mated: self.mated })
    }
}

/// A folder in which one run is at work.
pub(super) struct Journal {
    folder: PathBuf,
    file: Mutex<File>,
    known: HashMap<Key, StressObservation>,
}

impl Journal {
    /// Begins a run in this folder, or goes on with one.
    pub(super) fn open(folder: &Path, resume: bool) -> Result<Self> {
        let path = folder.join(UNFINISHED);
        if path.exists() && !resume {
            let message = "an unfinished stress test lies in this folder";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
                .in_path(&path)
                .next("go on with it: --resume; or delete the file to begin again"));
        }
        fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Audit, folder, cause))?;
        let fault = |cause| Error::io(Stage::Audit, &path, cause);
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another stress test is at work in this folder";
                return Err(Error::new(ErrorKind::Io, Stage::Audit, message)
                    .in_path(folder)
                    .next("wait until it has ended, or choose another folder"));
            }
            // A file system without locks: two runs would do work twice and lose nothing.
            Err(TryLockError::Error(_)) => {}
        }
        // The last line may have been cut off in the middle.
        file.write_all(b"\n").map_err(fault)?;
        let mut known = HashMap::new();
        if resume {
            read(&folder.join(FINISHED), &mut known)?;
            read(&path, &mut known)?;
        }
        Ok(Journal { folder: folder.to_owned(), file: Mutex::new(file), known })
    }

    /// What an earlier run found.
    pub(super) fn known(&self, key: &Key) -> Option<&StressObservation> {
        self.known.get(key)
    }

    /// Writes a line.
    pub(super) fn keep(&self, row: &Row) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join(UNFINISHED);
        file.write_all(line(row)?.as_bytes()).map_err(|cause| Error::io(Stage::Audit, &path, cause))
    }

    /// Leaves the rows of this run, in order, in place of everything else.
    pub(super) fn finish(self, rows: impl Iterator<Item = Row>) -> Result<()> {
        let lines: String = rows.map(|row| line(&row)).collect::<Result<_>>()?;
        let path = self.folder.join(FINISHED);
        let fault = |cause| Error::io(Stage::Audit, &path, cause);
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(fault)?;
        file.write_all(lines.as_bytes()).map_err(fault)?;
        file.persist(&path).map_err(|cause| fault(cause.error))?;
        let path = self.folder.join(UNFINISHED);
        fs::remove_file(&path).map_err(|cause| Error::io(Stage::Audit, &path, cause))
    }
}

fn line(row: &Row) -> Result<String> {
    let text = serde_json::to_string(row).map_err(|cause| {
        Error::new(ErrorKind::InvalidRecord, Stage::Audit, "an outcome could not be written")
            .caused_by(cause)
    })?;
    Ok(text + "\n")
}

/// Takes in the lines of a file. A line that can't be read is work to do again.
fn read(path: &Path, known: &mut HashMap<Key, StressObservation>) -> Result<()> {
    let text = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::io(Stage::Audit, path, cause)),
    };
    let lines = text.split(|byte| *byte == b'\n');
    known.extend(lines.filter_map(|line| {
        let row: Row = serde_json::from_slice(line).ok()?;
        Some(row.observation())
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
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
        let path = folder.path().join(UNFINISHED);
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
