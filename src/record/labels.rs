//! Labels of people or samples, kept in a file of their own.
//!
//! Score files of several systems hold no attributes at all; the labels then come from the
//! data set's own list: a CSV with `subject_id` and one column an attribute, or with `sample_id`
//! and, where the score file does not name people, `subject_id` beside it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::input;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// What the first column of a label file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelKey {
    /// `subject_id`: a person.
    Subject,
    /// `sample_id`: a sample.
    Sample,
}

/// Attribute values by person or by sample. Memory grows with their number, not with records.
#[derive(Debug, Clone)]
pub(super) struct LabelTable {
    pub(super) key: LabelKey,
    pub(super) file: String,
    pub(super) digest: Digest,
    /// Attribute names with their places in a row.
    attributes: Vec<(String, usize)>,
    /// The place of `subject_id` in a row of a table by sample.
    subject: Option<usize>,
    rows: Arc<HashMap<Box<str>, Vec<Box<str>>>>,
}

impl LabelTable {
    /// Reads a CSV with the column `subject_id` or `sample_id` and one column an attribute.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let fault = |message: String| {
            Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_path(path)
                .next("a label file is a CSV with `subject_id` (or `sample_id`, and perhaps `subject_id` too) and one column an attribute")
        };
        let from_csv = |cause: csv::Error| {
            let place = cause.position().map(csv::Position::line);
            let error = fault("the labels can't be read as CSV in UTF-8".into()).caused_by(cause);
            match place {
                Some(line) => error.at_line(line),
                None => error,
            }
        };
        let (stream, digest) = input::open(path)?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(stream);
        let header = reader.headers().map_err(from_csv)?.clone();
        let column = |name: &str| {
            header.iter().position(|column| column.trim_start_matches('\u{feff}') == name)
        };
        let (key, key_column, subject_column) = match (column("sample_id"), column("subject_id")) {
            (Some(sample), subject) => (LabelKey::Sample, sample, subject),
            (None, Some(subject)) => (LabelKey::Subject, subject, None),
            (None, None) => {
                return Err(
                    fault("a column `subject_id` or `sample_id` is needed".into()).at_line(1)
                );
            }
        };
        // Rows are kept without their key.
        let place = |column: usize| column - usize::from(column > key_column);
        let attributes: Vec<(String, usize)> = header
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != key_column && Some(*at) != subject_column)
            .map(|(at, name)| (name.to_owned(), place(at)))
            .collect();
        let mut rows: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(from_csv)? {
            let line = record.position().map_or(0, csv::Position::line);
            let name = &record[key_column];
            let values: Vec<Box<str>> = record
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != key_column)
                .map(|(_, value)| value.into())
                .collect();
            if let Some(known) = rows.insert(name.into(), values)
                && rows.get(name) != Some(&known)
            {
                return Err(fault(format!("`{name}` has two different rows of labels"))
                    .at_line(line)
                    .at_column(key_column as u64 + 1));
            }
        }
        let digest =
            digest.get().ok_or_else(|| fault("the labels were not read to the end".into()))?;
        let file = path.display().to_string();
        let subject = subject_column.map(place);
        Ok(LabelTable { key, file, digest, attributes, subject, rows: Arc::new(rows) })
    }

    /// Attribute names, each with the number by which [`Self::get`] knows it.
    pub(super) fn attributes(&self) -> &[(String, usize)] {
        &self.attributes
    }

    /// Whether the table says whose sample each sample is.
    pub(super) fn names_subjects(&self) -> bool {
        self.subject.is_some()
    }

    /// The person that a sample is of; empty where the table does not know.
    pub(super) fn subject(&self, sample: &str) -> &str {
        self.subject.map_or("", |place| self.get(sample, place))
    }

    /// One label; empty where there is none. Templates are found by the name of their sample.
    pub(super) fn get(&self, name: &str, place: usize) -> &str {
        let row = self.rows.get(name).or_else(|| self.rows.get(name.strip_suffix(".template")?));
        row.and_then(|row| row.get(place)).map_or("", |value| value)
    }
}
