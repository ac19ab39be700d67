//! Small tables with a header, read row by row: manifests, labels and lists of pairs.
//!
//! They may come in every form that records may: CSV with any delimiter, packed, JSON lines or an
//! array, Parquet; with an index, and with column names in any case.

use std::path::Path;

use super::delimited::{self, Delimiter};
use super::input::BlockReader;
use super::source::RecordWarning;
use super::unpack::{self, Opened};
use super::{dialect, header, jsonl};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::spreadsheet::original;

/// The result of reading a table.
pub(super) struct Read {
    /// Of the file as stored on disk.
    pub(super) digest: Digest,
    /// Oddities in it.
    pub(super) warnings: Vec<RecordWarning>,
}

/// Passes every row of a file to `take` with its 1-based line, the header first. Columns with which
/// a data frame numbered its rows have no name there.
///
/// `known` are the names of columns that are found in any case. A first line for which `is_table`
/// is false starts a list without a header, with fields separated by blanks.
pub(super) fn each_row(
    path: &Path,
    known: &[&str],
    is_table: impl Fn(&str) -> bool,
    mut take: impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<Read> {
    let file = path.display().to_string();
    let (stream, digest) = match unpack::open(path)? {
        Opened::Text(stream, digest) => (stream, digest),
        Opened::Parquet => return parquet(path, &file, known, &mut take),
    };
    let mut left_out = Vec::new();
    let mut blocks = BlockReader::new(stream, &file, true);
    let mut syntax = None;
    let mut buffer = Vec::new();
    while let Some(mut block) = blocks.next(buffer)? {
        if syntax.is_none() {
            dialect::skip_blank_lines(&mut block);
            let stated = dialect::separator_line(&mut block);
            dialect::skip_blank_lines(&mut block);
            let first = block.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if first.trim_ascii().is_empty() {
                buffer = block.bytes;
                continue;
            }
            if first.trim_ascii().contains(&b'\r') {
                return Err(dialect::carriage_returns(&file, block.first_line));
            }
            if first.trim_ascii_start().first() == Some(&b'{') {
                let keys = jsonl::keys(&block, &file)?;
                let names: Vec<&str> = keys.iter().map(String::as_str).collect();
                let mut rows = Vec::new();
                // Only numbers are examined; errors come up again below.
                let _ = jsonl::each_row(&block, &keys, &file, |fields, _| {
                    rows.push(fields.iter().map(|&field| field.to_owned()).collect());
                    Ok(())
                });
                left_out = head(&names, &rows, known, block.first_line, &mut take)?;
                syntax = Some(Syntax::JsonLines(keys));
            } else if is_table(&String::from_utf8_lossy(first)) {
                let delimiter = match stated {
                    Some(byte) => Delimiter::Byte(byte),
                    None => Delimiter::of_header(first),
                };
                let mut names = block.take_record();
                let rows = dialect::sample(&block, delimiter);
                delimited::each_row(&mut names, delimiter, &file, |fields, line| {
                    left_out = head(fields, &rows, known, line, &mut take)?;
                    Ok(())
                })?;
                syntax = Some(Syntax::Delimited(delimiter));
            } else {
                syntax = Some(Syntax::Delimited(Delimiter::Whitespace));
            }
        }
        let mut row = |fields: &[&str], line: u64| {
            let fields: Vec<&str> = fields.iter().map(|field| original(field)).collect();
            take(&fields, line)
        };
        match &syntax {
            Some(Syntax::JsonLines(keys)) => jsonl::each_row(&block, keys, &file, &mut row)?,
            Some(Syntax::Delimited(by)) => delimited::each_row(&mut block, *by, &file, &mut row)?,
            None => {}
        }
        buffer = block.bytes;
    }
    let digest = digest.get().ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, Stage::Record, "the file could not be read to its end")
            .in_path(path)
            .next("copy the file again")
    })?;
    Ok(Read { digest, warnings: warnings(left_out) })
}

enum Syntax {
    Delimited(Delimiter),
    JsonLines(Vec<String>),
}

/// Takes the header; returns the original names of the columns left out.
fn head(
    names: &[&str],
    rows: &[Vec<String>],
    known: &[&str],
    line: u64,
    take: &mut dyn FnMut(&[&str], u64) -> Result<()>,
) -> Result<Vec<String>> {
    let settled = header::settle(names, rows, known);
    let names: Vec<&str> = settled.names.iter().map(String::as_str).collect();
    take(&names, line)?;
    Ok(settled.left_out)
}

#[cfg(feature = "parquet")]
fn parquet(
    path: &Path,
    file: &str,
    known: &[&str],
    take: &mut dyn FnMut(&[&str], u64) -> Result<()>,
) -> Result<Read> {
    let table = super::parquet::ParquetTable::open(path, file)?;
    let names: Vec<&str> = table.names().iter().map(String::as_str).collect();
    let left_out = head(&names, &table.sample(), known, 1, take)?;
    let digest = table.each_row(file, take)?;
    Ok(Read { digest, warnings: warnings(left_out) })
}

#[cfg(not(feature = "parquet"))]
fn parquet(
    path: &Path,
    _: &str,
    _: &[&str],
    _: &mut dyn FnMut(&[&str], u64) -> Result<()>,
) -> Result<Read> {
    Err(no_parquet(path))
}

/// The error for a Parquet file in a build without Parquet.
#[cfg(not(feature = "parquet"))]
pub(super) fn no_parquet(path: &Path) -> Error {
    Error::new(ErrorKind::NotBuiltIn, Stage::Record, "this build cannot read Parquet")
        .in_path(path)
        .next("build with the feature `parquet`, or convert the file to CSV")
}

/// The warning about columns that number the rows.
pub(super) fn warnings(left_out: Vec<String>) -> Vec<RecordWarning> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let count = left_out.len() as u64;
    let mut named: Vec<String> = Vec::new();
    for name in left_out {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    vec![RecordWarning {
        code: "index_column".to_owned(),
        message: format!(
            "Columns that number the rows or have no name were left out: {}.",
            named.join(", ")
        ),
        count,
        lines: Vec::new(),
        attribute: None,
    }]
}
