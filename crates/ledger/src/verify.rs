//! Verifies a ledger: every entry against the one before, the last signature, and the head.

use std::fmt;
use std::fs::File;
use std::io::Read;

use rayon::prelude::*;
use serde::Serialize;

use super::checkpoint::Checkpoint;
use super::entry::{EntryHash, EntryKind, Line, MAX_LINE};
use super::read::LedgerFiles;
use crate::vault::PublicKey;
use crate::{Error, Result, Stage};

/// Bytes that are read at a time.
const BLOCK: usize = 32 << 20;
/// Pieces that each block is checked in.
const PIECES: usize = 32;
/// Further faults are counted but not listed.
const MAX_FAULTS: usize = 100;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerFault {
    /// The file.
    pub file: String,
    /// The line in that file, counted from 1; null if the fault is about the file as a whole.
    pub line: Option<u64>,
    /// The number of the entry that should be there; null if it is not known.
    pub entry: Option<u64>,
    /// What is wrong, in words.
    pub what: String,
}

impl fmt::Display for LedgerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(entry) = self.entry {
            write!(f, ": entry {entry}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// The result of a verification.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerReport {
    /// The format of this report.
    pub schema: &'static str,
    /// The ledger's name.
    pub ledger: String,
    /// The key that signatures were checked with.
    pub public_key: PublicKey,
    /// Entries that were read.
    pub entries: u64,
    /// Decisions among them.
    pub decisions: u64,
    /// Entries after the last checkpoint: an unfinished write, which was not acknowledged.
    pub unsigned: u64,
    /// Bytes at the end that are not an entry, for the same reason.
    pub unfinished_bytes: u64,
    /// The last checkpoint with a valid signature.
    pub checkpoint: Option<Checkpoint>,
    /// The faults; at most 100 are listed.
    pub faults: Vec<LedgerFault>,
    /// The number of faults.
    pub fault_count: u64,
}

impl LedgerReport {
    /// Whether everything is as it was written.
    pub fn is_whole(&self) -> bool {
        self.fault_count == 0
    }
}

/// The result for one piece of a block.
#[derive(Default)]
struct Piece {
    lines: u64,
    decisions: u64,
    /// Line within the piece, and what is wrong with it.
    faults: Vec<(u64, String)>,
    /// First and last numbers and times.
    first: Option<(u64, i64)>,
    last: Option<(u64, i64)>,
    /// Every checkpoint: line within the piece, and what it says.
    checkpoints: Vec<(u64, Option<Checkpoint>)>,
}

fn check_piece(bytes: &[u8], mut previous: EntryHash, ledger: &str) -> Piece {
    let mut piece = Piece::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        piece.lines += 1;
        let number = piece.lines;
        let Some(line) = line.strip_suffix(b"\n").and_then(Line::parse) else {
            piece.faults.push((number, "this line is not an entry: it was changed".to_owned()));
            continue;
        };
        if !line.follows(&previous) {
            let what = "it does not follow from the entry before: it was changed, or entries \
                        before it were changed, deleted, added or moved";
            piece.faults.push((number, what.to_owned()));
        } else if let Some((sequence, time)) = piece.last
            && (line.sequence != sequence + 1 || line.time < time)
        {
            let what =
                format!("its number is {} after {sequence}, or its time goes back", line.sequence);
            piece.faults.push((number, what));
        }
        piece.first.get_or_insert((line.sequence, line.time));
        piece.last = Some((line.sequence, line.time));
        match line.kind {
            EntryKind::Decision => piece.decisions += 1,
            EntryKind::Checkpoint => {
                piece.checkpoints.push((number, Checkpoint::of_line(&line, previous, ledger)));
            }
            _ => {}
        }
        previous = line.hash;
    }
    piece
}

/// Cuts bytes that end with a line ending into pieces that do too.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let size = bytes.len().div_ceil(PIECES).max(1);
    let mut cut = Vec::with_capacity(PIECES);
    let mut rest = bytes;
    while !rest.is_empty() {
        let from = size.min(rest.len()) - 1;
        let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |at| from + at + 1);
        let (piece, tail) = rest.split_at(end);
        cut.push(piece);
        rest = tail;
    }
    cut
}

/// The hash that the last line of these bytes claims to have.
fn claimed(bytes: &[u8]) -> Option<EntryHash> {
    let lines = bytes.strip_suffix(b"\n")?;
    let start = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
    Line::parse(&lines[start..]).map(|line| line.hash)
}

/// The walk over all files.
struct Walk<'a> {
    files: &'a LedgerFiles,
    report: LedgerReport,
    previous: EntryHash,
    last: Option<(u64, i64)>,
    /// File, line and content of every checkpoint, to find the first invalid one.
    checkpoints: Vec<(usize, u64, Option<Checkpoint>)>,
    /// Entries at the last checkpoint.
    signed: u64,
    /// Whether the entry named in the head was found.
    reached: bool,
}

impl Walk<'_> {
    fn fault(&mut self, file: usize, line: Option<u64>, entry: Option<u64>, what: String) {
        self.report.fault_count += 1;
        if self.report.faults.len() < MAX_FAULTS {
            let path = self.files.parts.get(file).map(|part| part.path.as_path());
            let file = path.map_or_else(String::new, |path| path.display().to_string());
            self.report.faults.push(LedgerFault { file, line, entry, what });
        }
    }

    /// Checks whole lines.
    fn take(&mut self, file: usize, lines_before: u64, bytes: &[u8]) -> u64 {
        let parts = pieces(bytes);
        let mut starts = vec![self.previous];
        for part in &parts[..parts.len().saturating_sub(1)] {
            // An invalid line has no hash; the line after it is then reported as wrong too.
            starts.push(claimed(part).unwrap_or(EntryHash::START));
        }
        let ledger = self.report.ledger.as_str();
        let checked: Vec<Piece> = parts
            .par_iter()
            .zip(&starts)
            .map(|(part, previous)| check_piece(part, *previous, ledger))
            .collect();
        if let Some(hash) = parts.last().and_then(|part| claimed(part)) {
            self.previous = hash;
        }
        let mut lines = lines_before;
        for piece in checked {
            for (line, what) in piece.faults {
                let entry = self.report.entries + line - 1;
                self.fault(file, Some(lines + line), Some(entry), what);
            }
            let expected = self.last.map_or(0, |(sequence, _)| sequence + 1);
            if let Some((sequence, time)) = piece.first
                && (sequence != expected || self.last.is_some_and(|(_, last)| time < last))
            {
                let what = format!("its number is {sequence}, or its time goes back");
                self.fault(file, Some(lines + 1), Some(expected), what);
            }
            for (line, checkpoint) in piece.checkpoints {
                self.signed = self.report.entries + line;
                self.checkpoints.push((file, lines + line, checkpoint));
            }
            self.last = piece.last.or(self.last);
            self.report.entries += piece.lines;
            self.report.decisions += piece.decisions;
            lines += piece.lines;
        }
        lines
    }

    /// Reads one file in blocks of whole lines.
    fn part(&mut self, place: usize) -> Result<()> {
        let part = &self.files.parts[place];
        let fault = |cause| Error::io(Stage::Ledger, &part.path, cause);
        let mut file = File::open(&part.path).map_err(fault)?.take(part.length);
        let mut bytes = Vec::new();
        let (mut lines, mut at) = (0, 0_u64);
        loop {
            let carried = bytes.len();
            let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut bytes).map_err(fault)?;
            // The head names a position where an entry ends; the hash there must be the head's.
            if let Some(head) = self.files.head.filter(|h| h.segment as usize == place + 1) {
                let end = head.length.checked_sub(at).filter(|end| *end > 0);
                let upto = end.and_then(|end| bytes.get(..end as usize));
                if upto.is_some_and(|bytes| claimed(bytes) == Some(head.hash)) {
                    self.reached = true;
                }
            }
            let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |last| last + 1);
            if whole > 0 {
                lines = self.take(place, lines, &bytes[..whole]);
                bytes.drain(..whole);
                at += whole as u64;
            }
            if read == 0 {
                break;
            }
            if bytes.len() > MAX_LINE && bytes.len() > carried {
                let what = format!("a line of more than {MAX_LINE} bytes is not an entry");
                self.fault(place, Some(lines + 1), Some(self.report.entries), what);
                bytes.clear();
            }
        }
        let last = place + 1 == self.files.parts.len();
        if !bytes.is_empty() && last && !self.files.exported {
            self.report.unfinished_bytes += bytes.len() as u64;
        } else if !bytes.is_empty() {
            let entry = self.report.entries;
            let what = "the last line is incomplete: the file was truncated".to_owned();
            self.fault(place, Some(lines + 1), Some(entry), what);
        }
        Ok(())
    }

    /// Finds the last valid signature; if the very last is invalid, also the first invalid one.
    fn signatures(&mut self, key: &PublicKey) {
        let holds = |checkpoint: &Option<Checkpoint>| {
            checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.is_signed_by(key))
        };
        let all = std::mem::take(&mut self.checkpoints);
        match all.last() {
            None => {
                let what = "there is no checkpoint: nothing is signed".to_owned();
                self.fault(0, None, None, what);
            }
            Some((_, _, checkpoint)) if holds(checkpoint) => {
                self.report.checkpoint = checkpoint.clone();
            }
            Some(_) => {
                let good = all.partition_point(|(_, _, checkpoint)| holds(checkpoint));
                // A mixture of valid and invalid ones misleads the search; then find the first
                // invalid one in order.
                let sorted = all[..good].iter().all(|(_, _, checkpoint)| holds(checkpoint));
                let first = match sorted {
                    true => good,
                    false => all.iter().position(|(_, _, c)| !holds(c)).unwrap_or(good),
                };
                let before = first.checked_sub(1).and_then(|place| all[place].2.clone());
                let since = before.as_ref().map_or(0, |checkpoint| checkpoint.entries + 1);
                self.report.checkpoint = before;
                let (file, line, _) = all[first];
                let what = format!(
                    "this checkpoint's signature is not the ledger's: entries from {since} up to \
                     here were written by somebody without its key"
                );
                self.fault(file, Some(line), None, what);
            }
        }
    }
}

impl LedgerFiles {
    /// Checks the hash of every entry, the signature that covers them all, that the ledger includes
    /// all acknowledged entries and, if `expected` is given, that it still contains what that
    /// checkpoint signed. `key` is the ledger's public key as the auditor knows it; without it, the
    /// key that the ledger itself states is used.
    ///
    /// The work is spread over the threads of the current rayon pool; the result does not depend on
    /// their number.
    ///
    /// # Errors
    ///
    /// A file cannot be read. What is wrong with the ledger is in the report.
    pub fn verify(
        &self,
        key: Option<&PublicKey>,
        expected: Option<&Checkpoint>,
    ) -> Result<LedgerReport> {
        let own = &self.genesis.public_key;
        let key = key.unwrap_or(own);
        let report = LedgerReport {
            schema: "evenmatch.ledger.verification/1",
            ledger: self.genesis.ledger.clone(),
            public_key: *key,
            entries: 0,
            decisions: 0,
            unsigned: 0,
            unfinished_bytes: 0,
            checkpoint: None,
            faults: Vec::new(),
            fault_count: 0,
        };
        let mut walk = Walk {
            files: self,
            report,
            previous: EntryHash::START,
            last: None,
            checkpoints: Vec::new(),
            signed: 0,
            reached: false,
        };
        if key != own {
            let what = format!("the ledger states the public key {own}, not the expected one");
            walk.fault(0, Some(1), Some(0), what);
        }
        for place in 0..self.parts.len() {
            walk.part(place)?;
        }
        if let Some(expected) = expected {
            let found = walk.checkpoints.iter().any(|(_, _, checkpoint)| {
                checkpoint.as_ref().is_some_and(|found| found == expected)
            });
            if !expected.is_signed_by(key) {
                let what = "the expected checkpoint is not signed with this key".to_owned();
                walk.fault(self.parts.len(), None, None, what);
            } else if !found {
                let what = format!(
                    "entry {} is not the expected checkpoint: the ledger was truncated, rolled \
                     back or rewritten",
                    expected.entries
                );
                walk.fault(self.parts.len().saturating_sub(1), None, Some(expected.entries), what);
            }
        }
        walk.signatures(key);
        walk.report.unsigned = walk.report.entries - walk.signed;
        self.check_head(&mut walk);
        Ok(walk.report)
    }

    fn check_head(&self, walk: &mut Walk<'_>) {
        if self.exported {
            if walk.report.unsigned > 0 {
                let what = "the last entries of the export are not signed".to_owned();
                walk.fault(0, None, Some(walk.signed), what);
            }
            return;
        }
        let folder = self.parts.first().and_then(|part| part.path.parent());
        let file = folder.map(|folder| folder.join("head").display().to_string());
        let mut fault = |entry, what: &str| {
            walk.report.fault_count += 1;
            let (file, what) = (file.clone().unwrap_or_default(), what.to_owned());
            walk.report.faults.push(LedgerFault { file, line: None, entry, what });
        };
        if let Some(slot) = self.damaged_head {
            fault(None, &format!("slot {} of the file was changed or only half written", slot + 1));
        }
        match self.head {
            None => fault(
                None,
                "the file is missing or damaged, so truncation of the ledger cannot be ruled out",
            ),
            Some(head) if !walk.reached => fault(
                Some(head.entries - 1),
                "this entry was acknowledged but is missing: the ledger was truncated or changed",
            ),
            Some(_) => {}
        }
    }
}
