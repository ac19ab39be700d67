//! Everything needed to explain, replay and appeal one decision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Liveness, Reason};
use crate::Digest;

/// The name and version of the DecisionRecord's format.
pub const DECISION_SCHEMA: &str = "evenmatch.decision/1";

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The score reaches the threshold.
    Match,
    /// It does not.
    NonMatch,
    /// It could not be decided.
    Undecided,
}

/// The threshold of a decision, and the claim behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingPointRecord {
    /// Where the threshold comes from: `publisher`, `stated` or `calibration`.
    pub basis: String,
    /// Who published it, in words, where that is the basis.
    pub source: Option<String>,
    /// The false match rate aimed at; null where no calibration stands behind the threshold.
    pub target_fmr: Option<f64>,
    /// The calibration's name; null where there is none.
    pub calibration: Option<String>,
    /// Upper bound on the false match rate of the worst measured group; null without calibration.
    pub fmr_upper_worst_group: Option<f64>,
    /// Non-mated comparisons behind the claim; null without calibration.
    pub n_nonmated: Option<u64>,
    /// The claim in words; null without calibration.
    #[serde(default)]
    pub claim: Option<String>,
    /// SHA-256 of the normaliser whose scores the threshold is for; null for plain cosines.
    #[serde(default)]
    pub normaliser: Option<Digest>,
}

/// What the score is evidence of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// Natural logarithm of how many times likelier the score is if both photos show one person
    /// than if they show two.
    pub log_likelihood_ratio: f64,
    /// The data that it was measured on, in words.
    pub source: String,
}

/// One attempt at finding a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// What was tried: `plain`, `finer`, `coarser`.
    pub step: String,
    /// Whether a face was found.
    pub found: bool,
    /// Width and height, in pixels, of the image that the detector saw.
    pub input: [u32; 2],
}

/// A face that was found and not used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherFaceRecord {
    /// x, y, width, height.
    #[serde(rename = "box")]
    pub bounding_box: [f32; 4],
    /// The detector's confidence, 0 to 1.
    pub detection_score: f32,
}

/// One measure of a photo's quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureRecord {
    /// In the unit.
    pub raw: f32,
    /// 0 to 100, where 100 is best.
    pub mapped: u8,
    /// The unit of `raw`: `pixels`, `degrees`, `decibels`, `stops`, `share` or `ratio`.
    pub unit: String,
}

/// What was measured of a photo; more measures may come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityRecord {
    /// Distance between the eyes, in pixels of the upright full-size image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inter_eye_distance: Option<f32>,
    /// Pixels of the photo per pixel of the crop that was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_scale: Option<f32>,
    /// Share of the crop that the photo covers, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f32>,
    /// Length of the features before they were brought to unit length: the less an embedder sees of
    /// a face, the shorter. Comparable between templates of one model only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_magnitude: Option<f32>,
    /// The components of quality by name; empty where the gate is off or there is no face. One
    /// that could not be measured is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, MeasureRecord>,
}

/// One of the two samples of a decision. Boxes and landmarks are in pixels of the upright image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleRecord {
    /// SHA-256 of the file; null where a ready template was given.
    pub sha256: Option<Digest>,
    /// Whether a template was made, or given.
    pub acquired: bool,
    /// Whether the gate refused the photo of a face that was found: elective, unlike a failure to
    /// find one.
    #[serde(default)]
    pub refused: bool,
    /// Faces found; null where a ready template was given.
    pub faces: Option<usize>,
    /// x, y, width, height of the face that was used.
    #[serde(rename = "box")]
    pub bounding_box: Option<[f32; 4]>,
    /// The subject's right eye, left eye, nose, right and left corner of the mouth.
    pub landmarks: Option<[[f32; 2]; 5]>,
    /// The detector's confidence, 0 to 1.
    pub detection_score: Option<f32>,
    /// Every attempt at finding a face, in order.
    pub attempts: Vec<AttemptRecord>,
    /// What was measured of the photo.
    pub quality: QualityRecord,
    /// Faces found and not used, largest first.
    pub other_faces: Vec<OtherFaceRecord>,
    /// Width and height of the upright photo; null where a ready template was given.
    pub size: Option<[u32; 2]>,
}

impl SampleRecord {
    /// What there is to say of a sample that was given as a ready template.
    pub fn of_template() -> Self {
        SampleRecord { acquired: true, ..SampleRecord::default() }
    }
}

/// A model that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// `detector` or `embedder`.
    pub role: String,
    /// Its name in the manifest.
    pub id: String,
    /// SHA-256 of the file that ran.
    pub sha256: Digest,
}

/// The software that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareRecord {
    /// `evenmatch`.
    pub name: String,
    /// The version of the crate.
    pub version: String,
}

impl SoftwareRecord {
    /// This build.
    pub fn current() -> Self {
        SoftwareRecord {
            name: crate::NAME.to_owned(),
            version: crate::VERSION.to_owned(),
        }
    }
}

/// One decision, whole: what went in, what came out, by which models and rules, and why.
///
/// It holds no image and no template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// [`DECISION_SCHEMA`].
    pub schema: String,
    /// The SHA-256 of the record's other fields, in short: the same inputs, build and models give
    /// the same id.
    pub id: String,
    /// What was decided.
    pub outcome: Outcome,
    /// The comparison score; null where no comparison took place.
    pub score: Option<f32>,
    /// The plain cosine, which is the score itself where that is not normalised.
    #[serde(default)]
    pub raw_score: Option<f32>,
    /// What the score is evidence of; null where no calibration says so.
    #[serde(default)]
    pub evidence: Option<EvidenceRecord>,
    /// The threshold; null where no comparison took place.
    pub threshold: Option<f32>,
    /// The claim behind the threshold.
    pub operating_point: OperatingPointRecord,
    /// The reasons, those that decided first.
    pub reasons: Vec<Reason>,
    /// The photo presented now.
    pub probe: SampleRecord,
    /// The photo stored earlier.
    pub reference: SampleRecord,
    /// What is known of liveness.
    pub liveness: Liveness,
    /// The models that took part.
    pub models: Vec<ModelRecord>,
    /// The software that decided.
    pub software: SoftwareRecord,
}

impl DecisionRecord {
    /// Sets the id from all other fields.
    pub fn seal(mut self) -> Self {
        self.id = String::new();
        // A record is plain data with text keys, so that it always serialises.
        let canonical = serde_json::to_vec(&self).unwrap_or_default();
        self.id = format!("d-{}", &Digest::of(&canonical).to_string()[..24]);
        self
    }
}
