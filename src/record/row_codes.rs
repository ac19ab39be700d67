//! Codes for the names in a row: people, groups, failures and attack species.

use super::batch::{MANY, MISSING, MOST_VALUES, Mating};
use super::labels::LabelKey;
use super::layout::{AttributeColumns, GroupSource, Layout};
use super::row::RowParser;
use crate::{Error, Result};

/// More failures or species than this are a mistake.
const MOST_KINDS: usize = 65_000;
/// Rows without any identity that are read: each needs two people of its own.
const MOST_ANONYMOUS: u64 = 2_000_000;

impl RowParser<'_> {
    pub(super) fn no_subject(&self, subjects: (&str, &str), line: u64) -> Error {
        let (side, column) = if subjects.0.is_empty() {
            ("probe", self.layout.probe_subject.or(self.layout.probe_id))
        } else {
            ("reference", self.layout.reference_subject.or(self.layout.reference_id))
        };
        self.layout
            .fault(line, column.unwrap_or(0), format!("whose sample the {side} is, is not said"))
            .next("name the subject in the row (or in the labels); intervals rest on knowing the people")
    }

    /// Codes of the two people. Where the file names none, samples stand for people, and where
    /// it names no samples either, each row has people of its own.
    pub(super) fn subjects(
        &mut self,
        ids: (&str, &str),
        subjects: (&str, &str),
        mating: Mating,
        line: u64,
    ) -> Result<(u32, u32)> {
        let layout = self.layout;
        let table = &mut self.tables.subjects;
        if layout.names_subjects() {
            // A presentation attack detector's row has one person, or none.
            let complete = !subjects.0.is_empty() && !subjects.1.is_empty();
            if !complete && mating != Mating::Unstated {
                return Err(self.no_subject(subjects, line));
            }
            let probe = table.intern(subjects.0);
            return Ok((probe, table.intern(subjects.1)));
        }
        if layout.probe_id.is_some() {
            let probe = table.intern(if mating == Mating::Mated { ids.1 } else { ids.0 });
            let mut reference = table.intern(ids.1);
            if mating == Mating::NonMated && probe == reference {
                reference = table.intern(&format!("{} (reference)", ids.1));
            }
            return Ok((probe, reference));
        }
        if line > MOST_ANONYMOUS {
            return Err(layout
                .complaint(format!(
                    "more than {MOST_ANONYMOUS} rows name neither people nor samples"
                ))
                .at_line(line)
                .next("add the columns `probe_subject` and `reference_subject`"));
        }
        let probe = table.intern(&format!("row {line}"));
        if mating == Mating::Mated {
            return Ok((probe, probe));
        }
        Ok((probe, table.intern(&format!("row {line}, reference"))))
    }

    /// The code of a label. A column with a value for nearly every row (a date, a file name) must
    /// not end the reading: whoever makes groups of it leaves it out.
    pub(super) fn group_code(&mut self, attribute: usize, name: &str) -> u16 {
        if name.is_empty() {
            return MISSING;
        }
        let code = self.tables.groups[attribute].intern_up_to(name, MOST_VALUES);
        code.map_or(MANY, |code| code as u16)
    }

    pub(super) fn code_from_one(&mut self, failure: bool, name: &str, line: u64) -> Result<u16> {
        let table = if failure { &mut self.tables.failures } else { &mut self.tables.species };
        let code = table.intern(name);
        if (code as usize) < MOST_KINDS {
            return Ok(code as u16 + 1);
        }
        let (column, what) = if failure {
            (self.layout.failure, "failures")
        } else {
            (self.layout.species, "attack species")
        };
        Err(self
            .layout
            .fault(line, column.unwrap_or(0), format!("more than {MOST_KINDS} kinds of {what}"))
            .next("use a short list of names"))
    }
}

/// The label of one side; empty where there is none.
pub(super) fn group<'t>(
    layout: &'t Layout,
    columns: &'t AttributeColumns,
    source: GroupSource,
    fields: &[&'t str],
    subject: &str,
    sample: &str,
) -> &'t str {
    let text = match (source, &layout.labels) {
        (GroupSource::Column(column), _) => fields[column].trim_ascii(),
        (GroupSource::Label(label), Some(labels)) => match labels.key {
            LabelKey::Subject => labels.get(subject, label),
            LabelKey::Sample => labels.get(sample, label),
        },
        _ => "",
    };
    match &columns.bins {
        Some(bins) if !text.is_empty() => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => bins.name(number),
            _ => text,
        },
        _ => text,
    }
}
