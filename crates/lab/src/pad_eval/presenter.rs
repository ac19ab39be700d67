//! What judges a presentation, and the outcome.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::batch::AcquisitionFailure;
use crate::{Digest, Error, ErrorKind, Result};
use evenmatch_audit::records::{FailureStage, PadOutcome};

/// One presentation without its label: a presenter never sees the species.
#[derive(Debug, Clone, Copy)]
pub struct Presentation<'a> {
    /// A photo, a folder of frames, or an animated image.
    pub path: &'a Path,
    /// The challenge that the frames respond to.
    pub challenge: Option<&'a Path>,
    /// A photo of the claimed person.
    pub reference: Option<&'a Path>,
}

/// The outcome of one presentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Presented {
    /// How it was classified; never [`PadOutcome::NotChecked`], because even a file that cannot be
    /// read was presented: it is a [`PadOutcome::NonResponse`].
    pub outcome: PadOutcome,
    /// Score of presentation attack detection, 0 to 1, higher is more bona fide; `None` where
    /// there is none.
    pub pad_score: Option<f64>,
    /// Codes of what indicates an attack or is missing, such as the name of a signal or a finding.
    pub reasons: Vec<String>,
    /// Why nothing could be compared, as in the column `failure` of comparison records, such as
    /// `detect:no_face_found`; `None` where the presentation was acquired.
    pub failure: Option<String>,
    /// Score of the comparison with the reference; `None` without a reference, and where either
    /// photo was not acquired.
    pub score: Option<f32>,
}

impl Presented {
    /// A presentation that got no answer because it could not be acquired.
    pub fn failed(failure: impl Into<String>) -> Self {
        let failure = failure.into();
        Presented {
            outcome: PadOutcome::NonResponse,
            pad_score: None,
            reasons: vec![failure.clone()],
            failure: Some(failure),
            score: None,
        }
    }

    /// What an error says about the presentation itself.
    ///
    /// # Errors
    /// The error, where it is a fault of the models, the runtime or the program, which would affect
    /// every presentation.
    pub fn of_error(error: Error) -> Result<Self> {
        if let Some(failure) = AcquisitionFailure::of_error(&error) {
            return Ok(Presented::failed(failure.to_string()));
        }
        let code = match error.kind() {
            ErrorKind::Io => "unreadable",
            ErrorKind::UnsupportedFormat => "unsupported_format",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::LimitExceeded => "limit_exceeded",
            ErrorKind::InvalidRecord => "invalid_record",
            ErrorKind::InvalidArgument => "invalid",
            _ => return Err(error),
        };
        Ok(Presented::failed(format!("{}:{code}", FailureStage::Other.name())))
    }
}

/// Judges presentations.
pub trait Presenter: Sync {
    /// Judges one presentation, and compares it with its reference.
    ///
    /// # Errors
    /// Errors that [`Presented::of_error`] does not treat as an outcome end the evaluation.
    fn present(&self, presentation: &Presentation<'_>) -> Result<Presented>;

    /// What outcomes depend on apart from the files: models, rules, versions.
    fn key(&self) -> Digest;
}

/// Outcomes in the journal and in records, in the words of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    Pass,
    Fail,
    Inconclusive,
    NotChecked,
}

impl Word {
    pub(super) fn of(outcome: PadOutcome) -> Self {
        match outcome {
            PadOutcome::Pass => Word::Pass,
            PadOutcome::Fail => Word::Fail,
            PadOutcome::NonResponse => Word::Inconclusive,
            PadOutcome::NotChecked => Word::NotChecked,
        }
    }

    pub(super) fn outcome(self) -> PadOutcome {
        match self {
            Word::Pass => PadOutcome::Pass,
            Word::Fail => PadOutcome::Fail,
            Word::Inconclusive => PadOutcome::NonResponse,
            Word::NotChecked => PadOutcome::NotChecked,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Word::Pass => "pass",
            Word::Fail => "fail",
            Word::Inconclusive => "inconclusive",
            Word::NotChecked => "not_checked",
        }
    }
}
