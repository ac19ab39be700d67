//! `outcomes.csv`: the outcome of each photo of a manifest, without its template.

use std::collections::BTreeMap;

use super::run::Acquisitions;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::spreadsheet::write_row;

/// Name of the file beside the store.
pub const OUTCOMES_FILE: &str = "outcomes.csv";

const HEADER: [&str; 11] = [
    "line",
    "path",
    "subject_id",
    "sha256",
    "acquired",
    "failure_stage",
    "failure_code",
    "attempt",
    "faces",
    "detection_score",
    "inter_eye_distance",
];

/// One row per photo, in the order of the manifest; after the fixed columns one per measurement.
///
/// # Errors
/// When a row cannot be written, which does not happen in memory.
pub fn outcomes(manifest: &PeopleManifest, acquired: &Acquisitions) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let header = HEADER.into_iter().chain(acquired.measures.iter().map(String::as_str));
    write_row(&mut table, header).map_err(unwritten)?;
    for sample in &acquired.samples {
        let Some(entry) = manifest.entries.get(sample.entry) else { continue };
        fn text(value: Option<impl ToString>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        let failure = sample.failure.as_ref();
        let mut row = vec![
            entry.line.to_string(),
            entry.path.clone(),
            entry.subject.clone(),
            text(sample.sha256),
            u8::from(sample.acquired()).to_string(),
            text(failure.map(|failure| failure.stage.name())),
            text(failure.map(|failure| failure.code.as_str())),
            text(sample.attempt),
            text(sample.faces),
            text(sample.detection_score),
            text(sample.inter_eye_distance),
        ];
        row.extend(sample.measured.iter().map(|value| text(*value)));
        write_row(&mut table, &row).map_err(unwritten)?;
    }
    table.into_inner().map_err(|cause| unwritten(cause.into_error().into()))
}

/// The outcomes of a whole run from those of its shards, each with a name for messages: the rows
/// of all shards, sorted by their line in the manifest.
///
/// # Errors
/// Columns that differ from those of the first shard, and rows whose first field is not a line
/// number.
pub fn merge_outcomes(parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut header: Option<csv::StringRecord> = None;
    let mut rows: BTreeMap<u64, csv::StringRecord> = BTreeMap::new();
    for (name, bytes) in parts {
        let fault = |message: &str| {
            Error::new(ErrorKind::InvalidRecord, Stage::Template, message)
                .in_file(name.clone())
                .next("make the shard again: evenmatch embed --shard …")
        };
        let mut table = csv::Reader::from_reader(bytes.as_slice());
        let own = table
            .headers()
            .map_err(|cause| fault("this is not a table of outcomes").caused_by(cause))?;
        if header.get_or_insert_with(|| own.clone()) != own {
            return Err(fault("the columns differ from those of the other shards"));
        }
        for row in table.records() {
            let row =
                row.map_err(|cause| fault("this is not a table of outcomes").caused_by(cause))?;
            let line = row.get(0).and_then(|line| line.parse().ok());
            let line = line.ok_or_else(|| fault("a row does not give the line of its photo"))?;
            rows.insert(line, row);
        }
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in header.iter().chain(rows.values()) {
        table.write_record(row).map_err(unwritten)?;
    }
    table.into_inner().map_err(|cause| unwritten(cause.into_error().into()))
}

fn unwritten(cause: csv::Error) -> Error {
    Error::new(ErrorKind::Io, Stage::Template, "the outcomes could not be written").caused_by(cause)
}
