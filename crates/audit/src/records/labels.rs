//! Labels of people or samples, kept in a separate file.
//!
//! Score files of several systems contain no attributes; the labels then come from the data set's
//! own list: a CSV with `subject_id` and one column per attribute, or with `sample_id` and, if the
//! score file does not name people, also `subject_id`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::source::RecordWarning;
use super::{table, words};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// What the first column of a label file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelKey {
    /// `subject_id`: a person.
    Subject,
    /// `sample_id`: a sample.
    Sample,
}

/// Where the fields of a row of labels are.
struct Columns {
    count: usize,
    sort: LabelKey,
    key: usize,
    /// Columns whose values are kept: all that have a name, except the key.
    kept: Vec<usize>,
    /// Attributes with their positions among the kept values.
    attributes: Vec<(String, usize)>,
    subject: Option<usize>,
}

impl Columns {
    /// `None` if no column names people or samples.
    fn new(header: &[&str]) -> Option<Self> {
        let find = |name: &str| header.iter().position(|column| *column == name);
        let (sort, key, subject) = match (find("sample_id"), find("subject_id")) {
            (Some(sample), subject) => (LabelKey::Sample, sample, subject),
            (None, Some(subject)) => (LabelKey::Subject, subject, None),
            (None, None) => return None,
        };
        let kept: Vec<usize> = (0..header.len())
            .filter(|&column| column != key && !header[column].is_empty())
            .collect();
        let place = |column: usize| kept.iter().position(|&kept| kept == column);
        let attributes = kept
            .iter()
            .enumerate()
            .filter(|(_, column)| Some(**column) != subject)
            .map(|(place, &column)| (header[column].to_owned(), place))
            .collect();
        let subject = subject.and_then(place);
        Some(Columns { count: header.len(), sort, key, kept, attributes, subject })
    }
}

/// Attribute values by person or by sample. Memory grows with their number, not with records.
#[derive(Debug, Clone)]
pub(super) struct LabelTable {
    pub(super) key: LabelKey,
    pub(super) file: String,
    pub(super) digest: Digest,
    /// Oddities in the file.
    pub(super) warnings: Vec<RecordWarning>,
    /// Attribute names with their positions in a row.
    attributes: Vec<(String, usize)>,
    /// The position of `subject_id` in a row of a table by sample.
    subject: Option<usize>,
    rows: Arc<HashMap<Box<str>, Vec<Box<str>>>>,
}

impl LabelTable {
    /// Reads a table with the column `subject_id` or `sample_id` and one column per attribute.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let fault = |message: String| {
            Error::new(ErrorKind::InvalidRecord, Stage::Record, message).in_path(path).next(
                "use a table with `subject_id` (or `sample_id`, optionally with `subject_id` too) \
                 and one column per attribute",
            )
        };
        let mut columns: Option<Columns> = None;
        let mut rows: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        let read = table::each_row(
            path,
            &["subject_id", "sample_id"],
            |_| true,
            |fields, line| {
                let Some(columns) = &columns else {
                    let header = Columns::new(fields).ok_or_else(|| {
                        fault("a column `subject_id` or `sample_id` is needed".into())
                    });
                    columns = Some(header.map_err(|error| error.at_line(line))?);
                    return Ok(());
                };
                if fields.len() != columns.count {
                    let message =
                        format!("{} fields, but there are {} columns", fields.len(), columns.count);
                    return Err(fault(message).at_line(line));
                }
                let name = fields[columns.key].trim();
                let values =
                    columns.kept.iter().map(|&column| fields[column].trim().into()).collect();
                if let Some(known) = rows.insert(name.into(), values)
                    && rows.get(name) != Some(&known)
                {
                    return Err(fault(format!(
                        "{} has two different rows of labels",
                        words::quoted(name)
                    ))
                    .at_line(line)
                    .at_column(columns.key as u64 + 1));
                }
                Ok(())
            },
        )?;
        let Some(columns) = columns else {
            return Err(fault("the label file is empty".into()));
        };
        Ok(LabelTable {
            key: columns.sort,
            file,
            digest: read.digest,
            warnings: read.warnings,
            attributes: columns.attributes,
            subject: columns.subject,
            rows: Arc::new(rows),
        })
    }

    /// Attribute names, each with the number under which [`Self::get`] knows it.
    pub(super) fn attributes(&self) -> &[(String, usize)] {
        &self.attributes
    }

    /// Whether the table says who each sample shows.
    pub(super) fn names_subjects(&self) -> bool {
        self.subject.is_some()
    }

    /// The person that a sample shows; empty if the table does not know.
    pub(super) fn subject(&self, sample: &str) -> &str {
        self.subject.map_or("", |place| self.get(sample, place))
    }

    /// One label; empty if there is none. Templates are found by the name of their sample.
    pub(super) fn get(&self, name: &str, place: usize) -> &str {
        let row = self.rows.get(name).or_else(|| self.rows.get(name.strip_suffix(".template")?));
        row.and_then(|row| row.get(place)).map_or("", |value| value)
    }
}
