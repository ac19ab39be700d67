//! Appending: batches are on the disk and signed before they are acknowledged.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::checkpoint::{Anchors, Checkpoint};
use super::entry::{EntryHash, EntryKind, Line, MAX_LINE, write_line};
use super::files;
use super::head::{self, Head};
use super::time::now;
use crate::vault::Signer;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// An entry to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Of what it tells.
    pub kind: EntryKind,
    /// JSON on one line.
    pub body: Vec<u8>,
    /// The store that the entry is about, and its number of changes. A change that is already in
    /// the ledger is not written again.
    pub anchor: Option<(String, u64)>,
}

impl Draft {
    /// An entry with a body that serialises to JSON.
    ///
    /// # Errors
    ///
    /// The body is too long for a line of the ledger.
    pub fn new(kind: EntryKind, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Ledger, "an entry could not be written")
                .caused_by(cause)
        })?;
        if body.len() + 256 > MAX_LINE {
            let message = format!("an entry of {} bytes is too long for the ledger", body.len());
            return Err(Error::new(ErrorKind::LimitExceeded, Stage::Ledger, message)
                .next(format!("keep entries below {MAX_LINE} bytes")));
        }
        Ok(Draft { kind, body, anchor: None })
    }
}

/// An entry that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Appended {
    /// Its number, from 0.
    pub sequence: u64,
    /// Its hash, which also covers everything before it.
    pub hash: EntryHash,
    /// Milliseconds since 1970 (UTC).
    pub time: i64,
}

/// The result of a batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// One per draft; `None` if it was already in the ledger.
    pub appended: Vec<Option<Appended>>,
    /// The checkpoint that covers the batch; `None` if nothing was written.
    pub checkpoint: Option<Checkpoint>,
}

/// The remains of an unfinished write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Recovered {
    bytes: u64,
    sha256: Digest,
}

/// Where the ledger ends, as this process last saw it.
#[derive(Debug)]
struct End {
    head: Head,
    slot: usize,
    time: i64,
    anchors: Anchors,
    segment: File,
    /// What was cut off and has not been recorded yet.
    recovered: Option<Recovered>,
}

/// The writer within this process; a file lock keeps other processes from writing.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    ledger: String,
    signer: Signer,
    segment_bytes: u64,
    head_file: File,
    end: Option<End>,
    /// After a failed sync, it is not known what is on the disk.
    failed: bool,
}

impl Writer {
    pub(super) fn new(
        folder: &Path,
        ledger: String,
        signer: Signer,
        segment_bytes: u64,
    ) -> Result<Self> {
        let path = folder.join(files::HEAD);
        let mut options = OpenOptions::new();
        let head_file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|cause| Error::io(Stage::Ledger, &path, cause))?;
        let folder = folder.to_owned();
        Ok(Writer { folder, ledger, signer, segment_bytes, head_file, end: None, failed: false })
    }

    /// Writes the first entry and its checkpoint. The caller holds the lock.
    pub(super) fn begin(&mut self, genesis: &impl Serialize) -> Result<()> {
        let path = files::segment(&self.folder, 1);
        let fault = |cause| Error::io(Stage::Ledger, &path, cause);
        let mut options = OpenOptions::new();
        let segment = options
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(fault)?;
        evenmatch_core::files::sync_folder(&self.folder).map_err(fault)?;
        let head = Head { entries: 0, segment: 1, length: 0, hash: EntryHash::START };
        let anchors = Anchors::new();
        self.end = Some(End { head, slot: 0, time: 0, anchors, segment, recovered: None });
        self.write(&[Draft::new(EntryKind::Genesis, genesis)?]).map(drop)
    }

    /// Appends a batch and waits until it is on the disk.
    pub(super) fn append(&mut self, drafts: &[Draft]) -> Result<Batch> {
        let _lock = files::lock(&self.folder)?;
        self.catch_up()?;
        self.write(drafts)
    }

    /// The current anchors and number of entries.
    pub(super) fn state(&mut self) -> Result<(u64, Anchors)> {
        let _lock = files::lock(&self.folder)?;
        let end = self.catch_up()?;
        Ok((end.head.entries, end.anchors.clone()))
    }

    /// Reads what other processes wrote, and cuts off what one left unfinished.
    fn catch_up(&mut self) -> Result<&End> {
        if self.failed {
            let message =
                "an earlier write failed, so this process does not know what is on the disk";
            return Err(Error::new(ErrorKind::Io, Stage::Ledger, message)
                .in_path(&self.folder)
                .next("check the disk, and open the ledger again"));
        }
        let heads = head::read(&self.folder.join(files::HEAD))?;
        let Some(head) = heads.newest else {
            let message = "the file that says where the ledger ends is missing or damaged";
            return Err(Error::new(ErrorKind::Tampered, Stage::Ledger, message)
                .in_path(&self.folder.join(files::HEAD))
                .next(
                    "restore the file `head` from the newest copy; run: evenmatch ledger verify",
                ));
        };
        let known = self.end.take().filter(|end| {
            let length = end.segment.metadata().map_or(0, |data| data.len());
            let next = files::segment(&self.folder, head.segment + 1);
            end.head == head && heads.next == end.slot && length == head.length && !next.exists()
        });
        let end = match known {
            Some(end) => end,
            None => self.find_end(head, heads.next)?,
        };
        Ok(self.end.insert(end))
    }

    /// Reads the ledger's end: the last acknowledged checkpoint, and what comes after it.
    fn find_end(&self, head: Head, slot: usize) -> Result<End> {
        let path = files::segment(&self.folder, head.segment);
        let (line, previous) = files::last_line(&path, head.length)?;
        let checkpoint = Line::parse(&line)
            .filter(|line| line.hash == head.hash && line.follows(&previous))
            .and_then(|line| Checkpoint::of_line(&line, previous, &self.ledger))
            .filter(|checkpoint| checkpoint.entries + 1 == head.entries)
            .filter(|checkpoint| checkpoint.is_signed_by(&self.signer.public()));
        let Some(checkpoint) = checkpoint else {
            let message = "the last checkpoint is not the one that was written";
            return Err(Error::new(ErrorKind::Tampered, Stage::Ledger, message)
                .in_path(&path)
                .next("run: evenmatch ledger verify"));
        };
        let segment = open_segment(&path)?;
        let Checkpoint { time, anchors, .. } = checkpoint;
        let mut end = End { head, slot, time, anchors, segment, recovered: None };
        let mut left = Vec::new();
        let rest = self.read_on(&mut end)?;
        if !rest.is_empty() {
            let fault = |cause| Error::io(Stage::Ledger, &path, cause);
            end.segment.set_len(end.head.length).map_err(fault)?;
            left = rest;
        }
        // A batch that started a new segment may or may not have been finished.
        loop {
            let number = end.head.segment + 1;
            let path = files::segment(&self.folder, number);
            if !path.exists() {
                break;
            }
            let was = (end.head, std::mem::replace(&mut end.segment, open_segment(&path)?));
            (end.head.segment, end.head.length) = (number, 0);
            let rest = self.read_on(&mut end)?;
            if end.head.length == 0 {
                (end.head, end.segment) = was;
                std::fs::remove_file(&path)
                    .map_err(|cause| Error::io(Stage::Ledger, &path, cause))?;
                left.extend(rest);
                break;
            }
            end.segment
                .set_len(end.head.length)
                .map_err(|cause| Error::io(Stage::Ledger, &path, cause))?;
            left.extend(rest);
        }
        if !left.is_empty() {
            end.recovered = Some(Recovered { bytes: left.len() as u64, sha256: Digest::of(&left) });
        }
        let changed = end.head != head;
        if changed || !left.is_empty() {
            let fault = |cause| Error::io(Stage::Ledger, &path, cause);
            end.segment.sync_all().map_err(fault)?;
            evenmatch_core::files::sync_folder(&self.folder).map_err(fault)?;
        }
        if changed {
            self.write_head(&mut end)?;
        }
        Ok(end)
    }

    /// Accepts whole batches after the end, and returns the bytes that are not one.
    fn read_on(&self, end: &mut End) -> Result<Vec<u8>> {
        let path = files::segment(&self.folder, end.head.segment);
        let fault = |cause| Error::io(Stage::Ledger, &path, cause);
        let mut file = File::open(&path).map_err(fault)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end.head.length)).map_err(fault)?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map_err(fault)?;
        let (mut taken, mut at) = (0, 0);
        let (mut hash, mut sequence, mut time) = (end.head.hash, end.head.entries, end.time);
        while let Some(length) = memchr::memchr(b'\n', &tail[at..]) {
            let line = Line::parse(&tail[at..at + length]);
            let Some(line) = line.filter(|line| {
                line.sequence == sequence && line.time >= time && line.follows(&hash)
            }) else {
                break;
            };
            at += length + 1;
            if let Some(checkpoint) = Checkpoint::of_line(&line, hash, &self.ledger)
                && checkpoint.is_signed_by(&self.signer.public())
            {
                let Head { segment, length, .. } = end.head;
                let length = length + (at - taken) as u64;
                end.head = Head { entries: sequence + 1, segment, length, hash: line.hash };
                (end.time, end.anchors) = (line.time, checkpoint.anchors);
                taken = at;
            }
            (hash, time) = (line.hash, line.time);
            sequence += 1;
        }
        Ok(tail.split_off(taken))
    }

    fn write_head(&self, end: &mut End) -> Result<()> {
        let path = self.folder.join(files::HEAD);
        head::write(&self.head_file, &end.head, end.slot)
            .map_err(|cause| Error::io(Stage::Ledger, &path, cause))?;
        end.slot = 1 - end.slot;
        Ok(())
    }

    /// Writes a batch after the known end: entries, checkpoint, and only then the head.
    fn write(&mut self, drafts: &[Draft]) -> Result<Batch> {
        let told = |anchors: &Anchors, draft: &Draft| {
            let known =
                |(store, epoch): &(String, u64)| anchors.get(store).is_some_and(|k| k >= epoch);
            draft.anchor.as_ref().is_some_and(known)
        };
        if let Some(end) = &self.end
            && drafts.iter().all(|draft| told(&end.anchors, draft))
        {
            return Ok(Batch { appended: vec![None; drafts.len()], checkpoint: None });
        }
        // From here on, the end is known again only if everything succeeds.
        let Some(mut end) = self.end.take() else {
            let message = "the end of the ledger is not known";
            return Err(Error::new(ErrorKind::Io, Stage::Ledger, message));
        };
        let Head { entries: mut sequence, mut segment, mut length, mut hash } = end.head;
        if length >= self.segment_bytes {
            (segment, length) = (segment + 1, 0);
            let path = files::segment(&self.folder, segment);
            let mut options = OpenOptions::new();
            let created = options.create_new(true).read(true).write(true).open(&path);
            let fault = |cause| Error::io(Stage::Ledger, &path, cause);
            end.segment = created.map_err(fault)?;
            evenmatch_core::files::sync_folder(&self.folder).map_err(fault)?;
        }
        let time = now().max(end.time);
        let mut buffer = Vec::new();
        let mut entry = |buffer: &mut Vec<u8>, kind, body: &[u8]| {
            hash = write_line(buffer, &hash, sequence, time, kind, body);
            sequence += 1;
            Appended { sequence: sequence - 1, hash, time }
        };
        if let Some(recovered) = &end.recovered {
            let draft = Draft::new(EntryKind::Recovered, recovered)?;
            entry(&mut buffer, draft.kind, &draft.body);
        }
        let mut appended = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if told(&end.anchors, draft) {
                appended.push(None);
                continue;
            }
            appended.push(Some(entry(&mut buffer, draft.kind, &draft.body)));
            if let Some((store, epoch)) = &draft.anchor {
                let known = end.anchors.entry(store.clone()).or_default();
                *known = (*known).max(*epoch);
            }
        }
        let last = hash;
        let (at, anchors) = ((sequence, time), end.anchors.clone());
        let checkpoint = Checkpoint::sign(&self.signer, &self.ledger, at, last, anchors);
        let body = checkpoint.body();
        let hash = write_line(&mut buffer, &last, sequence, time, EntryKind::Checkpoint, &body);

        let path = files::segment(&self.folder, segment);
        let fault = |cause| Error::io(Stage::Ledger, &path, cause);
        if let Err(cause) = files::write_at(&end.segment, &buffer, length) {
            // For example, a full disk: cut off the partial write now; otherwise the next writer
            // does.
            let _ = end.segment.set_len(length);
            return Err(fault(cause));
        }
        self.failed = true;
        end.segment.sync_data().map_err(fault)?;
        let length = length + buffer.len() as u64;
        end.head = Head { entries: sequence + 1, segment, length, hash };
        (end.time, end.recovered) = (time, None);
        self.write_head(&mut end)?;
        self.failed = false;
        self.end = Some(end);
        Ok(Batch { appended, checkpoint: Some(checkpoint) })
    }
}

fn open_segment(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).open(path);
    opened.map_err(|cause| Error::io(Stage::Ledger, path, cause))
}
