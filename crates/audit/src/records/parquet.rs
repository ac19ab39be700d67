//! Tables in Parquet files as rows of text, read by row group and then by chunk.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::dialect::SAMPLE;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// Rows that are decoded at once.
const CHUNK: usize = 32 * 1024;
/// The longest text of one field.
const LONGEST_VALUE: usize = 1 << 20;
/// The most text of one column of a chunk: a dictionary can repeat a long text without end.
const MOST_TEXT: usize = 256 << 20;
/// Bytes up to which the pages of a column may unpack to any size.
const ALWAYS: i64 = 64 << 20;
/// Compression ratio beyond which larger pages are refused.
const MOST_TIMES: i64 = 200;

/// How the numbers of a column are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// A whole number with this many digits after the point.
    Decimal(u32),
    /// Days since 1970-01-01.
    Date,
}

/// An open Parquet file.
pub(super) struct ParquetTable {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    names: Vec<String>,
    kinds: Vec<Kind>,
}

impl ParquetTable {
    /// Opens a file; `name` is its name in messages.
    pub(super) fn open(path: &Path, name: &str) -> Result<Self> {
        let file = File::open(path).map_err(|cause| Error::io(Stage::Record, path, cause))?;
        let reader = SerializedFileReader::new(file).map_err(|cause| damaged(name, 1, cause))?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let mut kinds = Vec::new();
        for column in schema.columns() {
            kinds.push(kind(column).ok_or_else(|| {
                Error::new(
                    ErrorKind::UnsupportedFormat,
                    Stage::Record,
                    format!(
                        "the column `{}` is not plain text or a number",
                        column.path().string()
                    ),
                )
                .in_file(name)
                .next("remove the column, or convert the file to CSV")
            })?);
        }
        for group in reader.metadata().row_groups() {
            for column in group.columns() {
                let (packed, unpacked) = (column.compressed_size(), column.uncompressed_size());
                if unpacked > ALWAYS && unpacked > packed.max(0).saturating_mul(MOST_TIMES) {
                    let message = format!(
                        "the column `{}` unpacks to more than {MOST_TIMES} times its size",
                        column.column_path().string()
                    );
                    return Err(Error::new(ErrorKind::Corrupt, Stage::Record, message)
                        .in_file(name)
                        .next(
                            "write the file again, or convert it to CSV; a table of records never \
                             compresses that much",
                        ));
                }
            }
        }
        let names = schema.columns().iter().map(|column| column.name().to_owned()).collect();
        Ok(ParquetTable { path: path.to_owned(), reader, names, kinds })
    }

    /// Names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The first rows, to learn from; empty if they cannot be read, which the actual reading then
    /// reports.
    pub(super) fn sample(&self) -> Vec<Vec<String>> {
        if self.reader.num_row_groups() == 0 {
            return Vec::new();
        }
        let Ok(group) = self.reader.get_row_group(0) else { return Vec::new() };
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0).min(SAMPLE);
        let mut columns = self.columns();
        let read = open_columns(&*group, columns.len()).and_then(|mut readers| {
            let each = readers.iter_mut().zip(&mut columns);
            each.map(|(reader, column)| column.fill(reader, rows)).collect::<Result<Vec<_>, _>>()
        });
        match read {
            Ok(read) if read.iter().all(|read| *read == rows) => (0..rows)
                .map(|row| columns.iter().map(|column| column.get(row).to_owned()).collect())
                .collect(),
            _ => Vec::new(),
        }
    }

    fn columns(&self) -> Vec<TextColumn> {
        self.kinds.iter().map(|&kind| TextColumn::new(kind)).collect()
    }

    /// Passes all rows to `take`; returns the file's digest.
    pub(super) fn each_row(
        &self,
        file: &str,
        mut take: impl FnMut(&[&str], u64) -> Result<()>,
    ) -> Result<Digest> {
        self.each_chunk(file, |rows| rows.each(&mut take))
    }

    /// Passes all rows to `take`, chunk by chunk; returns the file's digest.
    pub(super) fn each_chunk(
        &self,
        file: &str,
        mut take: impl FnMut(&Chunk<'_>) -> Result<()>,
    ) -> Result<Digest> {
        let mut columns = self.columns();
        let mut row = 0_u64;
        for group in 0..self.reader.num_row_groups() {
            let fault = |row: u64, cause| damaged(file, row, cause);
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
                take(&Chunk { columns: &columns, rows: wanted, before: row })?;
                row += wanted as u64;
                left -= wanted as u64;
            }
        }
        let file = File::open(&self.path);
        file.and_then(Digest::of_reader)
            .map_err(|cause| Error::io(Stage::Record, &self.path, cause))
    }
}

/// Some rows.
pub(super) struct Chunk<'a> {
    columns: &'a [TextColumn],
    rows: usize,
    /// Number of rows before these in the file.
    before: u64,
}

impl Chunk<'_> {
    /// Passes each row to `take` with its 1-based number in the file.
    pub(super) fn each(&self, take: &mut dyn FnMut(&[&str], u64) -> Result<()>) -> Result<()> {
        let mut fields: Vec<&str> = Vec::with_capacity(self.columns.len());
        for index in 0..self.rows {
            fields.clear();
            fields.extend(self.columns.iter().map(|column| column.get(index)));
            take(&fields, self.before + index as u64 + 1)?;
        }
        Ok(())
    }
}

/// How a column is to be written; `None` for one that is not plain text or a number.
fn kind(column: &ColumnDescriptor) -> Option<Kind> {
    let flat = column.max_rep_level() == 0
        && column.max_def_level() <= 1
        && column.path().parts().len() == 1;
    let whole = matches!(column.physical_type(), Physical::INT32 | Physical::INT64);
    let logical = column.logical_type_ref();
    let decimal = column.converted_type() == ConvertedType::DECIMAL
        || matches!(logical, Some(LogicalType::Decimal { .. }));
    let date = column.converted_type() == ConvertedType::DATE
        || matches!(logical, Some(LogicalType::Date));
    match (column.physical_type(), logical) {
        _ if !flat => None,
        (Physical::INT96, _) | (_, Some(LogicalType::Float16)) => None,
        _ if decimal && whole => u32::try_from(column.type_scale()).ok().map(Kind::Decimal),
        _ if decimal => None,
        (Physical::INT32, _) if date => Some(Kind::Date),
        _ => Some(Kind::Plain),
    }
}

/// A whole number as the text that it represents.
fn write_whole(text: &mut String, value: i64, kind: Kind) -> Result<(), ParquetError> {
    use std::fmt::Write as _;
    let written = match kind {
        Kind::Plain | Kind::Decimal(0) => write!(text, "{value}"),
        Kind::Decimal(scale) => {
            let sign = if value < 0 { "-" } else { "" };
            let digits = format!("{:0>1$}", value.unsigned_abs(), scale as usize + 1);
            let (whole, part) = digits.split_at(digits.len() - scale as usize);
            write!(text, "{sign}{whole}.{part}")
        }
        Kind::Date => {
            let (year, month, day) = civil(value);
            write!(text, "{year:04}-{month:02}-{day:02}")
        }
    };
    written.map_err(|cause| ParquetError::External(cause.into()))
}

/// The calendar date of a day number (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
        .next("write it again, with any compression except LZO, or convert it to CSV")
}

/// The values of one column of a chunk as text; null is empty.
struct TextColumn {
    kind: Kind,
    text: String,
    ends: Vec<usize>,
    levels: Vec<i16>,
}

impl TextColumn {
    fn new(kind: Kind) -> Self {
        TextColumn { kind, text: String::new(), ends: Vec::new(), levels: Vec::new() }
    }

    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// Reads up to `wanted` rows and returns how many there were.
    fn fill(&mut self, reader: &mut ColumnReader, wanted: usize) -> Result<usize, ParquetError> {
        use std::fmt::Write as _;
        self.text.clear();
        self.ends.clear();
        let kind = self.kind;
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.read(reader, wanted, |text, value| {
                text.push(if *value { '1' } else { '0' });
                Ok(())
            }),
            ColumnReader::Int32ColumnReader(reader) => {
                self.read(reader, wanted, |text, value| write_whole(text, (*value).into(), kind))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                self.read(reader, wanted, |text, value| write_whole(text, *value, kind))
            }
            ColumnReader::FloatColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{}", f64::from(*value))
                    .map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::DoubleColumnReader(reader) => self.read(reader, wanted, |text, value| {
                write!(text, "{value}").map_err(|cause| ParquetError::External(cause.into()))
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.read(reader, wanted, |text, value| push(text, value.as_utf8()?))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.read(reader, wanted, |text, value| push(text, value.as_utf8()?))
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

/// Adds the text of a field, within bounds.
fn push(text: &mut String, value: &str) -> Result<(), ParquetError> {
    if value.len() > LONGEST_VALUE || text.len() + value.len() > MOST_TEXT {
        return Err(ParquetError::General(format!(
            "a text is longer than {} MiB, or all texts of a column together are longer than {} \
             MiB",
            LONGEST_VALUE >> 20,
            MOST_TEXT >> 20
        )));
    }
    text.push_str(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_become_what_they_stand_for() {
        for (value, kind, expected) in [
            (-3, Kind::Plain, "-3"),
            (-45, Kind::Decimal(2), "-0.45"),
            (12_345, Kind::Decimal(2), "123.45"),
            (7, Kind::Decimal(0), "7"),
            (0, Kind::Date, "1970-01-01"),
            (11_016, Kind::Date, "2000-02-29"),
            (-1, Kind::Date, "1969-12-31"),
        ] {
            let mut text = String::new();
            write_whole(&mut text, value, kind).unwrap();
            assert_eq!(text, expected);
        }
    }
}
