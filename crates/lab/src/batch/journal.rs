//! What is already done: one line of JSON per outcome, so that a run can be resumed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::Hash;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::files::{self, Access};

/// The outcomes of a finished run, in order.
const FINISHED: &str = "outcomes.jsonl";
/// The outcomes of an unfinished run, as they come.
const UNFINISHED: &str = "outcomes.unfinished.jsonl";

/// One line.
pub(crate) trait JournalRow: Serialize + DeserializeOwned {
    /// What identifies an outcome.
    type Key: Eq + Hash;
    /// The outcome.
    type Outcome;
    /// What such a run is called in messages, as in "an unfinished stress test".
    const RUN: &'static str;

    fn split(self) -> (Self::Key, Self::Outcome);
}

/// The folder of a run in progress.
pub(crate) struct Journal<R: JournalRow> {
    folder: PathBuf,
    file: Mutex<File>,
    known: HashMap<R::Key, R::Outcome>,
}

impl<R: JournalRow> Journal<R> {
    /// Begins a run in this folder, or resumes one.
    pub(crate) fn open(folder: &Path, resume: bool) -> Result<Self> {
        let path = folder.join(UNFINISHED);
        if path.exists() && !resume {
            let message = format!("there is an unfinished {} in this folder", R::RUN);
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
                .in_path(&path)
                .next("resume it with --resume, or delete the file to start again"));
        }
        files::create_folder(folder, Stage::Audit)?;
        let fault = |cause| Error::io(Stage::Audit, &path, cause);
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another {} is running in this folder", R::RUN);
                return Err(Error::new(ErrorKind::Io, Stage::Audit, message)
                    .in_path(folder)
                    .next("wait until it ends, or choose another folder"));
            }
            // A file system without locks: two runs would do work twice but lose nothing.
            Err(TryLockError::Error(_)) => {}
        }
        // The last line may be incomplete.
        file.write_all(b"\n").map_err(fault)?;
        let mut known = HashMap::new();
        if resume {
            read::<R>(&folder.join(FINISHED), &mut known)?;
            read::<R>(&path, &mut known)?;
        }
        Ok(Journal { folder: folder.to_owned(), file: Mutex::new(file), known })
    }

    /// What an earlier run found.
    pub(crate) fn known(&self, key: &R::Key) -> Option<&R::Outcome> {
        self.known.get(key)
    }

    /// Writes a line.
    pub(crate) fn keep(&self, row: &R) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join(UNFINISHED);
        file.write_all(line(row)?.as_bytes()).map_err(|cause| Error::io(Stage::Audit, &path, cause))
    }

    /// Replaces everything with the rows of this run, in order.
    pub(crate) fn finish(self, rows: impl Iterator<Item = R>) -> Result<()> {
        let lines: String = rows.map(|row| line(&row)).collect::<Result<_>>()?;
        // On the disk, with its name, before what it replaces is deleted: a power cut must not
        // destroy both. It says who could be recognised, so only its owner may read it.
        let path = self.folder.join(FINISHED);
        files::write(&path, lines.as_bytes(), Access::Owner, Stage::Audit)?;
        let path = self.folder.join(UNFINISHED);
        fs::remove_file(&path).map_err(|cause| Error::io(Stage::Audit, &path, cause))
    }
}

fn line<R: JournalRow>(row: &R) -> Result<String> {
    let text = serde_json::to_string(row).map_err(|cause| {
        Error::new(ErrorKind::InvalidRecord, Stage::Audit, "an outcome could not be written")
            .caused_by(cause)
    })?;
    Ok(text + "\n")
}

/// Reads the lines of a file. If a line cannot be read, its work is done again.
fn read<R: JournalRow>(path: &Path, known: &mut HashMap<R::Key, R::Outcome>) -> Result<()> {
    let text = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::io(Stage::Audit, path, cause)),
    };
    let lines = text.split(|byte| *byte == b'\n');
    known.extend(lines.filter_map(|line| Some(serde_json::from_slice::<R>(line).ok()?.split())));
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Row {
        photo: String,
        found: bool,
    }

    impl JournalRow for Row {
        type Key = String;
        type Outcome = bool;
        const RUN: &'static str = "test";

        fn split(self) -> (String, bool) {
            (self.photo, self.found)
        }
    }

    fn row(photo: &str) -> Row {
        Row { photo: photo.to_owned(), found: true }
    }

    /// From here on nothing that this thread writes can be made to reach the disk.
    fn refuse_to_sync() {
        let refused = [libc::SYS_fsync, libc::SYS_fdatasync].map(|call| (call, vec![]));
        let filter: BpfProgram = SeccompFilter::new(
            refused.into_iter().collect(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EIO as u32),
            std::env::consts::ARCH.try_into().unwrap(),
        )
        .unwrap()
        .try_into()
        .unwrap();
        seccompiler::apply_filter(&filter).unwrap();
    }

    /// A power cut after `finish` may lose what was not synced. The outcomes of the unfinished run
    /// are deleted only once the finished ones are on the disk.
    #[test]
    fn nothing_is_deleted_before_what_replaces_it_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let done = std::thread::spawn(move || {
            let journal = Journal::<Row>::open(&path, false).unwrap();
            journal.keep(&row("a.jpg")).unwrap();
            refuse_to_sync();
            journal.finish([row("a.jpg"), row("b.jpg")].into_iter()).map_err(|e| e.kind())
        });
        assert_eq!(done.join().unwrap(), Err(ErrorKind::Io));
        let again = Journal::<Row>::open(folder.path(), true).unwrap();
        assert_eq!(again.known(&"a.jpg".to_owned()), Some(&true));
        assert!(folder.path().join(UNFINISHED).exists());
        again.finish([row("a.jpg")].into_iter()).unwrap();
        assert!(!folder.path().join(UNFINISHED).exists());
        let finished = fs::read_to_string(folder.path().join(FINISHED)).unwrap();
        assert_eq!(finished.lines().count(), 1);
    }
}
