//! Comparison records from pairs of acquired photos.

use std::io::{self, Write};

use super::run::Acquisitions;
use super::sample::AcquiredSample;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch::{Probe, Reference, Role, Template, compare};
use evenmatch_audit::records::PairList;
use evenmatch_core::spreadsheet::write_row;

/// The outcome of one pair.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedPair {
    /// Cosine similarity, −1 to 1; `None` where nothing could be compared.
    pub score: Option<f32>,
    /// Why nothing could be compared: the probe's failure, such as `detect:no_face_found`, or else
    /// the reference's, such as `detect:reference_no_face_found`.
    pub failure: Option<String>,
    /// The attempt at which the probe's face was first found, 1-based.
    pub probe_attempt: Option<u8>,
}

/// Compares the pairs of a list, in its order. All its photos were acquired as one manifest.
///
/// # Errors
/// When the acquisitions belong to another list.
pub fn compare_pairs(list: &PairList, acquired: &Acquisitions) -> Result<Vec<ComparedPair>> {
    if acquired.samples.len() != list.photos.entries.len() {
        let message = "the acquired photos are not those of the list of pairs";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
            .next("acquire all photos of `PairList::photos`"));
    }
    fn templates<R: Role>(acquired: &Acquisitions) -> Vec<Option<Template<R>>> {
        let model = &acquired.embedder;
        acquired.samples.iter().map(|sample| sample.template(model, acquired.templates)).collect()
    }
    let probes = templates::<Probe>(acquired);
    let references = templates::<Reference>(acquired);
    let one = |pair: &evenmatch_audit::records::Pair| {
        let of = |photo: usize| &acquired.samples[photo];
        let score = match (&probes[pair.probe], &references[pair.reference]) {
            (Some(probe), Some(reference)) => Some(compare(probe, reference)?.value()),
            _ => None,
        };
        Ok(ComparedPair {
            score,
            failure: score.is_none().then(|| failure(of(pair.probe), of(pair.reference))),
            probe_attempt: of(pair.probe).attempt,
        })
    };
    list.pairs.iter().map(one).collect()
}

fn failure(probe: &AcquiredSample, reference: &AcquiredSample) -> String {
    match (&probe.failure, &reference.failure) {
        (Some(failure), _) => failure.to_string(),
        (None, Some(failure)) => format!("{}:reference_{}", failure.stage.name(), failure.code),
        (None, None) => "other:unknown".to_owned(),
    }
}

/// Writes comparison records in the native columns, which `evenmatch audit --records` reads:
/// `probe_id,reference_id`, the list's other columns, `mated` where the list has it, and
/// `score,failure,probe_attempt`.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_records(
    list: &PairList,
    compared: &[ComparedPair],
    out: impl Write,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let mated = list.states_mated.then_some("mated");
    let header = ["probe_id", "reference_id"]
        .into_iter()
        .chain(list.columns.iter().map(String::as_str))
        .chain(mated)
        .chain(["score", "failure", "probe_attempt"]);
    write_row(&mut table, header)?;
    let path = |photo: usize| list.photos.entries[photo].path.as_str();
    for (pair, compared) in list.pairs.iter().zip(compared) {
        let mated = mated.map(|_| match pair.mated {
            Some(true) => "1",
            Some(false) => "0",
            None => "",
        });
        let score = compared.score.map(|score| score.to_string()).unwrap_or_default();
        let attempt = compared.probe_attempt.map(|n| n.to_string()).unwrap_or_default();
        let row = [path(pair.probe), path(pair.reference)]
            .into_iter()
            .chain(pair.carried.iter().map(String::as_str))
            .chain(mated)
            .chain([score.as_str(), compared.failure.as_deref().unwrap_or(""), attempt.as_str()]);
        write_row(&mut table, row)?;
    }
    table.flush()
}
