//! The folder of a run: what is done lies in parts, until the store is whole.

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

/// Name of the folder of parts, beside the store; it is there as long as a run is unfinished.
const WORK: &str = "templates.unfinished";

/// When finished photos are written to the disk: as many photos, or as much time, as a kill may
/// cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSize {
    /// Photos of a part.
    pub photos: usize,
    /// Time between two parts, where photos take long.
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

/// A folder in which one run is at work.
pub(super) struct Workplace {
    folder: PathBuf,
    work: PathBuf,
    /// Held as long as the run lasts; the system lets go of it when the run is killed.
    lock: File,
    /// The store without its rows.
    head: TemplateStore,
    size: PartSize,
    pending: Mutex<Pending>,
}

impl Workplace {
    /// Begins, or goes on with, a run in this folder.
    pub(super) fn open(
        folder: &Path,
        resume: bool,
        head: TemplateStore,
        size: PartSize,
    ) -> Result<Self> {
        let work = folder.join(WORK);
        if work.exists() && !resume {
            let message = "an unfinished run lies in this folder";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
                .in_path(folder)
                .next("go on with it: --resume; or delete the folder to begin again"));
        }
        // A name that is none is told by the folder, not by the one in it.
        create_folder(folder, Stage::Template)?;
        create_folder(&work, Stage::Template)?;
        let path = work.join("lock");
        let lock = File::create(&path).map_err(|cause| Error::io(Stage::Template, &path, cause))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another run is at work in this folder";
                return Err(Error::new(ErrorKind::Io, Stage::Template, message)
                    .in_path(folder)
                    .next("wait until it has ended, or choose another folder"));
            }
            // A file system without locks: two runs would do work twice and lose nothing.
            Err(TryLockError::Error(_)) => {}
        }
        let last = parts(&work)?.last().map_or(0, |(number, _)| *number);
        let pending =
            Pending { rows: Vec::new(), since: Instant::now(), next_part: last.saturating_add(1) };
        let (folder, pending) = (folder.to_owned(), Mutex::new(pending));
        Ok(Workplace { folder, work, lock, head, size, pending })
    }

    /// What is known already of photos, from the store and from the parts of earlier runs; rows
    /// of other pipelines, or without a measurement that is asked for, don't count.
    pub(super) fn known(&self) -> Result<HashMap<Digest, AcquiredSample>> {
        let mut known = HashMap::new();
        let store = TemplateStore::file_in(&self.folder);
        let parts = parts(&self.work)?.into_iter().map(|(_, path)| path);
        for path in store.exists().then_some(store).into_iter().chain(parts) {
            let store = TemplateStore::read(&path)?;
            if store.pipeline != self.head.pipeline {
                continue;
            }
            let rows = store.measured(&self.head.measures).unwrap_or_default();
            known.extend(rows.into_iter().filter_map(|row| Some((row.sha256?, row))));
        }
        Ok(known)
    }

    /// Keeps what came of one photo; now and then everything that is due goes to the disk.
    pub(super) fn keep(&self, row: AcquiredSample) -> Result<()> {
        let mut pending = self.pending();
        pending.rows.push(row);
        let due =
            pending.rows.len() >= self.size.photos || pending.since.elapsed() >= self.size.time;
        if due { self.write_part(pending) } else { Ok(()) }
    }

    /// Writes all that is due.
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
        // The others go on with their photos meanwhile.
        drop(pending);
        write_whole(&self.work, &path, &self.head.with_rows(&rows)?)
    }

    /// Puts the whole store into its place; the parts go away.
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

/// Writes a file so that it appears whole or not at all. It is made in `nursery`, which must be
/// of the same file system, so that a kill leaves nothing beside the file.
pub(super) fn write_whole(nursery: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    // Readable for its owner alone, since it may hold templates.
    let mut file = NewFile::create_in(nursery, path, Access::Owner, Stage::Template)?;
    file.write_all(bytes).map_err(|cause| Error::io(Stage::Template, path, cause))?;
    file.commit()
}
