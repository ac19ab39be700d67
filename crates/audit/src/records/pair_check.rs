//! Finds pairs that occur more than once, in memory that does not grow with the rows.
//!
//! Each row leaves a 16-byte fingerprint. Fingerprints are dealt into buckets by hash, so that two
//! rows about the same pair always meet in one bucket; buckets beyond a fixed budget go to an
//! unnamed temporary file. At the end each bucket is sorted separately. A pair is identified by 74
//! hash bits, so in a file of 10⁹ rows the odds that any two different pairs are confused are about
//! 1 in 40,000.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{Error, ErrorKind, Result, Stage};

const BUCKET_BITS: u32 = 10;
const BUCKETS: usize = 1 << BUCKET_BITS;
/// Fingerprints per chunk: 8 KiB, a whole number of pages.
const CHUNK: usize = 512;
/// Full chunks kept in memory before they go to the temporary file: 96 MiB.
const RESIDENT_CHUNKS: usize = 96 * 1024 * 1024 / (CHUNK * size_of::<Fingerprint>());

const LINE_BITS: u32 = 36;
const SUBJECT_BITS: u32 = 12;
const OUTCOME_BITS: u32 = 14;

/// One row: 64 bits of the pair's hash; line, labels and an outcome hash packed into the other 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Fingerprint {
    pair: u64,
    detail: u64,
}

impl Fingerprint {
    fn line(self) -> u64 {
        self.detail >> (64 - LINE_BITS)
    }
    fn mated(self) -> bool {
        self.detail & (1 << (SUBJECT_BITS + OUTCOME_BITS + 1)) != 0
    }
    fn reversed(self) -> bool {
        self.detail & (1 << (SUBJECT_BITS + OUTCOME_BITS)) != 0
    }
    fn subjects(self) -> u64 {
        (self.detail >> OUTCOME_BITS) & ((1 << SUBJECT_BITS) - 1)
    }
    fn outcome(self) -> u64 {
        self.detail & ((1 << OUTCOME_BITS) - 1)
    }
}

/// What one row says about a pair, ready to be collected; can be made on any thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct PairMark {
    bucket: u16,
    fingerprint: Fingerprint,
}

impl PairMark {
    /// The mark of a row. `outcome` tells scores and failures apart (the bits of the score, or a
    /// hash of the failure); subjects are empty if the file has none.
    pub(super) fn new(
        line: u64,
        ids: (&str, &str),
        subjects: (&str, &str),
        mated: bool,
        outcome: u64,
    ) -> Self {
        let probe = xxh3_128(ids.0.as_bytes());
        let reference = xxh3_128(ids.1.as_bytes());
        let reversed = probe > reference;
        let (low, high, first, second) = if reversed {
            (reference, probe, subjects.1, subjects.0)
        } else {
            (probe, reference, subjects.0, subjects.1)
        };
        let mut key = [0_u8; 32];
        key[..16].copy_from_slice(&low.to_le_bytes());
        key[16..].copy_from_slice(&high.to_le_bytes());
        let pair = xxh3_128(&key);
        // A rotation keeps (a, b) and (b, a) apart.
        let people =
            xxh3_64(first.as_bytes()).rotate_left(1) ^ xxh3_64(second.as_bytes()).rotate_left(32);
        let detail = (line << (64 - LINE_BITS))
            | (u64::from(mated) << (SUBJECT_BITS + OUTCOME_BITS + 1))
            | (u64::from(reversed) << (SUBJECT_BITS + OUTCOME_BITS))
            | ((people >> (64 - SUBJECT_BITS)) << OUTCOME_BITS)
            | (xxh3_64(&outcome.to_le_bytes()) >> (64 - OUTCOME_BITS));
        PairMark {
            bucket: (pair >> (128 - BUCKET_BITS)) as u16,
            fingerprint: Fingerprint { pair: pair as u64, detail },
        }
    }
}

/// How two rows about one pair contradict each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Contradiction {
    /// One says mated, the other non-mated.
    Label,
    /// Their scores or failures differ.
    Outcome,
    /// The same two samples belong to different people.
    Subjects,
}

/// How often something was seen, and where first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    /// Number of rows.
    pub(super) rows: u64,
    /// The first few lines, ascending.
    pub(super) lines: Vec<u64>,
}

impl Seen {
    /// Lines that are kept.
    pub(super) const LINES: usize = 5;

    /// Counts one more row.
    pub(super) fn note(&mut self, line: u64) {
        self.rows += 1;
        if self.lines.len() < Self::LINES || self.lines.last().is_some_and(|&last| line < last) {
            let at = self.lines.partition_point(|&known| known < line);
            self.lines.insert(at, line);
            self.lines.truncate(Self::LINES);
        }
    }

    /// Adds what was seen elsewhere.
    pub(super) fn merge(&mut self, other: &Seen) {
        self.rows += other.rows;
        self.lines.extend_from_slice(&other.lines);
        self.lines.sort_unstable();
        self.lines.truncate(Self::LINES);
    }
}

/// The findings about all rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct PairFindings {
    /// Rows that repeat an earlier row.
    pub(super) repeated: Seen,
    /// Rows that compare an earlier pair the other way round.
    pub(super) reversed: Seen,
    /// The first contradiction: kind, line, line of the row that it contradicts.
    pub(super) contradiction: Option<(Contradiction, u64, u64)>,
}

impl PairFindings {
    fn contradict(&mut self, kind: Contradiction, line: u64, earlier: u64) {
        if self.contradiction.is_none_or(|(_, known, _)| line < known) {
            self.contradiction = Some((kind, line, earlier));
        }
    }
    fn merge(mut self, other: PairFindings) -> PairFindings {
        self.repeated.merge(&other.repeated);
        self.reversed.merge(&other.reversed);
        if let Some((kind, line, earlier)) = other.contradiction {
            self.contradict(kind, line, earlier);
        }
        self
    }
}

/// Collects marks and finds repeated pairs.
#[derive(Debug)]
pub(super) struct PairCheck {
    open: Vec<Vec<Fingerprint>>,
    full: Vec<Vec<Vec<Fingerprint>>>,
    resident: usize,
    resident_limit: usize,
    spilled: Vec<Vec<u64>>,
    file: Option<File>,
    file_chunks: u64,
}

impl Default for PairCheck {
    fn default() -> Self {
        Self::with_resident_chunks(RESIDENT_CHUNKS)
    }
}

impl PairCheck {
    fn with_resident_chunks(resident_limit: usize) -> Self {
        PairCheck {
            open: vec![Vec::new(); BUCKETS],
            full: vec![Vec::new(); BUCKETS],
            resident: 0,
            resident_limit,
            spilled: vec![Vec::new(); BUCKETS],
            file: None,
            file_chunks: 0,
        }
    }

    /// Adds one row's mark.
    pub(super) fn add(&mut self, mark: PairMark) -> Result<()> {
        let bucket = usize::from(mark.bucket);
        let open = &mut self.open[bucket];
        open.push(mark.fingerprint);
        if open.len() < CHUNK {
            return Ok(());
        }
        if self.resident < self.resident_limit {
            self.resident += 1;
            let chunk = std::mem::replace(open, Vec::with_capacity(CHUNK));
            self.full[bucket].push(chunk);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile().map_err(temporary)?),
        };
        let mut bytes = Vec::with_capacity(CHUNK * 16);
        for fingerprint in open.drain(..) {
            bytes.extend_from_slice(&fingerprint.pair.to_le_bytes());
            bytes.extend_from_slice(&fingerprint.detail.to_le_bytes());
        }
        file.write_all(&bytes).map_err(temporary)?;
        self.spilled[bucket].push(self.file_chunks);
        self.file_chunks += 1;
        Ok(())
    }

    /// Checks everything that was added. The result depends only on the rows, not on the number of
    /// threads.
    pub(super) fn finish(mut self) -> Result<PairFindings> {
        // Only a few buckets at a time, so that what is read back from the file stays small too.
        let group = (rayon::current_num_threads() * 2).max(4);
        let mut findings = PairFindings::default();
        let mut start = 0;
        while start < BUCKETS {
            let end = (start + group).min(BUCKETS);
            let loaded =
                (start..end).map(|bucket| self.load(bucket)).collect::<Result<Vec<_>>>()?;
            let found = loaded
                .into_par_iter()
                .map(examine)
                .reduce(PairFindings::default, PairFindings::merge);
            findings = findings.merge(found);
            start = end;
        }
        Ok(findings)
    }

    fn load(&mut self, bucket: usize) -> Result<Vec<Fingerprint>> {
        let mut all = std::mem::take(&mut self.open[bucket]);
        for chunk in std::mem::take(&mut self.full[bucket]) {
            all.extend_from_slice(&chunk);
        }
        if let Some(file) = &mut self.file {
            let mut bytes = vec![0_u8; CHUNK * 16];
            for &chunk in &self.spilled[bucket] {
                let offset = chunk * (CHUNK * 16) as u64;
                file.seek(SeekFrom::Start(offset)).map_err(temporary)?;
                file.read_exact(&mut bytes).map_err(temporary)?;
                all.extend(bytes.chunks_exact(16).map(|pair| {
                    let word = |at: usize| {
                        pair[at..at + 8].iter().rev().fold(0_u64, |sum, &b| sum << 8 | u64::from(b))
                    };
                    Fingerprint { pair: word(0), detail: word(8) }
                }));
            }
        }
        Ok(all)
    }
}

fn temporary(cause: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        Stage::Record,
        "the temporary file for the search for duplicate pairs could not be used",
    )
    .caused_by(cause)
    .next("free some space in the temporary folder, or set TMPDIR to a folder on a larger disk")
}

/// Finds the repeated pairs of one bucket. The line comes first in `detail`, so sorting puts the
/// rows of a pair side by side in the order of the file.
fn examine(mut bucket: Vec<Fingerprint>) -> PairFindings {
    bucket.sort_unstable();
    let mut findings = PairFindings::default();
    for rows in bucket.chunk_by(|a, b| a.pair == b.pair) {
        let (first, rest) = match rows {
            [first, rest @ ..] if !rest.is_empty() => (*first, rest),
            _ => continue,
        };
        let mut opposite: Option<Fingerprint> = None;
        for &row in rest {
            if row.reversed() != first.reversed() {
                // If probes and references are numbered separately, (1, 2) and (2, 1) are four
                // different samples: only equal people make them the same pair.
                if row.subjects() == first.subjects() {
                    if row.mated() != first.mated() {
                        findings.contradict(Contradiction::Label, row.line(), first.line());
                    } else if opposite.is_none() {
                        findings.reversed.note(row.line());
                    }
                }
                match opposite {
                    Some(earlier) => same_order(&mut findings, earlier, row),
                    None => opposite = Some(row),
                }
            } else {
                same_order(&mut findings, first, row);
            }
        }
    }
    findings
}

fn same_order(findings: &mut PairFindings, first: Fingerprint, row: Fingerprint) {
    let (line, earlier) = (row.line(), first.line());
    if row.mated() != first.mated() {
        findings.contradict(Contradiction::Label, line, earlier);
    } else if row.subjects() != first.subjects() {
        findings.contradict(Contradiction::Subjects, line, earlier);
    } else if row.outcome() != first.outcome() {
        findings.contradict(Contradiction::Outcome, line, earlier);
    } else {
        findings.repeated.note(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static str, &'static str, &'static str, bool, u64);

    fn find(rows: &[Row]) -> PairFindings {
        let mut check = PairCheck::default();
        for (at, &(p, r, ps, rs, mated, outcome)) in rows.iter().enumerate() {
            check.add(PairMark::new(at as u64 + 2, (p, r), (ps, rs), mated, outcome)).unwrap();
        }
        check.finish().unwrap()
    }

    #[test]
    fn each_kind_of_repetition_is_told_apart() {
        let base: Row = ("a", "b", "s", "t", false, 1);
        let plain = find(&[base, ("a", "c", "s", "t", false, 1)]);
        assert_eq!(plain, PairFindings::default());
        let again = find(&[base, base, base]);
        assert_eq!(again.repeated, Seen { rows: 2, lines: vec![3, 4] });
        let turned = find(&[base, ("b", "a", "t", "s", false, 9)]);
        assert_eq!(turned.reversed, Seen { rows: 1, lines: vec![3] });
        assert_eq!(turned.contradiction, None);
        // The same names for other people's samples.
        let apart = find(&[base, ("b", "a", "u", "v", true, 9)]);
        assert_eq!(apart, PairFindings::default());
        for (row, kind) in [
            (("a", "b", "s", "t", true, 1), Contradiction::Label),
            (("b", "a", "t", "s", true, 1), Contradiction::Label),
            (("a", "b", "s", "t", false, 2), Contradiction::Outcome),
            (("a", "b", "s", "x", false, 1), Contradiction::Subjects),
        ] {
            assert_eq!(find(&[base, row]).contradiction, Some((kind, 3, 2)), "{row:?}");
        }
    }

    #[test]
    fn what_goes_to_the_file_is_found_like_what_stays() {
        let mut resident = PairCheck::default();
        let mut spilling = PairCheck::with_resident_chunks(3);
        let rows = 1_200_000_u64;
        for line in 0..rows {
            // Every hundredth row repeats the row before it.
            let key = if line % 100 == 99 { line - 1 } else { line };
            let id = key.to_string();
            let mark = PairMark::new(line, (&id, "r"), ("", ""), false, 7);
            resident.add(mark).unwrap();
            spilling.add(mark).unwrap();
        }
        assert!(spilling.file_chunks > 500, "the test must reach the file");
        let expected = PairFindings {
            repeated: Seen { rows: 12_000, lines: vec![99, 199, 299, 399, 499] },
            ..Default::default()
        };
        assert_eq!(resident.finish().unwrap(), expected);
        assert_eq!(spilling.finish().unwrap(), expected);
    }
}
