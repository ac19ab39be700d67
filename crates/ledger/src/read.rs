//! Reading a ledger, which needs no key.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::checkpoint::{Checkpoint, Genesis, LEDGER_SCHEMA};
use super::entry::{EntryHash, EntryKind, Line, MAX_LINE};
use super::files;
use super::head::{self, Head};
use super::time::in_utc;
use crate::{Error, ErrorKind, Result, Stage};

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, from 0.
    pub sequence: u64,
    /// Milliseconds since 1970 (UTC).
    pub time: i64,
    /// What it is about.
    pub kind: EntryKind,
    /// Its hash.
    pub hash: EntryHash,
    /// Its JSON, byte for byte as it was hashed.
    pub body: Vec<u8>,
}

impl Entry {
    fn of(line: &Line<'_>) -> Self {
        let Line { sequence, time, kind, hash, body, .. } = *line;
        Entry { sequence, time, kind, hash, body: body.to_owned() }
    }

    /// The body as a value.
    ///
    /// # Errors
    ///
    /// It has a different form.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|cause| {
            let message =
                format!("entry {} is not a readable `{}`", self.sequence, self.kind.name());
            Error::new(ErrorKind::InvalidRecord, Stage::Ledger, message)
                .next("use a newer version of evenmatch, which may have written it")
                .caused_by(cause)
        })
    }
}

/// A file with entries, up to its length when the ledger was opened.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) length: u64,
}

/// A ledger's files at one moment; entries appended later are not visible.
#[derive(Debug, Clone)]
pub struct LedgerFiles {
    pub(super) parts: Vec<Part>,
    pub(super) genesis: Genesis,
    /// The point that the ledger must at least reach; an export has none.
    pub(super) head: Option<Head>,
    pub(super) damaged_head: Option<usize>,
    /// Whether this is an export, which has no head file.
    pub(super) exported: bool,
}

/// The first entry.
pub(super) fn genesis(path: &Path) -> Result<Genesis> {
    let file = File::open(path).map_err(|cause| Error::io(Stage::Ledger, path, cause))?;
    let mut line = Vec::new();
    BufReader::new(file.take(8192))
        .read_until(b'\n', &mut line)
        .map_err(|cause| Error::io(Stage::Ledger, path, cause))?;
    let genesis = line
        .strip_suffix(b"\n")
        .and_then(Line::parse)
        .filter(|line| line.kind == EntryKind::Genesis && line.follows(&EntryHash::START))
        .and_then(|line| serde_json::from_slice::<Genesis>(line.body).ok())
        .filter(|genesis| genesis.schema == LEDGER_SCHEMA);
    genesis.ok_or_else(|| {
        let message = "the first entry does not start a ledger, or was changed";
        Error::new(ErrorKind::Tampered, Stage::Ledger, message)
            .in_path(path)
            .at_line(1)
            .next("name the folder of a ledger, or a file written by evenmatch ledger export")
    })
}

impl LedgerFiles {
    /// Opens a ledger's folder, or a file that [`LedgerFiles::export`] wrote.
    ///
    /// # Errors
    ///
    /// It cannot be read, or does not start like a ledger.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            let length = std::fs::metadata(path).map_err(|c| Error::io(Stage::Ledger, path, c))?;
            let parts = vec![Part { path: path.to_owned(), length: length.len() }];
            let genesis = genesis(path)?;
            return Ok(LedgerFiles {
                parts,
                genesis,
                head: None,
                damaged_head: None,
                exported: true,
            });
        }
        // While the lock is held, nobody is in the middle of a batch.
        let _lock = files::lock_shared(path)?;
        let heads = head::read(&path.join(files::HEAD))?;
        let mut parts = Vec::new();
        for number in files::segments(path)? {
            let path = files::segment(path, number);
            let length =
                std::fs::metadata(&path).map_err(|c| Error::io(Stage::Ledger, &path, c))?;
            parts.push(Part { path, length: length.len() });
        }
        let genesis = genesis(&files::segment(path, 1))?;
        let (head, damaged_head) = (heads.newest, heads.damaged);
        Ok(LedgerFiles { parts, genesis, head, damaged_head, exported: false })
    }

    /// The first entry: the ledger's name and public key. Trust the key only if you also received
    /// it in another way.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Passes every entry to `take` in order, unchecked. Stops early if `take` returns `false`.
    ///
    /// # Errors
    ///
    /// A file cannot be read, a line is not an entry, or `take` fails.
    pub fn each(&self, mut take: impl FnMut(Entry) -> Result<bool>) -> Result<()> {
        self.each_line(|line| take(Entry::of(line)))
    }

    /// Passes those entries to `take` whose kind and number `wanted` names. The others are not copied,
    /// which is most of the time in a long ledger.
    pub(super) fn each_of(
        &self,
        wanted: impl Fn(EntryKind, u64) -> bool,
        mut take: impl FnMut(Entry) -> Result<()>,
    ) -> Result<()> {
        self.each_line(|line| {
            if wanted(line.kind, line.sequence) {
                take(Entry::of(line))?;
            }
            Ok(true)
        })
    }

    fn each_line(&self, mut take: impl FnMut(&Line<'_>) -> Result<bool>) -> Result<()> {
        for part in &self.parts {
            let fault = |cause| Error::io(Stage::Ledger, &part.path, cause);
            let file = File::open(&part.path).map_err(fault)?;
            let mut reader = BufReader::with_capacity(1 << 18, file.take(part.length));
            let mut bytes = Vec::new();
            for number in 1.. {
                bytes.clear();
                let limit = MAX_LINE as u64 + 1;
                reader.by_ref().take(limit).read_until(b'\n', &mut bytes).map_err(fault)?;
                // A line without an ending is an unfinished write.
                let Some(text) = bytes.strip_suffix(b"\n") else { break };
                let line = Line::parse(text).ok_or_else(|| {
                    Error::new(ErrorKind::Tampered, Stage::Ledger, "this line is not an entry")
                        .in_path(&part.path)
                        .at_line(number)
                        .next("run: evenmatch ledger verify")
                })?;
                if !take(&line)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The entries of these kinds whose body contains this text, in order.
    ///
    /// # Errors
    ///
    /// As for [`LedgerFiles::each`].
    pub fn mentioning(&self, text: &str, kinds: &[EntryKind]) -> Result<Vec<Entry>> {
        let finder = memchr::memmem::Finder::new(text.as_bytes());
        let mut found = Vec::new();
        self.each_line(|line| {
            if kinds.contains(&line.kind) && finder.find(line.body).is_some() {
                found.push(Entry::of(line));
            }
            Ok(true)
        })?;
        Ok(found)
    }

    /// The last checkpoint, unchecked; `None` in an export that was truncated before its first.
    ///
    /// # Errors
    ///
    /// As for [`LedgerFiles::each`].
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>> {
        let (mut previous, mut last) = (EntryHash::START, None);
        self.each_line(|line| {
            if line.kind == EntryKind::Checkpoint {
                last = Checkpoint::of_line(line, previous, &self.genesis.ledger).or(last.take());
            }
            previous = line.hash;
            Ok(true)
        })?;
        Ok(last)
    }

    /// Writes all entries up to the last acknowledged checkpoint to one file, byte for byte. An
    /// auditor can verify it with the public key alone.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or `out` cannot be written.
    pub fn export(&self, mut out: impl Write) -> Result<u64> {
        let mut total = 0;
        for (place, part) in self.parts.iter().enumerate() {
            let fault = |cause| Error::io(Stage::Ledger, &part.path, cause);
            let length = match self.head {
                Some(head) if place + 1 > head.segment as usize => break,
                Some(head) if place + 1 == head.segment as usize => head.length,
                _ => part.length,
            };
            let file = File::open(&part.path).map_err(fault)?;
            total += std::io::copy(&mut file.take(length), &mut out).map_err(fault)?;
        }
        out.flush().map_err(|cause| {
            Error::new(ErrorKind::Io, Stage::Ledger, "the export could not be written")
                .caused_by(cause)
        })?;
        Ok(total)
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeStruct};
        let body: serde_json::Value =
            serde_json::from_slice(&self.body).map_err(S::Error::custom)?;
        let mut fields = serializer.serialize_struct("Entry", 6)?;
        fields.serialize_field("entry", &self.sequence)?;
        fields.serialize_field("time", &in_utc(self.time))?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("hash", &self.hash)?;
        fields.serialize_field("body", &body)?;
        fields.end()
    }
}
