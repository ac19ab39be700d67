//! Comparison records in Parquet files, a row group and then a chunk of rows at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use super::format::{self, Format, Wishes};
use super::layout::Layout;
use super::parsed::{Parsed, Tables};
use super::pipeline::{Known, NewSymbols};
use super::row::RowParser;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// Rows that are decoded at once.
const CHUNK: usize = 32 * 1024;

/// An open Parquet file.
pub(super) struct ParquetRecords {
    path: PathBuf,
    reader: SerializedFileReader<File>,
}

impl ParquetRecords {
    /// Opens a file and understands its columns.
    pub(super) fn open(path: &Path, wishes: &Wishes<'_>) -> Result<(Self, Layout, Format)> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|cause| Error::io(Stage::Record, path, cause))?;
        let reader = SerializedFileReader::new(file).map_err(|cause| damaged(&name, 1, cause))?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        for column in schema.columns() {
            let flat = column.max_rep_level() == 0
                && column.max_def_level() <= 1
                && column.path().parts().len() == 1;
            if !flat || column.physical_type() == Physical::INT96 {
                return Err(Error::new(
                    ErrorKind::UnsupportedFormat,
                    Stage::Record,
                    format!("the column `{}` is no plain text or number", column.path().string()),
                )
                .in_file(&name)
                .next("remove the column, or convert the file to CSV"));
            }
        }
        let names: Vec<String> =
            schema.columns().iter().map(|column| column.name().to_owned()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (layout, format) = format::table_layout(&name, 1, &names, wishes)?;
        Ok((ParquetRecords { path: path.to_owned(), reader }, layout, format))
    }

    /// Hands all rows to `take`, chunk by chunk; returns the file's digest.
    pub(super) fn scan(
        self,
        layout: &Layout,
        mut take: impl FnMut(&NewSymbols, &mut Parsed) -> Result<()>,
    ) -> Result<Digest> {
        let attributes = layout.attributes.len();
        let mut tables = Tables::new(attributes);
        let mut known = Known::default();
        let mut new = NewSymbols::default();
        let mut parsed = Parsed::default();
        let mut columns: Vec<TextColumn> = Vec::new();
        columns.resize_with(layout.names.len(), TextColumn::default);
        let mut row = 0_u64;
        for group in 0..self.reader.num_row_groups() {
            let fault = |row: u64, cause| damaged(&layout.file, row, cause);
            let group = self.reader.get_row_group(group).map_err(|cause| fault(row + 1, cause))?;
            let mut readers =
                open_columns(&*group, columns.len()).map_err(|cause| fault(row + 1, cause))?;
            let total = u64::try_from(group.metadata().num_rows()).unwrap_or(0);
            let mut left = total;
            while left > 0 {
                let wanted = left.min(CHUNK as u64) as usize;
                for (reader, column) in readers.iter_mut().zip(&mut columns) {
                    let read =
                        column.fill(reader, wanted).map_err(|cause| fault(row + 1, cause))?;
                    if read != wanted {
                        let cause = ParquetError::General("a column ends too early".into());
                        return Err(fault(row + read as u64 + 1, cause));
                    }
                }
                parsed.clear(attributes);
                let mut rows = RowParser { layout, tables: &mut tables, parsed: &mut parsed };
                let mut fields: Vec<&str> = Vec::with_capacity(columns.len());
                for index in 0..wanted {
                    fields.clear();
                    fields.extend(columns.iter().map(|column| column.get(index)));
                    row += 1;
                    rows.push(&fields, row)?;
                }
                new.collect(&tables, &mut known);
                take(&new, &mut parsed)?;
                left -= wanted as u64;
            }
        }
        let file = File::open(&self.path);
        file.and_then(Digest::of_reader)
            .map_err(|cause| Error::io(Stage::Record, &self.path, cause))
    }
}

fn open_columns(
    group: &dyn RowGroupReader,
    columns: usize,
) -> Result<Vec<ColumnReader>, ParquetError> {
    (0..columns).map(|column| group.get_column_reader(column)).collect()
}

fn damaged(file: &str, row: u64, cause: ParquetError) -> Error {
    Error::new(ErrorKind::Corrupt, Stage::Record, "the Parquet file could not be decoded")
        .in_file(file)
        .at_line(row)
        .caused_by(cause)
        .next("write it again with Snappy or Zstandard compression, or convert it to CSV")
}

/// The values of one column of a chunk as text; null is empty.
#[derive(Default)]
struct TextColumn {
    text: String,
    ends: Vec<usize>,
    levels: Vec<i16>,
}

impl TextColumn {
    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// Reads up to `wanted` rows and says how many there were.
    fn fill(&mut self, reader: &mut ColumnReader, wanted: usize) -> Result<usize, ParquetError> {
        use std::fmt::Write as _;
        self.text.clear();
        self.ends.clear();
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.read(reader, wanted, |text, value| {
                text.push(if *value { '1' } else { '0' });
                Ok(())
            }),
            ColumnReader::Int32ColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{value}").map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::Int64ColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{value}").map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::FloatColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{}", f64::from(*value))
                    .map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::DoubleColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{value}").map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.read(reader, wanted, |text, value| {
                    text.push_str(value.as_utf8()?);
                    Ok(())
                })
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.read(reader, wanted, |text, value| {
                    text.push_str(value.as_utf8()?);
                    Ok(())
                })
            }
            ColumnReader::Int96ColumnReader(_) => {
                Err(ParquetError::NYI("timestamps of 96 bits".into()))
            }
        }
    }

    fn read<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        wanted: usize,
        write: impl Fn(&mut String, &T::T) -> Result<(), ParquetError>,
    ) -> Result<usize, ParquetError> {
        self.levels.clear();
        let mut values: Vec<T::T> = Vec::with_capacity(wanted);
        let mut rows = 0;
        while rows < wanted {
            let (read, _, _) =
                reader.read_records(wanted - rows, Some(&mut self.levels), None, &mut values)?;
            if read == 0 {
                break;
            }
            rows += read;
        }
        // Without definition levels every row has a value.
        let mut values = values.iter();
        for index in 0..rows {
            if self.levels.get(index).is_none_or(|&level| level > 0) {
                let value = values
                    .next()
                    .ok_or_else(|| ParquetError::General("a value is missing".into()))?;
                write(&mut self.text, value)?;
            }
            self.ends.push(self.text.len());
        }
        Ok(rows)
    }
}
