//! The folder of a run: finished photos are stored in parts until the store is complete.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::sample::AcquiredSample;
use super::store::TemplateStore;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::files::{Access, NewFile, create_folder};

/// Name of the folder of parts, beside the store; it exists as long as a run is unfinished.
const WORK: &str = "templates.unfinished";

/// How often finished photos are written to the disk: the number of photos, or the time, that is
/// lost at most if the run is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSize {
    /// Photos per part.
    pub photos: usize,
    /// Time between two parts, where photos take a long time.
    pub time: Duration,
}

impl Default for PartSize {
    fn default() -> Self {
        PartSize { photos: 256, time: Duration::from_secs(5) }
    }
}

struct Pending {
    rows: Vec<AcquiredSample>,
    since: Instant,
    next_part: u32,
}

/// The folder of a run in progress.
pub(super) struct Workplace {
    folder: PathBuf,
    work: PathBuf,
    /// Locked as long as the run lasts; the system releases it when the run is killed.
    lock: File,
    /// The store without its rows.
    head: TemplateStore,
    size: PartSize,
    resume: bool,
    pending: Mutex<Pending>,
}

impl Workplace {
    /// Begins a run in this folder, or resumes one.
    pub(super) fn open(
        folder: &Path,
        resume: bool,
        head: TemplateStore,
        size: PartSize,
    ) -> Result<Self> {
        let work = folder.join(WORK);
        if work.exists() && !resume {
            let message = "there is an unfinished run in this folder";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
                .in_path(folder)
                .next("resume it with --resume, or delete the folder to start again"));
        }
        // An error about an invalid name should name this folder, not the one inside it.
        create_folder(folder, Stage::Template)?;
        create_folder(&work, Stage::Template)?;
        let path = work.join("lock");
        let lock = File::create(&path).map_err(|cause| Error::io(Stage::Template, &path, cause))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another run is using this folder";
                return Err(Error::new(ErrorKind::Io, Stage::Template, message)
                    .in_path(folder)
                    .next("wait until it ends, or choose another folder"));
            }
            // A file system without locks: two runs would do work twice but lose nothing.
            Err(TryLockError::Error(_)) => {}
        }
        let last = parts(&work)?.last().map_or(0, |(number, _)| *number);
        let pending =
            Pending { rows: Vec::new(), since: Instant::now(), next_part: last.saturating_add(1) };
        let (folder, pending) = (folder.to_owned(), Mutex::new(pending));
        Ok(Workplace { folder, work, lock, head, size, resume, pending })
    }

    /// What is already known about photos, from the store and from the parts of earlier runs; rows
    /// of other pipelines, or without a requested measurement, are ignored.
    ///
    /// # Errors
    /// A run that resumes refuses templates of another form instead of replacing them.
    pub(super) fn known(&self) -> Result<HashMap<Digest, AcquiredSample>> {
        let mut known = HashMap::new();
        let store = TemplateStore::file_in(&self.folder);
        let parts = parts(&self.work)?.into_iter().map(|(_, path)| path);
        for path in store.exists().then_some(store).into_iter().chain(parts) {
            let store = TemplateStore::read(&path)?;
            if self.resume && store.form != self.head.form {
                let (own, asked) = (store.form, self.head.form);
                let message = format!("the templates here are {own}, not {asked}");
                return Err(Error::new(ErrorKind::TemplateFormMismatch, Stage::Template, message)
                    .in_path(&path)
                    .next(format!(
                        "resume with --templates {own}, or choose another folder for {asked} ones"
                    )));
            }
            if store.pipeline != self.head.pipeline {
                continue;
            }
            let rows = store.measured(&self.head.measures).unwrap_or_default();
            known.extend(rows.into_iter().filter_map(|row| Some((row.sha256?, row))));
        }
        Ok(known)
    }

    /// Keeps the outcome of one photo; from time to time everything pending goes to the disk.
    pub(super) fn keep(&self, row: AcquiredSample) -> Result<()> {
        let mut pending = self.pending();
        pending.rows.push(row);
        let due =
            pending.rows.len() >= self.size.photos || pending.since.elapsed() >= self.size.time;
        if due { self.write_part(pending) } else { Ok(()) }
    }

    /// Writes everything that is pending.
    pub(super) fn flush(&self) -> Result<()> {
        self.write_part(self.pending())
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_part(&self, mut pending: MutexGuard<'_, Pending>) -> Result<()> {
        pending.since = Instant::now();
        if pending.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut pending.rows);
        let path = self.work.join(format!("part-{:08}.parquet", pending.next_part));
        pending.next_part += 1;
        // The other threads can continue with their photos.
        drop(pending);
        write_whole(&self.work, &path, &self.head.with_rows(&rows)?)
    }

    /// Puts the complete store in its place, and deletes the parts.
    pub(super) fn finish(self, rows: &[AcquiredSample]) -> Result<()> {
        let store = self.head.with_rows(rows)?;
        write_whole(&self.work, &TemplateStore::file_in(&self.folder), &store)?;
        drop(self.lock);
        fs::remove_dir_all(&self.work)
            .map_err(|cause| Error::io(Stage::Template, &self.work, cause))
    }
}

/// The parts with their numbers, in order.
fn parts(work: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let fault = |cause| Error::io(Stage::Template, work, cause);
    let mut parts = Vec::new();
    for entry in fs::read_dir(work).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok());
        parts.extend(number.map(|number| (number, entry.path())));
    }
    parts.sort();
    Ok(parts)
}

/// Writes a file so that it appears whole or not at all. It is created in `nursery`, which must be
/// on the same file system, so that a killed run leaves nothing beside the file.
pub(super) fn write_whole(nursery: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    // Only its owner may read it, because it may contain templates.
    let mut file = NewFile::create_in(nursery, path, Access::Owner, Stage::Template)?;
    file.write_all(bytes).map_err(|cause| Error::io(Stage::Template, path, cause))?;
    file.commit()
}
