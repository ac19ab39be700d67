//! The outcome of one photo.

use std::fmt;

use crate::{Digest, Error, ErrorKind, Stage};
use evenmatch::{AlignedFace, Role, Template, Verifier, model::ModelId};
use evenmatch_audit::records::FailureStage;
use evenmatch_core::record::{Reason, ReasonStage, SampleRecord, TemplateForm};

/// A named measurement of an aligned face; `None` where it is not possible. The same face must
/// always give the same number.
pub type Measure = (String, fn(&AlignedFace) -> Option<f32>);

/// Why a photo gave no template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AcquisitionFailure {
    /// The stage at which it ended.
    pub stage: FailureStage,
    /// What happened, in one word, such as `corrupt` or `no_face_found`.
    pub code: String,
}

impl fmt::Display for AcquisitionFailure {
    /// As in the column `failure` of comparison records: `detect:no_face_found`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stage.name(), self.code)
    }
}

impl AcquisitionFailure {
    /// The failure of one photo, or `None` if the photo is not at fault.
    pub(crate) fn of_error(error: &Error) -> Option<Self> {
        if error.stage() != Stage::Decode {
            return None;
        }
        let absent = std::error::Error::source(error)
            .and_then(|cause| cause.downcast_ref::<std::io::Error>())
            .is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound);
        let code = match error.kind() {
            ErrorKind::Io if absent => "no_file",
            ErrorKind::Io => "unreadable",
            ErrorKind::UnsupportedFormat => "unsupported_format",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::LimitExceeded => "limit_exceeded",
            _ => return None,
        };
        Some(AcquisitionFailure { stage: FailureStage::Decode, code: code.to_owned() })
    }

    /// The failure that the first decisive reason describes.
    pub(crate) fn of_reasons(reasons: &[Reason]) -> Self {
        let Some(reason) = reasons.iter().find(|reason| reason.decisive) else {
            return AcquisitionFailure { stage: FailureStage::Other, code: "unknown".to_owned() };
        };
        let stage = match reason.stage {
            ReasonStage::Decode => FailureStage::Decode,
            ReasonStage::Detect => FailureStage::Detect,
            ReasonStage::Quality => FailureStage::Quality,
            ReasonStage::Liveness => FailureStage::Liveness,
            ReasonStage::Compare => FailureStage::Other,
        };
        AcquisitionFailure { stage, code: reason.code.to_string() }
    }
}

/// The outcome of one photo: a template, or a failure to acquire.
#[derive(Clone, PartialEq)]
pub struct AcquiredSample {
    /// Index of the photo among the manifest's entries.
    pub entry: usize,
    /// SHA-256 of the file; `None` where it could not be read.
    pub sha256: Option<Digest>,
    /// Why there is no template; `None` where there is one.
    pub failure: Option<AcquisitionFailure>,
    /// The attempt at which a face was first found, 1-based; `None` where no face was found.
    pub attempt: Option<u8>,
    /// The detector's confidence in the face that was used, 0 to 1.
    pub detection_score: Option<f32>,
    /// Faces found; `None` where the photo could not be decoded.
    pub faces: Option<u32>,
    /// Distance between the eyes, in pixels of the upright full-size image.
    pub inter_eye_distance: Option<f32>,
    /// One value per requested measurement, in that order.
    pub measured: Vec<Option<f32>>,
    /// The template's features, of unit length.
    pub features: Option<Vec<f32>>,
}

impl AcquiredSample {
    /// A sample about which nothing is known yet.
    pub(super) fn bare(entry: usize) -> Self {
        AcquiredSample {
            entry,
            sha256: None,
            failure: None,
            attempt: None,
            detection_score: None,
            faces: None,
            inter_eye_distance: None,
            measured: Vec::new(),
            features: None,
        }
    }

    /// Acquires a photo from its bytes. A photo that cannot be used is a failure; an error is a
    /// fault of the models or the runtime.
    pub(super) fn acquire<R: Role>(
        verifier: &Verifier,
        (entry, bytes, sha256): (usize, &[u8], Digest),
        measures: &[Measure],
    ) -> crate::Result<Self> {
        let inspection = match verifier.inspect::<R>(bytes) {
            Ok(inspection) => inspection,
            Err(error) => {
                let failure = AcquisitionFailure::of_error(&error).ok_or(error)?;
                return Ok(AcquiredSample {
                    sha256: Some(sha256),
                    failure: Some(failure),
                    measured: vec![None; measures.len()],
                    ..AcquiredSample::bare(entry)
                });
            }
        };
        let SampleRecord { faces, detection_score, attempts, quality, .. } = inspection.record;
        let attempt = attempts.iter().position(|attempt| attempt.found);
        let mut sample = AcquiredSample {
            sha256: Some(sha256),
            attempt: attempt.and_then(|at| u8::try_from(at + 1).ok()),
            detection_score,
            faces: faces.and_then(|count| u32::try_from(count).ok()),
            inter_eye_distance: quality.inter_eye_distance,
            measured: vec![None; measures.len()],
            ..AcquiredSample::bare(entry)
        };
        match &inspection.aligned {
            Some(face) => {
                let finite = |measure: &Measure| measure.1(face).filter(|value| value.is_finite());
                sample.measured = measures.iter().map(finite).collect();
                sample.features = Some(verifier.embedder().embed::<R>(face)?.features().to_vec());
            }
            None => sample.failure = Some(AcquisitionFailure::of_reasons(&inspection.reasons)),
        }
        Ok(sample)
    }

    /// Whether there is a template.
    pub fn acquired(&self) -> bool {
        self.features.is_some()
    }

    /// The template, for comparing; `model` is the embedder that made it in this form.
    pub fn template<R: Role>(&self, model: &ModelId, form: TemplateForm) -> Option<Template<R>> {
        Template::restore(model.clone(), form, self.features.clone()?)
    }
}

impl fmt::Debug for AcquiredSample {
    /// Does not show the features, because a face can be reconstructed from them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let features = self.features.as_ref().map_or(0, Vec::len);
        f.debug_struct("AcquiredSample")
            .field("entry", &self.entry)
            .field("sha256", &self.sha256)
            .field("failure", &self.failure)
            .field("attempt", &self.attempt)
            .field("detection_score", &self.detection_score)
            .field("faces", &self.faces)
            .field("inter_eye_distance", &self.inter_eye_distance)
            .field("measured", &self.measured)
            .field("features", &format_args!("[{features} values]"))
            .finish()
    }
}
