//! Comparison records in columns: what a reader hands over and an audit consumes.

/// The attribute code of a row whose label is missing.
pub const MISSING: u16 = u16::MAX;
/// The attribute code of every value beyond the first [`MOST_VALUES`] of its attribute.
pub const MANY: u16 = MISSING - 1;
/// The most distinct values of one attribute. A column with more is a name, a date or a number, and
/// the memory for its values must not grow with the file.
pub const MOST_VALUES: usize = 20_000;

/// What is known about the two people of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Mating {
    /// Two different people.
    #[default]
    NonMated = 0,
    /// The same person twice.
    Mated = 1,
    /// No comparison was intended: a row of a presentation attack detector only.
    Unstated = 2,
}

/// Which half of the data a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Split {
    /// There is no `split` column, or its field is empty.
    #[default]
    None = 0,
    /// Thresholds are chosen on these rows (`tune`).
    Tune = 1,
    /// Rates are reported on these rows (`report`).
    Report = 2,
}

/// What presentation attack detection said about the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum PadOutcome {
    /// It was not run, or the field is empty.
    #[default]
    NotChecked = 0,
    /// Classified as bona fide (`pass`, `bona_fide`).
    Pass = 1,
    /// Classified as an attack (`fail`, `attack`).
    Fail = 2,
    /// It gave no answer (`inconclusive`, `non_response`).
    NonResponse = 3,
}

/// The stage at which a transaction ended before two templates could be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureStage {
    /// The file could not be decoded.
    Decode,
    /// No face was found.
    Detect,
    /// An elective refusal: the quality gate.
    Quality,
    /// An elective refusal: presentation attack detection.
    Liveness,
    /// Any other failure; the name says which.
    Other,
}

impl FailureStage {
    /// All stages, in the order of processing.
    pub const ALL: [FailureStage; 5] = [
        FailureStage::Decode,
        FailureStage::Detect,
        FailureStage::Quality,
        FailureStage::Liveness,
        FailureStage::Other,
    ];

    /// The stage's name in files.
    pub fn name(self) -> &'static str {
        match self {
            FailureStage::Decode => "decode",
            FailureStage::Detect => "detect",
            FailureStage::Quality => "quality",
            FailureStage::Liveness => "liveness",
            FailureStage::Other => "other",
        }
    }
}

/// One value of the `failure` column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failure {
    /// The field's text, as written.
    pub name: String,
    /// The stage, from the text before the first `:` or from well-known words.
    pub stage: FailureStage,
}

/// Rows of a record file, one vector per column; all vectors in use have [`Self::len`] elements. A
/// reader clears and refills one batch, so that memory does not grow with rows.
///
/// Codes refer to the [`Dictionary`](super::Dictionary) filled by the same scan.
#[derive(Debug, Clone, Default)]
pub struct RecordBatch {
    /// Subject of the probe.
    pub probe_subject: Vec<u32>,
    /// Subject of the reference; equal to the probe's if and only if the row is mated.
    pub reference_subject: Vec<u32>,
    /// Ground truth.
    pub mating: Vec<Mating>,
    /// Comparison score, higher is more similar, finite; NaN if nothing was compared.
    pub score: Vec<f64>,
    /// 0, or 1 + index into [`Dictionary::failures`](super::Dictionary::failures). A row has a
    /// failure if and only if its score is NaN, except rows with [`Mating::Unstated`].
    pub failure: Vec<u16>,
    /// Half of the data.
    pub split: Vec<Split>,
    /// 1-based line of the row; empty if the source has no lines.
    pub line: Vec<u64>,
    /// Group of the probe, one vector per attribute: an index into that attribute's symbols, or
    /// [`MISSING`].
    pub probe_group: Vec<Vec<u16>>,
    /// Group of the reference, likewise.
    pub reference_group: Vec<Vec<u16>>,
    /// The attempt at which the probe's face was found, 1-based; 0 if not recorded. Empty if there
    /// is no `probe_attempt` column.
    pub attempt: Vec<u8>,
    /// 0 for a bona fide presentation, or 1 + index into
    /// [`Dictionary::species`](super::Dictionary::species). Empty if there is no `attack_species`
    /// column.
    pub species: Vec<u16>,
    /// Outcome of presentation attack detection. Empty if there is no `pad_outcome` column.
    pub pad_outcome: Vec<PadOutcome>,
    /// Score of presentation attack detection, higher is more bona fide; NaN if missing. Empty if
    /// there is no `pad_score` column.
    pub pad_score: Vec<f64>,
}

impl RecordBatch {
    /// An empty batch for this many attributes.
    pub fn new(attributes: usize) -> Self {
        RecordBatch {
            probe_group: vec![Vec::new(); attributes],
            reference_group: vec![Vec::new(); attributes],
            ..RecordBatch::default()
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.score.is_empty()
    }

    /// Drops the rows but keeps the memory.
    pub fn clear(&mut self) {
        self.probe_subject.clear();
        self.reference_subject.clear();
        self.mating.clear();
        self.score.clear();
        self.failure.clear();
        self.split.clear();
        self.line.clear();
        self.probe_group.iter_mut().for_each(Vec::clear);
        self.reference_group.iter_mut().for_each(Vec::clear);
        self.attempt.clear();
        self.species.clear();
        self.pad_outcome.clear();
        self.pad_score.clear();
    }
}
