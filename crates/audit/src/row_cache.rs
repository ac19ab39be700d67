//! Packed rows in a temporary file, so that an audit reads its source once and memory does not grow
//! with rows: 24 bytes per row (32 with scores of presentation attack detection), the first 64 MiB
//! of them in memory.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::records::{Mating, PadOutcome, Split};
use crate::{Error, ErrorKind, Result, Stage};

/// One record, as seen by the passes of an audit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    /// NaN if nothing was compared.
    pub(crate) score: f64,
    /// Persona of the probe.
    pub(crate) probe: u32,
    /// Persona of the reference.
    pub(crate) reference: u32,
    /// 0, or 1 + failure code.
    pub(crate) failure: u16,
    /// 0, or 1 + species code.
    pub(crate) species: u16,
    pub(crate) mating: Mating,
    pub(crate) split: Split,
    pub(crate) pad_outcome: PadOutcome,
    /// Attempt at which the face was found; 0 if unknown.
    pub(crate) attempt: u8,
    /// NaN if missing.
    pub(crate) pad_score: f64,
}

const NARROW: usize = 24;
const WIDE: usize = 32;
const IN_MEMORY: usize = 64 << 20;
/// Rows read at a time.
const CHUNK: usize = 1 << 18;

/// Rows written once, then read any number of times.
pub(crate) struct RowCache {
    file: SpooledTempFile,
    width: usize,
    rows: u64,
}

/// The writing half of a [`RowCache`].
pub(crate) struct RowCacheWriter {
    file: BufWriter<SpooledTempFile>,
    width: usize,
    rows: u64,
}

fn fault(cause: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        Stage::Audit,
        "writing or reading the temporary file of packed records failed",
    )
    .next("check the free space in the temporary folder, or set TMPDIR to another folder")
    .caused_by(cause)
}

impl RowCacheWriter {
    /// An empty cache; `pad_scores` reserves room for them.
    pub(crate) fn new(pad_scores: bool) -> Self {
        let file = BufWriter::with_capacity(1 << 20, tempfile::spooled_tempfile(IN_MEMORY));
        RowCacheWriter { file, width: if pad_scores { WIDE } else { NARROW }, rows: 0 }
    }

    pub(crate) fn push(&mut self, row: &Row) -> Result<()> {
        let mut bytes = [0_u8; WIDE];
        bytes[0..8].copy_from_slice(&row.score.to_le_bytes());
        bytes[8..12].copy_from_slice(&row.probe.to_le_bytes());
        bytes[12..16].copy_from_slice(&row.reference.to_le_bytes());
        bytes[16..18].copy_from_slice(&row.failure.to_le_bytes());
        bytes[18..20].copy_from_slice(&row.species.to_le_bytes());
        bytes[20] = row.mating as u8;
        bytes[21] = row.split as u8;
        bytes[22] = row.pad_outcome as u8;
        bytes[23] = row.attempt;
        bytes[24..32].copy_from_slice(&row.pad_score.to_le_bytes());
        self.rows += 1;
        self.file.write_all(&bytes[..self.width]).map_err(fault)
    }

    /// Finishes writing.
    pub(crate) fn finish(self) -> Result<RowCache> {
        let file = self.file.into_inner().map_err(|error| fault(error.into_error()))?;
        Ok(RowCache { file, width: self.width, rows: self.rows })
    }
}

fn decode(bytes: &[u8]) -> Row {
    let word = |at: usize| -> [u8; 4] { [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] };
    let double = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        f64::from_le_bytes(eight)
    };
    Row {
        score: double(0),
        probe: u32::from_le_bytes(word(8)),
        reference: u32::from_le_bytes(word(12)),
        failure: u16::from_le_bytes([bytes[16], bytes[17]]),
        species: u16::from_le_bytes([bytes[18], bytes[19]]),
        mating: match bytes[20] {
            0 => Mating::NonMated,
            1 => Mating::Mated,
            _ => Mating::Unstated,
        },
        split: match bytes[21] {
            1 => Split::Tune,
            2 => Split::Report,
            _ => Split::None,
        },
        pad_outcome: match bytes[22] {
            1 => PadOutcome::Pass,
            2 => PadOutcome::Fail,
            3 => PadOutcome::NonResponse,
            _ => PadOutcome::NotChecked,
        },
        attempt: bytes[23],
        pad_score: if bytes.len() == WIDE { double(24) } else { f64::NAN },
    }
}

impl RowCache {
    /// Number of rows.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Shows every row to one of the workers' accumulators, in parallel. What an accumulator
    /// gathers must not depend on which rows it happens to see: counts, minima, sets.
    pub(crate) fn scan<A: Send>(
        &mut self,
        workers: &mut [A],
        visit: impl Fn(&mut A, &Row) + Sync,
    ) -> Result<()> {
        self.file.seek(SeekFrom::Start(0)).map_err(fault)?;
        let mut buffer = vec![0_u8; CHUNK.min(self.rows as usize).max(1) * self.width];
        let mut left = self.rows as usize;
        let width = self.width;
        while left > 0 {
            let rows = left.min(CHUNK);
            let bytes = &mut buffer[..rows * width];
            self.file.read_exact(bytes).map_err(fault)?;
            let share = rows.div_ceil(workers.len().max(1)).max(1) * width;
            let bytes = &*bytes;
            rayon::scope(|scope| {
                for (worker, part) in workers.iter_mut().zip(bytes.chunks(share)) {
                    let visit = &visit;
                    scope.spawn(move |_| {
                        part.chunks_exact(width).for_each(|row| visit(worker, &decode(row)));
                    });
                }
            });
            left -= rows;
        }
        Ok(())
    }
}

/// One accumulator a thread.
pub(crate) fn workers<A>(make: impl Fn() -> A) -> Vec<A> {
    (0..rayon::current_num_threads().max(1)).map(|_| make()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let row = Row {
            score: 0.25,
            probe: 7,
            reference: 70_000,
            failure: 3,
            species: 9,
            mating: Mating::Mated,
            split: Split::Report,
            pad_outcome: PadOutcome::NonResponse,
            attempt: 2,
            pad_score: 0.5,
        };
        for wide in [true, false] {
            let mut writer = RowCacheWriter::new(wide);
            (0..10_000).try_for_each(|i| writer.push(&Row { probe: i, ..row })).unwrap();
            let mut cache = writer.finish().unwrap();
            assert_eq!(cache.rows(), 10_000);
            let mut seen = workers(Vec::new);
            cache.scan(&mut seen, |seen, row| seen.push(*row)).unwrap();
            let mut seen: Vec<Row> = seen.concat();
            seen.sort_by_key(|row| row.probe);
            assert_eq!(seen.len(), 10_000);
            assert_eq!(seen[42].probe, 42);
            assert_eq!(seen[42].pad_score.is_nan(), !wide);
            assert_eq!((seen[42].split, seen[42].pad_outcome), (row.split, row.pad_outcome));
        }
    }
}
