//! Records in memory, for tests of the audit.
#![allow(dead_code)]

use evenmatch_audit::{
    Estimate,
    records::{
        Dictionary, Failure, FailureStage, MISSING, Mating, PadOutcome, RecordBatch, RecordSource,
        ScanSummary, Split, Symbols,
    },
};

/// One record.
#[derive(Debug, Clone)]
pub struct Row {
    pub probe: String,
    pub reference: String,
    pub score: Option<f64>,
    pub failure: Option<(&'static str, FailureStage)>,
    pub probe_labels: Vec<String>,
    pub reference_labels: Vec<String>,
    pub split: Split,
    pub species: Option<&'static str>,
    pub pad: PadOutcome,
    pub pad_score: f64,
    pub attempt: u8,
}

impl Row {
    /// A compared pair; mated if the names are equal.
    pub fn new(probe: &str, reference: &str, score: f64) -> Self {
        Row {
            probe: probe.to_owned(),
            reference: reference.to_owned(),
            score: Some(score),
            failure: None,
            probe_labels: Vec::new(),
            reference_labels: Vec::new(),
            split: Split::None,
            species: None,
            pad: PadOutcome::NotChecked,
            pad_score: f64::NAN,
            attempt: 0,
        }
    }

    pub fn failed(mut self, name: &'static str, stage: FailureStage) -> Self {
        self.score = None;
        self.failure = Some((name, stage));
        self
    }

    /// One label an attribute; an empty one is missing.
    pub fn labels(mut self, probe: &[&str], reference: &[&str]) -> Self {
        self.probe_labels = probe.iter().map(|l| (*l).to_owned()).collect();
        self.reference_labels = reference.iter().map(|l| (*l).to_owned()).collect();
        self
    }
}

/// A source of rows.
#[derive(Debug, Clone)]
pub struct Records {
    pub attributes: Vec<String>,
    pub rows: Vec<Row>,
    /// Rows a batch.
    pub batch: usize,
}

impl Records {
    pub fn new(attributes: &[&str]) -> Self {
        let attributes = attributes.iter().map(|a| (*a).to_owned()).collect();
        Records { attributes, rows: Vec::new(), batch: 1000 }
    }

    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }
}

impl RecordSource for Records {
    fn scan(
        &mut self,
        names: &mut Dictionary,
        sink: &mut dyn FnMut(&Dictionary, &RecordBatch) -> evenmatch_core::Result<()>,
    ) -> evenmatch_core::Result<ScanSummary> {
        names.attributes = self.attributes.clone();
        names.groups = vec![Symbols::default(); self.attributes.len()];
        for rows in self.rows.chunks(self.batch.max(1)) {
            let mut batch = RecordBatch::new(self.attributes.len());
            for row in rows {
                batch.probe_subject.push(names.subjects.intern(&row.probe));
                batch.reference_subject.push(names.subjects.intern(&row.reference));
                let mated = row.probe == row.reference;
                batch.mating.push(if mated { Mating::Mated } else { Mating::NonMated });
                batch.score.push(row.score.unwrap_or(f64::NAN));
                batch.failure.push(row.failure.map_or(0, |(name, stage)| {
                    let failure = Failure { name: name.to_owned(), stage };
                    let found = names.failures.iter().position(|f| *f == failure);
                    let place = found.unwrap_or_else(|| {
                        names.failures.push(failure);
                        names.failures.len() - 1
                    });
                    place as u16 + 1
                }));
                batch.split.push(row.split);
                for (a, groups) in names.groups.iter_mut().enumerate() {
                    let mut code = |labels: &[String]| match labels.get(a).map(String::as_str) {
                        None | Some("") => MISSING,
                        Some(label) => groups.intern(label) as u16,
                    };
                    batch.probe_group[a].push(code(&row.probe_labels));
                    batch.reference_group[a].push(code(&row.reference_labels));
                }
                batch.attempt.push(row.attempt);
                let species = row.species.map_or(0, |s| names.species.intern(s) as u16 + 1);
                batch.species.push(species);
                batch.pad_outcome.push(row.pad);
                batch.pad_score.push(row.pad_score);
            }
            sink(names, &batch)?;
        }
        Ok(ScanSummary::default())
    }
}

/// Value, low and high.
pub fn estimate(estimate: Option<Estimate>) -> (f64, f64, f64) {
    let e = estimate.expect("there is an estimate");
    (e.value, e.low.expect("low"), e.high.expect("high"))
}

pub use evenmatch_testkit::Random;
