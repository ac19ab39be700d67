//! Codes for the names in a row: people, groups, failures and attack species.

use super::batch::{MANY, MISSING, MOST_VALUES, Mating};
use super::label_rules::{Odd, is_impossible, trimmed};
use super::labels::LabelKey;
use super::layout::{AttributeColumns, GroupSource, Layout};
use super::parsed::Tables;
use super::symbol_table::SymbolTable;
use super::words;
use crate::{Error, Result};
use evenmatch_core::spreadsheet::original;

/// More failures or species than this are taken for a mistake.
const MOST_KINDS: usize = 65_000;
/// Rows without any identity that are read: each needs two separate people.
const MOST_ANONYMOUS: u64 = 2_000_000;

/// The error of a row that does not say who is on one of its sides.
pub(super) fn no_subject(layout: &Layout, subjects: (&str, &str), line: u64) -> Error {
    let (side, column) = if subjects.0.is_empty() {
        ("probe", layout.probe_subject.or(layout.probe_id))
    } else {
        ("reference", layout.reference_subject.or(layout.reference_id))
    };
    layout
        .fault(
            line,
            column.unwrap_or(0),
            format!("the row does not say whose sample the {side} is"),
        )
        .next(
            "name the subject in the row (or in the labels); intervals depend on knowing the \
             people",
        )
}

/// Codes of the two people. If the file does not name any, samples stand for people, and if it
/// does not name samples either, each row has people of its own.
pub(super) fn subjects(
    layout: &Layout,
    table: &mut SymbolTable,
    ids: (&str, &str),
    subjects: (&str, &str),
    mating: Mating,
    line: u64,
) -> Result<(u32, u32)> {
    if layout.names_subjects() {
        // A presentation attack detector's row has one person, or none.
        let complete = !subjects.0.is_empty() && !subjects.1.is_empty();
        if !complete && mating != Mating::Unstated {
            return Err(no_subject(layout, subjects, line));
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
            .complaint(format!("more than {MOST_ANONYMOUS} rows name neither people nor samples"))
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
/// not stop the reading: whatever makes groups from it leaves it out.
pub(super) fn group_code(
    table: &mut SymbolTable,
    odd: &mut Odd,
    label: Label<'_>,
    line: u64,
) -> u16 {
    let name = match label {
        Label::Group(name) => name,
        Label::Empty => return MISSING,
        Label::Word(word) => {
            odd.missing.note(word, line);
            return MISSING;
        }
        Label::Impossible(number) => {
            odd.impossible.note(number, line);
            return MISSING;
        }
    };
    let code = table.intern_up_to(name, MOST_VALUES);
    code.map_or(MANY, |code| code as u16)
}

/// The code of a failure or of an attack species, from 1.
pub(super) fn code_from_one(
    layout: &Layout,
    tables: &mut Tables,
    failure: bool,
    name: &str,
    line: u64,
) -> Result<u16> {
    let table = if failure { &mut tables.failures } else { &mut tables.species };
    let code = table.intern(name);
    if (code as usize) < MOST_KINDS {
        return Ok(code as u16 + 1);
    }
    let (column, what) =
        if failure { (layout.failure, "failures") } else { (layout.species, "attack species") };
    Err(layout
        .fault(line, column.unwrap_or(0), format!("more than {MOST_KINDS} kinds of {what}"))
        .next("use a short list of names"))
}

/// What a label field contains.
#[derive(Clone, Copy)]
pub(super) enum Label<'t> {
    Group(&'t str),
    Empty,
    /// A word for an unknown label.
    Word(&'t str),
    /// An impossible number.
    Impossible(&'t str),
}

/// The label of one side.
pub(super) fn group<'t>(
    layout: &'t Layout,
    columns: &'t AttributeColumns,
    source: GroupSource,
    fields: &[&'t str],
    subject: &str,
    sample: &str,
) -> Label<'t> {
    let text = match (source, &layout.labels) {
        (GroupSource::Column(column), _) => original(fields[column].trim_ascii()),
        (GroupSource::Label(label), Some(labels)) => match labels.key {
            LabelKey::Subject => labels.get(subject, label),
            LabelKey::Sample => labels.get(sample, label),
        },
        _ => "",
    };
    let text = trimmed(text);
    if text.is_empty() {
        return Label::Empty;
    }
    if layout.rules.is_missing(text) {
        return Label::Word(text);
    }
    if columns.bins.is_none() && columns.possible.is_none() {
        return Label::Group(text);
    }
    let number = match text.parse::<f64>() {
        Ok(number) => Some(number),
        Err(_) if layout.decimal_comma => words::decimal_comma(text),
        Err(_) => None,
    };
    match (number.filter(|number| number.is_finite()), &columns.bins) {
        (Some(number), _) if is_impossible(columns.possible, number) => Label::Impossible(text),
        (Some(number), Some(bins)) => Label::Group(bins.name(number)),
        _ => Label::Group(text),
    }
}
