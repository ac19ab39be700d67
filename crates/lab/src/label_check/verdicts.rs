//! `suspects.csv`: suspected pairs with the verdict of a person on each.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::suspects::{Suspect, SuspectKind};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_audit::records::delimiter_of_header;
use evenmatch_core::spreadsheet::{original, write_row};

/// The columns, in the order in which they are written. They may be read in any order.
pub(super) const COLUMNS: [&str; 7] =
    ["kind", "a_path", "b_path", "a_subject", "b_subject", "score", "verdict"];

/// The verdict of a person on a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both photos show one person.
    SamePerson,
    /// The photos show two people.
    DifferentPeople,
    /// The photos do not show which.
    Unsure,
}

impl Verdict {
    /// Every verdict, in the order in which the page offers them.
    pub const ALL: [Verdict; 3] = [Verdict::SamePerson, Verdict::DifferentPeople, Verdict::Unsure];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::SamePerson => "same_person",
            Verdict::DifferentPeople => "different_people",
            Verdict::Unsure => "unsure",
        }
    }

    /// The verdict of a word in a file.
    pub fn of_word(word: &str) -> Option<Self> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// One photo of the data; its place in the list is its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRow<'a> {
    /// The photo's path as the data set lists it.
    pub path: &'a str,
    /// The name of the person in the data set.
    pub subject: &'a str,
}

/// Verdicts for pairs of rows; the lower row comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdicts {
    by_pair: BTreeMap<(u32, u32), Verdict>,
}

impl Verdicts {
    /// Reads `suspects.csv`. Rows without a verdict are checked and then ignored.
    ///
    /// # Errors
    /// `Io` where the file cannot be read; `InvalidRecord`, with the line, for an unknown kind or
    /// verdict, for a pair that is not in the data or has other names there, and for a pair that
    /// has two verdicts.
    pub fn read(path: &Path, data: &[DataRow<'_>]) -> Result<Self> {
        let text = std::fs::read(path).map_err(|cause| Error::io(Stage::Record, path, cause))?;
        Verdicts::parse(&text, data).map_err(|error| error.in_path(path))
    }

    /// Reads the text of a `suspects.csv`; see [`Verdicts::read`].
    ///
    /// # Errors
    /// As for [`Verdicts::read`]; the file is not named.
    pub fn parse(text: &[u8], data: &[DataRow<'_>]) -> Result<Self> {
        // A spreadsheet may write another delimiter than it read.
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .delimiter(delimiter_of_header(first))
            .from_reader(text);
        let header = reader.headers().map_err(not_csv)?.clone();
        let mut columns = [0; COLUMNS.len()];
        for (place, name) in columns.iter_mut().zip(COLUMNS) {
            *place = header.iter().position(|column| column == name).ok_or_else(|| {
                let message = format!("the column `{name}` is missing");
                Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                    .at_line(1)
                    .next(format!("the columns are: {}", COLUMNS.join(",")))
            })?;
        }
        let data = Index::of(data);
        let mut first: HashMap<(u32, u32), u64> = HashMap::new();
        let mut verdicts = Verdicts::default();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(not_csv)? {
            let row = Row { record: &record, columns: &columns, text };
            let pair = row.pair(&data)?;
            let Some(verdict) = row.verdict()? else { continue };
            let earlier = *first.entry(pair).or_insert(row.start());
            if *verdicts.by_pair.entry(pair).or_insert(verdict) != verdict {
                let earlier = line_at(text, earlier);
                let message = format!("line {earlier} has another verdict on the same pair");
                return Err(row.fault(6, message).next("keep one of the two rows"));
            }
        }
        Ok(verdicts)
    }

    /// The verdict on a pair of rows, in either order.
    pub fn get(&self, a: u32, b: u32) -> Option<Verdict> {
        self.by_pair.get(&(a.min(b), a.max(b))).copied()
    }

    /// All verdicts with their pairs, sorted by row.
    pub fn iter(&self) -> impl Iterator<Item = ((u32, u32), Verdict)> + '_ {
        self.by_pair.iter().map(|(pair, verdict)| (*pair, *verdict))
    }

    /// How many pairs have a verdict.
    pub fn len(&self) -> usize {
        self.by_pair.len()
    }

    /// Whether no pair has a verdict.
    pub fn is_empty(&self) -> bool {
        self.by_pair.is_empty()
    }
}

/// Collects verdicts; where a pair has several, the last one counts.
impl FromIterator<((u32, u32), Verdict)> for Verdicts {
    fn from_iter<I: IntoIterator<Item = ((u32, u32), Verdict)>>(all: I) -> Self {
        let ordered = |((a, b), verdict): ((u32, u32), Verdict)| ((a.min(b), a.max(b)), verdict);
        Verdicts { by_pair: all.into_iter().map(ordered).collect() }
    }
}

/// Maps the paths of the data to their rows; `None` for a path that is listed twice.
struct Index<'a> {
    rows: HashMap<&'a str, Option<u32>>,
    data: &'a [DataRow<'a>],
}

impl<'a> Index<'a> {
    fn of(data: &'a [DataRow<'a>]) -> Self {
        let mut rows = HashMap::with_capacity(data.len());
        for (row, photo) in data.iter().enumerate() {
            rows.entry(photo.path.trim()).and_modify(|row| *row = None).or_insert(Some(row as u32));
        }
        Index { rows, data }
    }
}

/// One row of the file; `columns` says where each of [`COLUMNS`] is.
struct Row<'a> {
    record: &'a csv::StringRecord,
    columns: &'a [usize; COLUMNS.len()],
    text: &'a [u8],
}

/// The 1-based line of the row that the reader found at this byte. The reader counts blank lines
/// before a row as part of the row; this function does not.
fn line_at(text: &[u8], start: u64) -> u64 {
    let (before, row) = text.split_at(text.len().min(start as usize));
    let blank = row.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let ends = before.iter().chain(&row[..blank]).filter(|byte| **byte == b'\n');
    ends.count() as u64 + 1
}

impl Row<'_> {
    fn field(&self, column: usize) -> &str {
        original(&self.record[self.columns[column]])
    }

    /// Where the row begins, in bytes.
    fn start(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::byte)
    }

    fn fault(&self, column: usize, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
            .at_line(line_at(self.text, self.start()))
            .at_column(self.columns[column] as u64 + 1)
    }

    /// The rows of the data that this row is about, the lower one first.
    fn pair(&self, data: &Index<'_>) -> Result<(u32, u32)> {
        let kind = SuspectKind::of_word(self.field(0)).ok_or_else(|| {
            self.fault(0, format!("`{}` is not a kind of suspect", self.field(0)))
                .next("restore the original value of this column")
        })?;
        let photo = |path: usize, subject: usize| -> Result<u32> {
            let row = match data.rows.get(self.field(path)) {
                Some(Some(row)) => *row,
                Some(None) => {
                    let message = format!("the data lists `{}` twice", self.field(path));
                    return Err(self
                        .fault(path, message)
                        .next("keep one row per photo in the data"));
                }
                None => {
                    let message = format!("`{}` is not in the data", self.field(path));
                    return Err(self.fault(path, message).next(
                        "give the list that these suspects were made from, or remove the row",
                    ));
                }
            };
            let name = data.data[row as usize].subject.trim();
            if self.field(subject) != name {
                let message = format!(
                    "the data has `{}` under the name `{name}`, not `{}`",
                    self.field(path),
                    self.field(subject)
                );
                let next =
                    "write the name from the data here, or make the list of suspects again from it";
                return Err(self.fault(subject, message).next(next));
            }
            Ok(row)
        };
        let (a, b) = (photo(1, 3)?, photo(2, 4)?);
        if a == b {
            let next = "remove the row, or write the other photo's path";
            return Err(self.fault(2, "a photo is paired with itself").next(next));
        }
        let mated = self.field(3) == self.field(4);
        if mated != (kind == SuspectKind::MatedBelow) {
            let message = format!("`{}` does not match these two names", kind.word());
            return Err(self.fault(0, message).next("restore the original value of this column"));
        }
        Ok((a.min(b), a.max(b)))
    }

    fn verdict(&self) -> Result<Option<Verdict>> {
        let word = self.field(6);
        match Verdict::of_word(word) {
            None if word.is_empty() => Ok(None),
            None => {
                let words = Verdict::ALL.map(Verdict::word).join(", ");
                Err(self
                    .fault(6, format!("`{word}` is not a verdict"))
                    .next(format!("write {words}, or leave the field empty")))
            }
            known => Ok(known),
        }
    }
}

fn not_csv(cause: csv::Error) -> Error {
    let line = cause.position().map(csv::Position::line);
    let error = Error::new(
        ErrorKind::InvalidRecord,
        Stage::Record,
        "this is not CSV in UTF-8 with the same number of fields in every row",
    )
    .next("save the file as CSV in UTF-8, with a comma between fields, also empty ones")
    .caused_by(cause);
    match line {
        Some(line) => error.at_line(line),
        None => error,
    }
}

/// Writes `suspects.csv`, with the verdicts that are already known. Verdicts on pairs that are not
/// among the suspects are not written: if you replace a file, they are lost.
///
/// # Errors
/// `InvalidArgument` where a suspect's row is not in the data; `Io` where `out` cannot be written.
pub fn write_csv(
    out: impl Write,
    suspects: &[Suspect],
    data: &[DataRow<'_>],
    known: &Verdicts,
) -> Result<()> {
    let full = |cause: csv::Error| {
        Error::new(ErrorKind::Io, Stage::Record, "the suspects could not be written")
            .caused_by(cause)
    };
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS).map_err(full)?;
    for suspect in suspects {
        let verdict = known.get(suspect.a, suspect.b).map_or("", Verdict::word);
        let mut fields = fields(suspect, data)?.to_vec();
        fields.push(verdict.to_owned());
        write_row(&mut writer, &fields).map_err(full)?;
    }
    writer.flush().map_err(|cause| full(cause.into()))
}

/// All columns except the verdict.
pub(super) fn fields(suspect: &Suspect, data: &[DataRow<'_>]) -> Result<[String; 6]> {
    let (a, b) = (photo(suspect.a, data)?, photo(suspect.b, data)?);
    Ok([
        suspect.kind.word().to_owned(),
        a.path.to_owned(),
        b.path.to_owned(),
        a.subject.to_owned(),
        b.subject.to_owned(),
        format!("{:.6}", suspect.score),
    ])
}

/// The photo of a row.
pub(super) fn photo<'a>(row: u32, data: &[DataRow<'a>]) -> Result<DataRow<'a>> {
    data.get(row as usize).copied().ok_or_else(|| {
        let message = format!("there is no row {row} in the data, which have {} rows", data.len());
        Error::new(ErrorKind::InvalidArgument, Stage::Record, message)
    })
}
