//! Small tables with a header, read row by row: manifests and lists of pairs.

use std::path::Path;

use super::delimited::{self, Delimiter};
use super::input::{self, BlockReader};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// Hands every row of a file to `take` with its 1-based line, the header first; returns the
/// file's digest. The first row decides what stands between two fields, by way of `delimiter`.
///
/// Quoted fields, Windows line ends, a byte-order mark and gzip are understood.
pub(super) fn each_row(
    path: &Path,
    delimiter: impl Fn(&[u8]) -> Delimiter,
    mut take: impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<Digest> {
    let file = path.display().to_string();
    let (stream, digest) = input::open(path)?;
    let mut blocks = BlockReader::new(stream, &file, true);
    let mut chosen = None;
    let mut buffer = Vec::new();
    while let Some(mut block) = blocks.next(buffer)? {
        let by = *chosen.get_or_insert_with(|| {
            let mut lines = block.bytes.split(|byte| *byte == b'\n');
            let first = lines.find(|line| !line.trim_ascii().is_empty());
            delimiter(first.unwrap_or_default())
        });
        delimited::each_row(&mut block, by, &file, &mut take)?;
        buffer = block.bytes;
    }
    digest.get().ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, Stage::Record, "the file could not be read to its end")
            .in_path(path)
            .next("copy the file again")
    })
}
