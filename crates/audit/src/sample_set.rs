//! Labelled samples; every pair of them is audited.

use std::collections::{HashMap, HashSet};

use super::intake::Intake;
use super::personas::Personas;
use super::row_cache::{Row, RowCacheWriter};
use crate::Result;
use crate::records::{
    Dictionary, Failure, InputDigest, MANY, MISSING, MOST_VALUES, Mating, PadOutcome,
    RecordWarning, ScanSummary, Split, Symbols,
};
use evenmatch_scores::crossmatch::{CrossMatch, ScoredPair};

/// One sample of a labelled set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledSample {
    /// The person it shows.
    pub subject: String,
    /// One value per attribute; `None` if it is unknown.
    pub values: Vec<Option<String>>,
    /// Why there is no template; `None` if there is one.
    pub failure: Option<Failure>,
    /// The attempt at which the face was found, 1-based; 0 if not recorded.
    pub attempt: u8,
}

/// Labelled samples, with the templates of those that were acquired.
#[derive(Debug, Clone, Default)]
pub struct SampleSet {
    /// Attribute names.
    pub attributes: Vec<String>,
    /// The attributes among them whose values were measured from the samples themselves.
    pub measured: Vec<String>,
    /// All samples, including those without a template.
    pub samples: Vec<LabelledSample>,
    /// Features of a template.
    pub dimension: usize,
    /// Templates of unit length, row by row: one for each sample without a failure, in order.
    pub templates: Vec<f32>,
    /// What each template adds to its scores, in the order of the templates; empty if scores are
    /// plain cosines.
    pub offsets: Vec<f32>,
    /// Pairs of samples of one subject (lower index first) that are known to show two people:
    /// left out of the mated comparisons.
    pub not_mated: HashSet<(u32, u32)>,
    /// Where the samples come from.
    pub inputs: Vec<InputDigest>,
    /// Oddities found in them.
    pub warnings: Vec<RecordWarning>,
}

/// A set in codes, ready for comparison.
pub(super) struct Coded {
    pub(super) intake: Intake,
    pub(super) matrix: CrossMatch,
    /// By sample.
    pub(super) persona: Vec<u32>,
    pub(super) failure: Vec<u16>,
    /// Sample of each row of the matrix.
    pub(super) sample_of_row: Vec<u32>,
}

impl SampleSet {
    /// Codes the labels, compares every mated pair, and keeps these pairs as rows.
    pub(super) fn code(&self) -> Result<Coded> {
        let mut order: Vec<usize> = (0..self.attributes.len()).collect();
        order.sort_by(|&a, &b| self.attributes[a].cmp(&self.attributes[b]));
        let mut names = Dictionary {
            attributes: order.iter().map(|&a| self.attributes[a].clone()).collect(),
            groups: vec![Symbols::default(); order.len()],
            ..Dictionary::default()
        };
        let mut personas = Personas::new(order.len());
        let mut columns: Vec<Vec<u16>> = vec![vec![MISSING]; order.len()];
        let mut coded = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (persona, subject, failure, sample_of_row) =
            (&mut coded.0, &mut coded.1, &mut coded.2, &mut coded.3);
        for (index, sample) in self.samples.iter().enumerate() {
            for (place, &attribute) in order.iter().enumerate() {
                let value = sample.values.get(attribute).and_then(Option::as_deref);
                columns[place][0] = match value {
                    Some(value) => names.groups[place]
                        .intern_up_to(value, MOST_VALUES)
                        .map_or(MANY, |code| code as u16),
                    None => MISSING,
                };
            }
            let of = names.subjects.intern(&sample.subject);
            subject.push(of);
            persona.push(personas.intern(of, &columns, 0));
            failure.push(match &sample.failure {
                None => {
                    sample_of_row.push(index as u32);
                    0
                }
                Some(failure) => {
                    let known = names.failures.iter().position(|f| f == failure);
                    let code = known.unwrap_or_else(|| {
                        names.failures.push(failure.clone());
                        names.failures.len() - 1
                    });
                    code as u16 + 1
                }
            });
        }
        let (persona, subject, failure, sample_of_row) = coded;
        let rows: Vec<u32> = sample_of_row.iter().map(|&s| subject[s as usize]).collect();
        let classes = vec![0; rows.len()];
        let matrix = self.matrix(rows, classes)?;
        let cache = self.mated_rows(&matrix, &persona, &subject, &failure, &sample_of_row)?;
        let summary = ScanSummary {
            inputs: self.inputs.clone(),
            warnings: self.warnings.clone(),
            lower_is_more_similar: false,
            anonymous: false,
        };
        let intake = Intake::of_rows(cache, personas, names, summary)?;
        Ok(Coded { intake, matrix, persona, failure, sample_of_row })
    }

    /// A code for each sample's subject, in order of first mention.
    pub fn subject_codes(&self) -> Vec<u32> {
        let mut codes: HashMap<&str, u32> = HashMap::new();
        self.samples
            .iter()
            .map(|sample| {
                let next = codes.len() as u32;
                *codes.entry(&sample.subject).or_insert(next)
            })
            .collect()
    }

    /// Which samples have a template, in order: the rows of its matrix.
    pub fn acquired(&self) -> Vec<u32> {
        let all = 0..self.samples.len() as u32;
        all.filter(|sample| self.samples[*sample as usize].failure.is_none()).collect()
    }

    /// The set's templates, ready to be compared, all of one class.
    ///
    /// # Errors
    ///
    /// The templates do not fit together: as for [`CrossMatch::new`].
    pub fn undivided(&self) -> Result<CrossMatch> {
        let codes = self.subject_codes();
        let rows: Vec<u32> = self.acquired().iter().map(|&s| codes[s as usize]).collect();
        let classes = vec![0; rows.len()];
        self.matrix(rows, classes)
    }

    /// The set's templates, ready for comparison.
    pub(super) fn matrix(&self, subjects: Vec<u32>, classes: Vec<u16>) -> Result<CrossMatch> {
        let matrix = CrossMatch::new(self.dimension, self.templates.clone(), subjects, classes)?;
        if self.offsets.is_empty() { Ok(matrix) } else { matrix.with_offsets(&self.offsets) }
    }

    /// Every pair of samples of one subject: the later sample is the probe.
    fn mated_rows(
        &self,
        matrix: &CrossMatch,
        persona: &[u32],
        subject: &[u32],
        failure: &[u16],
        sample_of_row: &[u32],
    ) -> Result<RowCacheWriter> {
        let mut cache = RowCacheWriter::new(false);
        let row = |reference: u32, probe: u32, score: f64, failure: u16| Row {
            score,
            probe: persona[probe as usize],
            reference: persona[reference as usize],
            failure,
            species: 0,
            mating: Mating::Mated,
            split: Split::None,
            pad_outcome: PadOutcome::NotChecked,
            attempt: self.samples[probe as usize].attempt,
            pad_score: f64::NAN,
        };
        for ScoredPair { a, b, score } in matrix.mated(evenmatch_scores::crossmatch::Shard::whole())
        {
            let (a, b) = (sample_of_row[a as usize], sample_of_row[b as usize]);
            if !self.not_mated.contains(&(a, b)) {
                cache.push(&row(a, b, score.into(), 0))?;
            }
        }
        let mut order: Vec<u32> = (0..subject.len() as u32).collect();
        order.sort_by_key(|&sample| subject[sample as usize]);
        for own in order.chunk_by(|&a, &b| subject[a as usize] == subject[b as usize]) {
            for (place, &a) in own.iter().enumerate() {
                for &b in &own[place + 1..] {
                    // A probe that failed explains the transaction before its reference does.
                    let code = Some(failure[b as usize]).filter(|code| *code > 0);
                    let code = code.unwrap_or(failure[a as usize]);
                    if code > 0 && !self.not_mated.contains(&(a, b)) {
                        cache.push(&row(a, b, f64::NAN, code))?;
                    }
                }
            }
        }
        Ok(cache)
    }
}
