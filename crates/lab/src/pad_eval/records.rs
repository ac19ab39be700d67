//! The outcomes of presentations as comparison records, and as a list of reasons.

use super::presenter::{Presented, Word};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_audit::records::{BONA_FIDE, PresentationEntry, PresentationManifest};
use evenmatch_core::spreadsheet::write_row;

/// Columns of comparison records before the attributes.
const RECORDS: [&str; 10] = [
    "probe_id",
    "reference_id",
    "probe_subject",
    "reference_subject",
    "mated",
    "score",
    "failure",
    "attack_species",
    "pad_outcome",
    "pad_score",
];

const OUTCOMES: [&str; 9] = [
    "line",
    "path",
    "subject_id",
    "species",
    "pad_outcome",
    "pad_score",
    "reasons",
    "failure",
    "score",
];

/// Comparison records in the native columns, one per presentation in the manifest's order, which
/// `evenmatch audit --records` reads.
///
/// A bona fide presentation with a reference is a mated pair. Attacks, and presentations without a
/// reference, leave `mated` empty. A presentation without a reference has no `reference_id` either,
/// so its failure does not count as a rejected transaction.
///
/// # Errors
/// When a row cannot be written, which does not happen in memory.
pub fn records(manifest: &PresentationManifest, presented: &[Presented]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let sides = ["probe", "reference"];
    let attributes =
        manifest.attributes.iter().flat_map(|name| sides.map(|side| format!("{side}_{name}")));
    let header = RECORDS.into_iter().map(str::to_owned).chain(attributes);
    write_row(&mut table, header).map_err(unwritten)?;
    for (entry, presented) in manifest.entries.iter().zip(presented) {
        let claimed = entry.reference.is_some();
        let when = |condition: bool, text: &str| {
            if condition { text.to_owned() } else { String::new() }
        };
        let mut row = vec![
            entry.path.clone(),
            entry.reference.clone().unwrap_or_default(),
            entry.subject.clone(),
            when(claimed, &entry.subject),
            when(claimed && entry.species.is_none(), "1"),
            number(presented.score),
            presented.failure.clone().unwrap_or_default(),
            entry.species.clone().unwrap_or_default(),
            Word::of(presented.outcome).text().to_owned(),
            number(presented.pad_score),
        ];
        for value in &entry.values {
            let value = value.as_deref().unwrap_or_default();
            row.extend([value.to_owned(), when(claimed, value)]);
        }
        write_row(&mut table, &row).map_err(unwritten)?;
    }
    finished(table)
}

/// The outcome of each presentation with its reasons, one per row in the manifest's order; reasons
/// are separated by semicolons.
///
/// # Errors
/// When a row cannot be written, which does not happen in memory.
pub fn outcomes(manifest: &PresentationManifest, presented: &[Presented]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    write_row(&mut table, OUTCOMES).map_err(unwritten)?;
    for (entry, presented) in manifest.entries.iter().zip(presented) {
        let PresentationEntry { line, path, subject, species, .. } = entry;
        write_row(
            &mut table,
            [
                if *line > 0 { line.to_string() } else { String::new() },
                path.clone(),
                subject.clone(),
                species.clone().unwrap_or_else(|| BONA_FIDE.to_owned()),
                Word::of(presented.outcome).text().to_owned(),
                number(presented.pad_score),
                presented.reasons.join(";"),
                presented.failure.clone().unwrap_or_default(),
                number(presented.score),
            ],
        )
        .map_err(unwritten)?;
    }
    finished(table)
}

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn finished(table: csv::Writer<Vec<u8>>) -> Result<Vec<u8>> {
    table.into_inner().map_err(|cause| unwritten(cause.into_error().into()))
}

fn unwritten(cause: csv::Error) -> Error {
    Error::new(ErrorKind::Io, Stage::Audit, "the records could not be written").caused_by(cause)
}
