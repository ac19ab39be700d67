//! A record file as a source: opened, recognised, and scanned on several threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::batch::RecordBatch;
use super::bins::Bins;
use super::delimited::{self, Delimiter};
use super::format::{self, Format, Shape, Wishes};
use super::input::{Block, BlockReader};
use super::label_rules::LabelRules;
use super::labels::LabelTable;
use super::layout::Layout;
use super::merge::Merger;
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;
use super::parsed::{Parsed, Tables};
use super::pipeline;
#[cfg(feature = "parquet")]
use super::pipeline::{Known, NewSymbols};
use super::row::RowParser;
use super::source::{Dictionary, InputDigest, RecordSource, ScanSummary};
use super::unpack::{self, Opened, PendingDigest};
use super::{dialect, jsonl};
#[cfg(feature = "parquet")]
use crate::Digest;
use crate::{Error, ErrorKind, Result, Stage};

/// How a record file is to be read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The format; recognised from the header if absent.
    pub format: Option<Format>,
    /// Columns → roles: a native column name, `pair_<attribute>`, `distance`, `return_code` or
    /// `ignore`. It overrides the format; without a format it implies [`Format::Generic`].
    pub map: BTreeMap<String, String>,
    /// Bins of numeric attributes; [`Bins::customary`] by default.
    pub bins: BTreeMap<String, Bins>,
    /// Whether a lower score means greater similarity, as with distances: scores are then negated.
    pub lower_is_more_similar: bool,
    /// How labels of people are read.
    pub label_rules: LabelRules,
    /// A table of labels by `subject_id` or `sample_id`, for files without attributes.
    pub labels: Option<PathBuf>,
    /// Parsing threads; 0 for as many as the machine has. The result does not depend on it.
    pub threads: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            format: None,
            map: BTreeMap::new(),
            bins: Bins::customary(),
            lower_is_more_similar: false,
            label_rules: LabelRules::default(),
            labels: None,
            threads: 0,
        }
    }
}

/// A file of comparison records: CSV, JSON lines or a JSON array, optionally packed with gzip or
/// zstd, or Parquet; recognised by content.
///
/// ```no_run
/// use evenmatch_audit::records::{Dictionary, ReadOptions, RecordFile, RecordSource};
/// let mut file = RecordFile::open("scores.csv.gz".as_ref(), &ReadOptions::default())?;
/// let mut rows = 0;
/// let summary = file.scan(&mut Dictionary::default(), &mut |_, batch| {
///     rows += batch.len();
///     Ok(())
/// })?;
/// println!("{rows} rows, {} warnings", summary.warnings.len());
/// # Ok::<(), evenmatch_audit::Error>(())
/// ```
pub struct RecordFile {
    path: PathBuf,
    name: String,
    format: Format,
    layout: Layout,
    threads: usize,
    content: Option<Content>,
}

enum Content {
    Text {
        reader: BlockReader,
        digest: PendingDigest,
        first: Block,
        syntax: Syntax,
    },
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetTable>),
}

#[derive(Clone, Copy)]
enum Syntax {
    Delimited(Delimiter, Shape),
    JsonLines,
}

impl RecordFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If it cannot be read, is not in a known format, or lacks a column that an audit needs.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self> {
        let labels = options.labels.as_deref().map(LabelTable::read).transpose()?;
        let wishes = Wishes {
            format: options.format,
            map: &options.map,
            bins: &options.bins,
            labels,
            rules: &options.label_rules,
            lower_is_more_similar: options.lower_is_more_similar,
        };
        let name = path.display().to_string();
        let (stream, digest) = match unpack::open(path)? {
            Opened::Text(stream, digest) => (stream, digest),
            Opened::Parquet => return Self::open_parquet(path, name, options, &wishes),
        };
        let headless = matches!(options.format, Some(Format::Lfw));
        let mut reader = BlockReader::new(stream, &name, !headless);
        let Some(mut first) = reader.next(Vec::new())? else {
            return Err(empty(&name));
        };
        let (layout, format, syntax) = Self::understand(&name, &mut first, &wishes)?;
        Ok(RecordFile {
            path: path.to_owned(),
            name,
            format,
            layout,
            threads: options.threads,
            content: Some(Content::Text { reader, digest, first, syntax }),
        })
    }

    /// Reads the header from the first block.
    fn understand(
        name: &str,
        first: &mut Block,
        wishes: &Wishes<'_>,
    ) -> Result<(Layout, Format, Syntax)> {
        dialect::skip_blank_lines(first);
        let stated = dialect::separator_line(first);
        dialect::skip_blank_lines(first);
        if first.bytes.trim_ascii().is_empty() {
            return Err(empty(name));
        }
        if first.bytes.trim_ascii_start().first() == Some(&b'{') {
            let keys = jsonl::keys(first, name)?;
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let line = first.first_line;
            let mut rows = Vec::new();
            let owned: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
            let sample = first.beginning(dialect::SAMPLE);
            // Only numbers are examined; errors come up again when the file is read.
            let _ = jsonl::each_row(&sample, &owned, name, |fields, _| {
                rows.push(fields.iter().map(|&field| field.to_owned()).collect());
                Ok(())
            });
            let (layout, format) = format::table_layout(name, line, &keys, &rows, wishes)?;
            return Ok((layout, format, Syntax::JsonLines));
        }
        let mut header = first.take_record();
        let text = String::from_utf8_lossy(&header.bytes).trim_ascii().to_owned();
        if text.contains('\r') {
            return Err(dialect::carriage_returns(name, header.first_line));
        }
        if wishes.format == Some(Format::Lfw) {
            let layout = format::lfw_layout(name, wishes)?;
            // LFW's own lists begin with the number of folds and of pairs.
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            let counts = words.len() <= 2 && words.iter().all(|word| word.parse::<u32>().is_ok());
            if !counts {
                first.put_back(header);
            }
            let delimiter = if text.contains(',') && !text.contains('\t') {
                Delimiter::Byte(b',')
            } else {
                Delimiter::Whitespace
            };
            return Ok((layout, Format::Lfw, Syntax::Delimited(delimiter, Shape::LfwPairs)));
        }
        let spaced =
            stated.is_none() && !text.contains([',', ';', '\t', '|']) && text.contains(' ');
        if wishes.format == Some(Format::Bob) && !text.contains("bio_ref_") {
            let columns = text.split_ascii_whitespace().count();
            let layout = format::bob_layout(name, columns, wishes)?;
            first.put_back(header);
            return Ok((
                layout,
                Format::Bob,
                Syntax::Delimited(Delimiter::Whitespace, Shape::Table),
            ));
        }
        let delimiter = match stated {
            Some(byte) => Delimiter::Byte(byte),
            None if spaced => Delimiter::Whitespace,
            None => Delimiter::of_header(&header.bytes),
        };
        let rows = dialect::sample(first, delimiter);
        let line = header.first_line;
        let mut found = None;
        delimited::each_row(&mut header, delimiter, name, |fields, _| {
            let fields: Vec<&str> = fields.iter().map(|field| field.trim_ascii()).collect();
            found.get_or_insert(format::table_layout(name, line, &fields, &rows, wishes)?);
            Ok(())
        })?;
        let (mut layout, format) = found.ok_or_else(|| empty(name))?;
        layout.decimal_comma = delimiter == Delimiter::Byte(b';');
        Ok((layout, format, Syntax::Delimited(delimiter, Shape::Table)))
    }

    #[cfg(feature = "parquet")]
    fn open_parquet(
        path: &Path,
        name: String,
        options: &ReadOptions,
        wishes: &Wishes<'_>,
    ) -> Result<Self> {
        let records = ParquetTable::open(path, &name)?;
        let names: Vec<&str> = records.names().iter().map(String::as_str).collect();
        let (layout, format) = format::table_layout(&name, 1, &names, &records.sample(), wishes)?;
        Ok(RecordFile {
            path: path.to_owned(),
            name,
            format,
            layout,
            threads: options.threads,
            content: Some(Content::Parquet(Box::new(records))),
        })
    }

    #[cfg(not(feature = "parquet"))]
    fn open_parquet(path: &Path, _: String, _: &ReadOptions, _: &Wishes<'_>) -> Result<Self> {
        Err(super::table::no_parquet(path))
    }

    /// The format that was given or recognised.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Names of the attributes in the file, sorted.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.layout.attributes.iter().map(|attribute| attribute.name.as_str())
    }
}

impl RecordSource for RecordFile {
    fn scan(
        &mut self,
        dictionary: &mut Dictionary,
        sink: &mut dyn FnMut(&Dictionary, &RecordBatch) -> Result<()>,
    ) -> Result<ScanSummary> {
        let content = self.content.take().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                Stage::Record,
                "the file has already been scanned",
            )
            .in_path(&self.path)
            .next("open it again")
        })?;
        let layout = &self.layout;
        let mut merger = Merger::new(layout, dictionary);
        let digest = match content {
            Content::Text { mut reader, digest, first, syntax } => {
                let name = self.name.as_str();
                let parse = |block: &mut Block, tables: &mut Tables, parsed: &mut Parsed| {
                    parse_block(layout, syntax, name, block, tables, parsed)
                };
                let threads = pipeline::threads(self.threads);
                pipeline::run(
                    &mut reader,
                    first,
                    threads,
                    layout.attributes.len(),
                    &parse,
                    |worker, tables, parsed| merger.merge(worker, tables, parsed, sink),
                )?;
                digest.get().ok_or_else(|| {
                    Error::new(ErrorKind::Io, Stage::Record, "the file was not read to its end")
                        .in_file(name)
                        .next("try again; another program may be writing to it")
                })?
            }
            #[cfg(feature = "parquet")]
            Content::Parquet(records) => {
                scan_parquet(&records, layout, |new, parsed| merger.merge(0, new, parsed, sink))?
            }
        };
        let warnings = merger.finish()?;
        let lower_is_more_similar = layout.negate_score;
        let mut inputs = vec![InputDigest {
            file: self.name.clone(),
            format: self.format.name().to_owned(),
            sha256: digest,
        }];
        if let Some(labels) = &layout.labels {
            inputs.push(InputDigest {
                file: labels.file.clone(),
                format: "labels".to_owned(),
                sha256: labels.digest,
            });
        }
        let anonymous = !layout.names_subjects();
        Ok(ScanSummary { inputs, warnings, lower_is_more_similar, anonymous })
    }
}

fn parse_block(
    layout: &Layout,
    syntax: Syntax,
    name: &str,
    block: &mut Block,
    tables: &mut Tables,
    parsed: &mut Parsed,
) -> Result<()> {
    let mut rows = RowParser { layout, tables, parsed };
    match syntax {
        Syntax::JsonLines => {
            jsonl::each_row(block, &layout.names, name, |fields, line| rows.push(fields, line))
        }
        Syntax::Delimited(delimiter, Shape::Table) => {
            delimited::each_row(block, delimiter, name, |fields, line| rows.push(fields, line))
        }
        Syntax::Delimited(delimiter, Shape::LfwPairs) => {
            delimited::each_row(block, delimiter, name, |fields, line| {
                let ([probe, reference], rest) = format::lfw_row(fields, line, name)?;
                rows.push(&[&probe, &reference, rest[0], rest[1], rest[2], rest[3]], line)
            })
        }
    }
}

/// Passes all rows of a Parquet file to `take`, chunk by chunk; returns the file's digest.
#[cfg(feature = "parquet")]
fn scan_parquet(
    records: &ParquetTable,
    layout: &Layout,
    mut take: impl FnMut(&NewSymbols, &mut Parsed) -> Result<()>,
) -> Result<Digest> {
    let attributes = layout.attributes.len();
    let mut tables = Tables::new(attributes);
    let mut known = Known::default();
    let mut new = NewSymbols::default();
    let mut parsed = Parsed::default();
    records.each_chunk(&layout.file, |rows| {
        parsed.clear(attributes);
        let mut parser = RowParser { layout, tables: &mut tables, parsed: &mut parsed };
        rows.each(&mut |fields, row| parser.push(fields, row))?;
        new.collect(&tables, &mut known);
        take(&new, &mut parsed)
    })
}

fn empty(name: &str) -> Error {
    Error::new(ErrorKind::InvalidRecord, Stage::Record, "the file contains no records")
        .in_file(name)
        .next("check that you named the right file")
}
