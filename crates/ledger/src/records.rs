//! Converts decisions to comparison records, so that they can be audited.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::Serialize;

use super::decision::{AppealState, DecisionEntry};
use super::entry::EntryKind;
use super::read::LedgerFiles;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::{
    record::{LivenessOutcome, ReasonStage},
    spreadsheet::write_row,
};

/// How to decide whether a claim was true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// By the reviewer's finding in an appeal; other decisions are left out.
    #[default]
    Resolved,
    /// By that finding or, without one, by the claim itself: everybody counts as who they say they
    /// are. Undetected impostors then count as errors of the system, and its false matches do not
    /// show at all.
    Claimed,
}

/// A summary of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordsSummary {
    /// The format of this summary.
    pub schema: &'static str,
    /// How the truth of claims was decided.
    pub truth: Truth,
    /// Decisions in the ledger, from the first requested entry on.
    pub decisions: u64,
    /// Records that were written.
    pub records: u64,
    /// Of these, claims that a reviewer found true or false.
    pub resolved: u64,
    /// Decisions that were left out because it is not known whether the claim was true.
    pub unknown: u64,
}

/// Names of columns after the fixed ones, which no attribute may have.
const RESERVED: [&str; 5] = ["id", "subject", "attempt", "appeal", "disposition"];

fn word<T: Serialize>(value: &T) -> String {
    // A unit variant serialises as text.
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The code of the failure to acquire: the probe's, or otherwise the reference's.
fn failure(decision: &DecisionEntry) -> String {
    let record = &decision.record;
    let decisive = || record.reasons.iter().filter(|reason| reason.decisive);
    let of_probe = decisive()
        .find(|reason| reason.subject == Some(evenmatch_core::record::ReasonSubject::Probe));
    let side = if of_probe.is_some() { "" } else { "reference_" };
    match of_probe.or_else(|| decisive().next()) {
        Some(reason) => {
            let stage: ReasonStage = reason.code.stage();
            format!("{}:{side}{}", word(&stage), reason.code)
        }
        None => "other:unknown".to_owned(),
    }
}

impl LedgerFiles {
    /// Writes a comparison record for each decision from entry `from` on, in the columns that
    /// `evenmatch audit --records` reads. Besides the attributes stated at enrolment it adds
    /// `probe_appeal` (`none`, `open`, `under_review`, `upheld`, `overturned`) and
    /// `probe_disposition` as attributes.
    ///
    /// # Errors
    ///
    /// A file cannot be read, `out` cannot be written, or the decisions were made with different
    /// models or normalisers, so that their scores are on different scales.
    pub fn records(&self, truth: Truth, from: u64, out: impl Write) -> Result<RecordsSummary> {
        let appeals = self.appeals()?;
        let mut attributes = BTreeSet::new();
        let mut scales: BTreeMap<String, u64> = BTreeMap::new();
        let mut checked = false;
        // The columns have to be known before the first row, so the ledger is read twice.
        self.each(|entry| {
            if entry.kind == EntryKind::Decision && entry.sequence >= from {
                let decision: DecisionEntry = entry.read()?;
                attributes.extend(decision.attributes.into_keys());
                checked |= decision.record.liveness.outcome != LivenessOutcome::NotChecked;
                let models = decision.record.models.iter();
                let scale = models
                    .filter(|model| model.role == "embedder")
                    .map(|model| model.sha256.to_string())
                    .chain(decision.record.operating_point.normaliser.map(|n| n.to_string()));
                scales.entry(scale.collect::<Vec<_>>().join(" ")).or_insert(entry.sequence);
            }
            Ok(true)
        })?;
        if scales.len() > 1 {
            let mut begins: Vec<u64> = scales.into_values().collect();
            begins.sort_unstable();
            let message = format!(
                "the decisions have scores on {} scales (models or normalisers were changed); the \
                 last scale starts at entry {}",
                begins.len(),
                begins[begins.len() - 1]
            );
            return Err(Error::new(ErrorKind::ModelMismatch, Stage::Ledger, message)
                .next(format!("audit them separately: --from {}", begins[begins.len() - 1])));
        }
        if let Some(name) = attributes.iter().find(|name| RESERVED.contains(&name.as_str())) {
            let message = format!("an attribute cannot be named `{name}`");
            return Err(Error::new(ErrorKind::InvalidRecord, Stage::Ledger, message)
                .next(format!("use another name, for example {name}_of_person")));
        }

        let fault = |cause: csv::Error| {
            Error::new(ErrorKind::Io, Stage::Ledger, "the records could not be written")
                .caused_by(cause)
        };
        let mut table = csv::Writer::from_writer(out);
        let fixed = ["probe_id", "reference_id", "probe_subject", "reference_subject", "mated"];
        let header = fixed.into_iter().chain(["score", "failure"]).map(str::to_owned);
        let pad = checked.then(|| "pad_outcome".to_owned());
        let sides = ["probe", "reference"];
        let stated = attributes.iter().flat_map(|name| sides.map(|side| format!("{side}_{name}")));
        let ours = ["probe_appeal", "probe_disposition"].map(str::to_owned);
        write_row(&mut table, header.chain(pad).chain(ours).chain(stated)).map_err(fault)?;

        let mut summary = RecordsSummary {
            schema: "evenmatch.ledger.records/1",
            truth,
            decisions: 0,
            records: 0,
            resolved: 0,
            unknown: 0,
        };
        self.each(|entry| {
            if entry.kind != EntryKind::Decision || entry.sequence < from {
                return Ok(true);
            }
            summary.decisions += 1;
            let appeal = appeals.get(&entry.sequence);
            let resolution = appeal.and_then(|appeal| appeal.resolution.as_ref());
            let found = resolution.and_then(|resolution| resolution.same_person);
            let mated = match (found, truth) {
                (Some(found), _) => found,
                (None, Truth::Claimed) => true,
                (None, Truth::Resolved) => {
                    summary.unknown += 1;
                    return Ok(true);
                }
            };
            summary.resolved += u64::from(found.is_some());
            summary.records += 1;
            let decision: DecisionEntry = entry.read()?;
            let record = &decision.record;
            let digest = |sample: &evenmatch_core::record::SampleRecord| {
                sample.sha256.map(|d| d.to_string())
            };
            let reference = decision
                .subject
                .clone()
                .or_else(|| digest(&record.reference))
                .unwrap_or_else(|| format!("entry-{}", entry.sequence));
            let version = decision.enrolment.map_or_else(String::new, |v| format!("/{v}"));
            let probe = match mated {
                true => reference.clone(),
                false => format!("somebody-else-{}", entry.sequence),
            };
            let score = record.score.map(|score| score.to_string()).unwrap_or_default();
            let failure = if record.score.is_none() { failure(&decision) } else { String::new() };
            let fields = [
                // The same photo may be used again; each transaction counts.
                format!("entry-{}", entry.sequence),
                format!("{reference}{version}"),
                probe,
                reference,
                u8::from(mated).to_string(),
                score,
                failure,
            ];
            let pad = checked.then(|| word(&record.liveness.outcome));
            let appeal = appeal.map_or(AppealState::None, |appeal| appeal.state);
            let ours = [word(&appeal), word(&decision.disposition)];
            let stated = attributes.iter().flat_map(|name| {
                let value = decision.attributes.get(name).cloned().unwrap_or_default();
                // Nothing was stated about anybody other than the enrolled person.
                [if mated { value.clone() } else { String::new() }, value]
            });
            write_row(&mut table, fields.into_iter().chain(pad).chain(ours).chain(stated))
                .map_err(fault)?;
            Ok(true)
        })?;
        table.flush().map_err(|cause| fault(cause.into()))?;
        Ok(summary)
    }
}
